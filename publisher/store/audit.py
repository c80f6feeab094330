"""The audit log over SQL. An entry is written in the transaction of the decision that it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, insert, select

from publisher.domain.audit import (
    AuditEntry,
    AuditHead,
    AuditNote,
    AuditVerdict,
    key_id_of,
    seal,
    time_text,
    verify,
)
from publisher.errors import StoreError
from publisher.ports.audit import AuditFilter
from publisher.store.audit_key import AuditKeys, HeadFile
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.tables import audit

PAGE_ROWS = 500
PROGRAM = "publish"

NEWEST_ENTRY = select(audit.c.seq, audit.c.hash, audit.c.key_id).order_by(audit.c.seq.desc()).limit(1)
# Two that write at once: on PostgreSQL the second waits here, and the key (seq) refuses it if it read too early.
NEWEST_ENTRY_TO_FOLLOW = NEWEST_ENTRY.with_for_update()
HASH_OF_ENTRY = select(audit.c.hash).where(audit.c.seq == bindparam("seq"))
ADD_ENTRY = insert(audit)
ENTRIES = select(audit)
FIRST_ENTRY = select(audit.c.seq).order_by(audit.c.seq).limit(1)
ENTRIES_FROM = ENTRIES.where(audit.c.seq >= bindparam("first")).order_by(audit.c.seq).limit(PAGE_ROWS)
NUMBERS_FROM = select(audit.c.seq).where(audit.c.seq >= bindparam("first")).order_by(audit.c.seq).limit(PAGE_ROWS)
ENTRY_BY_NUMBER = ENTRIES.where(audit.c.seq == bindparam("seq"))


@dataclass(slots=True)
class Noting:
    """A transaction in which a decision is carried out and noted."""

    connection: Connection
    keys: AuditKeys
    head_file: HeadFile
    newest: AuditHead | None = None
    kept_is_in_log: bool = True

    def note(self, note: AuditNote | None, now: datetime) -> None:
        """Append an entry; None is nobody's decision. Errors: StoreError where the key cannot be used."""
        if note is None:
            return
        key = self.keys.current()
        row = self.connection.execute(NEWEST_ENTRY_TO_FOLLOW).one_or_none()
        before = AuditHead(row.seq, row.hash) if row else None
        if self.newest is None:
            self.kept_is_in_log = self._has_kept_head()
        if row is not None and row.key_id != key_id_of(key):
            before = self._append(_of_new_key(row.key_id, key), now, before, key)
        self.newest = self._append(note, now, before, key)

    def _append(self, note: AuditNote, now: datetime, before: AuditHead | None, key: bytes) -> AuditHead:
        entry = seal(note, now, before, key)
        self.connection.execute(ADD_ENTRY, _row_of(entry))
        return AuditHead(entry.seq, entry.hash)

    def _has_kept_head(self) -> bool:
        """Say whether the log still has the head that is kept; one that it has not must stay, as evidence."""
        try:
            kept = self.head_file.read()
        except StoreError:
            return False
        return kept is None or self.connection.execute(HASH_OF_ENTRY, {"seq": kept.seq}).scalar() == kept.hash


@dataclass(frozen=True, slots=True)
class SqlAuditLog:
    """`ports.audit.AuditLog` in a database; safe to share between threads and processes."""

    database: Database
    keys: AuditKeys
    head_file: HeadFile = field(kw_only=True)

    @contextmanager
    def noting(self, taken: type[Exception] | None = None) -> Iterator[Noting]:
        """Change the ledger and note who decided it, all or nothing; afterwards keep the new head."""
        with self.database.write(taken) as connection:
            noting = Noting(connection, self.keys, self.head_file)
            yield noting
        if noting.newest and noting.kept_is_in_log:
            self.head_file.write(noting.newest)

    def record(self, note: AuditNote, now: datetime) -> None:
        """Note a decision."""
        with self.noting() as noting:
            noting.note(note, now)

    @contextmanager
    def recording(self, note: AuditNote, now: datetime) -> Iterator[None]:
        """Note a decision that is carried out inside; if that fails, nothing is noted."""
        with self.noting() as noting:
            noting.note(note, now)
            yield

    def record_restore(self, note: AuditNote, now: datetime) -> None:
        """Note that an older state was put back; the head that is kept starts again from here."""
        kept = self.head_file.read()
        before = {"seq": kept.seq, "hash": kept.hash} if kept else None
        with self.noting() as noting:
            noting.note(note.with_details(head_before=before), now)
        if noting.newest:
            self.head_file.write(noting.newest)

    def entries(self, which: AuditFilter) -> Sequence[AuditEntry]:
        """List entries, oldest first."""
        statement = ENTRIES.order_by(audit.c.seq.desc()).limit(which.limit)
        named = {"about": which.about, "actor": which.actor, "action": which.action}
        for name, value in named.items():
            if value is not None:
                statement = statement.where(audit.c[name] == value)
        if which.since is not None:
            statement = statement.where(audit.c.at >= time_text(which.since))
        with self.database.read() as connection:
            found = [_entry_of(row) for row in connection.execute(statement)]
        return found[::-1]

    def head(self) -> AuditHead | None:
        """Give the newest entry's number and hash; None for an empty log."""
        with self.database.read() as connection:
            row = connection.execute(NEWEST_ENTRY).one_or_none()
        return AuditHead(row.seq, row.hash) if row else None

    def verify(self, heads: Sequence[AuditHead] = ()) -> AuditVerdict:
        """Go through the whole log, with these heads and the one that is kept."""
        kept = self.head_file.read()
        return verify(self.walk(), self.keys.all(), [*heads, *([kept] if kept else [])])

    def walk(self) -> Iterator[AuditEntry | int]:
        """Go through all entries by number; one that cannot be read stands there as its number."""
        with self.database.read() as connection:
            first = connection.execute(FIRST_ENTRY).scalar_one_or_none()
        while first is not None:
            page = self._page(first)
            yield from page
            last = page[-1] if page else first
            first = None if len(page) < PAGE_ROWS else (last if isinstance(last, int) else last.seq) + 1

    def _page(self, first: int) -> list[AuditEntry | int]:
        try:
            with self.database.read() as connection:
                return [_entry_of(row) for row in connection.execute(ENTRIES_FROM, {"first": first})]
        except StoreError:
            # One that holds something else than text spoils the whole page: find out which it is.
            with self.database.read() as connection:
                numbers = connection.execute(NUMBERS_FROM, {"first": first}).scalars().all()
            return [self._entry(number) for number in numbers]

    def _entry(self, seq: int) -> AuditEntry | int:
        try:
            with self.database.read() as connection:
                return _entry_of(connection.execute(ENTRY_BY_NUMBER, {"seq": seq}).one())
        except StoreError:
            return seq


def audit_log(database: Database, path: Path, key: str | None) -> SqlAuditLog:
    """Make the log of a database file, with the key and the head beside it."""
    keys = AuditKeys(path.with_name(f"{path.name}-audit-key"), key)
    return SqlAuditLog(database, keys, head_file=HeadFile(path.with_name(f"{path.name}-audit-head")))


def _of_new_key(before: str, key: bytes) -> AuditNote:
    return AuditNote(PROGRAM, "new key", details={"before": before, "now": key_id_of(key)})


def _row_of(entry: AuditEntry) -> dict[str, object]:
    return {column.name: getattr(entry, column.name) for column in audit.c}


def _entry_of(row: AnyRow) -> AuditEntry:
    return AuditEntry(**row._mapping)
