"""`publish now` is killed again and again during one edition: nobody is lost, every doubt is named."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.editions import CONNECTIONS, config_for, make_edition
from tests.faults.judge import Verdict, read_ledger
from tests.faults.killing import Programme, Tally
from tests.faults.naive import make_book
from tests.faults.runs import Cold, Starter, Warm
from tests.journeys.servers.accountant import Accountant, Aim, Moment

SHORT = (40, 800)
LONG = (500, 10_000)
RESEND = 'on_unknown = "resend"'


def kill_now(
    folder: Path, accountant: Accountant, starter: Starter, counts: tuple[int, int], *, more: str = "", seed: int = 1
) -> Tally:
    """Kill `publish now` so often during an edition to so many recipients; in the end it may finish."""
    kill_count, recipient_count = counts
    project, recipients = make_edition(folder / "project", config_for(accountant.port, more), recipient_count)
    tally = Programme(
        starter=starter,
        accountant=accountant,
        folder=project.folder,
        database=project.folder / "publisher.db",
        words=["now", "--yes"],
        recipients=recipients,
        kill_count=kill_count,
        chance=random.Random(seed),
        # A message that is sent again comes first, and is not to be what is killed each time.
        first_nth=CONNECTIONS + 1 if more else 1,
    ).run()
    print(tally)  # noqa: T201 - the figures, for who asks for them with -s
    return tally


def assert_nobody_is_lost(tally: Tally, kill_count: int) -> None:
    assert tally.verdict.is_clean, tally
    assert tally.kill_count == kill_count
    assert tally.most <= CONNECTIONS, tally
    assert tally.tracebacks == []
    assert tally.last.err.count("error:") == 0


def test_forty_kills(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    """Nobody is lost, nobody gets it twice, nothing is said to be accepted that was not; doubts are few, and named."""
    tally = kill_now(tmp_path, accountant, warm, SHORT)
    assert_nobody_is_lost(tally, SHORT[0])
    assert tally.verdict.duplicate_count == 0
    assert tally.last.code == 3  # doubts wait for a person


def test_forty_kills_with_the_rule_to_resend(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    """Everybody has it, and whoever has it twice was named before."""
    tally = kill_now(tmp_path, accountant, warm, SHORT, more=RESEND)
    assert_nobody_is_lost(tally, SHORT[0])
    assert tally.verdict.unknown == set()
    assert tally.verdict.duplicate_count <= tally.verdict.named_count
    assert tally.last.code == 0


def test_a_few_kills_of_runs_that_start_cold(tmp_path: Path, accountant: Accountant, cold: Cold) -> None:
    """The same where each run is started as a person starts it."""
    tally = kill_now(tmp_path, accountant, cold, (4, 60))
    assert_nobody_is_lost(tally, 4)


def test_a_kill_when_every_connection_waits_at_the_dot(tmp_path: Path, accountant: Accountant, warm: Warm) -> None:
    """The worst moment there is: one doubt for each connection, and no more."""
    project, recipients = make_edition(tmp_path / "project", config_for(accountant.port), 60)
    run = warm.start(project.folder, "now", "--yes")
    accountant.aim(run.pid, Aim(Moment.ALL_AT_THE_DOT, nth=20, connections=CONNECTIONS))
    assert run.finish().was_killed
    accountant.aim()
    assert warm.start(project.folder, "now", "--yes").finish().code == 3
    entries = read_ledger(project.folder / "publisher.db")
    assert sorted(entries) == recipients
    assert sum(entry.state == "unknown" for entry in entries.values()) == CONNECTIONS
    assert set(accountant.taken().values()) == {1}


@pytest.mark.long
@pytest.mark.parametrize("more", ["", RESEND], ids=["hold", "resend"])
def test_five_hundred_kills(tmp_path: Path, accountant: Accountant, warm: Warm, more: str) -> None:
    """The long form: ten thousand recipients."""
    tally = kill_now(tmp_path, accountant, warm, LONG, more=more)
    assert_nobody_is_lost(tally, LONG[0])
    assert tally.average <= 1.2, tally
    if more:
        assert tally.verdict.unknown == set()
        assert tally.verdict.duplicate_count <= tally.verdict.named_count


@pytest.mark.long
def test_a_hundred_kills_of_runs_that_start_cold(tmp_path: Path, accountant: Accountant, cold: Cold) -> None:
    assert_nobody_is_lost(kill_now(tmp_path, accountant, cold, (100, 2_000)), 100)


def kill_control(folder: Path, accountant: Accountant, cold: Cold, kind: str) -> Verdict:
    """The same programme against a sender of another making."""
    recipients = [f"person{number}@example.org" for number in range(400)]
    database = folder / "book.db"
    make_book(database, recipients)
    tally = Programme(
        starter=replace(cold, module="tests.faults.naive"),
        accountant=accountant,
        folder=folder,
        database=database,
        words=[kind, str(database), str(accountant.port)],
        recipients=recipients,
        kill_count=12,
        chance=random.Random(2),
        random_share=0,
    ).run()
    assert tally.kill_count == 12, tally
    return tally.verdict


def test_control_recording_only_after_the_reply_repeats_without_naming(
    tmp_path: Path, accountant: Accountant, cold: Cold
) -> None:
    """The judge finds what this sender does wrong: people get it twice, and nothing says so."""
    verdict = kill_control(tmp_path, accountant, cold, "record-after-the-reply")
    assert verdict.unnamed_duplicates
    assert not verdict.lost


def test_control_a_checkpoint_at_fetch_loses_people(tmp_path: Path, accountant: Accountant, cold: Cold) -> None:
    """The judge finds who was passed over, although the book says that they have it."""
    verdict = kill_control(tmp_path, accountant, cold, "checkpoint-at-fetch")
    assert verdict.lost
    assert verdict.phantoms
    assert not verdict.unnamed_duplicates


def test_control_a_journal_holds(tmp_path: Path, accountant: Accountant, cold: Cold) -> None:
    """And it finds nothing where there is nothing."""
    assert kill_control(tmp_path, accountant, cold, "journal").is_clean
