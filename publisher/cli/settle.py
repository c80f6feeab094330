"""`publish settle` and `publish retry`: a person decides about deliveries in doubt, or given up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.cli.interrupt import confirmed
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.decide import DecisionReport, Question

_DONE = {
    "resend": "will be sent again",
    "accepted": "count as arrived",
    "skip": "will not be sent again",
    "retry": "will be tried again",
}
_ASKED = {
    "resend": "Send again, though some may get it twice?",
    "accepted": "Take as arrived?",
    "skip": "Leave as they are, and never send again?",
    "retry": "Try again?",
}
Word = Literal["resend", "accepted", "skip", "retry"]


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the ways to say which deliveries are meant."""
    options = [
        click.argument("keys", nargs=-1, metavar="[DELIVERY]..."),
        click.option("--channel", help="Only this channel."),
        click.option("--edition", help='Only this edition, for example "daily/7".'),
        click.option("--recipient", help="Only this address or account."),
        click.option("--all", "everything", is_flag=True, help="All of them."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@publish_command("settle", summary="Decide about deliveries of which nobody knows whether they arrived.")
@click.argument("verdict", type=click.Choice(["resend", "accepted", "skip"]))
@_selection
def settle(config_file: Path, verdict: Literal["resend", "accepted", "skip"], yes: bool, **selected: Any) -> Result:
    """Send them again, take them as arrived, or leave them; who decided, and when, is noted with each."""
    from publisher.bootstrap import open_application
    from publisher.workflow.decide import Selection, settle_unknown

    with open_application(config_file) as app:
        report = settle_unknown(app, Selection(**selected), verdict, _asker(verdict, yes))
    return _result(report, verdict, 'No delivery that this names is in doubt: "publish deliveries --state unknown".')


@publish_command("retry", summary="Try again what was rejected, or given up after too many days.")
@_selection
@click.option("--state", "states", multiple=True, type=click.Choice(["rejected", "expired"]), help="Only these.")
def retry(config_file: Path, states: tuple[str, ...], yes: bool, **selected: Any) -> Result:
    """Put them back into the queue with a new term; who decided, and when, is noted with each."""
    from publisher.bootstrap import open_application
    from publisher.domain.delivery import DeliveryState
    from publisher.workflow.decide import Selection, retry_given_up

    with open_application(config_file) as app:
        wanted = [DeliveryState(state) for state in states]
        report = retry_given_up(app, Selection(**selected), wanted, _asker("retry", yes))
    return _result(report, "retry", "No delivery that this names was rejected or given up.")


def _asker(word: Word, yes: bool) -> Callable[[Question], bool]:
    def ask(question: Question) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask on", hint="Add --yes if you mean it.")
        for row in question.first:
            what = row.edition or row.slug or row.key.occurrence
            click.echo(f"{row.key.text()[:10]}  {row.key.channel}  {row.key.recipient}  {what}  {row.reason}", err=True)
        if question.count > len(question.first):
            click.echo(f"and {question.count - len(question.first):,} more", err=True)
        return confirmed(_ASKED[word])

    return ask


def _result(report: DecisionReport, word: Word, nothing: str) -> Result:
    data = {
        "decision": word,
        "matched": report.matched_count,
        "changed": report.changed_count,
        "of_cancelled_editions": report.held_count,
        "declined": report.declined,
    }
    return Result(data, lambda console: _show(console, report, word, nothing))


def _show(console: Console, report: DecisionReport, word: Word, nothing: str) -> None:
    if not report.matched_count:
        console.print(nothing)
    elif report.declined:
        console.print("Nothing was changed.")
    else:
        console.print(f"{plural(report.changed_count, 'delivery', 'deliveries')} {_DONE[word]}.")
        if word in ("resend", "retry") and report.changed_count:
            console.print('A running "publish run" sends them; "publish now" does it at once.')
    if report.held_count:
        count = plural(report.held_count, "delivery", "deliveries")
        console.print(f"{count} stay as they are: their edition was cancelled, or their address removed.")


commands = {"settle": settle, "retry": retry}
