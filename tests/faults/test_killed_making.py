"""`publish run` is killed before each of its statements in turn; the next run brings its edition to the same end.

The kill is SIGKILL, before a statement that SQLite was given, so also between any two steps: before and after the
freeze, before and after the plan, between any two messages. Who judges is `sqlite3` and the mail server's own account.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.editions import config_for, copy_of, make_edition
from tests.faults.judge import is_sound, judge, read_ledger
from tests.faults.runs import Ended, Warm
from tests.journeys.project import Project
from tests.journeys.servers.accountant import Accountant

RECIPIENTS = 6
CONNECTIONS = 2
POSTS = """
[channels.mastodon]
adapter = "folder"
folder = "posted"
network = "mastodon"
"""


@dataclass(frozen=True)
class Scene:
    """A project whose digest was due a few minutes ago, and nobody has made its edition."""

    project: Project
    recipients: list[str]

    def copy(self, folder: Path) -> Project:
        shutil.rmtree(folder, ignore_errors=True)
        return copy_of(self.project, folder)


@pytest.fixture
def scene(tmp_path: Path, accountant: Accountant) -> Scene:
    minute = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=2)
    config = (
        config_for(accountant.port, POSTS, CONNECTIONS)
        .replace("Mon-Fri 07:00", f"{minute:%H:%M}")
        .replace("[organisation]", '[organisation]\ntime_zone = "UTC"')
    )
    project, recipients = make_edition(tmp_path / "first", config, RECIPIENTS)
    project.article(channels=["mastodon"])
    return Scene(project, recipients)


def rows(project: Project, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        return connection.execute(statement).fetchall()


def stage(project: Project) -> str:
    """Say how far the killed run had come."""
    editions = [state for (state,) in rows(project, "SELECT state FROM editions")]
    if not editions:
        return "before freeze"
    if editions[0] in ("frozen", "approved"):
        return str(editions[0])
    states = [state for (state,) in rows(project, "SELECT state FROM deliveries WHERE edition_id IS NOT NULL")]
    if set(states) == {"queued"}:
        return "planned"
    return "half sent" if set(states) - {"accepted", "skipped"} else "sent"


EDITIONS = """
SELECT e.digest, e.occurrence, e.revision, e.id, m.content_hash FROM editions e JOIN messages m ON m.id = e.message_id
"""


def check_end(scene: Scene, project: Project, frozen_before: list[tuple[object, ...]], accountant: Accountant) -> None:
    """One edition, the one that the killed run had frozen if it had; everybody has it once, or stands as unknown."""
    editions = rows(project, EDITIONS)
    assert len(editions) == 1
    assert editions[0][2] == 1
    assert frozen_before in ([], editions)
    assert rows(project, "SELECT verdict, edition_id FROM due_times") == [("edition", editions[0][3])]
    assert rows(project, "SELECT outlet, count(*) FROM consumption GROUP BY outlet ORDER BY outlet") == [
        ("channel mastodon", 1),
        ("digest daily", 1),
    ] or rows(project, "SELECT count(*) FROM consumption") == [(2,)]
    ledger = read_ledger(project.folder / "publisher.db")
    mails = {recipient: entry for recipient, entry in ledger.items() if "@example.org" in recipient}
    verdict = judge(scene.recipients, accountant.taken(), mails)
    assert verdict.is_clean, verdict
    assert len(verdict.unknown) <= CONNECTIONS
    post_states = {state for (state,) in rows(project, "SELECT state FROM deliveries WHERE post_id IS NOT NULL")}
    assert len(list((project.folder / "posted").glob("*"))) >= 1 or post_states == {"unknown"}
    assert rows(project, "SELECT count(*) FROM posts") == [(1,)]
    assert is_sound(project.folder / "publisher.db")


def statement_count(scene: Scene, warm: Warm, tmp_path: Path) -> int:
    """Count the statements of a run that nobody kills."""
    counted = tmp_path / "count"
    project = scene.copy(tmp_path / "whole")
    ended = warm.start(project.folder, "run", "--once", count_file=counted).finish()
    assert ended.code == 0, ended
    return int(counted.read_text())


def kill_at(scene: Scene, warm: Warm, accountant: Accountant, folder: Path, number: int, *words: str) -> str:
    """Kill one run, let the next finish, judge, and say how far the killed one had come."""
    accountant.forget()
    project = scene.copy(folder)
    killed = warm.start(project.folder, *(words or ("run", "--once")), statement=number).finish()
    assert killed.was_killed or killed.code == 0, killed  # how many statements a run has varies a little
    seen = stage(project) if killed.was_killed else "not killed"
    frozen_before = rows(project, EDITIONS)
    ended = finish(warm, project)
    assert ended.code in (0, 3), ended
    check_end(scene, project, frozen_before, accountant)
    return seen


def finish(warm: Warm, project: Project) -> Ended:
    ended = warm.start(project.folder, "run", "--once").finish()
    assert "Traceback" not in ended.err, ended
    return ended


def points(count: int, wanted: int) -> list[int]:
    """Spread over all statements; the first and the last are among them."""
    return sorted({1 + round(step * (count - 1) / (wanted - 1)) for step in range(wanted)})


def sweep(scene: Scene, warm: Warm, accountant: Accountant, tmp_path: Path, wanted: int) -> set[str]:
    count = statement_count(scene, warm, tmp_path)
    chosen = points(count, wanted)
    seen = [kill_at(scene, warm, accountant, tmp_path / "killed", number) for number in chosen]
    counts = {name: seen.count(name) for name in sorted(set(seen))}
    assert counts.get("not killed", 0) <= max(1, wanted // 10)
    sys.stderr.write(f"killed at {len(chosen)} of {count} statements: {counts}\n")
    return set(seen)


def test_a_killed_run_goes_on_to_the_same_end(scene: Scene, warm: Warm, accountant: Accountant, tmp_path: Path) -> None:
    assert len(sweep(scene, warm, accountant, tmp_path, 9)) >= 3


@pytest.mark.long
def test_killed_at_a_hundred_points(scene: Scene, warm: Warm, accountant: Accountant, tmp_path: Path) -> None:
    """Each stage is among them."""
    seen = sweep(scene, warm, accountant, tmp_path, 100)
    assert seen >= {"before freeze", "frozen", "approved", "planned", "half sent"}


@pytest.mark.long
def test_a_process_that_goes_on_for_ever_is_killed_too(
    scene: Scene, warm: Warm, accountant: Accountant, tmp_path: Path
) -> None:
    """In lanes of its own, statements come in another order each time."""
    count = statement_count(scene, warm, tmp_path)
    for number in points(count, 25):
        kill_at(scene, warm, accountant, tmp_path / "killed", number, "run")


def test_a_scheduler_without_a_memory_would_be_found_out(
    scene: Scene, warm: Warm, accountant: Accountant, tmp_path: Path
) -> None:
    """The control: the second run starts from the ledger of before the first, and the judge says so."""
    accountant.forget()
    first, second = scene.copy(tmp_path / "first-run"), scene.copy(tmp_path / "second-run")
    finish(warm, first)
    finish(warm, second)
    verdict = judge(scene.recipients, accountant.taken(), read_ledger(second.folder / "publisher.db"))
    assert len(verdict.unnamed_duplicates) == RECIPIENTS
