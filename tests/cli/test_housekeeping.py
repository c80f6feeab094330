"""`publish housekeeping`: what [retention] lets go goes, and nothing else does."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publisher.domain.attempt import Accepted, Outcome, Rejected, Unknown
from publisher.domain.message import SealedMessage
from tests.cli.command_line import run, run_json
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.scripted import ScriptedAdapter, scripted

LONG_AGO = datetime.now(UTC) - timedelta(days=400)
LATELY = datetime.now(UTC) - timedelta(days=29)
RETENTION = "\n[retention]\nattempts_days = 30\naddresses_days = 30\n"
PEOPLE = [f"person{number}@example.org" for number in range(3)]


def answer(message: SealedMessage) -> Outcome:
    """The first is accepted and the second rejected, each with a reply that names them."""
    number = PEOPLE.index(message.recipient)
    return Rejected(f"550 {PEOPLE[1]} is gone") if number == 1 else Accepted(f"250 {message.recipient} ok")


def doubt_about_the_last(message: SealedMessage) -> Outcome:
    return Unknown("the line broke") if message.recipient == PEOPLE[2] else answer(message)


@pytest.fixture
def old(project: Project) -> Project:
    """An edition that is finished, one in doubt about one recipient, both of last year; one of the last days."""
    for path in (project.folder / "queue").glob("*.md"):
        path.unlink()
    project.subscribe(3)
    for slug, at, answers in (
        ("eins", LONG_AGO, answer),
        ("zwei", LONG_AGO + timedelta(days=1), doubt_about_the_last),
        ("drei", LATELY, answer),
    ):
        project.article(slug)
        with opened(project, StandingClock(at)) as app:
            now(scripted(app, ScriptedAdapter(answers)), "daily")
    return project


def read(project: Project, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(project.folder / "publisher.db")) as connection:
        return connection.execute(statement).fetchall()


def recipients(project: Project) -> dict[str, Sequence[str]]:
    """Edition -> what stands in the place of its recipients, by their order."""
    found: dict[str, list[str]] = {}
    for name, recipient in read(
        project,
        "SELECT e.digest || '/' || e.number, d.recipient FROM deliveries d JOIN editions e ON e.id = d.edition_id "
        "ORDER BY d.id",
    ):
        found.setdefault(name, []).append(recipient)
    return found


def attempts(project: Project) -> dict[str, int]:
    return dict(
        read(
            project,
            "SELECT e.digest || '/' || e.number, count(*) FROM attempts a JOIN deliveries d ON d.id = a.delivery_id "
            "JOIN editions e ON e.id = d.edition_id GROUP BY 1",
        )
    )


def keep_days(project: Project, section: str = RETENTION) -> None:
    with (project.folder / "config.toml").open("a") as config:
        config.write(section)


def test_without_a_rule_everything_is_kept(old: Project) -> None:
    before = (recipients(old), attempts(old))
    assert before == ({f"daily/{n}": PEOPLE for n in (1, 2, 3)}, {f"daily/{n}": 3 for n in (1, 2, 3)})
    assert "Everything is kept" in run(old, "housekeeping").out
    assert run_json(old, "housekeeping")["data"] == {"attempt_count": None, "address_count": None}
    assert (recipients(old), attempts(old)) == before


def test_what_is_old_and_finished_goes(old: Project) -> None:
    """What is in doubt keeps its attempt, its whole edition the addresses: it may still be brought to the rest."""
    keep_days(old)
    finished = run(old, "housekeeping")
    assert finished.out == (
        "5 attempts of finished deliveries deleted.\n3 addresses removed from finished deliveries.\n"
    )
    found = recipients(old)
    assert [name.partition(":")[0] for name in found["daily/1"]] == ["removed"] * 3
    assert (found["daily/2"], found["daily/3"]) == (PEOPLE, PEOPLE)
    assert attempts(old) == {"daily/2": 1, "daily/3": 3}
    assert run_json(old, "housekeeping")["data"] == {"attempt_count": 0, "address_count": 0}


def test_nothing_of_a_forgotten_address_is_left_in_any_table(old: Project) -> None:
    """In a reply neither; who subscribes is another matter, and in the other two editions the address still stands."""
    keep_days(old)
    run(old, "housekeeping")
    tables = [name for (name,) in read(old, "SELECT name FROM sqlite_schema WHERE type = 'table'")]
    holding = {name for name in tables for row in read(old, f'SELECT * FROM "{name}"') if PEOPLE[0] in str(row)}
    assert holding == {"subscribers", "deliveries"}
    rows = read(old, "SELECT e.number, d.* FROM deliveries d JOIN editions e ON e.id = d.edition_id")
    assert {row[0] for row in rows if PEOPLE[0] in str(row)} == {2, 3}


def test_what_must_stay_stays(old: Project) -> None:
    """Who decided what, who got what, editions, articles used, subscribers; and what is in doubt can be settled."""
    keep_days(old)
    kept = (
        "SELECT * FROM audit",
        "SELECT * FROM editions",
        "SELECT * FROM messages",
        "SELECT * FROM subscribers",
    )
    before = [read(old, statement) for statement in kept]
    states = old.states()
    run(old, "housekeeping")
    assert [read(old, statement) for statement in kept] == before
    assert len(before[0]) == 3
    assert old.states() == states == {"accepted": 5, "rejected": 3, "unknown": 1}
    run(old, "audit", "--verify")
    (waiting,) = [row for row in old.deliveries() if row.state.value == "unknown"]
    assert waiting.key.recipient == PEOPLE[2]
    run(old, "settle", "accepted", "--all", "--yes")


def test_it_sends_nothing_again(old: Project) -> None:
    """That an article was in the digest is known without the addresses."""
    keep_days(old)
    run(old, "housekeeping")
    count = len(old.deliveries())
    shown = run(old, "now", "daily", "--yes", code=3).out
    assert "already in an earlier edition: drei, eins, zwei" in shown
    assert len(old.deliveries()) == count


@pytest.mark.parametrize(
    ("section", "data"),
    [
        ("\n[retention]\nattempts_days = 30\n", {"attempt_count": 5, "address_count": None}),
        ("\n[retention]\naddresses_days = 30\n", {"attempt_count": None, "address_count": 3}),
    ],
)
def test_each_rule_by_itself(old: Project, section: str, data: dict[str, int | None]) -> None:
    keep_days(old, section)
    shown = run_json(old, "housekeeping")["data"]
    assert shown == data
    assert len(read(old, "SELECT id FROM attempts")) == (4 if data["attempt_count"] else 9)
