"""`publish pause`, `resume` and `cancel`: stop an edition that is on its way, or let it go on. They do not ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from publisher.cli.frame import Result, publish_command
from publisher.cli.status import states_text

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.steer import SteerReport

_EDITION = click.argument("edition", metavar="EDITION")


def _steer(config_file: Path, edition: str, word: Literal["pause", "resume", "cancel"]) -> Result:
    from publisher.bootstrap import open_application
    from publisher.workflow.steer import steer

    with open_application(config_file) as app:
        report = steer(app, edition, word)
    data = {
        "edition": report.edition,
        "state": report.state,
        "changed": report.changed,
        "deliveries": {state.value: count for state, count in report.deliveries.items()},
    }
    return Result(data, lambda console: _show(console, report))


def _show(console: Console, report: SteerReport) -> None:
    word = "is" if report.changed else "was before, and still is,"
    console.print(f"{report.edition} {word} {report.state}: {states_text(report.deliveries) or 'no deliveries'}")
    hints = {
        "paused": f'To go on: "publish resume {report.edition}".',
        "cancelled": f'To send it to the rest after all: "publish now --rest {report.edition}".',
    }
    console.print(hints.get(report.state, 'A running "publish run" goes on by itself; "publish now" does it at once.'))


@publish_command("pause", summary="Stop an edition that is on its way, for now; what is on the wire still leaves.")
@_EDITION
def pause(config_file: Path, edition: str) -> Result:
    """Pause, in every process that sends it."""
    return _steer(config_file, edition, "pause")


@publish_command("resume", summary="Let a paused edition go on where it stopped.")
@_EDITION
def resume(config_file: Path, edition: str) -> Result:
    """Take the pause back."""
    return _steer(config_file, edition, "resume")


@publish_command("cancel", summary="Stop an edition that is on its way, for good; what is on the wire still leaves.")
@_EDITION
def cancel(config_file: Path, edition: str) -> Result:
    """Cancel, in every process that sends it."""
    return _steer(config_file, edition, "cancel")


commands = {"pause": pause, "resume": resume, "cancel": cancel}
