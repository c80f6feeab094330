"""Backups: one moment, checked, whole or not there at all, while others write."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from publisher.errors import StoreError, UsageError
from publisher.store.backup import faults_of
from publisher.store.open import Store, open_store
from tests.store.scenes import NOW, people, planned

WRITER = """
import sys
from datetime import UTC, datetime
from publisher.domain.subscriber import Subscriber
from publisher.store.open import open_store
store = open_store(sys.argv[1])
number = 0
while True:
    # Two rows in one transaction: a copy has both or none.
    pair = [Subscriber(f"{side}{number}@example.org", digests=("d",)) for side in "ab"]
    store.subscribers.save(pair, datetime.now(UTC))
    if number == 0:
        print("ready", flush=True)
    number += 1
"""


def rows_of(file: Path, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


def test_a_copy_has_everything_and_is_ours_alone(store: Store, tmp_path: Path) -> None:
    """One file without a log beside it, which opens as a ledger."""
    planned(store, 5)
    file = tmp_path / "copies" / "monday.db"
    file.parent.mkdir()
    report = store.upkeep.back_up(file, NOW, replace=False)
    assert (report.delivery_count, report.edition_count, report.subscriber_count) == (5, 1, 5)
    assert [path.name for path in file.parent.iterdir()] == ["monday.db"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert rows_of(file, "PRAGMA journal_mode") == [("delete",)]
    for table in ("deliveries", "editions", "subscribers", "messages", "consumption"):
        source = rows_of(Path(store.database.where), f"SELECT * FROM {table} ORDER BY 1")
        assert rows_of(file, f"SELECT * FROM {table} ORDER BY 1") == source
    copy = open_store(file)
    assert copy.instance_secret() == store.instance_secret()  # links in mails that were sent go on working
    copy.close()


def test_there_is_nothing_to_replace_by_accident(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    store.upkeep.back_up(file, NOW, replace=False)
    before = file.read_bytes()
    store.subscribers.save(people(3), NOW)
    with pytest.raises(UsageError, match="there is a file of this name"):
        store.upkeep.back_up(file, NOW, replace=False)
    assert file.read_bytes() == before
    store.upkeep.back_up(file, NOW, replace=True)
    assert rows_of(file, "SELECT count(*) FROM subscribers") == [(3,)]


def test_the_ledger_itself_is_never_replaced(store: Store) -> None:
    with pytest.raises(UsageError, match="this is the ledger itself"):
        store.upkeep.back_up(Path(store.database.where), NOW, replace=True)


@pytest.mark.parametrize(("name", "what"), [("no/folder/x.db", "folder of the backup"), (".", "this is a folder")])
def test_where_it_cannot_be(store: Store, tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        store.upkeep.back_up(tmp_path / name, NOW, replace=True)


def test_a_damaged_ledger_makes_no_backup(store: Store, tmp_path: Path) -> None:
    """A row that belongs to nothing is found; an older copy of that name stays, and no draft is left."""
    planned(store, 3)
    file = tmp_path / "copies" / "monday.db"
    file.parent.mkdir()
    store.upkeep.back_up(file, NOW, replace=False)
    before = file.read_bytes()
    with contextlib.closing(sqlite3.connect(store.database.where)) as connection:
        connection.execute("DELETE FROM messages")
        connection.commit()
    with pytest.raises(StoreError, match="the copy is damaged"):
        store.upkeep.back_up(file, NOW, replace=True)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["monday.db"]


def test_broken_pages_are_found(store: Store, tmp_path: Path) -> None:
    """The control of the check: a copy whose bytes are turned over is not called sound."""
    planned(store, 200)
    file = tmp_path / "copy.db"
    store.upkeep.back_up(file, NOW, replace=False)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert faults_of(connection) == []
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(255 - byte for byte in content[middle : middle + 4096])
    file.write_bytes(content)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        try:
            assert faults_of(connection)
        except sqlite3.DatabaseError as error:
            assert "malformed" in str(error)


def test_while_another_process_writes_a_copy_is_of_one_moment(store: Store, tmp_path: Path) -> None:
    """Copies beside a writer that never rests, until five differ: in each, both rows of every pair."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, store.database.where], stdout=subprocess.PIPE, text=True)
    timer = threading.Timer(60, writer.kill)
    timer.start()
    try:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        counts: list[int] = []
        while len(set(counts)) < 5:
            file = tmp_path / f"{len(counts)}.db"
            store.upkeep.back_up(file, NOW, replace=False)
            ((a, b),) = rows_of(file, "SELECT sum(address LIKE 'a%'), sum(address LIKE 'b%') FROM subscribers")
            assert a == b
            counts.append(a)
        assert writer.poll() is None
    finally:
        timer.cancel()
        writer.kill()
        writer.communicate()
    assert counts == sorted(counts)
