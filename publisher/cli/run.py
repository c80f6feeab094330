"""`publish run`: publish at the set times."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import click

from publisher.cli.frame import Result, local_time, publish_command
from publisher.cli.interrupt import reloading, stopping
from publisher.errors import UsageError

MAX_EVENTS = 1_000  # a process that runs for years must not keep everything that it has said


@publish_command("run", summary="Publish at the set times, until stopped with Ctrl-C.")
@click.option("--once", is_flag=True, help="Do what is due now and leave; for cron.")
def run(config_file: Path, once: bool) -> Result:
    """Make the editions that are due, and send; events go to standard error, one a line."""
    from publisher.bootstrap import open_reloadable
    from publisher.monitor.server import watching
    from publisher.scheduling.running import OwnFile, running_folder
    from publisher.scheduling.service import Service
    from publisher.workflow.notify import tell_end
    from publisher.workflow.status import next_runs

    stop, events = threading.Event(), deque[str](maxlen=MAX_EVENTS)
    with open_reloadable(config_file) as (app, reload), stopping(stop):
        if not any(digest.schedule for digest in app.settings.digests.values()):
            hint = 'Add a time to a digest, for example schedule = ["Mon-Fri 07:00"].'
            raise UsageError("no digest has a schedule", where=str(config_file), hint=hint)

        zone = app.settings.organisation.time_zone

        def tell(event: str) -> None:
            events.append(event)
            click.echo(f"{local_time(app.clock.now(), zone, timespec='seconds')}  {event}", err=True)

        service = Service(app, stop, tell, reload, OwnFile(running_folder(app.settings.store_file)))
        if once:
            code = service.once()
            return Result({"events": list(events)}, lambda console: None, code)
        with reloading(service.reload_asked):
            for digest, at in next_runs(app):
                tell(f"{digest}: next run {local_time(at, zone)}")
            try:
                with watching(lambda: service.app, service.vital):
                    service.run()
            except Exception as error:
                tell_end(app, error)
                raise
    return Result({"events": list(events)}, lambda console: None)


commands = {"run": run}
