"""Bring a backup back in the ledger's place: in one transaction, and so that nothing is sent twice because of it.

What was open in the backup may have been sent since: it becomes unknown, and waits for a person. What was planned
after the backup is not known at all any more: until a person has looked, the ledger says that it was restored, and
nothing is planned or sent. See `docs/how-to/back-up-and-restore.md`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.errors import StoreError, TryAgain, UsageError
from publisher.files import sync_folder
from publisher.ports.upkeep import RestoreReport, SentSince
from publisher.store.backup import BACKED_UP_AT, copy_pages, faults_of, opened
from publisher.store.database import connect_sqlite
from publisher.store.failures import failures_mapped
from publisher.store.schema import bring_up_to_date

RESTORED_AT = "restored_at"
STAGE = "restore"
REASON = "it was open when the backup was made, and may have been sent since"
HELD_BECAUSE = "it was ready when the backup was made, and may have been sent since"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_OPEN = ", ".join(f"'{state.value}'" for state in sorted(OPEN_STATES))
_SET = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_GET = "SELECT value FROM meta WHERE name = ?"
# A copy that was made by other means does not say when: its newest entry is the earliest that it can be.
_NEWEST_ENTRY = (
    "SELECT max(changed_at) FROM (SELECT changed_at FROM deliveries UNION ALL SELECT changed_at FROM editions)"
)
_NOTE_DOUBT = f"""
INSERT INTO attempts (delivery_id, number, outcome, reason, stage, reply, enhanced_code, relay, worker, started_at,
                      duration_ms)
SELECT id, attempt_count, 'unknown', ?, '{STAGE}', '', '', '', 'restore', ?, 0 FROM deliveries
WHERE state IN ({_OPEN}) AND NOT rehearsal
"""  # noqa: S608 - the states are words of the domain
_PUT_IN_DOUBT = f"""
UPDATE deliveries SET state = '{DeliveryState.UNKNOWN.value}', reason = ?, changed_at = ?, claimed_by = NULL,
                      lease_until = NULL
WHERE state IN ({_OPEN}) AND NOT rehearsal
"""  # noqa: S608
# What was ready to be planned may have been planned since.
_HOLD_EDITIONS = """
UPDATE editions SET state = 'held', reason = ?, changed_at = ? WHERE state IN ('frozen', 'approved') AND NOT rehearsal
"""
_PLANNED_SINCE = """
SELECT editions.digest || '/' || editions.number, editions.planned_at, group_concat(edition_articles.slug, char(10))
FROM editions LEFT JOIN edition_articles ON edition_articles.edition_id = editions.id
WHERE editions.planned_at > ? AND NOT editions.rehearsal GROUP BY editions.id
UNION ALL SELECT channel, planned_at, slug FROM posts WHERE planned_at > ? AND NOT rehearsal ORDER BY 2
"""
_CARRY_SUPPRESSIONS = """
INSERT INTO suppressions (address, digest, reason, source, suppressed_at)
SELECT address, digest, reason, source, suppressed_at FROM replaced.suppressions WHERE true ON CONFLICT DO NOTHING
"""


def restore(ledger: Path, backup: Path, now: datetime) -> RestoreReport:
    """Put a backup in the ledger's place; the ledger that was there stays beside it.

    Errors: UsageError, StoreError if the backup is not one, TryAgain while another process has the ledger open.
    """
    refuse_unusable(ledger, backup)
    draft = ledger.with_name(f".{ledger.name}.{os.getpid()}.restoring")
    kept = ledger.with_name(f"{ledger.name}.before-{now:%Y%m%dT%H%M%S}")
    try:
        backed_up_at, in_doubt_count = _prepare(backup, draft, now)
        if not ledger.exists():
            os.link(draft, ledger)
            sync_folder(ledger.parent)
            return RestoreReport(backed_up_at, None, in_doubt_count, 0, ())
        carried_count, since = _replace(ledger, draft, kept, backed_up_at)
    finally:
        for file in (draft, _beside(draft, "-wal"), _beside(draft, "-shm"), _beside(draft, "-journal")):
            file.unlink(missing_ok=True)
    return RestoreReport(backed_up_at, kept, in_doubt_count, carried_count, since)


def refuse_unusable(ledger: Path, backup: Path) -> None:
    """Refuse what can be no backup at first sight. Errors: UsageError."""
    if not backup.is_file():
        raise UsageError("there is no such backup", where=str(backup), hint='Name a file of "publish backup".')
    if ledger.exists() and backup.samefile(ledger):
        raise UsageError("this is the ledger itself", where=str(backup), hint='Name a file of "publish backup".')
    if not ledger.parent.is_dir():
        raise UsageError("the ledger's folder does not exist", where=str(ledger), hint=f'mkdir -p "{ledger.parent}"')


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _prepare(backup: Path, draft: Path, now: datetime) -> tuple[datetime, int]:
    """Copy the backup beside the ledger, check it, bring its tables up to date and put in doubt what was open."""
    with failures_mapped(str(backup)):
        with contextlib.closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as source:
            copy_pages(source, draft)
        with opened(draft) as copy:
            _check(copy, backup)
    database = connect_sqlite(draft)
    try:
        bring_up_to_date(database)
    except StoreError as error:
        raise StoreError(error.what, where=str(backup), hint=error.hint) from None
    finally:
        database.close()
    with failures_mapped(str(backup)), opened(draft) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
        backed_up_at = _moment_of(copy, backup)
        copy.execute("BEGIN IMMEDIATE")
        copy.execute(_NOTE_DOUBT, (REASON, _text(backed_up_at)))
        in_doubt_count = copy.execute(_PUT_IN_DOUBT, (REASON, _text(now))).rowcount
        copy.execute(_HOLD_EDITIONS, (HELD_BECAUSE, _text(now)))
        copy.execute(_SET, (BACKED_UP_AT, backed_up_at.isoformat()))
        copy.execute(_SET, (RESTORED_AT, now.isoformat()))
        copy.execute("COMMIT")
    return backed_up_at, in_doubt_count


def _check(copy: sqlite3.Connection, backup: Path) -> None:
    names = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "deliveries", "meta"} <= names:
        raise StoreError("this is not a backup of a ledger", where=str(backup), hint='Name a file of "publish backup".')
    if faults := faults_of(copy):
        hint = "Nothing was changed. Take an older backup."
        raise StoreError(f"the backup is damaged: {faults[0]}", where=str(backup), hint=hint)


def _moment_of(copy: sqlite3.Connection, backup: Path) -> datetime:
    """Say as of when the backup is. A ledger that was restored once knows of an older backup: the newest counts."""
    said = copy.execute(_GET, (BACKED_UP_AT,)).fetchone() or (None,)
    times = [_moment(text) for (text,) in (said, copy.execute(_NEWEST_ENTRY).fetchone()) if text is not None]
    return max(times, default=datetime.fromtimestamp(backup.stat().st_mtime, UTC))


def _text(moment: datetime) -> str:
    """Write a time as the tables have it."""
    return moment.astimezone(UTC).isoformat("T", "microseconds")[:26] + "Z"


def _replace(ledger: Path, draft: Path, kept: Path, backed_up_at: datetime) -> tuple[int, tuple[SentSince, ...]]:
    """Keep the ledger beside its place and put the draft there; a damaged one is kept as it is."""
    try:
        with failures_mapped(str(ledger)), _alone_with(ledger) as live:
            copy_pages(live, kept)
            carried_count, since = _take_along(draft, kept, backed_up_at)
            with opened(draft) as source:
                source.backup(live)  # one transaction: a crash in it leaves the old ledger
            sync_folder(ledger.parent)
            return carried_count, since
    except StoreError as error:
        if not isinstance(error.__cause__, sqlite3.DatabaseError) or error.__cause__.sqlite_errorcode not in _DAMAGED:
            raise
    kept.unlink(missing_ok=True)
    _replace_damaged(ledger, draft, kept)
    return 0, ()


@contextlib.contextmanager
def _alone_with(ledger: Path) -> Iterator[sqlite3.Connection]:
    """Hold the ledger alone. Errors: TryAgain if any other process has it open, however idle."""
    connection = sqlite3.connect(ledger, isolation_level=None, timeout=0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Leaving the write-ahead log takes every lock there is, and the mode above keeps them until the end.
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        yield connection
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        hint = 'Stop "publish run" and whatever else works with it, then try again.'
        raise TryAgain("another process has the ledger open", where=str(ledger), hint=hint) from None
    finally:
        connection.close()


def _take_along(draft: Path, kept: Path, backed_up_at: datetime) -> tuple[int, tuple[SentSince, ...]]:
    """Take over who has left since, and say what the replaced ledger knows to have been planned since."""
    with opened(draft) as copy:
        copy.execute("ATTACH ? AS replaced", (str(kept),))
        carried_count = copy.execute(_CARRY_SUPPRESSIONS).rowcount
        copy.execute("DETACH replaced")
    since = _text(backed_up_at)
    with opened(kept) as replaced:
        rows = replaced.execute(_PLANNED_SINCE, (since, since)).fetchall()
    return carried_count, tuple(SentSince(name, _moment(at), tuple((slugs or "").split())) for name, at, slugs in rows)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _replace_damaged(ledger: Path, draft: Path, kept: Path) -> None:
    """Keep a damaged ledger under another name. There is never a moment without a ledger: it would be made anew."""
    for ending in ("-wal", "-journal"):
        # What has not been written back belongs to the damaged one, and would damage the new one.
        with contextlib.suppress(FileNotFoundError):
            _beside(ledger, ending).rename(_beside(kept, ending))
    _beside(ledger, "-shm").unlink(missing_ok=True)
    os.link(ledger, kept)
    draft.replace(ledger)
    sync_folder(ledger.parent)
