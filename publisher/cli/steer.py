"""`publish pause`, `resume` and `cancel`: stop an edition or a channel, or let it go on. They do not ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.cli.outcome import print_plain
from publisher.cli.status import states_text
from publisher.cli.waiting import wait_lines, waits_data

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.application import Application
    from publisher.workflow.steer import SteerReport
    from publisher.workflow.steer_channel import ChannelReport


def _steer(config_file: Path, name: str, word: Literal["pause", "resume", "cancel"]) -> Result:
    from publisher.bootstrap import open_application

    with open_application(config_file) as app:
        if word != "cancel" and "/" not in name:
            return _steer_channel(app, name, word)
        return _steer_edition(app, name, word)


def _steer_channel(app: Application, name: str, word: Literal["pause", "resume"]) -> Result:
    from publisher.workflow.steer_channel import steer_channel

    report = steer_channel(app, name, word)
    data = {
        "channel": report.channel,
        "state": report.state,
        "changed": report.changed,
        "waiting": report.waiting_count,
        "reason": report.reason,
        "waits": waits_data(report.waits),
    }
    zone = app.settings.organisation.time_zone
    return Result(data, lambda console: _show_channel(console, report, zone))


def _show_channel(console: Console, report: ChannelReport, zone: str) -> None:
    name, waiting = report.channel, plural(report.waiting_count, "delivery", "deliveries")
    was = f" (it was stopped: {report.reason})" if report.changed and report.reason else ""
    if report.state == "paused":
        word = "is" if report.changed else "was before, and still is,"
        console.print(f"The channel {name} {word} paused{was}: {waiting} wait.", markup=False)
        console.print(f'To let it go on: "publish resume {name}".', markup=False)
    elif report.waits:
        console.print(f"The channel {name} is not stopped any more{was}: {waiting} wait.", markup=False)
        print_plain(console, wait_lines(report.waits, zone))
    else:
        word = "goes on" if report.changed else "was not stopped"
        console.print(f"The channel {name} {word}{was}: {waiting} may leave.", markup=False)
        console.print('A running "publish run" sends them; "publish now" does it at once.')


def _steer_edition(app: Application, edition: str, word: Literal["pause", "resume", "cancel"]) -> Result:
    from publisher.workflow.steer import steer

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


@publish_command("pause", summary="Stop an edition or a channel, for now; what is on the wire still leaves.")
@click.argument("name", metavar="EDITION|CHANNEL")
def pause(config_file: Path, name: str) -> Result:
    """Pause, in every process that sends it."""
    return _steer(config_file, name, "pause")


@publish_command("resume", summary="Let a paused edition or channel go on where it stopped.")
@click.argument("name", metavar="EDITION|CHANNEL")
def resume(config_file: Path, name: str) -> Result:
    """Take the pause back; a channel also forgets that it was asked to slow down."""
    return _steer(config_file, name, "resume")


@publish_command("cancel", summary="Stop an edition that is on its way, for good; what is on the wire still leaves.")
@click.argument("edition", metavar="EDITION")
def cancel(config_file: Path, edition: str) -> Result:
    """Cancel, in every process that sends it."""
    return _steer(config_file, edition, "cancel")


commands = {"pause": pause, "resume": resume, "cancel": cancel}
