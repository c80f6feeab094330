"""One run of ours, in a process of its own: benchmarks.delivery.ours PORT COUNT SIZE CONNECTIONS [journal|none].

It prints one line of JSON: messages a second, peak memory, CPU time.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.bootstrap import open_application
from publisher.domain.edition import EditionState
from publisher.domain.message import Context, Message, MessageKind, Placeholder
from publisher.domain.subscriber import Subscriber
from publisher.ports.ledger import ClaimedDelivery, NewEdition, PlanEdition
from publisher.store.open import open_store
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
port = {port}
security = "none"
connections = {connections}
max_messages_per_connection = 1000000
"""
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


def make_project(folder: Path, port: int, count: int, size: int, connections: int) -> None:
    """A planned edition to so many subscribers."""
    now = datetime.now(UTC)
    (folder / "queue").mkdir()
    (folder / "config.toml").write_text(CONFIG.format(port=port, connections=connections))
    store = open_store(folder / "publisher.db")
    store.subscribers.save(
        (Subscriber(f"reader{n}@example.org", name=f"Leserin {n}", digests=("daily",)) for n in range(count)), now
    )
    row = store.ledger.freeze_edition(NewEdition("daily", 1, "now 1", "News", message_of(size), [], [], False), now)
    store.ledger.change_edition(row.id, EditionState.FROZEN, EditionState.APPROVED, now)
    store.ledger.plan_edition(PlanEdition(row.id, "newsletter", "smtp", [], {}), now)
    store.close()


@dataclass(frozen=True)
class NothingPending:
    may_start: frozenset[int]

    def commit(self) -> None:
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

    def begin_exchange(self, finished: Any, starting: Any, **_: Any) -> NothingPending:
        return NothingPending(frozenset(starting))


@contextmanager
def project(port: int, count: int, size: int, connections: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        make_project(Path(name), port, count, size, connections)
        yield Path(name)


def run(folder: Path, count: int, mode: str) -> dict[str, float]:
    with open_application(folder / "config.toml") as opened:
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
    port, count, size, connections = (int(word) for word in sys.argv[1:5])
    mode = sys.argv[5] if len(sys.argv) > 5 else "journal"
    if mode == "prepared":  # the project was made by another process: for a clean measure of memory
        print(json.dumps(run(Path(sys.argv[6]), count, "journal")))
        return
    with project(port, count, size, connections) as folder:
        print(json.dumps(run(folder, count, mode)))


if __name__ == "__main__":
    main()
