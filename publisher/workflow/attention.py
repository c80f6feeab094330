"""Attention: what does not go on by itself, and the command with which a person settles it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.delivery import DeliveryState
from publisher.domain.due_time import Verdict
from publisher.domain.edition import EditionState
from publisher.ports.ledger import DeliveryFilter, DeliveryRow, EditionRow
from publisher.workflow.application import Application
from publisher.workflow.look import QueueView, skipped_errors
from publisher.workflow.restored import STILL_RESTORED
from publisher.workflow.waiting import Cause, waits
from publisher.workflow.withhold import waiting_by_rule

D = DeliveryState
E = EditionState

MAX_LOOKED_AT = 1_000
# What was given up is shown for as long as it makes sense to send it after all.
GIVEN_UP_SINCE = timedelta(days=14)
MISSED_SINCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that waits for a person. `since` is the oldest of it; `command` settles it, or shows how."""

    kind: str
    text: str
    command: str
    since: datetime | None = None


def what_waits(app: Application, queue: QueueView) -> tuple[Attention, ...]:
    """List what does not go on by itself, the gravest first."""
    return (
        *_restored(app),
        *_in_doubt(app),
        *_editions(app),
        *_channels(app),
        *_missed(app),
        *_given_up(app),
        *_queue_files(queue),
    )


def _restored(app: Application) -> Iterator[Attention]:
    restored = None if app.rehearsal else app.upkeep.restored()
    if restored:
        yield Attention("restored", STILL_RESTORED, "publish restore --go-on", restored.restored_at)


def _in_doubt(app: Application) -> Iterator[Attention]:
    for edition, channel, count, since in _groups(app, DeliveryFilter(rehearsal=app.rehearsal, states=(D.UNKNOWN,))):
        which = f"--edition {edition}" if edition else f"--channel {channel}"
        text = f"{_counted(count)} {_of(edition, channel)}: it is not known whether {_they(count)} arrived"
        yield Attention("unknown", text, f"publish settle resend|accepted|skip {which}", since)


def _given_up(app: Application) -> Iterator[Attention]:
    expired = DeliveryFilter(rehearsal=app.rehearsal, states=(D.EXPIRED,))
    for edition, channel, count, since in _groups(app, expired):
        if app.clock.now() - since <= GIVEN_UP_SINCE:
            which = f"--edition {edition}" if edition else f"--channel {channel}"
            text = f"{_counted(count)} {_of(edition, channel)} given up after many tries"
            yield Attention("expired", text, f"publish retry --state expired {which}", since)


Group = tuple[str | None, str, int, datetime]


def _groups(app: Application, which: DeliveryFilter) -> Iterator[Group]:
    """Gather deliveries by edition, or by channel where they are of none: their number, and since when."""
    counts = app.ledger.count_deliveries(which)
    if not sum(counts.values()):
        return
    rows = app.ledger.deliveries(DeliveryFilter(rehearsal=which.rehearsal, states=which.states, limit=MAX_LOOKED_AT))
    groups: dict[tuple[str | None, str], list[DeliveryRow]] = {}
    for row in rows:
        groups.setdefault((row.edition, row.key.channel), []).append(row)
    for (edition, channel), found in groups.items():
        yield edition, channel, len(found), min(row.changed_at for row in found)
    rest = sum(counts.values()) - sum(map(len, groups.values()))
    if rest:
        last = max(row.changed_at for found in groups.values() for row in found)
        yield None, "", rest, last


def _counted(count: int) -> str:
    return f"{count:,} {'delivery' if count == 1 else 'deliveries'}"


def _they(count: int) -> str:
    return "it" if count == 1 else "they"


def _of(edition: str | None, channel: str) -> str:
    return f"of {edition}" if edition else f"on {channel}" if channel else "more"


def _editions(app: Application) -> Iterator[Attention]:
    listed = {row.id for row in waiting_by_rule(app)}
    for row in app.ledger.editions(rehearsal=app.rehearsal, limit=MAX_LOOKED_AT):
        line = _EDITIONS.get(row.state)
        if line and row.id not in listed:
            text, command = line
            because = f": {row.reason}" if row.reason else ""
            yield Attention(row.state.value, f"{row.name} {text}{because}", f"{command} {row.name}", _since(row))


# What waits for approval by the rule of its digest stands on a list of its own (`withhold.py`).
_EDITIONS = {
    E.HELD: ("is held back", "publish approve"),
    E.PAUSED: ("is paused", "publish resume"),
}


def _channels(app: Application) -> Iterator[Attention]:
    for name, wait in waits(app, sorted(app.channels)).items():
        if wait.cause is Cause.PAUSED:
            yield Attention("channel", f"the channel {name} is paused: {wait.reason}", f"publish resume {name}")


def _missed(app: Application) -> Iterator[Attention]:
    """Name the digests whose last due time was missed: an edition by hand brings what is queued since."""
    for name in app.settings.digests:
        rows = app.due_times.due_times(app.rehearsal, limit=1, digest=name)
        for row in rows:
            if row.verdict is Verdict.MISSED and app.clock.now() - row.due.due_at <= MISSED_SINCE:
                text = f"{name} missed its time, {row.due.occurrence.removeprefix('due ').replace('T', ' ')}"
                yield Attention("missed", f"{text}: {row.reason}", f"publish now {name}", row.due.due_at)


def _since(row: EditionRow) -> datetime:
    return row.frozen_at


def _queue_files(queue: QueueView) -> Iterator[Attention]:
    files = Counter(error.where.rsplit(":", 1)[0] for error in queue.reading.errors)
    files.update(error.where for error in skipped_errors(queue.reading))
    if files:
        first = next(iter(files))
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield Attention("queue", f"{first}{more} cannot be taken", "publish check")
