"""Senders as others have written them, and one that does it right: the controls of the fault tests.

`python -m tests.faults.naive KIND DATABASE PORT [GATE]`. The tables are named like ours, so that the same judge reads
them; everything else is plain `sqlite3` and `smtplib`, one connection.
"""

from __future__ import annotations

import smtplib
import sqlite3
import sys
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

BATCH = 20
TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE deliveries (id INTEGER PRIMARY KEY, recipient TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued');
CREATE TABLE attempts (delivery_id INTEGER NOT NULL, outcome TEXT NOT NULL);
"""

Send = Callable[[str], None]


def make_book(database: Path, recipients: Collection[str]) -> None:
    """Make a database with a delivery for each recipient."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(TABLES)
        connection.executemany("INSERT INTO deliveries (recipient) VALUES (?)", [(each,) for each in recipients])
        connection.commit()


class Book:
    """The database of one run; every change is a transaction of its own."""

    def __init__(self, database: str, synchronous: str) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")

    def queued(self, limit: int = -1) -> list[tuple[int, str]]:
        statement = "SELECT id, recipient FROM deliveries WHERE state = 'queued' ORDER BY id LIMIT ?"
        return self._connection.execute(statement, [limit]).fetchall()

    def set_states(self, ids: Collection[int], state: str, outcome: str = "") -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("UPDATE deliveries SET state = ? WHERE id = ?", [(state, id_) for id_ in ids])
        if outcome:
            self._connection.executemany("INSERT INTO attempts VALUES (?, ?)", [(id_, outcome) for id_ in ids])
        self._connection.execute("COMMIT")

    def in_doubt(self) -> list[int]:
        rows = self._connection.execute("SELECT id FROM deliveries WHERE state = 'sending'").fetchall()
        return [id_ for (id_,) in rows]


def record_after_the_reply(book: Book, send: Send) -> None:
    """What was taken before a crash, and not recorded, is sent again."""
    for id_, recipient in book.queued():
        send(recipient)
        book.set_states([id_], "accepted", "accepted")


def checkpoint_at_fetch(book: Book, send: Send) -> None:
    """What was fetched before a crash, and not sent, is never sent."""
    while batch := book.queued(BATCH):
        book.set_states([id_ for id_, _ in batch], "accepted", "accepted")
        for _, recipient in batch:
            send(recipient)


def journal(book: Book, send: Send) -> None:
    """What may have been taken is named: right, as long as what is journalled is on the disk."""
    book.set_states(book.in_doubt(), "unknown", "unknown")
    for id_, recipient in book.queued():
        book.set_states([id_], "sending")
        send(recipient)
        book.set_states([id_], "accepted", "accepted")


KINDS = {
    "record-after-the-reply": (record_after_the_reply, "FULL"),
    "checkpoint-at-fetch": (checkpoint_at_fetch, "FULL"),
    "journal": (journal, "FULL"),
    "journal-synchronous-normal": (journal, "NORMAL"),
}


def main(kind: str, database: str, port: str, gate: str = "") -> None:
    if gate:
        Path(gate).read_bytes()
    work, synchronous = KINDS[kind]
    with smtplib.SMTP("127.0.0.1", int(port), "client.example.org") as client:

        def send(recipient: str) -> None:
            client.sendmail("news@example.org", [recipient], b"Subject: News\r\n\r\nNews.\r\n")

        work(Book(database, synchronous), send)


if __name__ == "__main__":
    main(*sys.argv[1:])
