"""Where an article is, over SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from publisher.domain.edition import EditionState
from publisher.ports.whereabouts import InEdition, InPost
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.tables import edition_articles, edition_omissions, editions, posts

EDITIONS_WITH = (
    select(editions)
    .join(edition_articles, edition_articles.c.edition_id == editions.c.id)
    .where(edition_articles.c.slug == bindparam("slug"), editions.c.rehearsal == bindparam("rehearsal"))
    .order_by(editions.c.id.desc())
)
# An edition may leave ten thousand articles out: only the newest editions are looked through.
_newest = (
    select(editions.c.id)
    .where(editions.c.rehearsal == bindparam("rehearsal"))
    .order_by(editions.c.id.desc())
    .limit(bindparam("recent_count"))
)
EDITIONS_WITHOUT = (
    select(editions, edition_omissions.c.reason.label("left_out"))
    .join(edition_omissions, edition_omissions.c.edition_id == editions.c.id)
    .where(editions.c.id.in_(_newest), edition_omissions.c.slug == bindparam("slug"))
    .order_by(editions.c.id.desc())
)
POSTS_OF = (
    select(posts)
    .where(posts.c.slug == bindparam("slug"), posts.c.rehearsal == bindparam("rehearsal"))
    .order_by(posts.c.id.desc())
)
POSTED_AT = (
    select(posts.c.planned_at)
    .where(
        posts.c.channel == bindparam("channel"),
        posts.c.rehearsal == bindparam("rehearsal"),
        posts.c.planned_at >= bindparam("since", type_=posts.c.planned_at.type),
    )
    .order_by(posts.c.planned_at.desc())
)


class SqlWhereabouts:
    """The whereabouts port over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def editions_with(self, slug: str, rehearsal: bool) -> Sequence[InEdition]:
        """See the port."""
        with self._database.read() as connection:
            rows = connection.execute(EDITIONS_WITH, {"slug": slug, "rehearsal": rehearsal})
            return [_in_edition(row) for row in rows]

    def editions_without(self, slug: str, rehearsal: bool, *, recent_count: int) -> Sequence[InEdition]:
        """See the port."""
        values = {"slug": slug, "rehearsal": rehearsal, "recent_count": recent_count}
        with self._database.read() as connection:
            return [_in_edition(row, row.left_out) for row in connection.execute(EDITIONS_WITHOUT, values)]

    def posted_at(self, channel: str, rehearsal: bool, since: datetime) -> Sequence[datetime]:
        """See the port."""
        values = {"channel": channel, "rehearsal": rehearsal, "since": since}
        with self._database.read() as connection:
            return list(connection.execute(POSTED_AT, values).scalars())

    def posts_of(self, slug: str, rehearsal: bool) -> Sequence[InPost]:
        """See the port."""
        with self._database.read() as connection:
            return [
                InPost(row.channel, row.occurrence, row.message_id, row.frozen_at, row.planned_at)
                for row in connection.execute(POSTS_OF, {"slug": slug, "rehearsal": rehearsal})
            ]


def _in_edition(row: AnyRow, left_out: str | None = None) -> InEdition:
    return InEdition(
        id=row.id,
        digest=row.digest,
        number=row.number,
        revision=row.revision,
        occurrence=row.occurrence,
        state=EditionState(row.state),
        frozen_at=row.frozen_at,
        left_out=left_out,
    )
