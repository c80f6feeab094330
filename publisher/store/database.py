"""One database file: how it is connected to, and the two kinds of transaction there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection

from publisher.errors import StoreError
from publisher.store.failures import failures_mapped
from publisher.store.hot import HotConnection
from publisher.store.log_sync import LogSync

BUSY_SECONDS = 15.0

# `PRAGMA synchronous` answers with this number for FULL. Source: sqlite.org/pragma.html, checked 2026-11-23.
SYNCHRONOUS_FULL = 2

# Whether there are tables, and none of them says the version of ours.
FOREIGN_TABLES = """
SELECT count(*) > 0 AND count(*) FILTER (WHERE name = 'alembic_version') = 0 FROM sqlite_master WHERE type = 'table'
"""

# A large import touches pages all over the index of addresses, again with each batch. SQLite's own 2 MB of cache and a
# checkpoint every 1,000 pages made it read and write the same pages many times: a fifth of the time.
# More than this, for each connection, would be memory that grows with the list.
CACHE_KIB = 4_096
CHECKPOINT_PAGES = 10_000


class Database:
    """Transactions on one ledger; safe to share between threads, each of which gets its own connection."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._reader = engine
        # Both share one pool; only the way a transaction begins differs.
        self._writer = engine.execution_options(publisher_begin="BEGIN IMMEDIATE")
        self.where = where
        self.log = LogSync(where)
        self._hot = HotConnection(engine.dialect, engine.raw_connection, self.log, where)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Look at one consistent state."""
        with failures_mapped(self.where), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self, taken: type[Exception] | None = None) -> Iterator[Connection]:
        """Change it, all or nothing, durable when this ends. `taken` is raised where a unique key is there already."""
        with failures_mapped(self.where, taken), self._writer.begin() as connection:
            yield connection

    def keep_connection(self) -> PoolProxiedConnection:
        """Give a connection that the caller keeps, and closes before the database."""
        with failures_mapped(self.where):
            return self._reader.raw_connection()

    def write_hot(self) -> HotConnection:
        """Change it by prepared statements on the one connection that is kept for them.

        When this ends, everybody sees the change; it is durable once a sync that begins after that is done. Where this
        raises, nothing has happened.
        """
        return self._hot

    @contextmanager
    def driver(self) -> Iterator[sqlite3.Connection]:
        """Give a connection as SQLite's own module knows it, in no transaction: for what only SQLite can."""
        with failures_mapped(self.where):
            connection = self._reader.raw_connection()
            try:
                driver: Any = connection.driver_connection
                yield driver
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._hot.close()
        self.log.close()
        self._reader.dispose()


def connect_sqlite(path: Path, *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Make the database for a file; nothing is opened yet."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_seconds},
        # No address of a person in an error's text.
        hide_parameters=True,
        # Each worker thread keeps a connection; the pool must never make one wait for another.
        pool_size=8,
        max_overflow=-1,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Database(engine, str(path))


def _prepare(connection: Any, _record: object) -> None:
    """Set up a new connection, and stop where the file system does not give what the ledger's promises rest on."""
    # The module's own way of beginning transactions is off: _begin does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    _ensure_write_ahead_log(cursor)
    if cursor.execute("PRAGMA synchronous").fetchone()[0] != SYNCHRONOUS_FULL:
        raise StoreError("this SQLite does not keep synchronous = FULL: a power cut could lose what was recorded")
    cursor.close()


def _ensure_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    # The mode stays in the file: asking first spares the lock that setting it takes.
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    if cursor.execute(FOREIGN_TABLES).fetchone()[0]:
        return  # another program's: it is refused when its version is read, and left as it is
    if cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise StoreError(
            "this file system does not support SQLite's write-ahead log",
            hint='Put the ledger on a local disk: [store] path = "/var/lib/publisher/publisher.db".',
        )


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: two that read first and write later would fail without waiting.
    connection.exec_driver_sql(connection.get_execution_options().get("publisher_begin", "BEGIN"))
