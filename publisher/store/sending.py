"""Sending: who may try what, and when: claim, journal and fence, marks, release."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    and_,
    bindparam,
    exists,
    not_,
    null,
    or_,
    select,
    update,
)

from publisher.domain.circuit import CircuitState
from publisher.domain.delivery import DeliveryKey, DeliveryState
from publisher.domain.edition import EditionState
from publisher.errors import StoreError
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.store.changes import change_deliveries, change_editions
from publisher.store.finishing import finish
from publisher.store.prepared import Hot, Prepared, PreparedForIds
from publisher.store.rows import AnyRow
from publisher.store.segments import IS_NEXT, read_previous
from publisher.store.suppressions import is_suppressed
from publisher.store.tables import (
    CLAIMABLE,
    circuits,
    deliveries,
    editions,
    messages,
    subscribers,
    subscriptions,
)

D = DeliveryState
E = EditionState

_now = bindparam("now", type_=deliveries.c.changed_at.type)
_lease_until = bindparam("lease", type_=deliveries.c.lease_until.type)
_this = deliveries.c.id == bindparam("delivery")
_mine = deliveries.c.claimed_by == bindparam("worker")
_is_stopped = or_(editions.c.state == E.PAUSED, editions.c.state == E.CANCELLED)


# What a worker needs to fill the placeholders of what it has claimed.
_CLAIMED: tuple[ColumnElement[Any], ...] = (
    deliveries.c.id,
    messages.c.content_hash,
    deliveries.c.recipient,
    deliveries.c.segment,
    deliveries.c.occurrence,
    # From here on as in ClaimedDelivery.
    deliveries.c.message_id,
    deliveries.c.adapter,
    deliveries.c.attempt_count,
    deliveries.c.queued_at,
    deliveries.c.prepared,
    deliveries.c.marks,
    deliveries.c.digest,
    subscribers.c.name,
    subscribers.c.language,
)
# The next that are due, oldest first, off the index ix_deliveries_claimable. On PostgreSQL two workers pass over each
# other's rows; SQLite lets one of them write at a time.
NEXT = (
    select(*_CLAIMED)
    .select_from(
        deliveries.join(messages, messages.c.id == deliveries.c.message_id).outerjoin(
            subscribers, subscribers.c.id == deliveries.c.subscriber_id
        )
    )
    .where(
        CLAIMABLE,
        deliveries.c.channel == bindparam("of_channel"),
        deliveries.c.rehearsal == bindparam("rehearsed"),
        deliveries.c.due_at <= _now,
        IS_NEXT,
        or_(
            deliveries.c.edition_id.is_(None), deliveries.c.edition_id.not_in(select(editions.c.id).where(_is_stopped))
        ),
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=deliveries)
)
# The same, of one message only: a test must not take along what else waits on its channel.
NEXT_OF_MESSAGE = NEXT.where(deliveries.c.message_id == bindparam("of_message"))


def claim_those(which: ColumnElement[bool]) -> Update:
    """Claim these rows."""
    return (
        change_deliveries([D.QUEUED, D.DEFERRED], D.CLAIMED)
        .where(which)
        .values(claimed_by=bindparam("claimant"), lease_until=_lease_until, changed_at=_now)
    )


# Those that have become suppressed, or whose subscriber has left the digest, since they were planned.
_suppressed_since = and_(deliveries.c.digest.is_not(None), is_suppressed(deliveries.c.recipient, deliveries.c.digest))
_left_since = and_(
    deliveries.c.subscriber_id.is_not(None),
    not_(
        exists().where(
            subscriptions.c.digest == deliveries.c.digest, subscriptions.c.subscriber_id == deliveries.c.subscriber_id
        )
    ),
)
_channel_is_paused = exists().where(circuits.c.channel == deliveries.c.channel, circuits.c.state == CircuitState.PAUSED)


# Journal and fence in one: after this commit the worker may write to the wire, and nobody else may.
START = (
    change_deliveries([D.CLAIMED], D.SENDING)
    .where(
        _this,
        _mine,
        deliveries.c.lease_until > _now,
        not_(_suppressed_since),
        not_(_left_since),
        not_(exists().where(editions.c.id == deliveries.c.edition_id, _is_stopped)),
        or_(deliveries.c.rehearsal, not_(_channel_is_paused)),
    )
    .values(attempt_count=deliveries.c.attempt_count + 1, lease_until=_lease_until, changed_at=_now, reason=null())
)
# The first delivery that starts takes its edition along; a resend takes it back from sent.
START_EDITION = (
    change_editions([E.PLANNED, E.SENT], E.SENDING)
    .where(editions.c.id == select(deliveries.c.edition_id).where(_this).scalar_subquery())
    .values(changed_at=_now)
)

_SKIP = (
    change_deliveries([D.CLAIMED], D.SKIPPED)
    .where(_this, _mine)
    .values(changed_at=_now, claimed_by=None, lease_until=None)
)
SKIP_SUPPRESSED = _SKIP.where(_suppressed_since).values(reason="the address is suppressed")
SKIP_UNSUBSCRIBED = _SKIP.where(_left_since).values(reason="no longer subscribed")

RELEASE_CLAIMS = (
    change_deliveries([D.CLAIMED], D.QUEUED).where(_mine).values(changed_at=_now, claimed_by=None, lease_until=None)
)
RELEASE_CLAIM = (
    change_deliveries([D.CLAIMED], D.QUEUED)
    .where(_this, _mine)
    .values(changed_at=_now, claimed_by=None, lease_until=None)
)

READ_MARKS = (
    select(deliveries.c.marks)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.state == D.SENDING, _mine)
    .with_for_update()
)
WRITE_MARKS = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(marks=bindparam("all_marks", type_=deliveries.c.marks.type))
)


_next = Prepared(lambda _: NEXT, _CLAIMED)
_next_of_message = Prepared(lambda _: NEXT_OF_MESSAGE, _CLAIMED)
_claim = PreparedForIds(claim_those, deliveries.c.id)
_start = Prepared(lambda _: START)
_start_edition = Prepared(lambda _: START_EDITION)
_skip_suppressed = Prepared(lambda _: SKIP_SUPPRESSED)
_skip_unsubscribed = Prepared(lambda _: SKIP_UNSUBSCRIBED)


def claim(  # noqa: PLR0913 - each is one thing that says what may be claimed
    hot: Hot,
    channel: str,
    *,
    worker: str,
    limit: int,
    lease_seconds: float,
    rehearsal: bool,
    now: datetime,
    message_id: int | None = None,
) -> Sequence[ClaimedDelivery]:
    """Claim up to `limit` deliveries, oldest first; what earlier segments left is not read yet."""
    statement, which = (_next, {}) if message_id is None else (_next_of_message, {"of_message": message_id})
    rows = statement.read(hot, [{}], of_channel=channel, limit=limit, rehearsed=rehearsal, now=now, **which)
    lease_until = now + timedelta(seconds=lease_seconds)
    _claim.change(hot, [row[0] for row in rows], claimant=worker, lease=lease_until, now=now)
    # Not by name or by `*`: what makes them takes three times as long then.
    return [
        ClaimedDelivery._make(
            (row[0], DeliveryKey._make((row[1], channel, row[2], row[3], row[4], rehearsal)), *row[5:], ())
        )
        for row in rows
    ]


def with_previous(connection: Connection, claimed: Sequence[ClaimedDelivery]) -> Sequence[ClaimedDelivery]:
    """Add what the earlier segments of their threads left."""
    previous = read_previous(connection, [delivery.id for delivery in claimed if delivery.key.segment > 1])
    return [each._replace(previous=previous.get(each.id, ())) for each in claimed]


def delivery_key(row: AnyRow) -> DeliveryKey:
    """Give the key of a row of deliveries joined with its message."""
    return DeliveryKey(
        message_hash=row.content_hash,
        channel=row.channel,
        recipient=row.recipient,
        segment=row.segment,
        occurrence=row.occurrence,
        rehearsal=row.rehearsal,
    )


def exchange(
    hot: Hot,
    finished: Sequence[FinishedAttempt],
    starting: Sequence[int],
    *,
    worker: str,
    lease_seconds: float,
    now: datetime,
) -> frozenset[int]:
    """Record what is finished and journal what starts; give what may start."""
    if finished:
        finish(hot, finished, worker, now)
    if not starting:
        return frozenset()
    return _start_all(hot, starting, worker, now, now + timedelta(seconds=lease_seconds))


def _start_all(hot: Hot, starting: Sequence[int], worker: str, now: datetime, lease_until: datetime) -> frozenset[int]:
    rows = [{"delivery": delivery_id} for delivery_id in starting]
    counts = _start.change_each(hot, rows, worker=worker, now=now, lease=lease_until)
    if not all(counts):
        kept_back = [row for row, count in zip(rows, counts, strict=True) if not count]
        for skip in (_skip_suppressed, _skip_unsubscribed):
            skip.change(hot, kept_back, worker=worker, now=now)
        rows = [row for row, count in zip(rows, counts, strict=True) if count]
    _start_edition.change(hot, rows, now=now)
    return frozenset(row["delivery"] for row in rows)


def write_mark(connection: Connection, delivery_id: int, name: str, value: Any, worker: str) -> None:
    """Make durable what a later attempt must know. Errors: StoreError if the worker's right to send has been lost."""
    marks = connection.execute(READ_MARKS, {"delivery": delivery_id, "worker": worker}).scalar_one_or_none()
    if marks is None:
        raise StoreError(f"delivery {delivery_id} is no longer held by {worker}: it must not go on")
    connection.execute(WRITE_MARKS, {"delivery": delivery_id, "all_marks": {**marks, name: value}})


def release(connection: Connection, worker: str, now: datetime, only: Collection[int] | None = None) -> int:
    """Give back what this worker claimed and did not start, all or only these."""
    if only is None:
        return connection.execute(RELEASE_CLAIMS, {"worker": worker, "now": now}).rowcount
    rows = [{"worker": worker, "now": now, "delivery": delivery_id} for delivery_id in only]
    return connection.execute(RELEASE_CLAIM, rows).rowcount if rows else 0
