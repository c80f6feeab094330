"""Looking after the ledger: `ports.upkeep.Upkeep` over SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select

from publisher.domain.delivery import DeliveryState
from publisher.errors import StoreBusy, StoreError, TryAgain
from publisher.ports.upkeep import BackupReport, Restored, StoreState
from publisher.store import forgetting
from publisher.store.backup import BACKED_UP_AT, back_up, faults_of
from publisher.store.database import SYNCHRONOUS_FULL, Database
from publisher.store.instance import READ_META, read_instance_secret
from publisher.store.restoring import REASON, RESTORED_AT
from publisher.store.schema import READ_VERSION
from publisher.store.tables import HAS_WORKER, HELD, deliveries, meta
from publisher.store.wire import count_lost_runs, wire_folder

FORGET_META = delete(meta).where(meta.c.name == bindparam("of_name"))
COUNT_LOST_CLAIMS = select(func.count()).where(
    HAS_WORKER, HELD, deliveries.c.lease_until <= bindparam("now", type_=deliveries.c.lease_until.type)
)
COUNT_IN_DOUBT = select(func.count()).where(
    deliveries.c.state == DeliveryState.UNKNOWN, deliveries.c.reason == REASON, deliveries.c.rehearsal.is_(False)
)


class SqlUpkeep:
    """`ports.upkeep.Upkeep` for a ledger in an SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def back_up(self, file: Path, now: datetime, *, replace: bool) -> BackupReport:
        """Copy the ledger into a file, and check the copy. Errors: UsageError, StoreError, TryAgain, OSError."""
        read_instance_secret(self._database)  # links in mails that are sent before a restore work after it, too
        return back_up(self._database, file, now, replace=replace)

    def examine(self, now: datetime) -> StoreState:
        """Run the database's own checks."""
        file = Path(self._database.where)
        with self._database.read() as connection:
            version = connection.execute(READ_VERSION).scalar_one()
            held_count = connection.execute(COUNT_LOST_CLAIMS, {"now": now}).scalar_one()
        with self._database.driver() as driver:
            journal_mode = driver.execute("PRAGMA journal_mode").fetchone()[0]
            synchronous = driver.execute("PRAGMA synchronous").fetchone()[0]
            faults = faults_of(driver)
        log = file.with_name(f"{file.name}-wal")
        log_bytes = log.stat().st_size if log.exists() else 0
        size_bytes = file.stat().st_size
        is_synchronous = synchronous >= SYNCHRONOUS_FULL
        return StoreState(
            file=file,
            version=version,
            faults=faults,
            journal_mode=journal_mode,
            is_synchronous=is_synchronous,
            size_bytes=size_bytes,
            log_bytes=log_bytes,
            held_count=held_count,
            lost_run_count=count_lost_runs(wire_folder(file)),
        )

    def is_writable(self) -> bool:
        """Say whether a change could be recorded now; one that another process is just making counts as a yes."""
        try:
            with self._database.write() as connection:
                connection.execute(FORGET_META, {"of_name": ""})
        except StoreBusy:
            return True
        except (StoreError, TryAgain):
            return False
        return True

    def forget_attempts(self, before: datetime, limit: int) -> int:
        """Delete old attempts of finished deliveries; say how many."""
        with self._database.write() as connection:
            return forgetting.forget_attempts(connection, before, limit)

    def forget_addresses(self, before: datetime, limit: int) -> int:
        """Take old addresses out of finished deliveries; say how many."""
        with self._database.write() as connection:
            return forgetting.forget_addresses(connection, before, limit)

    def restored(self) -> Restored | None:
        """Say whether the ledger was restored and nobody has released it yet."""
        with self._database.read() as connection:
            restored_at = _moment(connection, RESTORED_AT)
            backed_up_at = _moment(connection, BACKED_UP_AT)
        return Restored(backed_up_at or restored_at, restored_at) if restored_at else None

    def in_doubt_after_restore(self) -> int:
        """Count the deliveries that the restore put in doubt and that nobody has settled."""
        with self._database.read() as connection:
            count: int = connection.execute(COUNT_IN_DOUBT).scalar_one()
        return count

    def release(self) -> None:
        """Note that a person has looked at what a restore brought back."""
        with self._database.write() as connection:
            connection.execute(FORGET_META, {"of_name": RESTORED_AT})


def _moment(connection: Connection, name: str) -> datetime | None:
    value: Any = connection.execute(READ_META, {"name": name}).scalar_one_or_none()
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
