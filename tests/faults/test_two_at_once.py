"""Two `publish run` around a due time, started for it or at work for longer: one edition, each recipient once."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.editions import config_for, copy_of, make_edition
from tests.faults.judge import judge, read_ledger
from tests.faults.runs import Warm
from tests.journeys.project import Project
from tests.journeys.servers.accountant import Accountant

RECIPIENTS = 5
# A Monday of the runs' own clocks.
DUE = dt.datetime(2030, 11, 25, 7, 0, tzinfo=dt.UTC)
# A ledger that forgets at once: that the due time is decided, which edition it has, what the digest has had.
FORGETTING = """
CREATE TRIGGER forget_decision AFTER UPDATE OF state ON editions WHEN new.state = 'planned'
BEGIN
    DELETE FROM due_times;
    DELETE FROM consumption;
    UPDATE editions SET occurrence = 'due long ago ' || id WHERE id = new.id;
END;
CREATE TRIGGER forget_how_far AFTER UPDATE ON schedules
BEGIN
    UPDATE schedules SET judged_until = old.judged_until WHERE digest = new.digest;
END;
"""


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory, byte_code: Path) -> Iterator[Warm]:
    with Warm(tmp_path_factory.mktemp("second"), byte_code) as starter:
        yield starter


@pytest.fixture
def first_and_recipients(tmp_path: Path, accountant: Accountant) -> tuple[Project, list[str]]:
    config = config_for(accountant.port, connections=2).replace("[organisation]", '[organisation]\ntime_zone = "UTC"')
    return make_edition(tmp_path / "first", config, RECIPIENTS)


def due_now(project: Project) -> None:
    """Let the digest have been due in the minute before this one."""
    minute = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    config = project.folder / "config.toml"
    config.write_text(config.read_text().replace("Mon-Fri 07:00", f"{minute:%H:%M}"))


def one_round(
    made: tuple[Project, list[str]], folder: Path, starters: tuple[Warm, Warm], accountant: Accountant, *other: str
) -> None:
    """Start two at once; afterwards there is one edition of the due time, and nobody has any message twice."""
    original, recipients = made
    accountant.forget()
    shutil.rmtree(folder, ignore_errors=True)
    project = copy_of(original, folder)
    due_now(project)
    runs = [starters[0].start(folder, "run", "--once"), starters[1].start(folder, *(other or ("run", "--once")))]
    ended = [run.finish() for run in runs]
    assert all("Traceback" not in one.err for one in ended), ended
    assert {one.code for one in ended} <= {0, 4}, ended
    # Whoever came second may have left what the first had claimed: a last run takes what is left.
    assert starters[0].start(folder, "run", "--once").finish().code == 0
    check(folder, recipients, accountant)


def check(folder: Path, recipients: list[str], accountant: Accountant) -> None:
    """There is one edition of the due time, and nobody has any message twice."""
    with closing(sqlite3.connect(folder / "publisher.db")) as connection:
        editions = connection.execute("SELECT digest, occurrence, state FROM editions").fetchall()
        verdicts = connection.execute("SELECT verdict FROM due_times").fetchall()
        articles = connection.execute("SELECT slug, outlet FROM consumption").fetchall()
    assert len(editions) == 1, editions
    assert editions[0][2] == "sent"
    assert len(verdicts) == 1
    assert max(Counter(articles).values()) == 1
    verdict = judge(recipients, accountant.taken(), read_ledger(folder / "publisher.db"))
    assert verdict.is_clean and not verdict.unknown, verdict
    assert verdict.duplicate_count == 0


@pytest.mark.parametrize("count", [3, pytest.param(200, marks=pytest.mark.long)])
def test_two_schedulers_make_one_edition(
    count: int,
    first_and_recipients: tuple[Project, list[str]],
    warm: Warm,
    second: Warm,
    accountant: Accountant,
    tmp_path: Path,
) -> None:
    for _ in range(count):
        one_round(first_and_recipients, tmp_path / "round", (warm, second), accountant)


@pytest.mark.parametrize("count", [2, pytest.param(50, marks=pytest.mark.long)])
def test_publish_now_beside_a_scheduler_brings_nothing_twice(
    count: int,
    first_and_recipients: tuple[Project, list[str]],
    warm: Warm,
    second: Warm,
    accountant: Accountant,
    tmp_path: Path,
) -> None:
    """Whichever is first takes the article; the due time has its verdict all the same."""
    for _ in range(count):
        one_round(first_and_recipients, tmp_path / "round", (warm, second), accountant, "now", "--yes")


def lasting_round(
    made: tuple[Project, list[str]],
    folder: Path,
    starters: tuple[Warm, Warm],
    accountant: Accountant,
    chance: random.Random,
    ledger: str = "",
) -> bool:
    """Let two go on over one due time, and end them; True if both were at work before it."""
    original, recipients = made
    accountant.forget()
    shutil.rmtree(folder, ignore_errors=True)
    copy_of(original, folder)
    with closing(sqlite3.connect(folder / "publisher.db")) as connection:
        connection.executescript(ledger)
    begins = [DUE - dt.timedelta(seconds=chance.uniform(0.7, 1.3)) for _ in starters]
    runs = [starter.start(folder, "run", at=at) for starter, at in zip(starters, begins, strict=True)]
    accountant.wait_until_taken(RECIPIENTS)
    # Whoever was slower at the due time has come to it by then, too.
    assert not any(run.ends_within(0.25) for run in runs)
    for run in runs:
        run.terminate()
    ended = [run.finish() for run in runs]
    assert [(one.code, "Traceback" in one.err) for one in ended] == [(0, False)] * 2, ended
    assert starters[0].start(folder, "run", "--once", at=DUE + dt.timedelta(minutes=1)).finish().code == 0
    check(folder, recipients, accountant)
    return all("next run 2030-11-25 07:00" in one.err for one in ended)


@pytest.mark.parametrize("count", [3, pytest.param(200, marks=pytest.mark.long)])
def test_two_that_last_make_one_edition(
    count: int,
    first_and_recipients: tuple[Project, list[str]],
    warm: Warm,
    second: Warm,
    accountant: Accountant,
    tmp_path: Path,
) -> None:
    """Both are at work when the digest becomes due, and both leave with 0 when they are told to."""
    chance = random.Random(count)
    both_count = sum(
        lasting_round(first_and_recipients, tmp_path / "round", (warm, second), accountant, chance)
        for _ in range(count)
    )
    sys.stderr.write(f"{count} rounds, both at work before the due time in {both_count}\n")


def test_a_ledger_that_forgets_would_be_found_out(
    first_and_recipients: tuple[Project, list[str]], warm: Warm, second: Warm, accountant: Accountant, tmp_path: Path
) -> None:
    """The control: without the memory of due times there is more than one edition, and the round says so."""
    with pytest.raises(AssertionError, match="due long ago"):
        lasting_round(
            first_and_recipients, tmp_path / "round", (warm, second), accountant, random.Random(1), FORGETTING
        )


def test_two_ledgers_would_be_found_out(
    first_and_recipients: tuple[Project, list[str]], warm: Warm, accountant: Accountant, tmp_path: Path
) -> None:
    """The control: without a ledger in common everybody gets it twice, and the judge says so."""
    original, recipients = first_and_recipients
    accountant.forget()
    for name in ("one", "two"):
        project = copy_of(original, tmp_path / name)
        due_now(project)
        assert warm.start(project.folder, "run", "--once").finish().code == 0
    verdict = judge(recipients, accountant.taken(), read_ledger(tmp_path / "one" / "publisher.db"))
    assert verdict.duplicate_count == RECIPIENTS
    assert not verdict.is_clean
