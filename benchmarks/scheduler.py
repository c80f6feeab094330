"""What `publish run` costs while nothing is due, and how soon its first e-mail leaves.

`python benchmarks/scheduler.py [idle] [month] [first]`

`idle` watches a real process for a minute, beside one that looks at the ledger each second. `month` lets thirty days of
pulses pass by a clock of its own and compares the memory. `first` queues a thousand articles and measures from the due
time to the first message on the wire. Without a word, all three. Exit 1 where a limit is broken.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from publisher.bootstrap import open_application  # noqa: E402
from publisher.ports.engine import Task  # noqa: E402
from publisher.scheduling.service import Service  # noqa: E402
from tests.journeys.project import Project, folder_config  # noqa: E402

IDLE_SECONDS = 60
CPU_LIMIT = 0.005
FIRST_MAIL_LIMIT_SECONDS = 2.0
MONTH_GROWTH_LIMIT_KIB = 1_024
ARTICLES = 1_000

EACH_SECOND = """
import sys, threading, time
from pathlib import Path
from publisher.bootstrap import open_application
from publisher.scheduling.service import Service
with open_application(Path("config.toml")) as app:
    service = Service(app, threading.Event(), lambda event: None)
    service.once()
    print("next run", file=sys.stderr, flush=True)
    while True:
        time.sleep(1)
        service.once()
"""


def cpu_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def make_project(folder: Path, config: str, articles: int) -> Project:
    project = Project.make(folder, config)
    text = "Ein Absatz mit einigen Worten, der etwas länger ist. " * 20
    for number in range(articles):
        project.article(
            f"artikel-{number:04}", body=text, url=f"https://fachverband.example/{number}", tags=["Technik"]
        )
    project.subscribe(20)
    return project


@contextmanager
def started(project: Project, *command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=project.folder, env=project.environment(), text=True, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def idle() -> bool:
    """Compare the two over the same minute, so that a busy machine slows both."""
    with tempfile.TemporaryDirectory() as name:
        # Due at one time of the year: nothing happens while we look.
        config = folder_config().replace("Mon-Fri 07:00", "0 3 29 2 *")
        project = make_project(Path(name) / "ours", config, ARTICLES)
        peer = make_project(Path(name) / "peer", config, ARTICLES)
        with started(project, "-m", "publisher", "run") as ours, started(peer, "-c", EACH_SECOND) as each_second:
            time.sleep(15)  # both have begun
            before = {one.pid: (cpu_seconds(one.pid), memory_kib(one.pid)) for one in (ours, each_second)}
            time.sleep(IDLE_SECONDS)
            shares = []
            for label, one in (("publish run", ours), ("a look each second", each_second)):
                cpu, memory = before[one.pid]
                shares.append((cpu_seconds(one.pid) - cpu) / IDLE_SECONDS)
                grown = memory_kib(one.pid) - memory
                print(f"{label:<20} {shares[-1] * 100:6.3f} % of a core  {memory_kib(one.pid):7,} KiB ({grown:+,})")
    return shares[0] <= CPU_LIMIT


@dataclass
class Calendar:
    """A clock that only moves when it is told to."""

    at: dt.datetime = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.at

    def monotonic_seconds(self) -> float:
        return self.at.timestamp()


@dataclass
class AtOnce:
    """An engine that does each task where it is queued."""

    waiting: list[Task] = field(default_factory=list)

    def enqueue(self, connection: object | None, task: Task, lane: str) -> None:
        self.waiting.append(task)

    def beat(self) -> None:
        pass


def month() -> bool:
    """Thirty days, with a look at everything each five minutes and an edition on each workday."""
    with tempfile.TemporaryDirectory() as name:
        project = make_project(Path(name) / "project", folder_config(), 0)
        clock, engine = Calendar(), AtOnce()
        with open_application(project.folder / "config.toml") as plain:
            service = Service(replace(plain, clock=clock), threading.Event(), lambda event: None)
            service._engine = engine  # type: ignore[assignment]
            sizes = [pulses(project, service, clock, engine, day) for day in range(37)]
    weeks = sizes[6], sizes[-1]  # after the first week everything has been imported and cached
    print(f"{'a simulated month':<20} {weeks[0]:,} KiB after a week, {weeks[1]:,} KiB 30 days later")
    return weeks[1] - weeks[0] <= MONTH_GROWTH_LIMIT_KIB


def pulses(project: Project, service: Service, clock: Calendar, engine: AtOnce, day: int) -> int:
    project.article(f"tag-{day}")
    for _ in range(24 * 12):
        clock.at += dt.timedelta(minutes=5)
        service.pulse()
        while engine.waiting:
            service.do(engine.waiting.pop(0))
    gc.collect()
    return memory_kib(os.getpid())


class FirstMail:
    """A mail server that notes when the first message had come in whole."""

    def __init__(self) -> None:
        self.arrived_at: float | None = None
        self.port = 0
        self.arrived = threading.Event()
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait(10)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        is_data = False
        while line := await reader.readline():
            if is_data:
                if line == b".\r\n":
                    self._note()
                    is_data = False
                    writer.write(b"250 taken\r\n")
                continue
            word = line[:4].upper()
            is_data = word == b"DATA"
            reply = b"354 go on\r\n" if is_data else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n"
            writer.write(reply)
            await writer.drain()

    def _note(self) -> None:
        if self.arrived_at is None:
            self.arrived_at = time.time()
            self.arrived.set()


def first() -> bool:
    """Wait for a minute that begins, with a thousand articles in the queue."""
    server = FirstMail()
    due = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(minutes=3)
    smtp = f'adapter = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"'
    config = (
        folder_config()
        .replace('adapter = "folder"\nfolder = "sent"', smtp)
        .replace("Mon-Fri 07:00", f"{due:%H:%M}")
        .replace("[organisation]", '[organisation]\ntime_zone = "UTC"')
    )
    with tempfile.TemporaryDirectory() as name:
        project = make_project(Path(name) / "project", config, ARTICLES)
        with started(project, "-m", "publisher", "run"):
            server.arrived.wait(300)
    if server.arrived_at is None:
        print("no message came")
        return False
    seconds = server.arrived_at - due.timestamp()
    print(f"{'first e-mail':<20} {seconds:.2f} s after the due time, {ARTICLES:,} articles in the queue")
    return 0 <= seconds <= FIRST_MAIL_LIMIT_SECONDS


PARTS = {"idle": idle, "month": month, "first": first}


def main(names: list[str]) -> int:
    """Do what is named, or everything."""
    return 0 if min([PARTS[name]() for name in names or PARTS]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
