"""A small project folder whose channels lead to a listener on loopback, and the command line run in this process."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONFIG = """\
[organisation]
name = "Fachverband Wärme"
postal_address = "Am Ring 12, 00000 Steinhafen"

[digests.daily]
title = "Branchendienst"
channel = "mail"
from_address = "news@example.org"
recipients = ["redaktion@example.org"]

[channels.mail]
adapter = "smtp"
host = "127.0.0.1"
port = PORT
security = "none"
timeout_seconds = 0.2

[channels.chat]
adapter = "webhook"
url = "http://127.0.0.1:PORT/hook"
articles = "all"
timeout_seconds = 0.2

[channels.x]
adapter = "folder"
network = "x"
articles = "all"
"""
ARTICLE = """\
---
title: Neue Pumpe spart Strom
teaser: Sie braucht nur halb so viel wie die alte.
url: https://www.example.org/pumpe
---

Die Pumpe ist da.
"""
GOOD_FILE = "queue/2026-11-23-neue-pumpe.md"
LONG_AGO = 1_600_000_000  # so that no file counts as being written


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind: its exit code and its two streams."""

    exit_code: int
    out: str
    err: str


class Project:
    """A folder to work in. `listener` takes every connection that the channels make."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder = folder
        self._listener = listener
        self.write({"config.toml": CONFIG})
        (folder / "queue").mkdir()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files; PORT stands for the listener's."""
        for name, content in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            text = content.replace("PORT", str(self.port)).encode() if isinstance(content, str) else content
            file.write_bytes(text)
            os.utime(file, (LONG_AGO, LONG_AGO))

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def run(self, *words: str, standard_input: str = "") -> Said:
        """Run `publish` here, as from the shell."""
        from publisher.cli import main

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _standard_input(standard_input):
            code = _exit_code_of(lambda: main(words))
        return Said(code, out.getvalue(), err.getvalue())

    def connections(self) -> int:
        """Count the connections that were made since the last count."""
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()
                count += 1
        return count

    def delivery_rows(self) -> int:
        """Count the deliveries in the ledger, if there is one."""
        file = self.folder / "publisher.db"
        if not file.exists():
            return 0
        with contextlib.closing(sqlite3.connect(file)) as connection:
            count: int = connection.execute("SELECT count(*) FROM deliveries").fetchone()[0]
        return count

    def files_out(self) -> list[str]:
        """Name everything in the outbox."""
        return sorted(str(file.relative_to(self.folder)) for file in self.folder.glob("outbox/**/*"))


def _exit_code_of(call: object) -> int:
    try:
        call()  # type: ignore[operator]
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    return 0


@contextlib.contextmanager
def _standard_input(text: str):  # type: ignore[no-untyped-def]
    import sys

    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before
