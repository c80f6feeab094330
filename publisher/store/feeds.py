"""Entries of feeds that were taken before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from publisher.store.chunks import chunked
from publisher.store.tables import feed_entries
from publisher.store.upsert import Insert, dialect_of, insert_into

KNOWN_ENTRIES = select(feed_entries.c.entry_id).where(
    feed_entries.c.feed == bindparam("feed"), feed_entries.c.entry_id.in_(bindparam("entry_ids", expanding=True))
)


def add_feed_entry(dialect: str) -> Insert:
    """Remember an entry; the first time stays."""
    return insert_into(feed_entries, dialect).on_conflict_do_nothing(index_elements=["feed", "entry_id"])


def read_known_entries(connection: Connection, feed: str, entry_ids: Sequence[str]) -> set[str]:
    """Say which of these entries have been taken."""
    return {
        entry_id
        for some in chunked(entry_ids)
        for entry_id in connection.execute(KNOWN_ENTRIES, {"feed": feed, "entry_ids": some}).scalars()
    }


def store_feed_entry(connection: Connection, feed: str, entry_id: str, now: datetime) -> None:
    """Remember an entry as taken."""
    row = {"feed": feed, "entry_id": entry_id, "taken_at": now}
    connection.execute(add_feed_entry(dialect_of(connection)), row)
