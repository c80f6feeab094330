"""Opening the store: the checks that its promises rest on, then its tables brought up to date."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import StoreError
from publisher.store.approvals import SqlApprovals
from publisher.store.audit import SqlAuditLog, audit_log
from publisher.store.database import BUSY_SECONDS, Database, connect_sqlite
from publisher.store.due_times import SqlDueTimes
from publisher.store.figures import SqlFigures
from publisher.store.instance import read_instance_secret
from publisher.store.ledger import SqlLedger
from publisher.store.network_folders import network_file_system, read_mounts
from publisher.store.notices import SqlNotices
from publisher.store.pace import SqlPace
from publisher.store.schema import bring_up_to_date
from publisher.store.subscribers import SqlSubscribers
from publisher.store.upkeep import SqlUpkeep
from publisher.store.whereabouts import SqlWhereabouts
from publisher.store.wire import read_boot_id, wire_folder
from publisher.store.write_signs import WriteSigns

SQLITE_URL = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Store:
    """All that is remembered, in one database."""

    ledger: SqlLedger
    subscribers: SqlSubscribers
    notices: SqlNotices
    due_times: SqlDueTimes
    changes: WriteSigns
    pace: SqlPace
    whereabouts: SqlWhereabouts
    figures: SqlFigures
    upkeep: SqlUpkeep
    database: Database
    audit: SqlAuditLog
    approvals: SqlApprovals

    def instance_secret(self) -> str:
        """Give this installation's own secret, 64 hex digits, made at its first use and never changed."""
        return read_instance_secret(self.database)

    def close(self) -> None:
        """Close all connections."""
        self.changes.close()
        self.database.close()


def open_store(
    url_or_path: str | Path,
    *,
    busy_seconds: float = BUSY_SECONDS,
    mounts: Callable[[], str] = read_mounts,
    boot_id: Callable[[], str] = read_boot_id,
    audit_key: str | None = None,
) -> Store:
    """Open the store, make or update its tables. Errors: StoreError, StoreBusy.

    `mounts` gives the list of mounted file systems: a network one is refused. `boot_id` names this boot of this
    machine. `audit_key` seals the audit log; without it the key is in a file beside the store.
    """
    path = _path_of(str(url_or_path))
    _refuse_unusable_folder(path, mounts())
    _make_private(path)
    database = connect_sqlite(path, busy_seconds=busy_seconds)
    try:
        bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    audit = audit_log(database, path, audit_key)
    return Store(
        ledger=SqlLedger(database, wire_folder(path), boot_id(), audit),
        subscribers=SqlSubscribers(database, audit),
        notices=SqlNotices(database),
        due_times=SqlDueTimes(database),
        changes=WriteSigns(database),
        pace=SqlPace(database),
        whereabouts=SqlWhereabouts(database),
        figures=SqlFigures(database),
        upkeep=SqlUpkeep(database),
        database=database,
        audit=audit,
        approvals=SqlApprovals(database, audit),
    )


def _path_of(url_or_path: str) -> Path:
    """Read a path, or an address of the form sqlite:///PATH."""
    if "://" not in url_or_path:
        return Path(url_or_path).absolute()
    if not url_or_path.startswith(SQLITE_URL):
        scheme = url_or_path.partition("://")[0]
        raise StoreError(
            f'the ledger cannot be kept in "{scheme}" yet, only in an SQLite file',
            where="config.toml [store]",
            hint='Name a file: [store] path = "publisher.db".',
        )
    return Path(url_or_path.removeprefix(SQLITE_URL)).absolute()


def _refuse_unusable_folder(path: Path, mounts: str) -> None:
    if not _is_folder(path.parent):
        raise StoreError(
            f'the folder of the ledger does not exist: "{path.parent}"',
            where=str(path),
            hint=f'Make it: mkdir -p "{path.parent}".',
        )
    if _is_folder(path):
        raise StoreError(
            "the ledger is a file, and this is a folder",
            where=str(path),
            hint='Name a file: [store] path = "publisher.db".',
        )
    kind = network_file_system(path.parent.resolve(), mounts)
    if kind is not None:
        raise StoreError(
            f"the ledger lies on a network file system ({kind}), where locks do not hold: messages could go out twice",
            where=str(path),
            hint='Put it on a disk of this machine: [store] path = "/var/lib/publisher/publisher.db".',
        )


def _make_private(path: Path) -> None:
    """Make a new ledger's file ours alone: addresses are in it. What SQLite puts beside it gets the same rights."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return  # it is there, or connecting says why it cannot be


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise StoreError(
            f"the folder of the ledger cannot be read: {error.strerror}",
            where=str(path),
            hint="Give this user the right to read and write there.",
        ) from error
