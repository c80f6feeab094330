"""Sending: claim, journal and fence, record, recover. Every rule of `domain/delivery.py` about claims is kept here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Update, and_, bindparam, exists, func, not_, null, select, update

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected
from publisher.domain.delivery import DeliveryKey, DeliveryState, may_change
from publisher.domain.edition import EditionState
from publisher.errors import StoreError
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt, Recovered
from publisher.store.changes import change_deliveries, change_editions
from publisher.store.rows import AnyRow
from publisher.store.suppressions import add_suppression, is_suppressed
from publisher.store.tables import (
    ALL_DIGESTS,
    CLAIMABLE,
    HELD,
    attempts,
    deliveries,
    editions,
    messages,
    subscribers,
    subscriptions,
)
from publisher.store.upsert import Insert, dialect_of, insert_into

D = DeliveryState
E = EditionState

VANISHED = "the worker vanished: it may have been sent"

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

ROWS_TO_FINISH = (
    select(
        deliveries.c.id,
        deliveries.c.state,
        deliveries.c.claimed_by,
        deliveries.c.attempt_count,
        deliveries.c.recipient,
        deliveries.c.digest,
        deliveries.c.rehearsal,
    )
    .where(deliveries.c.id.in_(_ids))
    .with_for_update()
)


@cache
def finish_deliveries(before: DeliveryState, after: DeliveryState) -> Update:
    """Record what came of attempts. ValueError where the table does not allow the change."""
    return (
        change_deliveries([before], after)
        .where(deliveries.c.id == bindparam("delivery"), _mine)
        .values(
            changed_at=_now,
            # Only what will be tried again has a place in the queue.
            due_at=func.coalesce(bindparam("not_before", type_=deliveries.c.due_at.type), deliveries.c.due_at),
            claimed_by=None,
            lease_until=None,
            receipt=bindparam("new_receipt"),
            url=bindparam("new_url"),
            reason=bindparam("new_reason"),
        )
    )


def add_attempts(dialect: str) -> Insert:
    """Record attempts; the same result given again changes nothing."""
    return insert_into(attempts, dialect).on_conflict_do_nothing(
        index_elements=["delivery_id", "number", "outcome", "started_at"]
    )


# A claim that ran out before anything was sent goes back into the queue.
REQUEUE_LOST_CLAIMS = (
    change_deliveries([D.CLAIMED], D.QUEUED)
    .where(HELD, deliveries.c.lease_until <= _now)
    .values(changed_at=_now, claimed_by=None, lease_until=None)
)

LOST_SENDINGS = (
    select(deliveries.c.id, deliveries.c.attempt_count, deliveries.c.claimed_by, deliveries.c.changed_at)
    .where(HELD, deliveries.c.state == D.SENDING, deliveries.c.lease_until <= _now)
    .with_for_update(skip_locked=True)
)
# The worker's name stays: it may still come back with evidence (see _finish).
MARK_LOST_SENDINGS_UNKNOWN = (
    change_deliveries([D.SENDING], D.UNKNOWN)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(changed_at=_now, lease_until=None, reason=VANISHED)
)

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
        _finish(connection, finished, worker, now)
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


def _finish(connection: Connection, finished: Sequence[FinishedAttempt], worker: str, now: datetime) -> None:
    ids = [attempt.delivery_id for attempt in finished]
    rows = {row.id: row for row in connection.execute(ROWS_TO_FINISH, {"ids": ids})}
    # A rehearsal may have been cleared while it was sent: nothing is left to record about it.
    finished = [attempt for attempt in finished if attempt.delivery_id in rows]
    changes: dict[tuple[DeliveryState, DeliveryState], list[dict[str, Any]]] = defaultdict(list)
    for attempt in finished:
        row = rows[attempt.delivery_id]
        if _may_settle(row, attempt, worker):
            changes[DeliveryState(row.state), attempt.state].append(_result(attempt, worker, now))
    for (before, after), results in changes.items():
        connection.execute(finish_deliveries(before, after), results)
    attempt_rows = [_attempt_row(attempt, rows[attempt.delivery_id].attempt_count, worker) for attempt in finished]
    if attempt_rows:
        connection.execute(add_attempts(dialect_of(connection)), attempt_rows)
    gone = [rows[attempt.delivery_id] for attempt in finished if _is_gone(attempt.outcome)]
    _suppress_gone(connection, gone, now)


def _may_settle(row: AnyRow, attempt: FinishedAttempt, worker: str) -> bool:
    """Say whether the row still is about this attempt.

    A worker whose lease ran out comes late: its row has become unknown, but evidence beats doubt. Once another one has
    claimed the row, or a person has decided, only the attempt is recorded.
    """
    before = DeliveryState(row.state)
    if row.claimed_by != worker or before not in (D.SENDING, D.UNKNOWN):
        return False
    if before is D.UNKNOWN:
        return may_change(before, attempt.state) and isinstance(attempt.outcome, Accepted | Rejected)
    return True


def _result(attempt: FinishedAttempt, worker: str, now: datetime) -> dict[str, Any]:
    outcome = attempt.outcome
    return {
        "delivery": attempt.delivery_id,
        "worker": worker,
        "now": now,
        "not_before": attempt.not_before,
        "new_receipt": outcome.receipt if isinstance(outcome, Accepted) else None,
        "new_url": outcome.url if isinstance(outcome, Accepted) else None,
        "new_reason": _reason(outcome) or None,
    }


def _reason(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Accepted) else outcome.reason


def _outcome_name(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "accepted"
        case Deferred():
            return "deferred"
        case Rejected():
            return "rejected"
    return "unknown"


def _attempt_row(attempt: FinishedAttempt, number: int, worker: str) -> dict[str, Any]:
    evidence = attempt.outcome.evidence
    return {
        "delivery_id": attempt.delivery_id,
        "number": number,
        "outcome": _outcome_name(attempt.outcome),
        "reason": _reason(attempt.outcome),
        **_evidence(evidence),
        "worker": worker,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "stage": evidence.stage,
        "reply": evidence.reply,
        "code": evidence.code,
        "enhanced_code": evidence.enhanced_code,
        "relay": evidence.relay,
    }


def _is_gone(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.recipient_gone


def _suppress_gone(connection: Connection, gone: Iterable[AnyRow], now: datetime) -> None:
    """Never write again to an address that is gone, as the remote says; the account of a post is no address."""
    rows = [
        {
            "address": row.recipient,
            "digest": ALL_DIGESTS,
            "reason": "hard bounce",
            "source": f"delivery {row.id}",
            "suppressed_at": now,
        }
        for row in gone
        # Suppressions are real: what was only rehearsed must not make one.
        if row.digest is not None and "@" in row.recipient and not row.rehearsal
    ]
    if rows:
        connection.execute(add_suppression(dialect_of(connection)), rows)


def recover(connection: Connection, now: datetime) -> Recovered:
    """Take back claims whose lease ran out: what may have been sent becomes unknown."""
    requeued = connection.execute(REQUEUE_LOST_CLAIMS, {"now": now}).rowcount
    lost = connection.execute(LOST_SENDINGS, {"now": now}).all()
    if lost:
        connection.execute(MARK_LOST_SENDINGS_UNKNOWN, [{"delivery": row.id, "now": now} for row in lost])
        connection.execute(add_attempts(dialect_of(connection)), [_vanished_attempt(row) for row in lost])
    return Recovered(requeued_count=requeued, unknown_count=len(lost))


def _vanished_attempt(row: AnyRow) -> dict[str, Any]:
    return {
        "delivery_id": row.id,
        "number": row.attempt_count,
        "outcome": "unknown",
        "reason": VANISHED,
        **_evidence(Evidence()),
        "worker": row.claimed_by,
        "started_at": row.changed_at,
        "duration_ms": 0,
    }


def write_mark(connection: Connection, delivery_id: int, name: str, value: Any, worker: str) -> None:
    """Make durable what a later attempt must know. Errors: StoreError if the worker's right to send has been lost."""
    marks = connection.execute(READ_MARKS, {"delivery": delivery_id, "worker": worker}).scalar_one_or_none()
    if marks is None:
        raise StoreError(f"delivery {delivery_id} is no longer held by {worker}: it must not go on")
    connection.execute(WRITE_MARKS, {"delivery": delivery_id, "all_marks": {**marks, name: value}})


def release(connection: Connection, worker: str, now: datetime) -> int:
    """Give back what this worker claimed and did not start."""
    return connection.execute(RELEASE_CLAIMS, {"worker": worker, "now": now}).rowcount
