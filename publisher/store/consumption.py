"""Consumption: which article which outlet has had. A row is made when planning, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from publisher.domain.outlet import Consumed, Outlet
from publisher.ports.ledger import ArticleUse
from publisher.store.tables import consumption

CONSUMED_BY_OUTLET = select(consumption.c.slug, consumption.c.content_hash).where(
    consumption.c.outlet == bindparam("outlet"), consumption.c.rehearsal == bindparam("rehearsal")
)

OUTLETS_OF_ARTICLES = (
    select(consumption.c.slug, consumption.c.outlet)
    .where(consumption.c.rehearsal == bindparam("rehearsal"))
    .order_by(consumption.c.slug, consumption.c.outlet)
)

# The key (outlet, slug, rehearsal) decides between two that plan at once: the second one's whole plan is undone.
CONSUME = insert(consumption)

RELEASE_ARTICLES_OF_EDITION = delete(consumption).where(consumption.c.edition_id == bindparam("edition"))


def read_consumed(connection: Connection, outlet: Outlet, rehearsal: bool) -> dict[str, Consumed]:
    """Give what an outlet has had, by slug."""
    rows = connection.execute(CONSUMED_BY_OUTLET, {"outlet": str(outlet), "rehearsal": rehearsal})
    return {row.slug: Consumed(row.slug, row.content_hash) for row in rows}


def read_outlets(connection: Connection, rehearsal: bool) -> Mapping[str, tuple[Outlet, ...]]:
    """Give by slug the outlets that have had it."""
    outlets: dict[str, tuple[Outlet, ...]] = {}
    for row in connection.execute(OUTLETS_OF_ARTICLES, {"rehearsal": rehearsal}):
        outlets[row.slug] = (*outlets.get(row.slug, ()), Outlet.parse(row.outlet))
    return outlets


def consume(
    connection: Connection,
    outlet: Outlet,
    articles: Iterable[ArticleUse],
    *,
    rehearsal: bool,
    now: datetime,
    edition_id: int | None = None,
    post_id: int | None = None,
) -> None:
    """Record that an outlet has had these articles."""
    rows = [
        {
            "outlet": str(outlet),
            "slug": article.slug,
            "rehearsal": rehearsal,
            "content_hash": article.content_hash,
            "edition_id": edition_id,
            "post_id": post_id,
            "consumed_at": now,
        }
        for article in articles
    ]
    if rows:
        connection.execute(CONSUME, rows)
