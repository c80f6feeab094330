"""`publish now --rest`: send an edition to those who have not had it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, plural
from publisher.cli.interrupt import confirmed, stopping
from publisher.cli.outcome import advice_lines, fate_lines, fates_data, print_plain
from publisher.cli.progress import shown_progress
from publisher.cli.status import states_text
from publisher.cli.waiting import wait_lines, waits_data
from publisher.errors import PublisherError, TryAgain, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.workflow.fate import Fate
    from publisher.workflow.rest import RestOffer, RestReport


def refuse_beside_rest(names: Sequence[str], channels: Sequence[str], force: str, *, dry_run: bool) -> None:
    """Stop where --rest stands beside what makes no sense with it. Errors: UsageError."""
    if names or channels or force or dry_run:
        hint = "Write --rest with the edition alone; without --yes it shows who gets it, and asks."
        raise UsageError("--rest sends a finished edition: nothing can be chosen or tried out", hint=hint)


def send_rest(config_file: Path, edition: str, *, yes: bool, rehearse: bool) -> Result:
    """Show who has not had it, ask, and send."""
    from publisher.bootstrap import open_application
    from publisher.workflow import rest
    from publisher.workflow.fate import fate_of

    stop, agreed = threading.Event(), threading.Event()

    def ask(offer: RestOffer) -> bool:
        if yes or _ask(offer):
            agreed.set()
        return agreed.is_set()

    with (
        stopping(stop, agreed.is_set),
        open_application(config_file, rehearse=rehearse) as app,
        shown_progress() as tell,
    ):
        report = rest.send_rest(app, edition, ask=ask, stop=stop, on_progress=tell)
        fate, zone = fate_of(app, edition_id=report.offer.edition.id), app.settings.organisation.time_zone
        rehearsal = app.rehearsal
    return Result(
        _data(report, fate),
        lambda console: _show(console, report, fate, zone, rehearsal),
        report.exit_code,
        list(_problems(report)),
    )


def _ask(offer: RestOffer) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint="Add --yes if you mean it.")
    click.echo(f'{offer.edition.name}  "{offer.edition.subject}" over {offer.channel}', err=True)
    for line in _lines(offer):
        click.echo(f"  {line}", err=True)
    return confirmed("Send this now?")


def _lines(offer: RestOffer) -> Iterator[str]:
    if offer.rest.new_count:
        yield f"{plural(offer.rest.new_count, 'recipient')} who were not there when it was sent"
    if offer.rest.cancelled_count:
        yield f"{plural(offer.rest.cancelled_count, 'delivery', 'deliveries')} that a cancel had ended"
    if offer.waiting_count:
        yield f"{plural(offer.waiting_count, 'delivery', 'deliveries')} left from an earlier run"


def _problems(report: RestReport) -> Iterator[PublisherError]:
    if report.sent:
        yield from report.sent.stopped.values()
        if report.sent.interrupted:
            yield TryAgain("stopped before everything was sent", hint='Run "publish now" again for the rest.')


def _data(report: RestReport, fate: Fate) -> dict[str, Any]:
    offer = report.offer
    return {
        "edition": offer.edition.name,
        "subject": offer.edition.subject,
        "content_hash": offer.edition.content_hash,
        "channel": offer.channel,
        "new": offer.rest.new_count,
        "cancelled": offer.rest.cancelled_count,
        "waiting": offer.waiting_count,
        "discarded": report.discarded,
        "fates": fates_data({offer.edition.name: fate}),
        "deliveries": {state.value: count for state, count in report.deliveries.items()},
        "waits": waits_data(report.waits),
    }


def _show(console: Console, report: RestReport, fate: Fate, time_zone: str, rehearsal: bool) -> None:
    name = report.offer.edition.name
    if report.offer.empty:
        console.print(f"Everybody has {name} already.", markup=False)
    elif report.discarded:
        console.print("Nothing was sent; nothing was changed.")
    else:
        what = f'{name} "{report.offer.edition.subject}"'
        print_plain(console, fate_lines(what, " to the rest", fate, rehearsal=rehearsal, time_zone=time_zone))
        print_plain(console, (f"  {line}" for line in _lines(report.offer)))
    console.print(f"All deliveries of {name}: {states_text(report.deliveries) or 'none'}", markup=False)
    print_plain(console, wait_lines(report.waits, time_zone))
    print_plain(console, advice_lines(report.deliveries))
