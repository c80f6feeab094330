"""A queue folder for tests, and the outside that reading it needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from publisher.intake.queue import QueueReading, read_queue

ARTICLE = "---\ntitle: Neue Pumpe\n---\n\nEin Absatz.\n"
LONG_AGO = 1_700_000_000


def queue_in(tmp_path: Path) -> Path:
    folder = tmp_path / "queue"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, content: str | bytes = ARTICLE, *, young: bool = False) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if not young:
        os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def read(
    folder: Path,
    *,
    digests: tuple[str, ...] = ("daily", "weekly"),
    channels: tuple[str, ...] = ("mastodon", "bluesky"),
    wait: Callable[[float], None] = lambda seconds: None,
) -> QueueReading:
    return read_queue(folder, digests=digests, channels=channels, wait=wait, now_ns=time.time_ns)


def reasons(reading: QueueReading) -> dict[str, str]:
    return {file.path: file.reason for file in reading.skipped}
