"""Finishing: what came of attempts is recorded, and settles its deliveries; a row for every try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import (
    Text,
    Update,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    update,
)

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected
from publisher.domain.delivery import DeliveryState, may_change
from publisher.domain.refusal import is_mailbox_full
from publisher.ports.ledger import FinishedAttempt
from publisher.store.full_mailboxes import suppress_full_mailboxes
from publisher.store.prepared import Hot, Prepared, Values, given
from publisher.store.tables import ALL_DIGESTS, attempts, deliveries, suppressions
from publisher.store.upsert import Insert, insert_into

D = DeliveryState

_this = deliveries.c.id == bindparam("delivery")
_ATTEMPT = (
    *("outcome", "reason", "stage", "reply", "code", "enhanced_code", "relay"),
    *("worker", "started_at", "duration_ms"),
)


def finish_delivery(before: DeliveryState) -> Update:
    """Record what came of an attempt, where the delivery is in this state and still the worker's."""
    return (
        update(deliveries)
        .where(_this, deliveries.c.state == before, deliveries.c.claimed_by == bindparam("worker"))
        .values(
            state=given("after", deliveries.c.state),
            changed_at=given("now", deliveries.c.changed_at),
            attempt_count=deliveries.c.attempt_count - given("uncounted", deliveries.c.attempt_count),
            # Only what will be tried again has a place in the queue.
            due_at=func.coalesce(given("not_before", deliveries.c.due_at), deliveries.c.due_at),
            claimed_by=null(),
            lease_until=null(),
            # Empty for none: the driver takes long for what is no text and no number.
            receipt=func.nullif(given("new_receipt", deliveries.c.receipt), ""),
            url=func.nullif(given("new_url", deliveries.c.url), ""),
            reason=func.nullif(given("new_reason", deliveries.c.reason), ""),
        )
    )


def add_attempt(dialect: str) -> Insert:
    """Record an attempt of a delivery that is still there; the same result given again changes nothing."""
    columns = [given(f"attempt_{name}", attempts.c[name]).label(name) for name in _ATTEMPT]
    number = deliveries.c.attempt_count + given("uncounted", deliveries.c.attempt_count)
    row = select(deliveries.c.id, number.label("number"), *columns).where(_this)
    return (
        insert_into(attempts, dialect)
        .from_select(["delivery_id", "number", *_ATTEMPT], row)
        .on_conflict_do_nothing(index_elements=["delivery_id", "number", "outcome", "started_at"])
    )


def suppress_gone(dialect: str) -> Insert:
    """Never write again to addresses that are gone, as the remote says; the first reason stays.

    The account of a post is no address, and suppressions are real: what was only rehearsed must not make one.
    """
    rows = select(
        deliveries.c.recipient,
        literal(ALL_DIGESTS),
        literal("hard bounce"),
        literal("delivery ") + cast(deliveries.c.id, Text),
        given("now", suppressions.c.suppressed_at),
    ).where(
        _this,
        deliveries.c.digest.is_not(None),
        deliveries.c.rehearsal.is_(False),
        deliveries.c.recipient.contains("@"),
    )
    return (
        insert_into(suppressions, dialect)
        .from_select(["address", "digest", "reason", "source", "suppressed_at"], rows)
        .on_conflict_do_nothing(index_elements=["address", "digest"])
    )


_finish_sending = Prepared(lambda _: finish_delivery(D.SENDING))
_finish_unknown = Prepared(lambda _: finish_delivery(D.UNKNOWN))
_add_attempt = Prepared(add_attempt)
_suppress_gone = Prepared(suppress_gone)


def finish(hot: Hot, finished: Sequence[FinishedAttempt], worker: str, now: datetime) -> None:
    """Record finished attempts and what they make of their deliveries. ValueError where the table forbids a change."""
    for attempt in finished:
        if not may_change(D.SENDING, attempt.state):
            raise ValueError(f"a delivery does not change from sending to {attempt.state}")
    rows = [_row(attempt, worker) for attempt in finished]
    if _finish_sending.change(hot, rows, worker=worker, now=now) < len(rows):
        # A worker whose lease ran out comes late: its row has become unknown, but evidence beats doubt. Once another
        # one has claimed the row, or a person has decided, only the attempt is recorded.
        evident = _rows_of(rows, finished, lambda outcome: isinstance(outcome, Accepted | Rejected))
        _finish_unknown.change(hot, evident, worker=worker, now=now)
    _add_attempt.change(hot, rows)
    gone = _rows_of(rows, finished, lambda outcome: isinstance(outcome, Rejected) and outcome.recipient_gone)
    _suppress_gone.change(hot, gone, now=now)
    suppress_full_mailboxes(hot, _rows_of(rows, finished, _is_full), now)


def _is_full(outcome: Outcome) -> bool:
    return not isinstance(outcome, Accepted) and is_mailbox_full(outcome.evidence)


def _rows_of(
    rows: Sequence[Values], finished: Sequence[FinishedAttempt], is_wanted: Callable[[Outcome], bool]
) -> Sequence[Values]:
    return [row for row, attempt in zip(rows, finished, strict=True) if is_wanted(attempt.outcome)]


def record_attempt(hot: Hot, attempt: FinishedAttempt, worker: str) -> None:
    """Add the row of an attempt, and leave its delivery as it is."""
    _add_attempt.change(hot, [_row(attempt, worker)])


def _row(attempt: FinishedAttempt, worker: str) -> Values:
    outcome, evidence = attempt.outcome, attempt.outcome.evidence
    accepted = outcome if isinstance(outcome, Accepted) else None
    reason = reason_of(outcome)
    return {
        "delivery": attempt.delivery_id,
        "after": attempt.state,
        "uncounted": 0 if attempt.is_counted else 1,
        "not_before": attempt.not_before,
        "new_receipt": accepted.receipt if accepted else "",
        "new_url": (accepted.url or "") if accepted else "",
        "new_reason": reason,
        "attempt_outcome": outcome_name(outcome),
        "attempt_reason": reason,
        "attempt_stage": evidence.stage,
        "attempt_reply": evidence.reply,
        "attempt_code": evidence.code,
        "attempt_enhanced_code": evidence.enhanced_code,
        "attempt_relay": evidence.relay,
        "attempt_worker": worker,
        "attempt_started_at": attempt.started_at,
        "attempt_duration_ms": attempt.duration_ms,
    }


def reason_of(outcome: Outcome) -> str:
    """Give the reason of an outcome; what was accepted needs none."""
    return "" if isinstance(outcome, Accepted) else outcome.reason


def outcome_name(outcome: Outcome) -> str:
    """Name the kind of an outcome, as a row of attempts does."""
    match outcome:
        case Accepted():
            return "accepted"
        case Deferred():
            return "deferred"
        case Rejected():
            return "rejected"
    return "unknown"
