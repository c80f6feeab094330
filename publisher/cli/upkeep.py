"""`publish backup`, `publish restore`, `publish housekeeping`: look after the ledger."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.frame import Result, local_time, plural, publish_command
from publisher.cli.interrupt import confirmed, stopping
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.ports.upkeep import BackupReport, RestoreReport
    from publisher.workflow.tidy import TidyReport

_file = click.Path(path_type=Path)


@publish_command("backup", summary="Copy the ledger into a file, while work goes on, and check the copy.")
@click.argument("file", type=_file)
@click.option("--force", is_flag=True, help="Put it in the place of an older one.")
def backup(config_file: Path, file: Path, force: bool) -> Result:
    """Copy who got what, subscribers and suppressions; not config, queue and tokens."""
    from publisher.bootstrap import open_application

    with open_application(config_file) as app:
        report = app.upkeep.back_up(file, app.clock.now(), replace=force)
    return Result(asdict(report), lambda console: _show_backup(console, report))


def _show_backup(console: Console, report: BackupReport) -> None:
    console.print(f"Backed up and checked: {report.file}", markup=False)
    console.print(
        f"{plural(report.delivery_count, 'delivery', 'deliveries')}, {plural(report.edition_count, 'edition')}, "
        f"{plural(report.subscriber_count, 'subscriber')}, {report.size_bytes / 1024 / 1024:.1f} MB"
    )


@publish_command("restore", summary="Put a backup in the ledger's place; nothing is sent until you say so.")
@click.argument("file", type=_file, required=False)
@click.option("--go-on", "go_on", is_flag=True, help="You have looked: let planning and sending go on.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(config_file: Path, file: Path | None, go_on: bool, yes: bool) -> Result:
    """Check the backup, keep the ledger beside it, and put in doubt what may have been sent since."""
    if (file is None) is not go_on:
        hint = 'Write "publish restore FILE", and once you have looked at what came back, "publish restore --go-on".'
        raise UsageError("name either a backup or --go-on", hint=hint)
    return _go_on(config_file) if file is None else _restore(config_file, file, yes)


def _go_on(config_file: Path) -> Result:
    from publisher.bootstrap import open_application
    from publisher.workflow.restored import release

    with open_application(config_file) as app:
        was_restored = app.upkeep.restored() is not None
        release(app)
    text = "Planning and sending go on." if was_restored else "There was no restore to decide about."
    return Result({"released": was_restored}, lambda console: console.print(text))


def _restore(config_file: Path, file: Path, yes: bool) -> Result:
    from publisher.bootstrap import open_application, read_settings, refuse_unusable_backup, restore_ledger
    from publisher.workflow.restored import note_restore

    settings = read_settings(config_file)
    refuse_unusable_backup(settings, file)
    if not yes and not _agreed(file, settings.store_file):
        return Result({"declined": True}, lambda console: console.print("Nothing was changed."))
    report = restore_ledger(config_file, file)
    with open_application(config_file) as app:
        note_restore(app, file.name)
    zone = settings.organisation.time_zone
    return Result(asdict(report), lambda console: _show_restore(console, report, zone))


def _agreed(file: Path, ledger: Path) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="Add --yes if you mean it.")
    return confirmed(f"Put {file} in the place of {ledger}?")


def _show_restore(console: Console, report: RestoreReport, zone: str) -> None:
    console.print(f"The ledger is as it was on {local_time(report.backed_up_at, zone)}.")
    if report.kept_file:
        console.print(f"What it was before is kept: {report.kept_file}", markup=False)
        console.print(f'To undo this: publish restore "{report.kept_file}"', markup=False)
    if report.carried_count:
        console.print(f"{plural(report.carried_count, 'suppression')} made since then were taken over.")
    for sent in report.sent_since:
        slugs = ", ".join(sent.slugs)
        console.print(
            f"Published since then: {sent.name} at {local_time(sent.planned_at, zone)}: {slugs}", markup=False
        )
    console.print("\nNothing is planned or sent until you have looked:", style="bold")
    steps = []
    if report.in_doubt_count:
        count = plural(report.in_doubt_count, "delivery", "deliveries")
        steps.append(f'{count} may have been sent since: decide with "publish settle skip|accepted|resend --all"')
    steps.append('Keep back articles that have been out already: "publish hold ARTICLE"')
    steps.append('Then: "publish restore --go-on"')
    for number, step in enumerate(steps, start=1):
        console.print(f"  {number}. {step}", markup=False)


@publish_command("housekeeping", summary="Forget what [retention] says is not to be kept for ever.")
def housekeeping(config_file: Path) -> Result:
    """Do at once what "publish run" does every day."""
    import threading

    from publisher.bootstrap import open_application
    from publisher.workflow.tidy import tidy

    stop = threading.Event()
    with open_application(config_file) as app, stopping(stop):
        report = tidy(app, stop)
    return Result(asdict(report), lambda console: _show_tidied(console, report))


def _show_tidied(console: Console, report: TidyReport) -> None:
    if report.attempt_count is None and report.address_count is None:
        text = 'Everything is kept: the config has no "attempts_days" and no "addresses_days" in [retention].'
        console.print(text, markup=False)
        return
    if report.attempt_count is not None:
        console.print(f"{plural(report.attempt_count, 'attempt')} of finished deliveries deleted.")
    if report.address_count is not None:
        console.print(f"{plural(report.address_count, 'address', 'addresses')} removed from finished deliveries.")


commands = {"backup": backup, "restore": restore, "housekeeping": housekeeping}
