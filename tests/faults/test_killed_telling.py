"""`publish run` is killed around the moment at which it decides that no edition leaves: the team is told all the same.

The kill is SIGKILL, before a statement that SQLite was given. Who judges is `sqlite3`, and the folder of the team.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.editions import copy_of
from tests.faults.runs import Warm
from tests.journeys.project import DIGEST, Project, folder_config

DUE = dt.datetime(2030, 11, 25, 7, 0, tzinfo=dt.UTC)  # a Monday of the runs' own clocks
TELLING = """
[channels.team]
adapter = "folder"
folder = "told"
[notify]
recipients = ["team@example.org"]
email_channel = "team"
language = "en"
"""
# When the due time is decided; and when there was a run before, which made the edition or began to look at the digest.
TIMES = {
    "skipped": (dt.timedelta(minutes=1), None),
    "missed": (dt.timedelta(hours=2), dt.timedelta(hours=-20)),
    "held": (dt.timedelta(minutes=1), dt.timedelta(minutes=-30)),
}
WORDS = {"skipped": "No edition of", "missed": "was missed", "held": "is held back"}
DECIDED = """
SELECT verdict FROM due_times WHERE verdict != 'edition' UNION ALL SELECT state FROM editions WHERE state = 'held'
"""
TOLD = "SELECT kind, event_count FROM notice_events WHERE kind IN ('skipped', 'missed', 'held')"


@dataclass(frozen=True)
class Scene:
    """A project whose next run decides about a due time, and what it decides."""

    project: Project
    verdict: str

    @property
    def at(self) -> dt.datetime:
        return DUE + TIMES[self.verdict][0]

    def copy(self, folder: Path) -> Scene:
        shutil.rmtree(folder, ignore_errors=True)
        return Scene(copy_of(self.project, folder), self.verdict)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.project.folder / "publisher.db")) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(params=TIMES)
def scene(request: pytest.FixtureRequest, tmp_path: Path, warm: Warm) -> Scene:
    verdict: str = request.param
    policy = 'approval = "edition"\n' if verdict == "held" else ""
    config = folder_config(TELLING).replace(DIGEST, DIGEST + policy)
    config = config.replace("[organisation]", '[organisation]\ntime_zone = "UTC"')
    project = Project.make(tmp_path / "first", config)
    project.subscribe(1)
    before = TIMES[verdict][1]
    if verdict != "skipped":
        project.article()
    if before is not None:
        assert warm.start(project.folder, "run", "--once", at=DUE + before).finish().code == 0
        assert Scene(project, verdict).rows(DECIDED) == []
        shutil.rmtree(project.folder / "told", ignore_errors=True)  # that it waits for approval, or what came before
    return Scene(project, verdict)


def is_decided_after_a_kill(scene: Scene, warm: Warm, number: int) -> bool:
    """Kill a run before so many statements, and say whether it has decided. Whatever is decided has an event."""
    killed = warm.start(scene.project.folder, "run", "--once", statement=number, at=scene.at).finish()
    assert killed.was_killed, killed
    decided = [verdict for (verdict,) in scene.rows(DECIDED)]
    assert decided in ([], [scene.verdict])
    assert scene.rows(TOLD) == [(verdict, 1) for verdict in decided]
    return bool(decided)


def first_decided(scene: Scene, warm: Warm, tmp_path: Path) -> Scene:
    """Find the first statement at which the verdict is durable, and kill a run there."""
    counted = tmp_path / "count"
    whole = scene.copy(tmp_path / "whole")
    ended = warm.start(whole.project.folder, "run", "--once", count_file=counted, at=scene.at).finish()
    assert ended.code == 0, ended
    last = int(counted.read_text()) - 3  # how many statements a run has varies a little
    low, high = 1, last
    while low < high:
        middle = (low + high) // 2
        if is_decided_after_a_kill(scene.copy(tmp_path / "killed"), warm, middle):
            high = middle
        else:
            low = middle + 1
    killed = scene.copy(tmp_path / "killed")
    assert is_decided_after_a_kill(killed, warm, low)
    return killed


def go_on_and_check(scene: Scene, warm: Warm) -> None:
    """The next run tells the team once."""
    ended = warm.start(scene.project.folder, "run", "--once", at=scene.at + dt.timedelta(minutes=20)).finish()
    assert ended.code == 0, ended
    assert [verdict for (verdict,) in scene.rows(DECIDED)] == [scene.verdict]
    (letter,) = (scene.project.folder / "told").glob("*.eml")
    assert WORDS[scene.verdict] in letter.read_text()
    assert scene.rows(TOLD) == [(scene.verdict, 1)]


def test_the_team_is_told_of_what_a_killed_run_has_decided(scene: Scene, warm: Warm, tmp_path: Path) -> None:
    go_on_and_check(first_decided(scene, warm, tmp_path), warm)


def test_a_verdict_without_its_event_would_be_found_out(scene: Scene, warm: Warm, tmp_path: Path) -> None:
    """The control: a run that was killed between the two, as if they were two transactions, has told nobody."""
    whole = scene.copy(tmp_path / "between")
    with closing(sqlite3.connect(whole.project.folder / "publisher.db")) as connection:
        connection.executescript(
            "CREATE TRIGGER too_late BEFORE INSERT ON notice_events BEGIN SELECT raise(IGNORE); END;"
        )
    assert warm.start(whole.project.folder, "run", "--once", at=scene.at).finish().code == 0
    with closing(sqlite3.connect(whole.project.folder / "publisher.db")) as connection:
        connection.execute("DROP TRIGGER too_late")
    with pytest.raises(ValueError, match="not enough values to unpack"):
        go_on_and_check(whole, warm)
