"""Forgetting: what the team does not want to keep for ever. In batches, so that nobody waits for long.

Nothing open is touched, and no row of a delivery goes: that somebody has had an edition is never forgotten. What had an
address keeps a name that stands for nobody and is unique, so that the key stays unique, too.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    literal,
    null,
    or_,
    select,
    update,
)

from publisher.domain.delivery import FINAL_STATES, REMOVED
from publisher.domain.edition import EditionState
from publisher.store.tables import attempts, deliveries, editions

_FINAL = sorted(FINAL_STATES)
_before = bindparam("before", type_=deliveries.c.changed_at.type)
_limit = bindparam("limit", type_=Integer())

_is_final = exists().where(deliveries.c.id == attempts.c.delivery_id, deliveries.c.state.in_(_FINAL))
_OLD_ATTEMPTS = (
    select(attempts.c.id)
    .where(attempts.c.started_at < bindparam("before", type_=attempts.c.started_at.type), _is_final)
    .order_by(attempts.c.id)
    .limit(_limit)
)
FORGET_ATTEMPTS = delete(attempts).where(attempts.c.id.in_(_OLD_ATTEMPTS))

# An edition that is not finished may still be paused, go on, or be brought to the rest.
_FINISHED = (EditionState.SENT, EditionState.CANCELLED)
_is_finished = or_(
    deliveries.c.edition_id.is_(None),
    deliveries.c.edition_id.in_(select(editions.c.id).where(editions.c.state.in_(_FINISHED))),
)


def is_removed(recipient: ColumnElement[str]) -> ColumnElement[bool]:
    """Say whether this stands for an address that was removed."""
    return recipient.startswith(REMOVED, autoescape=True)


# Only what went to persons: a post's recipient is the channel's own account.
_OLD_ADDRESSES = (
    select(deliveries.c.id)
    .where(
        deliveries.c.post_id.is_(None),
        deliveries.c.state.in_(_FINAL),
        deliveries.c.changed_at < _before,
        ~is_removed(deliveries.c.recipient),
        _is_finished,
    )
    .order_by(deliveries.c.id)
    .limit(_limit)
)
FORGET_ADDRESSES = (
    update(deliveries)
    .where(deliveries.c.id.in_(_OLD_ADDRESSES))
    .values(
        recipient=literal(REMOVED) + cast(deliveries.c.id, Text), subscriber_id=null(), reason=null(), receipt=null()
    )
)


def forget_attempts(connection: Connection, before: datetime, limit: int) -> int:
    """Delete old attempts of finished deliveries; say how many."""
    return connection.execute(FORGET_ATTEMPTS, {"before": before, "limit": limit}).rowcount


def forget_addresses(connection: Connection, before: datetime, limit: int) -> int:
    """Take old addresses out of finished deliveries; say how many."""
    return connection.execute(FORGET_ADDRESSES, {"before": before, "limit": limit}).rowcount
