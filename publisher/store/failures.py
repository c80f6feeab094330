"""What the database says when it fails, in our own words: the one place where its exceptions are mapped."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, IntegrityError

from publisher.errors import LogLost, PublisherError, StoreBusy, StoreError, TryAgain


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[PublisherError]
    what: str
    hint: str


_BUSY = _Meaning(
    StoreBusy,
    "another process has held the ledger for too long",
    'Wait until it is done, then try again: "publish status".',
)
_DAMAGED = _Meaning(
    StoreError,
    "the ledger is damaged",
    "Stop all processes, keep a copy of the file, and restore the newest backup of it.",
)
_DISK = _Meaning(
    StoreError,
    "the disk reported an error while the ledger was read or written",
    "Look at the disk and its file system; nothing more is sent until it works.",
)
_CLOSED_FOLDER = _Meaning(
    StoreError,
    "the ledger cannot be opened",
    'Check that the folder exists and may be written to: [store] path = "publisher.db".',
)

# SQLite's primary result codes. Source: sqlite.org/rescode.html, checked 2026-11-23.
_SQLITE_MEANINGS = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _Meaning(
        StoreError,
        "this file is not a ledger: it is not an SQLite database",
        'Name another file in config.toml: [store] path = "publisher.db".',
    ),
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_FULL: _Meaning(
        TryAgain, "there is no space left on the ledger's disk", "Make room, then run the same command again."
    ),
    sqlite3.SQLITE_CANTOPEN: _CLOSED_FOLDER,
    sqlite3.SQLITE_PERM: _CLOSED_FOLDER,
    sqlite3.SQLITE_AUTH: _CLOSED_FOLDER,
    sqlite3.SQLITE_READONLY: _Meaning(
        StoreError,
        "the ledger cannot be written to",
        "Give this user the right to write to the file and to its folder.",
    ),
}
_DISK_FULL_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNEXPECTED = _Meaning(
    StoreError, "the ledger gave an unexpected error", "Report it with the text in brackets and what you did."
)

# Source: SQLite as above (extended codes); PostgreSQL's SQLSTATE 23505 unique_violation, checked 2026-11-23.
_SQLITE_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
_POSTGRESQL_TAKEN = "23505"


@contextmanager
def failures_mapped(where: str, taken: type[Exception] | None = None) -> Iterator[None]:
    """Raise our own errors for the database's. `taken` is raised where a row of the same key is there already."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise translate(error, where, taken) from error


def translate(error: Exception, where: str, taken: type[Exception] | None = None) -> Exception:
    """Find the error of ours that says what this one of the database means."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if taken is not None and isinstance(error, IntegrityError) and _is_taken(cause):
        return taken(_first_line(cause))
    code = getattr(cause, "sqlite_errorcode", None)
    meaning = _UNEXPECTED if code is None else _SQLITE_MEANINGS.get(code & 0xFF, _UNEXPECTED)
    return meaning.error(f"{meaning.what} ({_first_line(cause)})", where=where, hint=meaning.hint)


def disk_failure(number: int, where: str) -> LogLost:
    """Say what the operating system means, by its number, where the log was not synced."""
    meaning = _SQLITE_MEANINGS[sqlite3.SQLITE_FULL] if number in _DISK_FULL_NUMBERS else _DISK
    return LogLost(f"{meaning.what} ({os.strerror(number)})", where=where, hint=meaning.hint)


def _is_taken(cause: BaseException) -> bool:
    if getattr(cause, "sqlite_errorcode", None) in _SQLITE_TAKEN:
        return True
    return getattr(cause, "sqlstate", None) == _POSTGRESQL_TAKEN


def _first_line(cause: BaseException) -> str:
    """Cut to one line: what follows may hold the values of the statement."""
    lines = str(cause).splitlines()
    return lines[0][:200] if lines else type(cause).__name__
