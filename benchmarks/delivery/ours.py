"""Our side of the measurements, each in a process of its own, which prints one line of JSON.

python -m benchmarks.delivery.ours make FOLDER COUNT SIZE CONNECTIONS     an edition, planned for so many
python -m benchmarks.delivery.ours send FOLDER PORT COUNT [journal|none]  send it
python -m benchmarks.delivery.ours subscribe FOLDER COUNT CONNECTIONS     one article, and so many subscribers
python -m benchmarks.delivery.ours plan FOLDER COUNT ROUNDS               plan, beside a plain INSERT ... SELECT
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.bootstrap import open_application
from publisher.domain.edition import EditionState
from publisher.domain.message import Context, Message, MessageKind, Placeholder
from publisher.domain.subscriber import Subscriber
from publisher.ports.ledger import ClaimedDelivery, NewEdition, PlanEdition
from publisher.store.database import CACHE_KIB, CHECKPOINT_PAGES
from publisher.store.open import Store, open_store
from publisher.workflow.application import Application
from publisher.workflow.send import send

CONFIG = """
[organisation]
name = "Fachverband"
postal_address = "Am Ring 12, 00000 Steinhafen"
website = "https://fachverband.example"
contact = "presse@example.org"

[digests.daily]
title = "Am Morgen"
channel = "newsletter"
from_address = "news@example.org"
schedule = ["Mon-Fri 07:00"]

[channels.newsletter]
adapter = "smtp"
host = "127.0.0.1"
port = 1
security = "none"
connections = {connections}
max_messages_per_connection = 1000000
"""
ARTICLE = """---
title: Eine neue Pumpe
teaser: Sie braucht die Hälfte.
---

Ein Satz über Pumpen.
"""
# Beside planning: the same rows into a table without any index, and with the key that keeps a delivery unique.
KEY = "message_id, channel, recipient, segment, occurrence, rehearsal"
PLAIN: dict[str, Sequence[str]] = {
    "plain, no index": (),
    "plain, with its unique key": (f"CREATE UNIQUE INDEX plain_key ON plain ({KEY})",),
}
LINE = b"Ein Satz =C3=BCber Pumpen, der in einem Rundschreiben stehen k=C3=B6nnte.\r\n"


def message_of(size: int) -> Message:
    """A frozen e-mail with the placeholders that ours have."""
    headers = (
        *(b"Date: ", Placeholder("date", Context.HEADER), b"\r\nFrom: News <news@example.org>\r\nTo: "),
        *(Placeholder("to", Context.HEADER), b"\r\nSubject: Pumpen am Morgen\r\nMessage-ID: "),
        *(Placeholder("message_id", Context.HEADER), b"\r\nList-Unsubscribe: "),
        *(Placeholder("list_unsubscribe", Context.HEADER), b"\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n"),
        b"Content-Transfer-Encoding: quoted-printable\r\n",
    )
    body = (
        *(b"<p>=\r\n", Placeholder("greeting", Context.HTML), b"</p>\r\n", LINE * (size // len(LINE))),
        *(b'<a href=3D"=\r\n', Placeholder("unsubscribe_url", Context.URL), b'">ab</a>\r\n'),
    )
    sections = {"return_path": (Placeholder("return_path", Context.ENVELOPE),), "headers": headers, "body": body}
    return Message(MessageKind.EMAIL, sections)


def make_project(folder: Path, count: int, size: int, connections: int) -> None:
    """A planned edition to so many subscribers."""
    now = datetime.now(UTC)
    store = subscribe(folder, count, connections)
    plan_edition(store, message_of(size), 1, now)
    store.close()


def make_queue(folder: Path, count: int, connections: int) -> None:
    """One article, and so many subscribers."""
    subscribe(folder, count, connections).close()
    (folder / "queue" / "2026-11-23-pumpe.md").write_text(ARTICLE)


def subscribe(folder: Path, count: int, connections: int) -> Store:
    (folder / "queue").mkdir()
    (folder / "config.toml").write_text(CONFIG.format(connections=connections))
    store = open_store(folder / "publisher.db")
    people = (Subscriber(f"reader{n}@example.org", name=f"Leserin {n}", digests=("daily",)) for n in range(count))
    store.subscribers.save(people, datetime.now(UTC))
    return store


def plan_edition(store: Store, message: Message, number: int, now: datetime) -> float:
    """Give the seconds that planning takes."""
    new = NewEdition("daily", number, f"now {number}", "News", message, [], [], False)
    row = store.ledger.freeze_edition(new, now)
    store.ledger.change_edition(row.id, EditionState.FROZEN, EditionState.APPROVED, now)
    started = time.perf_counter()
    store.ledger.plan_edition(PlanEdition(row.id, "newsletter", "smtp", [], {}), now)
    return time.perf_counter() - started


def plan(folder: Path, count: int, rounds: int) -> dict[str, list[float]]:
    """Ours and the plain statements in turns; each round begins with no deliveries."""
    store = subscribe(folder, count, 1)
    seconds: dict[str, list[float]] = {}
    for number in range(1, rounds + 1):
        message = message_of(1_000)
        seconds.setdefault("publisher", []).append(plan_edition(store, message, number, datetime.now(UTC)))
        with closing(sqlite3.connect(folder / "publisher.db", isolation_level=None)) as ledger:
            # As ours has it.
            ledger.execute("PRAGMA synchronous = FULL")
            ledger.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            ledger.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            for way, make in PLAIN.items():
                seconds.setdefault(way, []).append(plan_plainly(ledger, make))
            ledger.execute("DELETE FROM deliveries")
            ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return seconds


def plan_plainly(ledger: sqlite3.Connection, make: Sequence[str]) -> float:
    (columns,) = ledger.execute("SELECT group_concat(name) FROM pragma_table_info('deliveries')").fetchone()
    # The declarations alone: no keys, no checks.
    declared = "SELECT group_concat(name || ' ' || type) FROM pragma_table_info('deliveries') WHERE name != 'id'"
    ledger.execute(f"CREATE TABLE plain (id INTEGER PRIMARY KEY, {ledger.execute(declared).fetchone()[0]})")
    for statement in make:
        ledger.execute(statement)
    row = ledger.execute("SELECT * FROM deliveries LIMIT 1").fetchone()
    values = dict(zip(columns.split(","), row, strict=True))
    chosen = [name for name in values if name != "id" and values[name] is not None]
    of_person = {"recipient": "address", "subscriber_id": "subscribers.id"}
    picked = ", ".join(of_person.get(name, f":{name}") for name in chosen)
    statement = (
        f"INSERT INTO plain ({', '.join(chosen)}) SELECT {picked} FROM subscriptions "
        "JOIN subscribers ON subscribers.id = subscriber_id WHERE subscriptions.digest = :digest"
    )
    started = time.perf_counter()
    ledger.execute(statement, values)
    seconds = time.perf_counter() - started
    ledger.execute("DROP TABLE plain")
    ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return seconds


class NoSyncer:
    """Waits for no disk."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self) -> None:
        self._count += 1

    def done_count(self) -> int:
        return self._count

    def close(self) -> None:
        pass


class NoJournal:
    """A ledger that keeps nothing: what the engine would do without one."""

    def __init__(self, ledger: Any, app: Application, count: int) -> None:
        self._ledger = ledger
        self._left = deque[ClaimedDelivery](
            ledger.claim(
                "newsletter", worker="none", limit=count, lease_seconds=9e5, rehearsal=False, now=app.clock.now()
            )
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def claim(self, channel: str, *, limit: int, **_: Any) -> list[ClaimedDelivery]:
        return [self._left.popleft() for _ in range(min(limit, len(self._left)))]

    def begin_exchange(self, finished: Any, starting: Any, **_: Any) -> frozenset[int]:
        return frozenset(starting)

    def open_syncer(self, bell: int | None) -> NoSyncer:
        return NoSyncer()


def send_edition(folder: Path, port: int, count: int, mode: str) -> dict[str, float]:
    config = folder / "config.toml"
    config.write_text(config.read_text().replace("port = 1\n", f"port = {port}\n"))
    with open_application(config) as opened:
        app = replace(opened, ledger=NoJournal(opened.ledger, opened, count)) if mode == "none" else opened
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        report = send(app, ["newsletter"], stop=threading.Event())
        seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert sum(report.counts.values()) in (count, 0), report
    return {
        "per_second": count / seconds,
        "peak_mib": after.ru_maxrss / 1024,
        "switches": (after.ru_nvcsw - before.ru_nvcsw) / count,
        "cpu_us": (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / count * 1e6,
    }


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    numbers = [int(word) for word in sys.argv[3:6] if word.isdigit()]
    match what:
        case "make":
            make_project(folder, *numbers)
        case "subscribe":
            make_queue(folder, *numbers)
        case "plan":
            print(json.dumps(plan(folder, *numbers)))
        case "send":
            print(json.dumps(send_edition(folder, *numbers, sys.argv[5])))


if __name__ == "__main__":
    main()
