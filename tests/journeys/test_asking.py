"""`publish now` asks on a terminal, and only a yes lets anything happen."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.project import PATIENCE_SECONDS, Project, folder_config, patience


@dataclass
class Terminal:
    """A process with a terminal of its own, and all that has appeared there."""

    process: subprocess.Popen[str]
    descriptor: int
    shown: str = ""

    def read_until(self, words: str) -> None:
        with patience(self.process):
            while words not in self.shown:
                self.shown += os.read(self.descriptor, 4096).decode(errors="replace")

    def answer(self, line: str) -> int:
        os.write(self.descriptor, f"{line}\n".encode())
        return self.ending()

    def ending(self) -> int:
        """Read the rest and give the exit code."""
        # Linux answers with an error when nobody holds the other end any more.
        with patience(self.process), contextlib.suppress(OSError):
            while content := os.read(self.descriptor, 4096):
                self.shown += content.decode(errors="replace")
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.make(tmp_path / "project", folder_config())
    project.article(channels=["mastodon"])
    project.subscribe(2)
    return project


@pytest.fixture
def terminal(project: Project) -> Iterator[Terminal]:
    """`publish now` at its question."""
    ours, theirs = pty.openpty()
    process = project.start("now", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    terminal = Terminal(process, ours)
    terminal.read_until("Send this now? [y/N]: ")
    yield terminal
    os.close(ours)


def assert_nothing_happened(project: Project) -> None:
    with project.ledger() as ledger:
        assert ledger.editions() == []
        assert ledger.posts() == []
    assert project.deliveries() == []
    assert not (project.folder / "sent").exists()


def test_it_shows_what_goes_where_before_it_asks(project: Project, terminal: Terminal) -> None:
    """Subject, channels and the hash of what will be sent; yes sends exactly that."""
    with project.ledger() as ledger:
        (edition,) = ledger.editions()
    assert "daily/1" in terminal.shown
    assert edition.subject in terminal.shown
    assert edition.content_hash[:12] in terminal.shown
    assert "mastodon" in terminal.shown
    assert terminal.answer("y") == 0
    assert "3 accepted" in terminal.shown
    assert {row.key.message_hash for row in project.deliveries(channel="newsletter")} == {edition.content_hash}
    assert len(list((project.folder / "sent").glob("*.eml"))) == 2


def test_no_discards(project: Project, terminal: Terminal) -> None:
    assert terminal.answer("n") == 0
    assert "Nothing was sent" in terminal.shown
    assert_nothing_happened(project)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_question_discards(project: Project, terminal: Terminal, number: signal.Signals) -> None:
    """Neither Ctrl-C nor SIGTERM leaves anything behind, and neither waits for a line."""
    # A signal that comes in the microseconds before the process waits for the line is seen at the next one only.
    again = threading.Timer(5, terminal.process.send_signal, [number])
    again.start()
    terminal.process.send_signal(number)
    assert terminal.ending() == 0
    again.cancel()
    assert "Nothing was sent" in terminal.shown
    assert_nothing_happened(project)


def test_without_a_terminal_it_does_not_guess(project: Project) -> None:
    """Exit 2 with what to do; nothing is left behind."""
    refused = project.publish("now", code=2)
    assert "there is no terminal to ask on" in refused.err
    assert "--yes" in refused.err
    assert_nothing_happened(project)


def test_a_dry_run_leaves_no_row(project: Project) -> None:
    shown = project.publish("now", "--dry-run")
    assert "Titel von neue-pumpe" in shown.out
    assert "nothing was sent" in shown.out
    assert_nothing_happened(project)
