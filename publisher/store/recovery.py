"""Recovery: a worker vanished. What it only claimed goes back into the queue, what it was sending, by its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, select

from publisher.domain.attempt import Accepted, Deferred, Outcome, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.wire import WireMark, state_after_crash
from publisher.ports.ledger import FinishedAttempt, Recovered
from publisher.store.changes import change_deliveries
from publisher.store.finishing import record_attempt
from publisher.store.prepared import Hot
from publisher.store.rows import AnyRow
from publisher.store.tables import HAS_WORKER, HELD, deliveries
from publisher.store.wire import WireRecord

D = DeliveryState

VANISHED = "the worker vanished: it may have been sent"
NOT_HANDED_OVER = "the worker ended before the message was handed over"
TAKEN = "taken just before the worker ended"

_now = bindparam("now", type_=deliveries.c.changed_at.type)
_this = deliveries.c.id == bindparam("delivery")

HELD_ROWS = (
    select(
        deliveries.c.id,
        deliveries.c.state,
        deliveries.c.claimed_by,
        deliveries.c.changed_at,
        deliveries.c.lease_until,
    )
    .where(HAS_WORKER, HELD)
    # In the order of ix_deliveries_held: for the order of the ids alone SQLite would go through all deliveries instead.
    .order_by(deliveries.c.claimed_by, deliveries.c.id)
    .with_for_update(skip_locked=True)
)
# Of what was only claimed nothing was sent.
REQUEUE_LOST_CLAIM = (
    change_deliveries([D.CLAIMED], D.QUEUED).where(_this).values(changed_at=_now, claimed_by=None, lease_until=None)
)


@cache
def settle_lost_sending(after: DeliveryState) -> Update:
    """Record what the evidence says of a delivery whose worker ended while it was being sent."""
    values: dict[str, Any] = {"changed_at": _now, "lease_until": None}
    if after is D.UNKNOWN:
        values["reason"] = VANISHED  # the worker's name stays: it may still come back with evidence (finishing.py)
    else:
        values |= {"claimed_by": None, "receipt": bindparam("new_receipt", type_=deliveries.c.receipt.type)}
    return change_deliveries([D.SENDING], after).where(_this).values(values)


def recover(connection: Connection, records: Sequence[WireRecord], now: datetime) -> Recovered:
    """Take back what nobody will come back for."""
    requeued_count, settled = 0, Counter[DeliveryState]()
    for row in connection.execute(HELD_ROWS).all():
        record = next((record for record in records if record.holds(row.claimed_by)), None)
        if not _is_lost(row, record, now):
            continue
        if row.state == D.CLAIMED:
            connection.execute(REQUEUE_LOST_CLAIM, {"delivery": row.id, "now": now})
            requeued_count += 1
        else:
            settled[_settle(connection, row, record, now)] += 1
    return Recovered(requeued_count + settled[D.QUEUED], settled[D.UNKNOWN], settled[D.ACCEPTED])


def _is_lost(row: AnyRow, record: WireRecord | None, now: datetime) -> bool:
    """Say whether the worker is gone, or has been silent for too long; a living one is waited for while it sends."""
    if record is None:
        return bool(row.lease_until <= now)
    return not record.is_alive or bool(row.state == D.CLAIMED and row.lease_until <= now)


def _settle(connection: Connection, row: AnyRow, record: WireRecord | None, now: datetime) -> DeliveryState:
    mark, after = None, D.UNKNOWN
    if record is not None and record.marks is not None:
        mark = record.marks.get(row.id)
        after = state_after_crash(mark)
    outcome = _outcome(after, mark)
    values = {"delivery": row.id, "now": now}
    if after is not D.UNKNOWN:
        values["new_receipt"] = outcome.receipt if isinstance(outcome, Accepted) else None
    connection.execute(settle_lost_sending(after), values)
    record_attempt(Hot.of(connection), FinishedAttempt(row.id, outcome, after, row.changed_at, 0), row.claimed_by)
    return after


def _outcome(after: DeliveryState, mark: WireMark | None) -> Outcome:
    if after is D.ACCEPTED and mark is not None:
        return Accepted(mark.receipt or TAKEN)
    return Deferred(NOT_HANDED_OVER) if after is D.QUEUED else Unknown(VANISHED)
