"""Segments of a thread: one may go only after all earlier ones are there, so that a thread never has a hole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, not_, or_, select

from publisher.domain.delivery import DeliveryState
from publisher.store.tables import deliveries

D = DeliveryState

# Once an earlier segment is in one of these states, only a person, or asking the remote, brings the thread on.
HALTING_STATES = (D.REJECTED, D.EXPIRED, D.SKIPPED, D.CANCELLED, D.UNKNOWN)

_earlier = deliveries.alias("earlier_segment")
_of_same_thread = and_(
    _earlier.c.message_id == deliveries.c.message_id,
    _earlier.c.channel == deliveries.c.channel,
    _earlier.c.recipient == deliveries.c.recipient,
    _earlier.c.occurrence == deliveries.c.occurrence,
    _earlier.c.rehearsal == deliveries.c.rehearsal,
    _earlier.c.segment < deliveries.c.segment,
)


def _is_one_of(states: Collection[DeliveryState]) -> ColumnElement[bool]:
    return or_(*(_earlier.c.state == state for state in states))


def _after_one(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say whether there is an earlier segment of which this holds; most deliveries are the first and only one."""
    found = exists().where(_of_same_thread, condition).correlate(deliveries)
    return and_(deliveries.c.segment > 1, found)


# It is its turn: every earlier segment is there.
IS_NEXT = not_(_after_one(_earlier.c.state != D.ACCEPTED))

# It stays queued until somebody decides about an earlier one.
IS_HALTED = _after_one(_is_one_of(HALTING_STATES))

# The first segment that it waits for.
WAITS_FOR = (
    select(func.min(_earlier.c.segment))
    .where(_of_same_thread, _earlier.c.state != D.ACCEPTED)
    .correlate(deliveries)
    .scalar_subquery()
)

# The receipts of all earlier segments.
EARLIER_RECEIPTS = (
    select(deliveries.c.id, _earlier.c.receipt)
    .join(_earlier, _of_same_thread)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(deliveries.c.id, _earlier.c.segment)
)


def waits_until(due_at: datetime) -> ColumnElement[bool]:
    """Say whether an earlier segment keeps this one back: it is halted, or deferred beyond the time given."""
    deferred = and_(_earlier.c.state == D.DEFERRED, _earlier.c.due_at > due_at)
    return _after_one(or_(_is_one_of(HALTING_STATES), deferred))


def read_previous(connection: Connection, ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """Give by delivery what the earlier segments of its thread left: for each its receipt."""
    receipts: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(EARLIER_RECEIPTS, {"ids": list(ids)}) if ids else ():
        receipts[row.id].append(row.receipt or "")
    return {delivery_id: tuple(found) for delivery_id, found in receipts.items()}
