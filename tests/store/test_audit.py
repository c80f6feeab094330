"""The audit log: append-only, in the transaction of what it tells, and every tampering is found where it is."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import sqlite3
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.audit import AuditEntry, AuditHead, AuditNote
from publisher.domain.edition import EditionState
from publisher.errors import StoreError
from publisher.ports.audit import AuditFilter
from publisher.store.audit_key import VARIABLE
from publisher.store.open import Store, open_store
from publisher.store.staging import BATCH_ROWS
from tests.store.scenes import NOW, after, approved, people, planned

COLUMNS = ("seq", "at", "actor", "action", "about", "content_hash", "details", "key_id", "prev_hash", "hash")
Rows = list[list[Any]]


def note(number: int = 1, **details: Any) -> AuditNote:
    return AuditNote("anna", "approve", f"daily/{number}", f"{number:064x}", details)


def filled(store: Store, count: int) -> None:
    with store.audit.noting() as noting:
        for number in range(1, count + 1):
            noting.note(note(number, reason=f"gut so, Nr. {number} – „ja“"), after(number))


def raw(path: Path) -> sqlite3.Connection:
    """A connection as an intruder has it: whatever protects the table is gone."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("DROP TRIGGER IF EXISTS audit_refuses_update")
    connection.execute("DROP TRIGGER IF EXISTS audit_refuses_delete")
    return connection


def rows_of(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as connection:
        return [list(row) for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY seq")]


def put(path: Path, rows: Rows) -> None:
    with closing(raw(path)) as connection:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM audit")
        connection.executemany(f"INSERT INTO audit VALUES ({', '.join('?' * len(COLUMNS))})", rows)
        connection.execute("COMMIT")


def heads(store: Store) -> list[AuditHead]:
    head = store.audit.head()
    assert head is not None
    return [head]


def test_an_entry_tells_who_what_when(store: Store) -> None:
    filled(store, 3)
    last = store.audit.entries(AuditFilter())[-1]
    assert (last.seq, last.actor, last.action, last.about) == (3, "anna", "approve", "daily/3")
    assert last.moment == after(3)
    assert last.facts == {"reason": "gut so, Nr. 3 – „ja“"}
    assert [entry.seq for entry in store.audit.entries(AuditFilter(about="daily/2"))] == [2]
    assert [entry.seq for entry in store.audit.entries(AuditFilter(since=after(2)))] == [2, 3]
    assert [entry.seq for entry in store.audit.entries(AuditFilter(limit=1))] == [3]
    assert store.audit.entries(AuditFilter(actor="bert")) == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'bert'", "DELETE FROM audit"])
def test_the_database_refuses_changes(store: Store, path: Path, statement: str) -> None:
    filled(store, 1)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        connection.execute(statement)


def test_a_note_stands_or_falls_with_its_decision(store: Store) -> None:
    """Nothing is noted where nothing changed, and what cannot be done leaves no note."""
    store.subscribers.save(people(1), NOW)
    edition = planned(store, 1)
    pause = (edition.id, EditionState.PLANNED, EditionState.PAUSED, NOW)
    assert store.ledger.change_edition(*pause, note=AuditNote("anna", "pause", edition.name))
    assert not store.ledger.change_edition(*pause, note=AuditNote("bert", "pause", edition.name))
    with pytest.raises(RuntimeError), store.audit.recording(note(), NOW):
        raise RuntimeError
    assert [entry.actor for entry in store.audit.entries(AuditFilter())] == ["anna"]
    assert store.audit.verify().fault is None


def test_without_a_key_nothing_is_decided(store: Store, path: Path) -> None:
    """The decision is undone, too: it would stand nowhere."""
    edition = approved(store.ledger)
    Path(f"{path}-audit-key").write_text("short")
    with pytest.raises(StoreError, match="not a whole key"):
        store.ledger.change_edition(
            edition.id, EditionState.APPROVED, EditionState.CANCELLED, NOW, note=AuditNote("anna", "cancel")
        )
    assert store.ledger.editions()[0].state is EditionState.APPROVED


def test_an_import_is_noted_once_with_its_counts(store: Store) -> None:
    store.subscribers.save(people(12_000), NOW, note=AuditNote("anna", "import subscribers", "daily"))
    (entry,) = store.audit.entries(AuditFilter())
    assert entry.facts == {"added_count": 12_000, "changed_count": 0, "unchanged_count": 0}
    assert "example.org" not in entry.details


def test_an_import_that_breaks_off_is_noted_with_what_it_took(store: Store) -> None:
    def lines() -> Iterator[Any]:
        yield from people(BATCH_ROWS + 1)
        raise OSError("the pipe broke")

    with pytest.raises(OSError, match="pipe"):
        store.subscribers.save(lines(), NOW, note=AuditNote("anna", "import subscribers", "daily"))
    (entry,) = store.audit.entries(AuditFilter())
    assert entry.facts["added_count"] == store.subscribers.count() > 0


def test_the_key_is_outside_the_database_and_private(store: Store, path: Path) -> None:
    filled(store, 1)
    file = Path(f"{path}-audit-key")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().strip().encode() not in path.read_bytes() + Path(f"{path}-wal").read_bytes()


def test_two_processes_write_one_chain(open_again: Callable[[], Store]) -> None:
    one, other = open_again(), open_again()
    for number in range(1, 21):
        (one if number % 2 else other).audit.record(note(number), NOW)
    assert one.audit.verify() == other.audit.verify()
    assert one.audit.verify().entry_count == 20
    assert one.audit.verify().fault is None


def test_a_lost_key(store: Store, path: Path, open_again: Callable[[], Store]) -> None:
    """The log goes on and says so; what was sealed before cannot be checked, until the key is back."""
    filled(store, 3)
    file = Path(f"{path}-audit-key")
    lost = file.read_text()
    file.unlink()
    store.audit.record(note(4), NOW)
    assert [entry.action for entry in store.audit.entries(AuditFilter())][3:] == ["new key", "approve"]
    fault = store.audit.verify().fault
    assert fault is not None
    assert (fault.seq, "key that is not here" in fault.what) == (1, True)
    again = open_store(path, audit_key=lost.strip())
    assert again.audit.verify().fault is None  # the one from the environment, the other in the file
    again.close()


def test_a_key_from_the_environment(path: Path) -> None:
    store = open_store(path, audit_key="k" * 32)
    filled(store, 2)
    assert store.audit.verify().fault is None
    store.close()
    assert not Path(f"{path}-audit-key").exists()
    short = open_store(path, audit_key="k" * 31)
    with pytest.raises(StoreError, match="at least 32") as caught:
        filled(short, 1)
    assert caught.value.where == VARIABLE
    short.close()


def test_what_was_cut_off_is_seen_without_anybody_keeping_a_head(store: Store, path: Path) -> None:
    """The head beside the log is enough, and new entries do not paint over it."""
    filled(store, 5)
    put(path, rows_of(path)[:3])
    fault = store.audit.verify().fault
    assert fault is not None
    assert fault.seq == 4
    filled(store, 5)
    fault = store.audit.verify().fault
    assert fault is not None
    assert fault.seq == 5


def test_a_kept_head_sees_a_log_that_was_made_anew(store: Store, path: Path) -> None:
    """Even by somebody who has the key and took the head beside the log away."""
    filled(store, 5)
    kept = heads(store)
    put(path, rows_of(path)[:3])
    Path(f"{path}-audit-head").unlink()
    filled(store, 4)
    assert store.audit.verify().fault is None
    fault = store.audit.verify(kept).fault
    assert fault is not None
    assert fault.seq == 5


def test_after_a_restore_the_head_starts_again(store: Store, path: Path) -> None:
    filled(store, 5)
    put(path, rows_of(path)[:2])
    store.audit.record_restore(AuditNote("anna", "restore", "backup.db"), NOW)
    assert store.audit.verify().fault is None
    assert store.audit.entries(AuditFilter())[-1].facts["head_before"]["seq"] == 5


# 1,000 tamperings. What the intruder has: the database, a genuine older branch of the same log, and no key.


def flip(rows: Rows, other: Rows, chance: random.Random) -> int:
    """Change one character or byte of one field of one entry."""
    where, column = chance.randrange(len(rows)), chance.randrange(1, len(COLUMNS))
    value = rows[where][column] or "x"
    place = chance.randrange(len(value))
    if chance.random() < 0.1:
        rows[where][column] = value.encode()[:place] + b"\xff\xfe"  # not text any more
    else:
        changed = chr((ord(value[place]) + chance.randrange(1, 60)) % 0xD7FF)
        rows[where][column] = value[:place] + changed + value[place + 1 :]
    return where + 1


def delete(rows: Rows, other: Rows, chance: random.Random) -> int:
    """Take one out of the middle, and close the gap or leave it."""
    where = chance.randrange(len(rows) - 1)
    del rows[where]
    if chance.random() < 0.5:
        for row in rows[where:]:
            row[0] -= 1
    return where + 1


def reorder(rows: Rows, other: Rows, chance: random.Random) -> int:
    """Let two entries change places."""
    first, second = sorted(chance.sample(range(len(rows)), 2))
    rows[first], rows[second] = rows[second], rows[first]
    rows[first][0], rows[second][0] = first + 1, second + 1
    return first + 1


def insert(rows: Rows, other: Rows, chance: random.Random) -> int:
    """Put an invented entry in, in the middle, before the first or at the end, as like the others as can be."""
    where = chance.randrange(len(rows) + 1)
    made = list(rows[min(where, len(rows) - 1)])
    made[0], made[2] = where + 1, "mallory"
    made[8] = rows[where - 1][9] if where else "0" * 64
    made[9] = hashlib.sha256(json.dumps(made[:9]).encode()).hexdigest()
    for row in rows[where:]:
        row[0] += 1
    rows.insert(where, made)
    if where < len(rows) - 1:
        rows[where + 1][8] = made[9]
    return where + 1


def truncate(rows: Rows, other: Rows, chance: random.Random) -> int:
    """Cut the newest off."""
    keep = chance.randrange(len(rows))
    del rows[keep:]
    return keep + 1


def splice(rows: Rows, other: Rows, chance: random.Random) -> int:
    """Put genuine entries of the other branch in the place of those of the same number.

    Each of them has a right seal; found is the first that does not follow: it, or the one after a piece that does.
    """
    branched = next(place for place in range(len(rows)) if rows[place] != other[place])
    where = chance.randrange(branched, len(rows) - 1)
    rows[where] = list(other[where])
    return where + 1 if where > branched else where + 2


TAMPERINGS = (flip, delete, reorder, insert, truncate, splice)
LENGTH, BRANCH = 40, 8


@pytest.fixture
def branches(path: Path, store: Store) -> tuple[Rows, Rows]:
    """A log, and what became of an older state of it: both genuine, sealed with the same key."""
    filled(store, BRANCH)
    common = rows_of(path)
    for number in range(LENGTH - BRANCH):
        store.audit.record(AuditNote("bert", "reject", f"weekly/{number}"), after(100 + number))
    other = rows_of(path)
    put(path, common)
    Path(f"{path}-audit-head").unlink()
    for number in range(LENGTH - BRANCH):
        store.audit.record(note(100 + number), after(100 + number))
    return rows_of(path), other


def independent_fault(path: Path, key: bytes, *, with_links: bool) -> bool:
    """Check by a few lines of its own, with or without looking at `prev_hash`: say whether something is wrong."""
    expected, before = 1, "0" * 64
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit ORDER BY seq"):
            texts = [value.decode("utf-8", "backslashreplace") for value in row[1:]]
            content = json.dumps([row[0], *texts[:-1]], ensure_ascii=False, separators=(",", ":"))
            seal = hmac.new(key, content.encode(), "sha256").hexdigest()
            if row[0] != expected or seal != texts[-1] or (with_links and texts[-2] != before):
                return True
            expected, before = expected + 1, texts[-1]
    return expected != LENGTH + 1


def test_a_thousand_tamperings(store: Store, path: Path, branches: tuple[Rows, Rows]) -> None:
    """Each is found, at the very entry; the control without `prev_hash` lets some through."""
    genuine, other = branches
    kept, chance = heads(store), random.Random(20261123)
    key = Path(f"{path}-audit-key").read_text().strip().encode()
    found, missed_without_links = Counter[str](), Counter[str]()
    for number in range(1_000):
        tamper = TAMPERINGS[number % len(TAMPERINGS)]
        rows = [list(row) for row in genuine]
        expected = tamper(rows, other, chance)
        assert rows != genuine
        put(path, rows)
        fault = store.audit.verify(kept).fault
        assert fault is not None, (tamper.__name__, expected)
        assert fault.seq == expected, (tamper.__name__, fault)
        found[tamper.__name__] += 1
        assert independent_fault(path, key, with_links=True)
        missed_without_links[tamper.__name__] += not independent_fault(path, key, with_links=False)
    assert found.total() == 1_000
    assert missed_without_links["splice"] > 100
    put(path, genuine)
    assert store.audit.verify(kept).fault is None
    assert store.audit.verify(kept).entry_count == LENGTH


def test_an_entry_before_the_first_is_found(store: Store, path: Path) -> None:
    filled(store, 3)
    rows = rows_of(path)
    put(path, [[0, *rows[0][1:]], *rows])
    fault = store.audit.verify().fault
    assert fault is not None
    assert (fault.seq, fault.what) == (0, "was put in")


def test_all_entries_are_walked_through(store: Store, path: Path) -> None:
    """Also where they are more than one page, and one of them cannot be read."""
    filled(store, 1_201)
    assert store.audit.verify().entry_count == 1_201
    with closing(raw(path)) as connection:
        connection.execute("UPDATE audit SET about = CAST(x'ff' AS TEXT) WHERE seq = 1100")
    walked = list(store.audit.walk())
    assert len(walked) == 1_201
    assert walked[1_099] == 1_100
    assert isinstance(walked[1_100], AuditEntry)
