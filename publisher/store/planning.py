"""Planning: one delivery per recipient, and the articles consumed, in one transaction, however many recipients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    String,
    bindparam,
    distinct,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    type_coerce,
)
from sqlalchemy.sql.elements import KeyedColumnElement

from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.outlet import Outlet
from publisher.errors import UsageError
from publisher.ports.ledger import AlreadyConsumed, EditionRow, PlanEdition, Planned, PlanPost
from publisher.store.changes import change_editions
from publisher.store.chunks import chunked
from publisher.store.consumption import consume
from publisher.store.editions import read_edition_to_change
from publisher.store.posts import PLAN_POST, read_post_to_change
from publisher.store.suppressions import in_force, is_suppressed
from publisher.store.tables import deliveries, editions, subscribers, subscriptions, suppressions

E = EditionState

# What planning fills in; all else of a delivery is empty until it is claimed.
_PLANNED_COLUMNS = (
    *("message_id", "channel", "recipient", "segment", "occurrence", "rehearsal"),
    *("edition_id", "post_id", "digest", "subscriber_id", "adapter", "prepared", "marks"),
    *("state", "attempt_count", "queued_at", "changed_at", "due_at"),
)


def _has_delivery(address: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(
        deliveries.c.message_id == bindparam("message_id"),
        deliveries.c.channel == bindparam("channel"),
        deliveries.c.recipient == address,
        deliveries.c.segment == bindparam("segment"),
        deliveries.c.occurrence == bindparam("occurrence"),
        deliveries.c.rehearsal == bindparam("rehearsal"),
    )


def _given(name: str) -> ColumnElement[Any]:
    """Stand for a value that is the same in all rows, with the type of its column."""
    column: KeyedColumnElement[Any] = deliveries.c[name]
    return bindparam(name, type_=column.type)


def delivery_of(recipient: ColumnElement[str], subscriber_id: ColumnElement[Any]) -> Select[Any]:
    """Select the row of a new delivery."""
    now = bindparam("now", type_=deliveries.c.queued_at.type)
    varying: dict[str, ColumnElement[Any]] = {
        "recipient": recipient,
        "subscriber_id": subscriber_id,
        "marks": literal({}, type_=deliveries.c.marks.type),
        "state": literal(DeliveryState.QUEUED, type_=deliveries.c.state.type),
        "attempt_count": literal(0),
        "queued_at": now,
        "changed_at": now,
        "due_at": now,
    }
    return select(*[varying[name] if name in varying else _given(name) for name in _PLANNED_COLUMNS])


def insert_deliveries(rows: Select[Any]) -> Insert:
    """Add the rows that `delivery_of` selects."""
    return insert(deliveries).from_select(_PLANNED_COLUMNS, rows)


_digest = bindparam("digest", type_=String())
_recipient = bindparam("recipient", type_=String())
_fixed = bindparam("fixed", expanding=True, type_=String())

# The heart of planning: all subscribers of a digest in one statement, minus suppressions, minus those who have this
# message already.
PLAN_SUBSCRIBERS = insert_deliveries(
    delivery_of(subscribers.c.address, subscribers.c.id)
    .select_from(subscriptions.join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id))
    .where(
        subscriptions.c.digest == _digest,
        ~is_suppressed(subscribers.c.address, _digest),
        ~_has_delivery(subscribers.c.address),
    )
    .order_by(subscriptions.c.subscriber_id)
)

# A fixed address; one that is also a subscriber has its delivery already.
PLAN_FIXED_RECIPIENT = insert_deliveries(
    delivery_of(_recipient, type_coerce(null(), deliveries.c.subscriber_id.type)).where(
        ~is_suppressed(_recipient, _digest), ~_has_delivery(_recipient)
    )
)

# A post goes to the channel's own account, which no suppression is about.
PLAN_ACCOUNT = insert_deliveries(
    delivery_of(_recipient, type_coerce(null(), deliveries.c.subscriber_id.type)).where(~_has_delivery(_recipient))
)

COUNT_DELIVERIES_OF_EDITION = (
    select(func.count()).select_from(deliveries).where(deliveries.c.edition_id == bindparam("edition_id"))
)

_subscribed = exists().where(
    subscribers.c.address == suppressions.c.address,
    subscriptions.c.subscriber_id == subscribers.c.id,
    subscriptions.c.digest == _digest,
)
COUNT_SUPPRESSED_SUBSCRIBERS = select(func.count(distinct(suppressions.c.address))).where(
    in_force(_digest), _subscribed
)
COUNT_SUPPRESSED_FIXED = select(func.count(distinct(suppressions.c.address))).where(
    in_force(_digest), suppressions.c.address.in_(_fixed), ~_subscribed
)

MARK_EDITION_PLANNED = (
    change_editions([E.APPROVED], E.PLANNED)
    .where(editions.c.id == bindparam("edition"))
    .values(planned_at=bindparam("now"), changed_at=bindparam("now"))
)


def plan_edition(connection: Connection, plan: PlanEdition, now: datetime) -> Planned:
    """Make the deliveries of an approved edition and consume its articles. Errors: AlreadyConsumed, UsageError."""
    edition = _approved_edition(connection, plan.edition_id)
    outlet = Outlet("digest", edition.digest)
    consume(connection, outlet, edition.articles, rehearsal=edition.rehearsal, now=now, edition_id=edition.id)
    values = edition_values(edition, plan, now)
    fixed = sorted(set(plan.fixed_recipients))
    connection.execute(PLAN_SUBSCRIBERS, values)
    if fixed:
        connection.execute(PLAN_FIXED_RECIPIENT, [{**values, "recipient": address} for address in fixed])
    connection.execute(MARK_EDITION_PLANNED, {"edition": edition.id, "now": now})
    return Planned(
        delivery_count=connection.execute(COUNT_DELIVERIES_OF_EDITION, {"edition_id": edition.id}).scalar_one(),
        suppressed_count=_count_suppressed(connection, edition.digest, fixed),
    )


def _approved_edition(connection: Connection, edition_id: int) -> EditionRow:
    edition = read_edition_to_change(connection, edition_id)
    if edition is None:
        raise UsageError(f"there is no edition with the id {edition_id}: it was discarded")
    if edition.planned_at is not None:
        raise AlreadyConsumed(f"{edition.name} was planned before")
    if edition.state is not E.APPROVED:
        raise UsageError(
            f"{edition.name} is {edition.state}, and only an approved edition is planned",
            hint=f'Approve it first: "publish approve {edition.name}".',
        )
    return edition


def edition_values(edition: EditionRow, plan: PlanEdition, now: datetime) -> dict[str, Any]:
    """Give what all deliveries of an edition have in common."""
    return {
        "message_id": edition.message_id,
        "channel": plan.channel,
        "occurrence": edition.name,
        "rehearsal": edition.rehearsal,
        "segment": 1,
        "edition_id": edition.id,
        "post_id": None,
        "digest": edition.digest,
        "adapter": plan.adapter,
        "prepared": dict(plan.prepared),
        "now": now,
    }


def _count_suppressed(connection: Connection, digest: str, fixed: Sequence[str]) -> int:
    count: int = connection.execute(COUNT_SUPPRESSED_SUBSCRIBERS, {"digest": digest}).scalar_one()
    for some in chunked(fixed):
        count += connection.execute(COUNT_SUPPRESSED_FIXED, {"digest": digest, "fixed": some}).scalar_one()
    return count


def plan_post(connection: Connection, plan: PlanPost, now: datetime) -> Planned:
    """Make the deliveries of a post, one a segment, and consume its article. Errors: AlreadyConsumed."""
    post = read_post_to_change(connection, plan.post_id)
    if post is None:
        raise AlreadyConsumed("another process has frozen this post again")
    if post.planned_at is not None:
        raise AlreadyConsumed(f"{post.channel} has had {post.occurrence}")
    outlet = Outlet("channel", post.channel)
    if not plan.is_repeat:
        consume(connection, outlet, [post.article], rehearsal=post.rehearsal, now=now, post_id=post.id)
    values = {
        "message_id": post.message_id,
        "channel": post.channel,
        "recipient": plan.account,
        "occurrence": post.occurrence,
        "rehearsal": post.rehearsal,
        "edition_id": post.edition_id,
        "post_id": post.id,
        "digest": None,
        "adapter": plan.adapter,
        "prepared": dict(plan.prepared),
        "now": now,
    }
    for segment in range(1, plan.segment_count + 1):
        connection.execute(PLAN_ACCOUNT, {**values, "segment": segment})
    connection.execute(PLAN_POST, {"post": post.id, "now": now})
    return Planned(delivery_count=plan.segment_count)
