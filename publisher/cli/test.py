"""`publish test`: the next edition to yourself, marked as a test."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, publish_command
from publisher.cli.interrupt import stopping
from publisher.cli.status import states_text
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.try_out import TestReport


@publish_command("test", summary="Send the next edition to yourself, marked as a test; nothing is used up.")
@click.argument("digest")
@click.option("--to", "addresses", multiple=True, required=True, help="E-mail address; may be given several times.")
@click.option("--rehearse", is_flag=True, help="Build everything, send nothing.")
def test(config_file: Path, digest: str, addresses: tuple[str, ...], rehearse: bool) -> Result:
    """Send through the digest's own channel, so that a test shows what readers will get."""
    from publisher.bootstrap import open_application
    from publisher.config.explain import nearest_hint
    from publisher.workflow.try_out import send_test

    stop = threading.Event()
    with open_application(config_file, rehearse=rehearse) as app, stopping(stop):
        if digest not in app.settings.digests:
            raise UsageError(f'there is no digest "{digest}"', hint=nearest_hint(digest, list(app.settings.digests)))
        report = send_test(app, digest, addresses, stop=stop)
        folder = app.rehearsal_folder
    data = {
        "subject": report.subject,
        "content_hash": report.content_hash,
        "channel": report.channel,
        "rehearsal": report.rehearsal,
        "deliveries": {state.value: count for state, count in report.deliveries.items()},
        "left_out": report.left_out_count,
    }
    return Result(data, lambda console: _show(console, report, folder), report.exit_code, report.problems)


def _show(console: Console, report: TestReport, folder: Path) -> None:
    word = "Rehearsed" if report.rehearsal else "Sent"
    console.print(f'{word} "{report.subject}" over {report.channel}', markup=False)
    console.print(f"Deliveries: {states_text(report.deliveries)}")
    if report.left_out_count:
        console.print(f"Left out, because suppressed: {report.left_out_count}")
    if report.rehearsal:
        console.print(f"Nothing left this machine (a rehearsal). Everything is in {folder}", markup=False)


commands = {"test": test}
