"""A project folder, worked in with `publish` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from publisher.domain.subscriber import Subscriber
from publisher.ports.ledger import DeliveryFilter, DeliveryRow
from publisher.store.ledger import SqlLedger
from publisher.store.open import Store, open_store
from tests.journeys.servers.hook import SECRET, HookServer
from tests.journeys.servers.mail import MailServer

ROOT = Path(__file__).parents[2]
LONG_AGO = 1_700_000_000
PATIENCE_SECONDS = 90

ORGANISATION = """
[organisation]
name = "Fachverband Pumpen e. V."
postal_address = "Am Ring 12, 00000 Steinhafen"
website = "https://fachverband.example"
contact = "presse@example.org"
"""

DIGEST = """
[digests.daily]
title = "Pumpen am Morgen"
channel = "newsletter"
from_address = "newsletter@example.org"
schedule = ["Mon-Fri 07:00"]
"""


def live_config(mail: MailServer, hook: HookServer, more: str = "") -> str:
    """Everything goes to loopback servers: e-mail, a signed webhook, two folders with the rules of networks."""
    return f"""
{ORGANISATION}
{DIGEST}
[channels.newsletter]
adapter = "smtp"
host = "127.0.0.1"
port = {mail.port}
security = "none"

[channels.teamchat]
adapter = "webhook"
url = "{hook.url}"
network = "slack"
secret = {{env = "WEBHOOK_SECRET"}}

[channels.mastodon]
adapter = "folder"
folder = "posted/mastodon"
network = "mastodon"

[channels.x]
adapter = "folder"
folder = "posted/x"
network = "x"
{more}
"""


def folder_config(more: str = "") -> str:
    """Everything goes into folders: no server is needed."""
    return f"""
{ORGANISATION}
{DIGEST}
[channels.newsletter]
adapter = "folder"
folder = "sent"

[channels.mastodon]
adapter = "folder"
folder = "posted/mastodon"
network = "mastodon"
{more}
"""


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """What `--json` gave."""
        envelope: dict[str, Any] = json.loads(self.out)
        assert envelope["exit_code"] == self.code
        return dict(envelope["data"])


@dataclass(frozen=True)
class Project:
    """A folder with config.toml, queue and ledger."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, config: str) -> Project:
        (folder / "queue").mkdir(parents=True)
        (folder / "config.toml").write_text(config)
        return cls(folder)

    def article(self, slug: str = "neue-pumpe", *, body: str = "Ein Absatz.", **fields: Any) -> Path:
        """Put an article into the queue; it looks as if it had been there for long."""
        front = {"title": f"Titel von {slug}", **fields}
        lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in front.items()]
        path = self.folder / "queue" / f"2026-11-23-{slug}.md"
        path.write_text("\n".join(["---", *lines, "---", "", body, ""]))
        os.utime(path, (LONG_AGO, LONG_AGO))
        return path

    def subscribe(self, count: int) -> list[str]:
        """Put so many subscribers into the store, and give their addresses in order."""
        addresses = sorted(f"person{number}@example.org" for number in range(count))
        people = [Subscriber(address=address, digests=("daily",), consent_source="test") for address in addresses]
        with self.store() as store:
            store.subscribers.save(people, datetime.now(UTC))
        return addresses

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start `publish` in the project folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "publisher", *words],
            cwd=self.folder,
            env=self.environment(),
            text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
        )

    def environment(self) -> Mapping[str, str]:
        ours = {"PYTHONPATH": str(ROOT), "WEBHOOK_SECRET": SECRET, "PYTHONWARNINGS": "error"}
        return {**os.environ, **ours}

    def publish(self, *words: str, code: int | None = 0, text: str | None = None) -> Finished:
        """Run `publish` to its end; it must end with this exit code."""
        process = self.start(*words, **({"stdin": subprocess.PIPE} if text is not None else {}))
        finished = finish(process, text)
        assert code is None or finished.code == code, f"{words}: {finished}"
        return finished

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.folder / "publisher.db")
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def ledger(self) -> Iterator[SqlLedger]:
        with self.store() as store:
            yield store.ledger

    def deliveries(self, **which: Any) -> list[DeliveryRow]:
        with self.ledger() as ledger:
            return list(ledger.deliveries(DeliveryFilter(**which)))

    def states(self, **which: Any) -> dict[str, int]:
        """Count deliveries by state."""
        return dict(Counter(row.state.value for row in self.deliveries(**which)))


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says on standard error until these words; one that never says them is killed."""
    assert process.stderr
    shown = ""
    with patience(process):
        while words not in shown:
            line = process.stderr.readline()
            assert line, f"never said {words!r}: {shown}"
            shown += line
    return shown


def let_it_be_due(project: Project) -> None:
    """Let the digest have been due a few minutes ago, whenever the test runs."""
    minute = datetime.now(UTC) - timedelta(minutes=3)
    config = project.folder / "config.toml"
    text = config.read_text().replace("Mon-Fri 07:00", f"{minute:%H:%M}")
    config.write_text(text.replace("[organisation]", '[organisation]\ntime_zone = "UTC"'))


@contextmanager
def patience(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill a process that takes for ever, so that the test fails instead of waiting."""
    timer = threading.Timer(PATIENCE_SECONDS, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def finish(process: subprocess.Popen[str], text: str | None = None) -> Finished:
    """Wait for a process and take what it said."""
    try:
        out, err = process.communicate(text, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Finished(process.returncode, out, err)
