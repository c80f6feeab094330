"""Copies of the ledger: made while work goes on, checked before they count, and told when they were made."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from publisher.errors import StoreError, UsageError
from publisher.files import sync_file, sync_folder
from publisher.ports.upkeep import BackupReport
from publisher.store.database import Database
from publisher.store.failures import failures_mapped

BACKED_UP_AT = "backed_up_at"
_MARK = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_COUNT = "SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM editions), (SELECT count(*) FROM subscribers)"


def back_up(database: Database, file: Path, now: datetime, *, replace: bool) -> BackupReport:
    """Copy the ledger into a file. Errors: UsageError, StoreError, TryAgain, OSError."""
    file = file.absolute()
    _refuse(file, Path(database.where), replace=replace)
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with failures_mapped(str(file)):
            with database.driver() as source:
                copy_pages(source, draft)
            counts = _mark_and_check(draft, now)
        sync_file(draft)
        if replace:
            draft.replace(file)
        else:
            _give_new_name(draft, file)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(file.parent)
    return BackupReport(file, file.stat().st_size, *counts)


def _refuse(file: Path, ledger: Path, *, replace: bool) -> None:
    if not file.parent.is_dir():
        hint = f'Make it: mkdir -p "{file.parent}".'
        raise UsageError("the folder of the backup does not exist", where=str(file), hint=hint)
    if file.is_dir():
        hint = 'Name a file in it, for example "publish backup backups/monday.db".'
        raise UsageError("this is a folder", where=str(file), hint=hint)
    if file.exists() and (file.samefile(ledger) or not replace):
        if file.samefile(ledger):
            raise UsageError("this is the ledger itself", where=str(file), hint="Name another file.")
        raise _there_is_one(file)


def _there_is_one(file: Path) -> UsageError:
    return UsageError("there is a file of this name", where=str(file), hint="Name another one, or add --force.")


def _give_new_name(draft: Path, file: Path) -> None:
    """Name the draft, unless another process has been faster: a link never replaces anything."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise _there_is_one(file) from None


def copy_pages(source: sqlite3.Connection, target: Path) -> None:
    """Copy all pages as of one moment into a new file, readable by us alone; writers are not held up meanwhile."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)  # in one step: with several, each commit of another process would begin it anew


def _mark_and_check(draft: Path, now: datetime) -> tuple[int, int, int]:
    with opened(draft) as copy:
        # The copy is one file: it takes no write-ahead log along.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute(_MARK, (BACKED_UP_AT, now.isoformat()))
        if faults := faults_of(copy):
            hint = 'Nothing was kept of it. Look at the ledger with "publish doctor".'
            raise StoreError(f"the copy is damaged: {faults[0]}", where=str(draft), hint=hint)
        counts: tuple[int, int, int] = copy.execute(_COUNT).fetchone()
    return counts


@contextlib.contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy, which nobody else uses; each statement is a transaction of its own."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def faults_of(connection: sqlite3.Connection) -> list[str]:
    """Say what SQLite's own checks find; nothing where all is well."""
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    faults = [] if found == ["ok"] else found
    for table, row_id, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        faults.append(f"row {row_id} of {table} belongs to a row of {parent} that is not there")
    return faults
