"""Figures: counting where the rows are, for screens, plots and programs that watch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, not_, or_, select

from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.domain.edition import EditionState
from publisher.ports.figures import EditionFigures, Leaving, StateCounts
from publisher.store.chunks import chunked
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.tables import CLAIMABLE, attempts, deliveries, editions, posts, suppressions

_rehearsal = deliveries.c.rehearsal == bindparam("rehearsal")
_count = func.count().label("delivery_count")

_edition_id = deliveries.c.edition_id.label("of")
# Off the index ix_deliveries_edition_state alone, in its order: no row is read, and nothing is sorted. What it
# cannot tell is which of them are posts; those are few, and counted apart, off the index ix_deliveries_post_id. SQLite
# takes that for a list of posts only: for "is not null" it would read all rows.
COUNT_WITH_POSTS = (
    select(_edition_id, deliveries.c.state, _count)
    .where(deliveries.c.edition_id.is_not(None))
    .group_by(deliveries.c.edition_id, deliveries.c.state)
)
_of_a_post = deliveries.c.post_id.in_(select(posts.c.id))
COUNT_POSTS = (
    select(_edition_id, deliveries.c.state, _count)
    .where(_of_a_post, deliveries.c.edition_id.is_not(None))
    .group_by(deliveries.c.edition_id, deliveries.c.state)
)
# All e-mails of an edition go over one channel.
EDITION_CHANNELS = select(
    editions.c.id,
    select(deliveries.c.channel)
    .where(deliveries.c.edition_id == editions.c.id, deliveries.c.post_id.is_(None))
    .limit(1)
    .scalar_subquery()
    .label("channel"),
).where(editions.c.rehearsal == bindparam("rehearsal"))
COUNT_OTHERS_BY_CHANNEL = (
    select(deliveries.c.channel, deliveries.c.state, _count)
    .where(_rehearsal, or_(deliveries.c.edition_id.is_(None), _of_a_post))
    .group_by(deliveries.c.channel, deliveries.c.state)
)
_of_these = deliveries.c.edition_id.in_(bindparam("ids", expanding=True))
COUNT_BY_MESSAGE = (
    select(deliveries.c.message_id.label("of"), deliveries.c.state, _count)
    .where(deliveries.c.message_id.in_(bindparam("ids", expanding=True)))
    .group_by(deliveries.c.message_id, deliveries.c.state)
)
PLANNED_EDITIONS = (
    select(editions)
    .where(editions.c.planned_at.is_not(None), editions.c.rehearsal == bindparam("rehearsal"))
    .order_by(editions.c.planned_at.desc(), editions.c.id.desc())
)
LAST_PLANNED = (
    select(editions.c.digest, func.max(editions.c.planned_at, type_=editions.c.planned_at.type).label("planned_at"))
    .where(editions.c.planned_at.is_not(None), editions.c.rehearsal == bindparam("rehearsal"))
    .group_by(editions.c.digest)
)
COUNT_EDITIONS = (
    select(editions.c.state, func.count().label("edition_count"))
    .where(editions.c.rehearsal == bindparam("rehearsal"))
    .group_by(editions.c.state)
)
LEAVINGS = (
    select(suppressions.c.digest, suppressions.c.reason, suppressions.c.suppressed_at)
    .where(suppressions.c.suppressed_at >= bindparam("since", type_=suppressions.c.suppressed_at.type))
    .order_by(suppressions.c.suppressed_at)
)
COUNT_DONE = select(_count).where(
    deliveries.c.edition_id == bindparam("edition"),
    deliveries.c.state.in_(sorted(set(DeliveryState) - OPEN_STATES)),
    deliveries.c.changed_at >= bindparam("since", type_=deliveries.c.changed_at.type),
)
_stopped = select(editions.c.id).where(editions.c.state.in_([EditionState.PAUSED, EditionState.CANCELLED]))
# Off the index ix_deliveries_claimable, as claims are.
OLDEST_WAITING = select(func.min(deliveries.c.due_at)).where(
    CLAIMABLE,
    _rehearsal,
    deliveries.c.due_at <= bindparam("now", type_=deliveries.c.due_at.type),
    or_(deliveries.c.edition_id.is_(None), not_(deliveries.c.edition_id.in_(_stopped))),
)
NEWEST_EDITION = select(editions.c.changed_at).order_by(editions.c.changed_at.desc()).limit(1)
NEWEST_ATTEMPT = select(attempts.c.started_at).order_by(attempts.c.id.desc()).limit(1)
# A test has a digest and no edition.
_is_test = and_(deliveries.c.edition_id.is_(None), deliveries.c.post_id.is_(None))
NEWEST_TESTS = (
    select(
        deliveries.c.message_id,
        func.min(deliveries.c.digest).label("digest"),
        func.min(deliveries.c.occurrence).label("occurrence"),
        func.min(deliveries.c.queued_at).label("planned_at"),
    )
    .where(_is_test, _rehearsal)
    .group_by(deliveries.c.message_id)
    .order_by(deliveries.c.message_id.desc())
    .limit(bindparam("limit"))
)


class SqlFigures:
    """`ports.figures.Figures` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_channel(self, rehearsal: bool) -> Mapping[str, StateCounts]:
        """Count deliveries by channel and state."""
        found: dict[str, Counter[DeliveryState]] = defaultdict(Counter)
        with self._database.read() as connection:
            for row in connection.execute(COUNT_OTHERS_BY_CHANNEL, {"rehearsal": rehearsal}):
                found[row.channel][DeliveryState(row.state)] += row.delivery_count
            counts = _without_posts(connection.execute(COUNT_WITH_POSTS), connection.execute(COUNT_POSTS))
            for row in connection.execute(EDITION_CHANNELS, {"rehearsal": rehearsal}):
                if row.id in counts:
                    found[row.channel].update(counts[row.id])
        return found

    def by_edition(self, edition_ids: Collection[int]) -> Mapping[int, StateCounts]:
        """Count the deliveries of several editions by state."""
        with self._database.read() as connection:
            return _count_by_edition(connection, edition_ids)

    def by_message(self, message_ids: Collection[int]) -> Mapping[int, StateCounts]:
        """Count the deliveries of several messages by state."""
        with self._database.read() as connection:
            return _count_by(connection, COUNT_BY_MESSAGE, message_ids)

    def planned_editions(
        self, rehearsal: bool, digest: str | None, since: datetime | None, limit: int | None
    ) -> Sequence[EditionFigures]:
        """List the newest editions that were planned, of one digest or of all, oldest first."""
        statement = PLANNED_EDITIONS.limit(limit)
        if digest is not None:
            statement = statement.where(editions.c.digest == digest)
        if since is not None:
            statement = statement.where(editions.c.planned_at >= since)
        with self._database.read() as connection:
            rows = connection.execute(statement, {"rehearsal": rehearsal}).all()
            counts = _count_by_edition(connection, [row.id for row in rows])
        return [_edition_figures(row, counts.get(row.id, {})) for row in reversed(rows)]

    def last_planned(self, rehearsal: bool) -> Mapping[str, datetime]:
        """Say for each digest when its newest edition was planned."""
        with self._database.read() as connection:
            rows = connection.execute(LAST_PLANNED, {"rehearsal": rehearsal}).all()
        return {row.digest: row.planned_at for row in rows}

    def edition_states(self, rehearsal: bool) -> Mapping[EditionState, int]:
        """Count the editions by state."""
        with self._database.read() as connection:
            rows = connection.execute(COUNT_EDITIONS, {"rehearsal": rehearsal}).all()
        return {EditionState(row.state): row.edition_count for row in rows}

    def leavings(self, since: datetime) -> Sequence[Leaving]:
        """List who was suppressed since a moment, and why; oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(LEAVINGS, {"since": since}).all()
        return [Leaving(row.digest or None, row.reason, row.suppressed_at) for row in rows]

    def done_count(self, edition_id: int, since: datetime) -> int:
        """Count the deliveries of an edition that came to an end since a moment."""
        with self._database.read() as connection:
            count: int = connection.execute(COUNT_DONE, {"edition": edition_id, "since": since}).scalar_one()
        return count

    def oldest_waiting_at(self, rehearsal: bool, now: datetime) -> datetime | None:
        """Say since when the oldest delivery that may be tried now has been due."""
        with self._database.read() as connection:
            at: datetime | None = connection.execute(OLDEST_WAITING, {"rehearsal": rehearsal, "now": now}).scalar_one()
        return at

    def newest_at(self) -> datetime | None:
        """Give the time of the newest change of an edition or attempt."""
        with self._database.read() as connection:
            times = [
                connection.execute(statement).scalar_one_or_none() for statement in (NEWEST_EDITION, NEWEST_ATTEMPT)
            ]
        return max((at for at in times if at is not None), default=None)

    def tests(self, rehearsal: bool, limit: int) -> Sequence[tuple[str, str, datetime, StateCounts]]:
        """List messages that belonged to no edition, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(NEWEST_TESTS, {"rehearsal": rehearsal, "limit": limit}).all()
            counts = _count_by(connection, COUNT_BY_MESSAGE, [row.message_id for row in rows])
        return [(row.digest or "", row.occurrence, row.planned_at, counts[row.message_id]) for row in rows]


def _count_by_edition(connection: Connection, ids: Collection[int]) -> Mapping[int, StateCounts]:
    # The posts of all editions: asked for those of some, SQLite would go through all that these editions have.
    return _without_posts(_rows(connection, COUNT_WITH_POSTS.where(_of_these), ids), connection.execute(COUNT_POSTS))


def _without_posts(with_posts: Iterable[AnyRow], posts_alone: Iterable[AnyRow]) -> Mapping[int, StateCounts]:
    found: dict[int, Counter[DeliveryState]] = defaultdict(Counter)
    for row in with_posts:
        found[row.of][DeliveryState(row.state)] += row.delivery_count
    for row in posts_alone:
        found[row.of][DeliveryState(row.state)] -= row.delivery_count
    return {edition_id: +counts for edition_id, counts in found.items() if +counts}


def _count_by(connection: Connection, statement: Select[Any], ids: Collection[int]) -> Mapping[int, StateCounts]:
    found: dict[int, dict[DeliveryState, int]] = {}
    for row in _rows(connection, statement, ids):
        found.setdefault(row.of, {})[DeliveryState(row.state)] = row.delivery_count
    return found


def _rows(connection: Connection, statement: Select[Any], ids: Collection[int]) -> Iterable[AnyRow]:
    for some in chunked(sorted(ids)):
        yield from connection.execute(statement, {"ids": some})


def _edition_figures(row: AnyRow, counts: StateCounts) -> EditionFigures:
    return EditionFigures(row.id, row.digest, row.number, row.subject, row.planned_at, counts)
