"""Messages for a few people, outside any edition: tests and notices. Their deliveries are like all others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from publisher.ports.ledger import PlanMessage, PlannedMessage
from publisher.store.messages import forget_unused_message, store_message
from publisher.store.planning import PLAN_ACCOUNT, PLAN_FIXED_RECIPIENT


def plan_message(connection: Connection, plan: PlanMessage, now: datetime) -> PlannedMessage:
    """Store the message and make one delivery for each recipient who is not suppressed; a notice asks for nobody's."""
    message_id = store_message(connection, plan.message, now)
    values = {
        "message_id": message_id,
        "channel": plan.channel,
        "occurrence": plan.occurrence,
        "rehearsal": plan.rehearsal,
        "segment": 1,
        "edition_id": None,
        "post_id": None,
        "digest": plan.digest,
        "adapter": plan.adapter,
        "prepared": dict(plan.prepared),
        "now": now,
    }
    addresses = sorted(set(plan.recipients))
    statement = PLAN_ACCOUNT if plan.digest is None else PLAN_FIXED_RECIPIENT
    count = sum(connection.execute(statement, {**values, "recipient": one}).rowcount for one in addresses)
    if not count:
        forget_unused_message(connection, message_id)
    return PlannedMessage(message_id, count)
