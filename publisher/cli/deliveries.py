"""`publish deliveries`: single deliveries and their attempts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import END_OF_MOMENT, MOMENT, Result, local_time, period, plural, publish_command, table
from publisher.config.explain import nearest_hint
from publisher.domain.delivery import DeliveryState
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


@publish_command("deliveries", summary="List single deliveries and their attempts.")
@click.option("--state", "states", multiple=True, type=click.Choice([state.value for state in DeliveryState]))
@click.option("--channel", help="Only this channel.")
@click.option("--edition", help='Only this edition, for example "daily/7".')
@click.option("--recipient", help="Only this address or account.")
@click.option("--article", "slug", help="Only those that carry this article.")
@click.option("--since", type=MOMENT, help="Only those that have changed since then: 2026-11-23 or 2026-11-23T07:00.")
@click.option("--until", type=END_OF_MOMENT, help="Only those that have not changed after it; a day with all of it.")
@click.option("--attempts", is_flag=True, help="Show every attempt, too.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many.")
def deliveries(  # noqa: PLR0913 - each is one way to choose
    config_file: Path,
    *,
    states: tuple[str, ...],
    channel: str | None,
    edition: str | None,
    recipient: str | None,
    slug: str | None,
    since: datetime | None,
    until: datetime | None,
    attempts: bool,
    limit: int,
) -> Result:
    """Show who got what, and what the remote said."""
    from publisher.bootstrap import open_application
    from publisher.ports.ledger import DeliveryFilter
    from publisher.workflow.steer import find_edition

    with open_application(config_file) as app:
        zone = app.settings.organisation.time_zone
        begin, end = period(since, until, zone)
        _refuse_unknown(app, channel)
        which = DeliveryFilter(
            rehearsal=app.rehearsal,
            states=[DeliveryState(state) for state in states] or None,
            channel=channel,
            edition_id=find_edition(app, edition).id if edition else None,
            recipient=recipient,
            slug=slug,
            changed_since=begin,
            changed_until=end,
            limit=limit,
        )
        rows = list(app.ledger.deliveries(which))
        count = sum(app.ledger.count_deliveries(which).values())
        tries = app.ledger.attempts([row.id for row in rows]) if attempts else []
    data = {
        "deliveries": [_data(row) for row in rows],
        "attempts": [asdict(attempt) for attempt in tries],
        "more": count - len(rows),
    }
    return Result(data, lambda console: _show(console, rows, tries, zone, count))


def _refuse_unknown(app: Any, channel: str | None) -> None:
    """Refuse a channel that neither the config nor the ledger has."""
    if channel is not None and channel not in app.channels:
        known = {*app.channels, *app.figures.by_channel(app.rehearsal)}
        if channel not in known:
            raise UsageError(f'there is no channel "{channel}"', hint=nearest_hint(channel, sorted(known)))


def _data(row: Any) -> dict[str, Any]:
    flat = asdict(row)
    del flat["key"]
    return {**row.key._asdict(), "key": row.key.text(), **flat}


def _show(console: Console, rows: list[Any], tries: Any, zone: str, count: int) -> None:
    from publisher.domain.attempt import Evidence
    from publisher.domain.refusal import fault_of
    from publisher.workflow.decide import SHOWN_KEY_CHARACTERS

    shown = table("Key", "Channel", "Recipient", "What", "State", "Tries", "Changed", "Remote's word")
    for row in rows:
        what = row.edition or row.slug or row.key.occurrence
        what += f" ({row.key.segment})" if row.key.segment > 1 else ""
        changed = local_time(row.changed_at, zone)
        word = row.reason or row.receipt or (f"waits for post {row.waits_for} of its thread" if row.waits_for else "")
        shown.add_row(
            row.key.text()[:SHOWN_KEY_CHARACTERS],
            row.key.channel,
            row.key.recipient,
            what,
            row.state.value,
            str(row.attempt_count),
            changed,
            word[:80],
        )
    if rows:
        console.print(shown)
    for attempt in tries:
        fault = fault_of(Evidence(attempt.stage, attempt.reply, attempt.code, attempt.enhanced_code))
        why = f" ({fault.value})" if fault else ""
        line = (
            f"  delivery {attempt.delivery_id} try {attempt.number}: {attempt.outcome} {attempt.stage} {attempt.reply}"
        )
        console.print(line.rstrip() + why, markup=False)
    console.print(plural(len(rows), "delivery", "deliveries"))
    if count > len(rows):
        console.print(f"{count - len(rows):,} more, newer: see them with --limit.")


commands = {"deliveries": deliveries}
