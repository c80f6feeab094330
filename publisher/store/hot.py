"""The connection that sending keeps: it commits thousands of times a second, past SQLAlchemy's own steps."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from publisher.store.failures import translate
from publisher.store.log_sync import LogSync
from publisher.store.prepared import Hot

# Sending goes through the tables from front to back: more than this would only be memory that grows with the list.
HOT_CACHE_KIB = 2_048
# A log that is written over from its beginning again and again is on the disk in half the time of one that grows: the
# file system has nothing to note but the pages. Measured 2026-11-29, docs/decisions/0006.
HOT_CHECKPOINT_PAGES = 1_000


class HotConnection:
    """A transaction, whenever it is entered, one at a time. Where that raises, nothing has happened."""

    def __init__(
        self, dialect: Dialect, connect: Callable[[], PoolProxiedConnection], log: LogSync, where: str
    ) -> None:
        self._dialect = dialect
        self._connect = connect
        self._log = log
        self._where = where
        self._lock = threading.Lock()
        self._connection: PoolProxiedConnection | None = None
        self._hot: Hot | None = None

    def __enter__(self) -> Hot:
        """Begin. Errors: LogLost, StoreError."""
        self._lock.acquire()
        try:
            self._log.check()
            hot = self._hot or self._open()
            hot.cursor.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            self._give_up(error)
            raise
        return hot

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or undo because of an error. Errors: StoreError for what the database says."""
        if error is not None:
            self._give_up(error)
            return
        try:
            assert self._hot is not None
            self._hot.cursor.execute("COMMIT")
        except BaseException as failure:
            self._give_up(failure)
            raise
        self._lock.release()

    def close(self) -> None:
        """Close the connection; the next transaction opens another one."""
        with self._lock:
            self._drop()

    def _open(self) -> Hot:
        connection = self._connection = self._connect()
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA cache_size = -{HOT_CACHE_KIB}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {HOT_CHECKPOINT_PAGES}")
        # The one difference to FULL is the sync at the end of a commit, and that is made apart (log_sync.py).
        cursor.execute("PRAGMA synchronous = NORMAL")
        self._hot = Hot(self._dialect, cursor)
        return self._hot

    def _give_up(self, error: BaseException) -> None:
        """Close the connection and let others go on. Errors: in our own words, where it is one of the database's."""
        try:
            self._drop()
        finally:
            self._lock.release()
        if isinstance(error, DBAPIError | sqlite3.Error):
            raise translate(error, self._where) from error

    def _drop(self) -> None:
        """Whatever it was in the middle of is undone, and the next one starts clean."""
        if self._connection is not None:
            # An error's traceback may keep a cursor, and with it the connection, alive: the transaction must not be.
            with suppress(Exception):
                self._connection.cursor().execute("ROLLBACK")
            self._connection.invalidate()
        self._connection, self._hot = None, None
