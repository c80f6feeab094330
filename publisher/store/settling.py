"""Settling: deliveries of unknown outcome, and what was decided about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, select

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import DeliveryState
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.store.changes import change_deliveries
from publisher.store.finishing import record_attempt
from publisher.store.prepared import Hot
from publisher.store.segments import read_previous
from publisher.store.sending import delivery_key
from publisher.store.tables import deliveries, messages, posts

D = DeliveryState

UNKNOWN_OF_CHANNEL = (
    select(deliveries, messages.c.content_hash)
    .join(messages, messages.c.id == deliveries.c.message_id)
    .where(
        deliveries.c.state == D.UNKNOWN,
        deliveries.c.channel == bindparam("of_channel"),
        deliveries.c.rehearsal == bindparam("rehearsed"),
        # Off the index ix_deliveries_post_id: e-mails are many, posts are few.
        deliveries.c.post_id.in_(select(posts.c.id).where(posts.c.channel == bindparam("of_channel"))),
    )
    .order_by(deliveries.c.id)
    .limit(bindparam("limit"))
)
STILL_UNKNOWN = (
    select(deliveries.c.id).where(deliveries.c.id == bindparam("delivery"), deliveries.c.state == D.UNKNOWN)
).with_for_update()


@cache
def settle_unknown(after: DeliveryState) -> Update:
    """Decide about an unknown delivery. ValueError where the table does not allow the change."""
    return (
        change_deliveries([D.UNKNOWN], after)
        .where(deliveries.c.id == bindparam("delivery"))
        .values(
            changed_at=bindparam("now"),
            due_at=bindparam("now"),
            claimed_by=None,
            lease_until=None,
            receipt=bindparam("new_receipt"),
            url=bindparam("new_url"),
            reason=bindparam("new_reason"),
            marks=bindparam("new_marks", type_=deliveries.c.marks.type),
        )
    )


def read_unknown(connection: Connection, channel: str, rehearsal: bool, limit: int) -> Sequence[ClaimedDelivery]:
    """Give the posts of a channel of which it is not known whether they arrived, the oldest first."""
    values = {"of_channel": channel, "rehearsed": rehearsal, "limit": limit}
    rows = connection.execute(UNKNOWN_OF_CHANNEL, values).all()
    previous = read_previous(connection, [row.id for row in rows if row.segment > 1])
    return [
        ClaimedDelivery(
            id=row.id,
            key=delivery_key(row),
            message_id=row.message_id,
            adapter=row.adapter,
            attempt_count=row.attempt_count,
            queued_at=row.queued_at,
            prepared=row.prepared,
            marks=row.marks,
            previous=previous.get(row.id, ()),
        )
        for row in rows
    ]


def settle(
    connection: Connection, decision: FinishedAttempt, marks: Mapping[str, Any], worker: str, now: datetime
) -> bool:
    """Record a decision, and that it was made; False if somebody else was faster."""
    if connection.execute(STILL_UNKNOWN, {"delivery": decision.delivery_id}).one_or_none() is None:
        return False
    outcome = decision.outcome
    if decision.state is not D.UNKNOWN:
        accepted = outcome if isinstance(outcome, Accepted) else None
        values = {
            "delivery": decision.delivery_id,
            "now": now,
            "new_receipt": accepted.receipt if accepted else None,
            "new_url": accepted.url if accepted else None,
            "new_reason": None if isinstance(outcome, Accepted) else outcome.reason,
            "new_marks": dict(marks),
        }
        connection.execute(settle_unknown(decision.state), values)
    record_attempt(Hot.of(connection), decision, worker)
    return True
