"""What the team is to be told, over SQL: events that wait for a notice, each folded into the one like it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from publisher.domain.notice import Event, NoticeKind
from publisher.ports.notices import EventRow
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.tables import notice_events
from publisher.store.upsert import Insert, dialect_of, insert_into

LIST_EVENTS = (
    select(notice_events)
    .where(notice_events.c.rehearsal == bindparam("rehearsal"))
    .order_by(notice_events.c.happened_at.desc(), notice_events.c.id.desc())
)


def fold_event(dialect: str) -> Insert:
    """Keep an event, or count up the one like it that waits; the newest facts count."""
    row = insert_into(notice_events, dialect)
    return row.on_conflict_do_update(
        index_elements=["open_key", "rehearsal"],
        set_={
            "event_count": notice_events.c.event_count + 1,
            "facts": row.excluded.facts,
            "happened_at": row.excluded.happened_at,
        },
    )


def add_event_once(dialect: str) -> Insert:
    """Keep an event unless it was ever kept."""
    return insert_into(notice_events, dialect).on_conflict_do_nothing(index_elements=["open_key", "rehearsal"])


class SqlNotices:
    """The notices port over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: Event, *, once: bool) -> bool:
        """See the port."""
        with self._database.write() as connection:
            return append_event(connection, event, once=once)

    def events(self, *, rehearsal: bool, limit: int | None = None) -> Sequence[EventRow]:
        """See the port."""
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(LIST_EVENTS.limit(limit), {"rehearsal": rehearsal})]


def append_event(connection: Connection, event: Event, *, once: bool) -> bool:
    """Keep an event in the caller's transaction; False if it was to be told once and was."""
    row = {
        "kind": event.kind.value,
        "about": event.about,
        "facts": dict(event.facts),
        "event_count": 1,
        "first_at": event.happened_at,
        "happened_at": event.happened_at,
        "rehearsal": event.rehearsal,
        "open_key": f"{'once ' if once else ''}{event.kind.value} {event.about}",
        "told_once": once,
    }
    statement = add_event_once if once else fold_event
    return connection.execute(statement(dialect_of(connection)), row).rowcount == 1


def _event(row: AnyRow) -> EventRow:
    event = Event(NoticeKind(row.kind), row.about, row.facts, row.happened_at, row.rehearsal)
    return EventRow(row.id, event, row.event_count, row.first_at, row.closed_at is None, row.notice_id)
