"""Reading the queue again and again: only what has changed is read, and nothing that has changed is missed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.intake.queue import QueueMemory, QueueReading, read_queue

LONG_AGO = 1_700_000_000
TEXT = "---\ntitle: {title}\n---\n\nEin Absatz.\n"


def write(folder: Path, name: str, title: str, at: int = LONG_AGO) -> Path:
    path = folder / f"{name}.md"
    path.write_text(TEXT.format(title=title))
    os.utime(path, (at, at))
    return path


def read(folder: Path, memory: QueueMemory | None) -> QueueReading:
    return read_queue(
        folder, digests=["daily"], channels=[], wait=lambda seconds: None, now_ns=lambda: 2 * 10**18, memory=memory
    )


def test_what_has_not_changed_is_the_same_article(tmp_path: Path) -> None:
    write(tmp_path, "eins", "Eins")
    memory = QueueMemory()
    (first,) = read(tmp_path, memory).articles
    (second,) = read(tmp_path, memory).articles
    assert first is second


def changed(folder: Path) -> None:
    write(folder, "eins", "Anders", LONG_AGO + 1)


def replaced(folder: Path) -> None:
    """Of the same size and time, but another file."""
    new = write(folder, "neu", "Zwei")
    new.replace(folder / "eins.md")


def broken(folder: Path) -> None:
    (folder / "eins.md").write_text("---\ntitel: x\n---\n")


def removed(folder: Path) -> None:
    (folder / "eins.md").unlink()


def doubled(folder: Path) -> None:
    write(folder, "2026-01-01-eins", "Eins")


def linked(folder: Path) -> None:
    os.link(folder / "eins.md", folder / "zwei.md")


@pytest.mark.parametrize("change", [changed, replaced, broken, removed, doubled, linked])
def test_a_change_is_read_as_by_a_process_that_begins(tmp_path: Path, change: Callable[[Path], None]) -> None:
    write(tmp_path, "eins", "Eins")
    memory = QueueMemory()
    before = read(tmp_path, memory)
    change(tmp_path)
    after = read(tmp_path, memory)
    fresh = read(tmp_path, None)
    assert after.articles == fresh.articles
    assert [str(error) for error in after.errors] == [str(error) for error in fresh.errors]
    assert after.skipped == fresh.skipped
    assert (after.articles, after.errors, after.skipped) != (before.articles, before.errors, before.skipped)
    for path in tmp_path.glob("*.md"):
        path.unlink()
    assert read(tmp_path, memory).articles == ()
    assert memory.files == {}
