"""The judge: what the mail server has taken, against what the ledger says of it, read by plain `sqlite3`."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A delivery as the ledger has it: its state, and how often each outcome stands among its attempts."""

    state: str
    outcomes: Counter[str]


Ledger = Mapping[str, Entry]


def read_ledger(database: Path) -> Ledger:
    """Read every recipient's entry; nothing is changed, not even where the write-ahead log ends."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT id, recipient, state FROM deliveries").fetchall()
        attempts = connection.execute("SELECT delivery_id, outcome FROM attempts").fetchall()
    assert len({recipient for _, recipient, _ in rows}) == len(rows), "a recipient has two deliveries"
    outcomes: dict[int, Counter[str]] = {}
    for delivery_id, outcome in attempts:
        outcomes.setdefault(delivery_id, Counter())[outcome] += 1
    return {recipient: Entry(state, outcomes.get(id_, Counter())) for id_, recipient, state in rows}


def unknown_count(database: Path) -> int:
    """Count the attempts of which it is not known whether they arrived."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM attempts WHERE outcome = 'unknown'").fetchone()[0])
        except sqlite3.OperationalError:  # killed before there was a table
            return 0


def is_sound(database: Path) -> bool:
    """Ask SQLite itself whether the file is whole."""
    with closing(sqlite3.connect(database)) as connection:
        answers = connection.execute("PRAGMA integrity_check").fetchall()
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    return answers == [("ok",)] and not broken


@dataclass(frozen=True)
class Verdict:
    """What an edition's account comes to. The first four must be empty."""

    lost: Collection[str]
    unnamed_duplicates: Collection[str]
    phantoms: Collection[str]
    unfinished: Collection[str]
    duplicate_count: int
    named_count: int
    unknown: Collection[str]

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.unnamed_duplicates or self.phantoms or self.unfinished)


def judge(recipients: Collection[str], taken: Counter[str], ledger: Ledger) -> Verdict:
    """Compare. Lost: neither taken nor named. Phantom: said to be accepted, and not taken so often.

    A further copy is named by an attempt of unknown outcome before it.
    """
    assert not set(taken) - set(recipients), "somebody got it whom nobody had asked to write to"
    nothing = Entry("no row", Counter())
    entries = {recipient: ledger.get(recipient, nothing) for recipient in recipients}
    unknown = {recipient for recipient, entry in entries.items() if entry.state == "unknown"}
    accepted = {recipient for recipient, entry in entries.items() if entry.state == "accepted"}
    return Verdict(
        lost={recipient for recipient in recipients if not taken[recipient] and recipient not in unknown},
        unnamed_duplicates={r for r, entry in entries.items() if taken[r] - 1 > entry.outcomes["unknown"]},
        phantoms={r for r in accepted if not taken[r]}
        | {r for r, entry in entries.items() if entry.outcomes["accepted"] > taken[r]},
        unfinished=set(recipients) - unknown - accepted,
        duplicate_count=sum(count - 1 for count in taken.values() if count > 1),
        named_count=sum(entry.outcomes["unknown"] for entry in entries.values()),
        unknown=unknown,
    )
