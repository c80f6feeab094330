"""Recovery: a worker vanished. What it only claimed goes back into the queue, what it was sending becomes unknown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from publisher.domain.attempt import NO_EVIDENCE
from publisher.domain.delivery import DeliveryState
from publisher.ports.ledger import Recovered
from publisher.store.changes import change_deliveries
from publisher.store.finishing import add_attempts, evidence_columns
from publisher.store.rows import AnyRow
from publisher.store.tables import HELD, deliveries
from publisher.store.upsert import dialect_of

D = DeliveryState

VANISHED = "the worker vanished: it may have been sent"

_now = bindparam("now", type_=deliveries.c.changed_at.type)

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
# The worker's name stays: it may still come back with evidence (see finishing.py).
MARK_LOST_SENDINGS_UNKNOWN = (
    change_deliveries([D.SENDING], D.UNKNOWN)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(changed_at=_now, lease_until=None, reason=VANISHED)
)


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
        **evidence_columns(NO_EVIDENCE),
        "worker": row.claimed_by,
        "started_at": row.changed_at,
        "duration_ms": 0,
    }
