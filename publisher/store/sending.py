"""Sending: who may try what, and when: claim, journal and fence, marks, release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, exists, not_, null, select, update

from publisher.domain.delivery import DeliveryKey, DeliveryState
from publisher.domain.edition import EditionState
from publisher.errors import StoreError
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.store.changes import change_deliveries, change_editions
from publisher.store.finishing import finish
from publisher.store.rows import AnyRow
from publisher.store.suppressions import is_suppressed
from publisher.store.tables import (
    CLAIMABLE,
    HELD,
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
_ids: BindParameter[int] = bindparam("ids", expanding=True)
_mine = deliveries.c.claimed_by == bindparam("worker")
_digest_stopped = deliveries.c.edition_id.in_(
    select(editions.c.id).where(editions.c.state.in_([E.PAUSED, E.CANCELLED]))
)
_stopped = and_(deliveries.c.edition_id.is_not(None), _digest_stopped)

# The next that are due, oldest first, off the index ix_deliveries_claimable. On PostgreSQL two workers pass over each
# other's rows; SQLite lets one of them write at a time.
_NEXT = (
    select(deliveries.c.id)
    .where(
        CLAIMABLE,
        deliveries.c.channel == bindparam("of_channel"),
        deliveries.c.rehearsal == bindparam("rehearsed"),
        deliveries.c.due_at <= _now,
        not_(_stopped),
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
CLAIM = (
    change_deliveries([D.QUEUED, D.DEFERRED], D.CLAIMED)
    .where(deliveries.c.id.in_(_NEXT))
    .values(claimed_by=bindparam("claimant"), lease_until=_lease_until, changed_at=_now)
    .returning(deliveries.c.id)
)

# What a worker needs to fill the placeholders of what it has claimed.
CLAIMED = (
    select(
        deliveries,
        messages.c.content_hash,
        subscribers.c.name.label("subscriber_name"),
        subscribers.c.language.label("subscriber_language"),
    )
    .join(messages, messages.c.id == deliveries.c.message_id)
    .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
    .where(deliveries.c.id.in_(_ids))
    .order_by(deliveries.c.due_at, deliveries.c.id)
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
_SKIP = (
    change_deliveries([D.CLAIMED], D.SKIPPED)
    .where(deliveries.c.id.in_(_ids), _mine)
    .values(changed_at=_now, claimed_by=None, lease_until=None)
)
SKIP_SUPPRESSED = _SKIP.where(_suppressed_since).values(reason="the address is suppressed")
SKIP_UNSUBSCRIBED = _SKIP.where(_left_since).values(reason="no longer subscribed")

# Journal and fence in one: after this commit the worker may write to the wire, and nobody else may.
START = (
    change_deliveries([D.CLAIMED], D.SENDING)
    .where(
        deliveries.c.id.in_(_ids),
        _mine,
        deliveries.c.lease_until > _now,
        not_(_suppressed_since),
        not_(_left_since),
        not_(_stopped),
    )
    .values(attempt_count=deliveries.c.attempt_count + 1, lease_until=_lease_until, changed_at=_now, reason=null())
    .returning(deliveries.c.id, deliveries.c.edition_id)
)

# The first delivery that starts takes its edition along; a resend takes it back from sent.
START_EDITIONS = change_editions([E.PLANNED, E.SENT], E.SENDING).where(editions.c.id.in_(_ids)).values(changed_at=_now)

RELEASE_CLAIMS = (
    change_deliveries([D.CLAIMED], D.QUEUED)
    .where(HELD, _mine)
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


def claim(
    connection: Connection,
    channel: str,
    *,
    worker: str,
    limit: int,
    lease_seconds: float,
    rehearsal: bool,
    now: datetime,
) -> Sequence[ClaimedDelivery]:
    """Claim up to `limit` deliveries, oldest first."""
    values = {
        "of_channel": channel,
        "claimant": worker,
        "limit": limit,
        "lease": now + timedelta(seconds=lease_seconds),
        "rehearsed": rehearsal,
        "now": now,
    }
    ids = connection.execute(CLAIM, values).scalars().all()
    return [_claimed_delivery(row) for row in connection.execute(CLAIMED, {"ids": ids})] if ids else []


def _claimed_delivery(row: AnyRow) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=row.id,
        key=delivery_key(row),
        message_id=row.message_id,
        adapter=row.adapter,
        attempt_count=row.attempt_count,
        queued_at=row.queued_at,
        prepared=row.prepared,
        marks=row.marks,
        digest=row.digest,
        subscriber_name=row.subscriber_name,
        subscriber_language=row.subscriber_language,
    )


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
    connection: Connection,
    finished: Sequence[FinishedAttempt],
    starting: Sequence[int],
    *,
    worker: str,
    lease_seconds: float,
    now: datetime,
) -> frozenset[int]:
    """Record what is finished and journal what starts; give what may start."""
    if finished:
        finish(connection, finished, worker, now)
    if not starting:
        return frozenset()
    return _start(connection, starting, worker, now, now + timedelta(seconds=lease_seconds))


def _start(
    connection: Connection, starting: Sequence[int], worker: str, now: datetime, lease_until: datetime
) -> frozenset[int]:
    fence = {"ids": list(starting), "worker": worker, "now": now}
    started = connection.execute(START, {**fence, "lease": lease_until}).all()
    if len(started) < len(starting):
        connection.execute(SKIP_SUPPRESSED, fence)
        connection.execute(SKIP_UNSUBSCRIBED, fence)
    edition_ids = {row.edition_id for row in started if row.edition_id is not None}
    if edition_ids:
        connection.execute(START_EDITIONS, {"ids": sorted(edition_ids), "now": now})
    return frozenset(row.id for row in started)


def write_mark(connection: Connection, delivery_id: int, name: str, value: Any, worker: str) -> None:
    """Make durable what a later attempt must know. Errors: StoreError if the worker's right to send has been lost."""
    marks = connection.execute(READ_MARKS, {"delivery": delivery_id, "worker": worker}).scalar_one_or_none()
    if marks is None:
        raise StoreError(f"delivery {delivery_id} is no longer held by {worker}: it must not go on")
    connection.execute(WRITE_MARKS, {"delivery": delivery_id, "all_marks": {**marks, name: value}})


def release(connection: Connection, worker: str, now: datetime) -> int:
    """Give back what this worker claimed and did not start."""
    return connection.execute(RELEASE_CLAIMS, {"worker": worker, "now": now}).rowcount
