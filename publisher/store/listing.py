"""Listing deliveries and attempts, and counting them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, not_, or_, select

from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.ports.ledger import AttemptRow, DeliveryFilter, DeliveryRow, StateCounts
from publisher.store.chunks import chunked
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.segments import IS_HALTED, WAITS_FOR, waits_until
from publisher.store.sending import delivery_key
from publisher.store.tables import (
    DEFERRED,
    attempts,
    deliveries,
    edition_articles,
    editions,
    messages,
    posts,
)

PAGE_ROWS = 1000

COUNT_BY_STATE = select(deliveries.c.state, func.count().label("delivery_count")).group_by(deliveries.c.state)

# One page: those after the last one seen. Nothing stays open between two pages, so a long list never holds up a writer.
DELIVERIES_PAGE = (
    select(
        deliveries,
        messages.c.content_hash,
        editions.c.digest.label("edition_digest"),
        editions.c.number.label("edition_number"),
        posts.c.slug.label("post_slug"),
        WAITS_FOR.label("waits_for"),
    )
    .join(messages, messages.c.id == deliveries.c.message_id)
    .outerjoin(editions, editions.c.id == deliveries.c.edition_id)
    .outerjoin(posts, posts.c.id == deliveries.c.post_id)
    .where(deliveries.c.id > bindparam("after_id"))
    .order_by(deliveries.c.id)
    .limit(bindparam("page_rows"))
)

ATTEMPTS_OF_DELIVERIES = (
    select(attempts)
    .where(attempts.c.delivery_id.in_(bindparam("delivery_ids", expanding=True)))
    .order_by(attempts.c.delivery_id, attempts.c.id)
)

_stopped_edition = select(editions.c.id).where(editions.c.state.in_([EditionState.PAUSED, EditionState.CANCELLED]))
_MAY_GO = or_(deliveries.c.edition_id.is_(None), not_(deliveries.c.edition_id.in_(_stopped_edition)))
NEXT_DUE_AT = select(func.min(deliveries.c.due_at)).where(
    DEFERRED,
    deliveries.c.rehearsal == bindparam("rehearsal"),
    _MAY_GO,
)


_WAITING = (DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value)


def conditions(which: DeliveryFilter) -> list[ColumnElement[bool]]:
    """Write a filter as conditions."""
    same = {name: getattr(which, name) for name in ("rehearsal", "channel", "edition_id", "recipient")}
    found = [deliveries.c[name] == value for name, value in same.items() if value is not None]
    if which.states is not None:
        found.append(deliveries.c.state.in_(sorted(which.states)))
    if which.slug is not None:
        found.append(_is_about(which.slug))
    if which.due_at is not None:
        found.append(deliveries.c.state.in_(_WAITING))
        found.append(deliveries.c.due_at <= which.due_at)
        found.append(not_(waits_until(which.due_at)))
        found.append(_MAY_GO)
    if which.is_halted is not None:
        of_posts = deliveries.c.post_id.in_(select(_posts_about.c.id))  # only these have segments, and they are few
        is_halted = and_(of_posts, deliveries.c.state.in_(_WAITING), IS_HALTED)
        found.append(is_halted if which.is_halted else not_(is_halted))
    if which.ids is not None:
        found.append(deliveries.c.id.in_(sorted(which.ids)))
    if which.changed_until is not None:
        found.append(deliveries.c.changed_at <= which.changed_until)
    if which.changed_since is not None:
        found.append(deliveries.c.changed_at >= which.changed_since)
    if which.message_ids is not None:
        found.append(deliveries.c.message_id.in_(sorted(which.message_ids)))
    return found


# Under a name of their own: the list joins posts already.
_posts_about = posts.alias("posts_about")


def _is_about(slug: str) -> ColumnElement[bool]:
    """Say whether a delivery carries this article: as its post, or in its edition."""
    of_post = select(_posts_about.c.id).where(_posts_about.c.slug == slug)
    of_edition = select(edition_articles.c.edition_id).where(edition_articles.c.slug == slug)
    return or_(
        deliveries.c.post_id.in_(of_post),
        and_(deliveries.c.post_id.is_(None), deliveries.c.edition_id.in_(of_edition)),
    )


def count_by_state(connection: Connection, which: DeliveryFilter) -> StateCounts:
    """Count deliveries by state."""
    rows = connection.execute(COUNT_BY_STATE.where(*conditions(which)))
    return {DeliveryState(row.state): row.delivery_count for row in rows}


def walk_deliveries(database: Database, which: DeliveryFilter) -> Iterator[DeliveryRow]:
    """Go through deliveries, oldest first, a page at a time."""
    statement, after_id, left = DELIVERIES_PAGE.where(*conditions(which)), 0, which.limit
    while left is None or left > 0:
        page_rows = PAGE_ROWS if left is None else min(PAGE_ROWS, left)
        page = _read_page(database, statement, after_id, page_rows)
        yield from map(_delivery_row, page)
        if len(page) < page_rows:
            return
        after_id, left = page[-1].id, None if left is None else left - len(page)


def _read_page(database: Database, statement: Select[Any], after_id: int, page_rows: int) -> Sequence[AnyRow]:
    with database.read() as connection:
        return connection.execute(statement, {"after_id": after_id, "page_rows": page_rows}).all()


def _delivery_row(row: AnyRow) -> DeliveryRow:
    state = DeliveryState(row.state)
    return DeliveryRow(
        id=row.id,
        key=delivery_key(row),
        adapter=row.adapter,
        state=state,
        attempt_count=row.attempt_count,
        queued_at=row.queued_at,
        changed_at=row.changed_at,
        not_before=row.due_at if _is_put_off(row, state) else None,
        claimed_by=row.claimed_by,
        receipt=row.receipt,
        url=row.url,
        reason=row.reason,
        edition=None if row.edition_number is None else f"{row.edition_digest}/{row.edition_number}",
        slug=row.post_slug,
        waits_for=row.waits_for if state.value in _WAITING else None,
    )


def _is_put_off(row: AnyRow, state: DeliveryState) -> bool:
    """Say whether it waits for a time: what is deferred, and what its pace has put off."""
    return state is DeliveryState.DEFERRED or (state is DeliveryState.QUEUED and row.due_at > row.queued_at)


def list_attempts(connection: Connection, delivery_ids: Collection[int]) -> Sequence[AttemptRow]:
    """List the attempts of deliveries, each delivery's in the order in which they were made."""
    return [
        _attempt_row(row)
        for some in chunked(sorted(set(delivery_ids)))
        for row in connection.execute(ATTEMPTS_OF_DELIVERIES, {"delivery_ids": some})
    ]


def _attempt_row(row: AnyRow) -> AttemptRow:
    return AttemptRow(
        delivery_id=row.delivery_id,
        number=row.number,
        outcome=row.outcome,
        reason=row.reason,
        stage=row.stage,
        reply=row.reply,
        code=row.code,
        enhanced_code=row.enhanced_code,
        relay=row.relay,
        worker=row.worker,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
    )


def read_next_due_at(connection: Connection, rehearsal: bool) -> datetime | None:
    """Say when the next deferred delivery may be tried again."""
    due_at: datetime | None = connection.execute(NEXT_DUE_AT, {"rehearsal": rehearsal}).scalar_one()
    return due_at
