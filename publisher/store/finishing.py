"""Finishing: what came of attempts is recorded, and settles its deliveries; a row for every try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, func, select
from sqlalchemy.sql.elements import KeyedColumnElement

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected
from publisher.domain.delivery import DeliveryState
from publisher.ports.ledger import FinishedAttempt
from publisher.store.changes import change_deliveries
from publisher.store.prepared import Hot, Prepared
from publisher.store.suppressions import add_suppression
from publisher.store.tables import ALL_DIGESTS, attempts, deliveries
from publisher.store.upsert import Insert, insert_into

D = DeliveryState

_this = deliveries.c.id == bindparam("delivery")

ROW_TO_FINISH = select(deliveries.c.state, deliveries.c.claimed_by).where(_this).with_for_update()
GONE_ROW = select(deliveries.c.recipient, deliveries.c.digest, deliveries.c.rehearsal).where(_this)


def _result(name: str) -> ColumnElement[Any]:
    column: KeyedColumnElement[Any] = deliveries.c[name]
    return bindparam(f"new_{name}", type_=column.type)


def finish_delivery(before: DeliveryState, after: DeliveryState) -> Update:
    """Record what came of an attempt. ValueError where the table does not allow the change."""
    return (
        change_deliveries([before], after)
        .where(_this, deliveries.c.claimed_by == bindparam("worker"))
        .values(
            changed_at=bindparam("now", type_=deliveries.c.changed_at.type),
            # Only what will be tried again has a place in the queue.
            due_at=func.coalesce(bindparam("not_before", type_=deliveries.c.due_at.type), deliveries.c.due_at),
            claimed_by=None,
            lease_until=None,
            receipt=_result("receipt"),
            url=_result("url"),
            reason=_result("reason"),
        )
    )


_ATTEMPT = (
    *("outcome", "reason", "stage", "reply", "code", "enhanced_code", "relay"),
    *("worker", "started_at", "duration_ms"),
)


def _given(name: str) -> ColumnElement[Any]:
    column: KeyedColumnElement[Any] = attempts.c[name]
    return bindparam(f"given_{name}", type_=column.type).label(name)


def add_attempt(dialect: str) -> Insert:
    """Record an attempt of a delivery that is still there; the same result given again changes nothing."""
    row = select(deliveries.c.id, deliveries.c.attempt_count, *[_given(name) for name in _ATTEMPT]).where(_this)
    return (
        insert_into(attempts, dialect)
        .from_select(["delivery_id", "number", *_ATTEMPT], row)
        .on_conflict_do_nothing(index_elements=["delivery_id", "number", "outcome", "started_at"])
    )


@cache
def _finish_delivery(before: DeliveryState, after: DeliveryState) -> Prepared:
    statement = finish_delivery(before, after)
    return Prepared(lambda _: statement, ("worker", "now"))


_row_to_finish = Prepared(lambda _: ROW_TO_FINISH)
_gone_row = Prepared(lambda _: GONE_ROW, (), (deliveries.c.recipient, deliveries.c.digest, deliveries.c.rehearsal))
_add_attempt = Prepared(add_attempt, ("given_worker",))
_add_suppression = Prepared(add_suppression)


def finish(hot: Hot, finished: Sequence[FinishedAttempt], worker: str, now: datetime) -> None:
    """Record finished attempts and what they make of their deliveries."""
    for attempt in finished:
        if not _settle(hot, D.SENDING, attempt, worker, now):
            _finish_late(hot, attempt, worker, now)
        record_attempt(hot, attempt, worker)
        if isinstance(attempt.outcome, Rejected) and attempt.outcome.recipient_gone:
            _suppress_gone(hot, attempt.delivery_id, now)


def _settle(hot: Hot, before: DeliveryState, attempt: FinishedAttempt, worker: str, now: datetime) -> bool:
    """Record the result if the delivery is in this state and still this worker's."""
    outcome = attempt.outcome
    statement = _finish_delivery(before, attempt.state).bind(hot, worker=worker, now=now)
    return bool(
        statement.run(
            delivery=attempt.delivery_id,
            not_before=attempt.not_before,
            new_receipt=outcome.receipt if isinstance(outcome, Accepted) else None,
            new_url=outcome.url if isinstance(outcome, Accepted) else None,
            new_reason=reason_of(outcome) or None,
        )
    )


def _finish_late(hot: Hot, attempt: FinishedAttempt, worker: str, now: datetime) -> None:
    """Record the result of a worker whose lease ran out, if the row still is about this attempt.

    It has become unknown meanwhile, but evidence beats doubt. Once another worker has claimed the row, or a person has
    decided, only the attempt is recorded.
    """
    rows = _row_to_finish.bind(hot).rows(delivery=attempt.delivery_id)
    if rows == [[D.UNKNOWN, worker]] and isinstance(attempt.outcome, Accepted | Rejected):
        _settle(hot, D.UNKNOWN, attempt, worker, now)


def record_attempt(hot: Hot, attempt: FinishedAttempt, worker: str) -> None:
    """Add the row of an attempt. Of a rehearsal that was cleared while it was sent, nothing is left to record."""
    outcome, evidence = attempt.outcome, attempt.outcome.evidence
    _add_attempt.bind(hot, given_worker=worker).run(
        delivery=attempt.delivery_id,
        given_outcome=outcome_name(outcome),
        given_reason=reason_of(outcome),
        given_stage=evidence.stage,
        given_reply=evidence.reply,
        given_code=evidence.code,
        given_enhanced_code=evidence.enhanced_code,
        given_relay=evidence.relay,
        given_started_at=attempt.started_at,
        given_duration_ms=attempt.duration_ms,
    )


def reason_of(outcome: Outcome) -> str:
    """Give why it was not accepted."""
    return "" if isinstance(outcome, Accepted) else outcome.reason


def outcome_name(outcome: Outcome) -> str:
    """Name an outcome as attempts do."""
    match outcome:
        case Accepted():
            return "accepted"
        case Deferred():
            return "deferred"
        case Rejected():
            return "rejected"
    return "unknown"


def _suppress_gone(hot: Hot, delivery_id: int, now: datetime) -> None:
    """Never write again to an address that is gone, as the remote says; the account of a post is no address."""
    for recipient, digest, rehearsal in _gone_row.bind(hot).rows(delivery=delivery_id):
        # Suppressions are real: what was only rehearsed must not make one.
        if digest is None or "@" not in recipient or rehearsal:
            continue
        _add_suppression.bind(hot).run(
            address=recipient,
            digest=ALL_DIGESTS,
            reason="hard bounce",
            source=f"delivery {delivery_id}",
            suppressed_at=now,
        )
