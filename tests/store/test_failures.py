"""The database's own errors become ours, each with a hint; a new one is noticed here."""

from __future__ import annotations

import errno
import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from publisher.errors import LogLost, PublisherError, StoreBusy, StoreError, TryAgain
from publisher.store.failures import disk_failure, failures_mapped, translate


def failed(code: int, text: str = "database says no\nwith [parameters: erika@example.org]") -> OperationalError:
    cause = sqlite3.OperationalError(text)
    cause.sqlite_errorcode = code
    return OperationalError("UPDATE deliveries SET recipient = ?", ("erika@example.org",), cause)


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (sqlite3.SQLITE_BUSY, StoreBusy, "held the ledger for too long"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy, "held the ledger for too long"),
        (sqlite3.SQLITE_LOCKED, StoreBusy, "held the ledger for too long"),
        (sqlite3.SQLITE_CORRUPT, StoreError, "damaged"),
        (sqlite3.SQLITE_NOTADB, StoreError, "not an SQLite database"),
        (sqlite3.SQLITE_FULL, TryAgain, "no space left"),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreError, "the disk reported an error"),
        (sqlite3.SQLITE_CANTOPEN, StoreError, "cannot be opened"),
        (sqlite3.SQLITE_READONLY, StoreError, "cannot be written to"),
        (sqlite3.SQLITE_ERROR, StoreError, "unexpected error"),
    ],
)
def test_each_code_has_its_meaning(code: int, error: type[PublisherError], words: str) -> None:
    found = translate(failed(code), "publisher.db")
    assert type(found) is error
    assert words in str(found)
    assert "publisher.db: " in str(found)
    assert "hint: " in str(found)


@pytest.mark.parametrize(
    ("number", "words", "hint"),
    [
        (errno.ENOSPC, "no space left", "Make room"),
        (errno.EDQUOT, "no space left", "Make room"),
        (errno.EIO, "the disk reported an error", "Look at the disk"),
        (255, "the disk reported an error", "Look at the disk"),
    ],
)
def test_a_log_that_was_not_synced(number: int, words: str, hint: str) -> None:
    """A process that goes on does not get over it: it ends, with a code after which a service is started again."""
    found = disk_failure(number, "publisher.db")
    assert isinstance(found, LogLost)
    assert found.exit_code == 4
    assert words in found.what
    assert hint in found.hint


def test_no_values_are_shown() -> None:
    assert "erika" not in str(translate(failed(sqlite3.SQLITE_ERROR), "publisher.db"))


def test_a_key_that_is_taken_raises_what_was_asked_for() -> None:
    cause = sqlite3.IntegrityError("UNIQUE constraint failed")
    cause.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT_UNIQUE
    taken = IntegrityError("INSERT", (), cause)
    assert type(translate(taken, "publisher.db", KeyError)) is KeyError
    assert type(translate(taken, "publisher.db")) is StoreError


def test_another_broken_constraint_does_not_pass_as_taken() -> None:
    cause = sqlite3.IntegrityError("FOREIGN KEY constraint failed")
    cause.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    assert type(translate(IntegrityError("INSERT", (), cause), "publisher.db", KeyError)) is StoreError


def test_errors_that_are_not_the_databases_pass_through() -> None:
    with pytest.raises(ValueError, match="ours"), failures_mapped("publisher.db"):
        raise ValueError("ours")
