"""Finishing: what came of attempts is recorded, and settles its deliveries; a row for every try."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, func, select

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected
from publisher.domain.delivery import DeliveryState, may_change
from publisher.ports.ledger import FinishedAttempt
from publisher.store.changes import change_deliveries
from publisher.store.rows import AnyRow
from publisher.store.suppressions import add_suppression
from publisher.store.tables import ALL_DIGESTS, attempts, deliveries
from publisher.store.upsert import Insert, dialect_of, insert_into

D = DeliveryState

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
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update()
)


@cache
def finish_deliveries(before: DeliveryState, after: DeliveryState) -> Update:
    """Record what came of attempts. ValueError where the table does not allow the change."""
    return (
        change_deliveries([before], after)
        .where(deliveries.c.id == bindparam("delivery"), deliveries.c.claimed_by == bindparam("worker"))
        .values(
            changed_at=bindparam("now"),
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


def finish(connection: Connection, finished: Sequence[FinishedAttempt], worker: str, now: datetime) -> None:
    """Record finished attempts and what they make of their deliveries."""
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
        **evidence_columns(evidence),
        "worker": worker,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
    }


def evidence_columns(evidence: Evidence) -> dict[str, Any]:
    """Give what the remote said as columns of attempts."""
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
