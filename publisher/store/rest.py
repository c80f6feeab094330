"""The rest: who has not had an edition yet, and deliveries of it that a cancel ended. Nobody gets it twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, bindparam, exists, func, null, select, type_coerce

from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.errors import UsageError
from publisher.ports.ledger import EditionRow, PlanEdition, Rest
from publisher.store.changes import change_deliveries, change_editions
from publisher.store.editions import read_edition_to_change, was_tried
from publisher.store.forgetting import is_removed
from publisher.store.planning import delivery_of, edition_values, insert_deliveries
from publisher.store.suppressions import is_suppressed
from publisher.store.tables import deliveries, editions, subscribers, subscriptions

D = DeliveryState
E = EditionState

_digest = bindparam("digest", type_=String())
_recipient = bindparam("recipient", type_=String())


def _has_it(address: ColumnElement[str]) -> ColumnElement[bool]:
    """Say whether there is a delivery of the edition to this address, over whatever channel it went."""
    return exists().where(deliveries.c.edition_id == bindparam("edition_id"), deliveries.c.recipient == address)


_subscribed = subscriptions.join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
_is_left_out = (
    subscriptions.c.digest == _digest,
    ~is_suppressed(subscribers.c.address, _digest),
    ~_has_it(subscribers.c.address),
)
COUNT_NEW_SUBSCRIBERS = select(func.count()).select_from(_subscribed).where(*_is_left_out)
PLAN_NEW_SUBSCRIBERS = insert_deliveries(
    delivery_of(subscribers.c.address, subscribers.c.id)
    .select_from(_subscribed)
    .where(*_is_left_out)
    .order_by(subscriptions.c.subscriber_id)
)
_is_fixed_and_left_out = (~is_suppressed(_recipient, _digest), ~_has_it(_recipient))
COUNT_NEW_FIXED_RECIPIENT = select(func.count()).select_from(
    select(_recipient.label("address")).where(*_is_fixed_and_left_out).subquery()
)
PLAN_NEW_FIXED_RECIPIENT = insert_deliveries(
    delivery_of(_recipient, type_coerce(null(), deliveries.c.subscriber_id.type)).where(*_is_fixed_and_left_out)
)
IS_SUBSCRIBER = select(
    exists().where(
        subscribers.c.address == _recipient,
        subscriptions.c.subscriber_id == subscribers.c.id,
        subscriptions.c.digest == _digest,
    )
)
COUNT_CANCELLED = select(func.count()).where(
    deliveries.c.edition_id == bindparam("edition_id"), deliveries.c.state == D.CANCELLED
)
HAS_REMOVED = select(
    exists().where(deliveries.c.edition_id == bindparam("edition_id"), is_removed(deliveries.c.recipient))
)
_now = bindparam("now", type_=deliveries.c.changed_at.type)
OPEN_CANCELLED = (
    change_deliveries([D.CANCELLED], D.QUEUED)
    .where(deliveries.c.edition_id == bindparam("of_edition"))
    .values(changed_at=_now, queued_at=_now, due_at=_now, reason=None)
)
OPEN_EDITION = (
    change_editions([E.CANCELLED, E.SENT], E.SENDING)
    .where(editions.c.id == bindparam("of_edition"))
    .values(changed_at=_now)
)


def count_rest(connection: Connection, plan: PlanEdition) -> Rest:
    """Count who is still to get an edition. Errors: UsageError."""
    edition = _edition_to_go_on_with(connection, plan.edition_id)
    named = {"edition_id": edition.id, "digest": edition.digest}
    new_count: int = connection.execute(COUNT_NEW_SUBSCRIBERS, named).scalar_one()
    for address in _fixed(plan):
        values = {**named, "recipient": address}
        if not connection.execute(IS_SUBSCRIBER, values).scalar_one():
            new_count += connection.execute(COUNT_NEW_FIXED_RECIPIENT, values).scalar_one()
    return Rest(new_count, connection.execute(COUNT_CANCELLED, {"edition_id": edition.id}).scalar_one())


def plan_rest(connection: Connection, plan: PlanEdition, now: datetime) -> Rest:
    """Plan for those who have no delivery yet, and open again what a cancel ended. Errors: UsageError."""
    edition = _edition_to_go_on_with(connection, plan.edition_id)
    values: dict[str, Any] = edition_values(edition, plan, now)
    new_count = connection.execute(PLAN_NEW_SUBSCRIBERS, values).rowcount
    for address in _fixed(plan):
        new_count += connection.execute(PLAN_NEW_FIXED_RECIPIENT, {**values, "recipient": address}).rowcount
    cancelled_count = connection.execute(OPEN_CANCELLED, {"of_edition": edition.id, "now": now}).rowcount
    rest = Rest(new_count, cancelled_count)
    if rest.count:
        connection.execute(OPEN_EDITION, {"of_edition": edition.id, "now": now})
    return rest


def _fixed(plan: PlanEdition) -> Iterable[str]:
    return sorted(set(plan.fixed_recipients))


def _edition_to_go_on_with(connection: Connection, edition_id: int) -> EditionRow:
    edition = read_edition_to_change(connection, edition_id)
    if edition is None or edition.planned_at is None:
        raise UsageError("this edition was never planned, so it has no rest", hint='Look with "publish history".')
    if edition.state is E.PAUSED:
        raise UsageError(f"{edition.name} is paused", hint=f'Let it go on first: "publish resume {edition.name}".')
    if connection.execute(HAS_REMOVED, {"edition_id": edition.id}).scalar_one():
        hint = f'Publish anew: "publish now {edition.digest}".'
        what = f"the addresses of {edition.name} were removed ([retention]), so nobody can tell who has not had it"
        raise UsageError(what, hint=hint)
    if edition.state is E.CANCELLED and not was_tried(connection, edition.id):
        hint = f'Its articles are free again: "publish now {edition.digest}" makes a new edition.'
        raise UsageError(f"{edition.name} was cancelled before anything of it was sent", hint=hint)
    return edition
