"""Restoring: what a backup brings back is never sent twice by itself, and the ledger that was there is kept."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Deferred, Rejected
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.errors import StoreError, TryAgain, UsageError
from publisher.store.open import Store, open_store
from publisher.store.restoring import REASON, restore
from tests.store.scenes import (
    NOW,
    approved,
    claim,
    finish,
    plan,
    planned,
    planned_post,
    rows,
    start,
    states,
    suppression,
)

LATER = NOW + timedelta(hours=5)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "publisher.db"


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Store]:
    store = open_store(file)
    try:
        yield store
    finally:
        store.close()


def backed_up_in_the_middle(ledger: Path) -> Path:
    """Seven deliveries: one of each state that there is on the way, two posts; an edition frozen, one approved."""
    backup = ledger.with_name("backup.db")
    with opened(ledger) as store:
        planned(store, 7)
        ids = [delivery.id for delivery in claim(store.ledger, limit=5)]
        start(store.ledger, ids[:4])
        finish(store.ledger, ids[0], Accepted("250 ok"))
        finish(store.ledger, ids[1], Rejected("550 no"))
        finish(store.ledger, ids[2], Deferred("451 later"), not_before=LATER)
        planned_post(store.ledger)
        approved(store.ledger, slugs=("spaeter",))
        store.upkeep.back_up(backup, NOW, replace=False)
    return backup


def test_what_was_open_may_have_been_sent_since(ledger: Path) -> None:
    """Queued, claimed, sending, deferred: all wait for a person, with a note of since when. The rest stays."""
    backup = backed_up_in_the_middle(ledger)
    report = restore(ledger, backup, LATER)
    assert report.in_doubt_count == 6  # one deferred, one sending, one claimed, two queued, one post
    with opened(ledger) as store:
        counts = sorted(row.state.value for row in rows(store.ledger))
        assert counts == ["accepted", "rejected"] + ["unknown"] * 6
        unknown = rows(store.ledger, states=[DeliveryState.UNKNOWN])
        assert {row.reason for row in unknown} == {REASON}
        assert {row.claimed_by for row in unknown} == {None}
        notes = [note for note in store.ledger.attempts([row.id for row in unknown]) if note.stage == "restore"]
        assert [note.started_at for note in notes] == [NOW] * 6
        assert {row.name: row.state for row in store.ledger.editions()} == {
            "daily/1": EditionState.SENDING,
            "daily/2": EditionState.HELD,
        }
        assert claim(store.ledger, at=LATER) == []  # the control: nothing is there to be sent
        restored = store.upkeep.restored()
        assert restored
        assert (restored.backed_up_at, restored.restored_at) == (NOW, LATER)
        assert store.upkeep.in_doubt_after_restore() == 6


def test_without_the_restore_the_same_copy_would_send_again(ledger: Path) -> None:
    """The control of the test above: the backup as it is has deliveries that a worker would take."""
    backup = backed_up_in_the_middle(ledger)
    with opened(backup) as store:
        assert len(claim(store.ledger, at=LATER)) == 3


def test_the_ledger_that_was_there_is_kept_and_can_be_brought_back(ledger: Path) -> None:
    backup = backed_up_in_the_middle(ledger)
    with opened(ledger) as store:
        second = approved(store.ledger, slugs=("zweite",))
        plan(store.ledger, second)
        before = {row.id: row.state for row in rows(store.ledger)}
    report = restore(ledger, backup, LATER)
    assert report.kept_file == ledger.with_name("publisher.db.before-20261123T120000")
    with opened(report.kept_file) as kept:
        assert {row.id: row.state for row in rows(kept.ledger)} == before
    again = restore(ledger, report.kept_file, LATER + timedelta(hours=1))
    assert again.kept_file != report.kept_file
    with opened(ledger) as store:
        assert {row.id for row in rows(store.ledger)} == set(before)
    found = {path.name for path in ledger.parent.glob("publisher.db*")}
    assert again.kept_file
    assert {"publisher.db", report.kept_file.name, again.kept_file.name} <= found
    assert not [name for name in found if "restoring" in name]


def test_what_was_published_since_is_told_and_who_has_left_stays_away(ledger: Path) -> None:
    backup = backed_up_in_the_middle(ledger)
    with opened(ledger) as store:
        store.subscribers.suppress(suppression("p000006@example.org", "daily"))
        edition = approved(store.ledger, slugs=("nachher",))
        with store.database.write() as connection:
            connection.exec_driver_sql("UPDATE editions SET planned_at = ? WHERE id = ?", (text(LATER), edition.id))
    report = restore(ledger, backup, LATER + timedelta(hours=1))
    assert [(sent.name, sent.planned_at, sent.slugs) for sent in report.sent_since] == [
        ("daily/3", LATER, ("nachher",))
    ]
    assert report.carried_count == 1
    with opened(ledger) as store:
        assert [entry.address for entry in store.subscribers.suppressions()] == ["p000006@example.org"]


def text(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z"


IDLE = """
import sys
from publisher.store.open import open_store
store = open_store(sys.argv[1])
store.ledger.editions()
print("ready", flush=True)
sys.stdin.read()
store.close()
"""


def test_another_process_that_only_has_it_open_is_enough_to_refuse(ledger: Path) -> None:
    """Idle, without a transaction: it would go on with what it has. Nothing changes; once it has left, it goes."""
    backup = backed_up_in_the_middle(ledger)
    before = ledger.read_bytes()
    idle = subprocess.Popen(
        [sys.executable, "-c", IDLE, str(ledger)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    timer = threading.Timer(60, idle.kill)
    timer.start()
    try:
        assert idle.stdout
        assert idle.stdout.readline() == "ready\n"
        with pytest.raises(TryAgain, match="another process has the ledger open"):
            restore(ledger, backup, LATER)
    finally:
        timer.cancel()
        idle.communicate()
    assert ledger.read_bytes() == before
    assert sorted(path.name for path in ledger.parent.glob("*.db*")) == ["backup.db", "publisher.db"]
    assert restore(ledger, backup, LATER).in_doubt_count == 6


def test_in_this_process_it_is_refused_too(ledger: Path) -> None:
    backup = backed_up_in_the_middle(ledger)
    with opened(ledger) as store:
        store.ledger.editions()
        with pytest.raises(TryAgain):
            restore(ledger, backup, LATER)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_backup_changes_nothing(ledger: Path, content: bytes) -> None:
    backed_up_in_the_middle(ledger)
    before = ledger.read_bytes()
    bad = ledger.with_name("bad.db")
    bad.write_bytes(content)
    with pytest.raises(StoreError, match=r"not a backup of a ledger|not an SQLite|damaged"):
        restore(ledger, bad, LATER)
    assert ledger.read_bytes() == before
    assert sorted(path.name for path in ledger.parent.iterdir()) == ["backup.db", "bad.db", "publisher.db"]


def test_a_damaged_backup_changes_nothing(ledger: Path) -> None:
    backup = backed_up_in_the_middle(ledger)
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        connection.execute("DELETE FROM messages")
        connection.commit()
    before = ledger.read_bytes()
    with pytest.raises(StoreError, match="the backup is damaged: row"):
        restore(ledger, backup, LATER)
    assert ledger.read_bytes() == before


def test_a_damaged_ledger_is_kept_as_it_is(ledger: Path) -> None:
    """Neither its log nor its pages get into the new one."""
    backup = backed_up_in_the_middle(ledger)
    ledger.write_bytes(b"x" * 10_000)
    log = ledger.with_name("publisher.db-wal")
    log.write_bytes(b"of the damaged one")
    report = restore(ledger, backup, LATER)
    assert report.kept_file
    assert report.kept_file.read_bytes() == b"x" * 10_000
    assert not log.exists()
    with opened(ledger) as store:
        assert len(states(store.ledger)) == 8


def test_where_there_is_no_ledger_it_comes_to_its_place(ledger: Path) -> None:
    backup = backed_up_in_the_middle(ledger)
    moved = ledger.with_name("elsewhere").absolute()
    moved.mkdir()
    report = restore(moved / "publisher.db", backup, LATER)
    assert report.kept_file is None
    with opened(moved / "publisher.db") as store:
        assert len(rows(store.ledger)) == 8
        assert store.upkeep.restored()


def test_a_backup_that_is_not_there(ledger: Path) -> None:
    with pytest.raises(UsageError, match="there is no such backup"):
        restore(ledger, ledger.with_name("none.db"), LATER)
    backed_up_in_the_middle(ledger)
    with pytest.raises(UsageError, match="this is the ledger itself"):
        restore(ledger, ledger, LATER)


def test_rehearsals_stay_as_they_are(ledger: Path) -> None:
    with opened(ledger) as store:
        planned(store, 2, rehearsal=True)
        store.upkeep.back_up(ledger.with_name("backup.db"), NOW, replace=False)
    restore(ledger, ledger.with_name("backup.db"), LATER)
    with opened(ledger) as store:
        assert set(states(store.ledger).values()) == {DeliveryState.QUEUED}
