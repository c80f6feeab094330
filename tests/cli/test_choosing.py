"""The filters of `publish history` and `publish deliveries`: what each keeps, what it leaves out, what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.domain.attempt import Accepted, Outcome, Rejected, Unknown
from publisher.domain.message import SealedMessage
from tests.cli.command_line import run, run_json
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.scripted import ScriptedAdapter, scripted

WEEKLY = """
[digests.weekly]
title = "Die Woche"
channel = "newsletter"
from_address = "newsletter@example.org"
recipients = ["chefin@example.org"]
"""
# In Berlin it is one hour later: the last one is on Wednesday there.
MONDAY, TUESDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC), datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
LATE_TUESDAY = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
PEOPLE = [f"person{number}@example.org" for number in range(3)]
ALL_MADE = {"edition daily/1", "edition daily/2", "edition weekly/1", "post eins", "post zwei", "test daily"}


def answer(message: SealedMessage) -> Outcome:
    outcomes = {PEOPLE[0]: Rejected("550 no such person"), PEOPLE[1]: Unknown("the line broke")}
    return outcomes.get(message.recipient, Accepted("250 ok"))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Monday: daily/1 and a post. Tuesday: daily/2 and a post, late a weekly one. A test of today."""
    from tests.journeys.project import folder_config

    project = Project.make(tmp_path_factory.mktemp("busy") / "project", folder_config(WEEKLY))
    project.subscribe(3)
    for slug, at, digest in (
        ("eins", MONDAY, "daily"),
        ("zwei", TUESDAY, "daily"),
        ("drei", LATE_TUESDAY, "weekly"),
    ):
        channels = [] if digest == "weekly" else ["mastodon"]
        path = project.article(slug, digests=[digest], channels=channels)
        with opened(project, StandingClock(at)) as app:
            now(scripted(app, ScriptedAdapter(answer)))
        path.rename(project.folder / path.name)
    project.article("probe", digests=["daily"])
    run(project, "test", "daily", "--to", "me@example.org")
    return project


def made(project: Project, *words: str) -> set[str]:
    rows = run_json(project, "history", *words)["data"]["history"]
    names = [f"{row['kind']} {row['what'] if row['kind'] == 'post' else row['name']}" for row in rows]
    assert len(names) == len(set(names))
    return set(names)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("", ALL_MADE),
        ("--kind post", {"post eins", "post zwei"}),
        ("--kind post --kind test", {"post eins", "post zwei", "test daily"}),
        ("--name daily", {"edition daily/1", "edition daily/2", "test daily"}),
        ("--name weekly", {"edition weekly/1"}),
        ("--name mastodon", {"post eins", "post zwei"}),
        ("--name newsletter", set()),
        ("--article eins", {"edition daily/1", "post eins"}),
        ("--article drei", {"edition weekly/1"}),
        ("--article ein", set()),
        ("--since 2026-11-24", ALL_MADE - {"edition daily/1", "post eins"}),
        ("--since 2026-11-23T07:00", ALL_MADE),
        ("--since 2026-11-23T07:01", ALL_MADE - {"edition daily/1", "post eins"}),
        ("--since 2026-11-25", {"edition weekly/1", "test daily"}),
        ("--until 2026-11-23", {"edition daily/1", "post eins"}),
        ("--until 2026-11-24", ALL_MADE - {"edition weekly/1", "test daily"}),
        ("--until 2026-11-24T06:59", {"edition daily/1", "post eins"}),
        ("--until 2026-11-24T07:00", ALL_MADE - {"edition weekly/1", "test daily"}),
        ("--since 2026-11-24 --until 2026-11-24", {"edition daily/2", "post zwei"}),
        ("--since 2026-11-24 --until 2026-11-25 --kind edition", {"edition daily/2", "edition weekly/1"}),
        ("--since 2026-11-24 --name daily --article eins", set()),
        ("--since 0002-01-01 --until 9998-12-31", ALL_MADE),
        ("--limit 1", {"edition weekly/1", "post zwei", "test daily"}),
    ],
)
def test_history(busy: Project, words: str, kept: set[str]) -> None:
    assert made(busy, *words.split()) == kept
    shown = run(busy, "history", *words.split()).out
    for name in ("daily/1", "daily/2", "weekly/1"):
        assert (f" {name} " in shown) == (f"edition {name}" in kept)
    assert kept or "Nothing of the kind" in shown


def listed(project: Project, *words: str) -> set[str]:
    rows = run_json(project, "deliveries", *words)["data"]["deliveries"]
    return {
        f"{row['edition'] or row['slug'] or row['occurrence'][:4]} {row['recipient'].split('@')[0]}" for row in rows
    }


def to_all(edition: str) -> set[str]:
    return {f"{edition} person{number}" for number in range(3)}


MONDAYS = to_all("daily/1") | {"eins posted/mastodon"}
TUESDAYS = to_all("daily/2") | {"zwei posted/mastodon"}
WEDNESDAYS = {"weekly/1 chefin"}
TESTS = {"test me"}


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("", MONDAYS | TUESDAYS | WEDNESDAYS | TESTS),
        ("--state rejected", {"daily/1 person0", "daily/2 person0"}),
        ("--state rejected --state unknown", {f"daily/{n} person{m}" for n in (1, 2) for m in (0, 1)}),
        ("--state deferred", set()),
        ("--channel mastodon", {"eins posted/mastodon", "zwei posted/mastodon"}),
        ("--channel newsletter --state accepted", {"daily/1 person2", "daily/2 person2"} | WEDNESDAYS | TESTS),
        ("--edition daily/2", to_all("daily/2")),
        ("--recipient person1@example.org", {"daily/1 person1", "daily/2 person1"}),
        ("--recipient person1", set()),
        ("--article eins", MONDAYS),
        ("--article drei", WEDNESDAYS),
        ("--since 2026-11-24", TUESDAYS | WEDNESDAYS | TESTS),
        ("--since 2026-11-25", WEDNESDAYS | TESTS),
        ("--until 2026-11-23", MONDAYS),
        ("--until 2026-11-24", MONDAYS | TUESDAYS),
        ("--since 2026-11-24T07:00 --until 2026-11-24T07:00", TUESDAYS),
        ("--since 2026-11-24T07:01 --until 2026-11-24", set()),
        ("--since 0002-01-01 --until 9998-12-31", MONDAYS | TUESDAYS | WEDNESDAYS | TESTS),
        ("--article eins --state accepted --channel newsletter", {"daily/1 person2"}),
    ],
)
def test_deliveries(busy: Project, words: str, kept: set[str]) -> None:
    assert listed(busy, *words.split()) == kept
    count = len(kept)
    assert run(busy, "deliveries", *words.split()).out.endswith(f"{count} deliver{'y' if count == 1 else 'ies'}\n")


def test_what_a_limit_hides_is_said(busy: Project) -> None:
    words = ("deliveries", "--state", "accepted", "--limit", "1")
    data = run_json(busy, *words)["data"]
    count = len(listed(busy, "--state", "accepted"))
    assert (len(data["deliveries"]), data["more"]) == (1, count - 1)
    assert f"{count - 1} more, newer: see them with --limit." in run(busy, *words).out
    assert run_json(busy, "deliveries")["data"]["more"] == 0


MOMENT_HINT = "Write a day, for example 2026-11-23, or a time of it, 2026-11-23T07:00."
BACKWARDS = "the period ends before it begins: from 2026-11-24 00:00 until 2026-11-23 23:59"


@pytest.mark.parametrize("command", ["history", "deliveries"])
@pytest.mark.parametrize(
    ("words", "where", "what", "hint"),
    [
        ("--since gestern", "publish COMMAND", "\"--since\": 'gestern' is not a day or a time", MOMENT_HINT),
        ("--until 2026-02-30", "publish COMMAND", "\"--until\": '2026-02-30' is not a day or a time", MOMENT_HINT),
        (
            "--since 2026-11-23T07:00+01:00",
            "publish COMMAND",
            "\"--since\": '2026-11-23T07:00+01:00' is not a day or a time",
            MOMENT_HINT,
        ),
        ("--since 0001-01-01", "publish COMMAND", "\"--since\": '0001-01-01' is not a day or a time", MOMENT_HINT),
        ("--since 2026-11-24 --until 2026-11-23", "", BACKWARDS, "Write the earlier one after --since"),
    ],
)
def test_times_that_are_none(busy: Project, command: str, words: str, where: str, what: str, hint: str) -> None:
    assert_refused(busy, [command, *words.split()], where.replace("COMMAND", command), what, hint)


@pytest.mark.parametrize(
    ("words", "where", "what", "hint"),
    [
        ("history --name dayly", "", 'there is no digest or channel "dayly"', 'Did you mean "daily"?'),
        ("history --kind editions", "publish history", "'editions' is not one of", 'Did you mean "edition"?'),
        ("history --limit 0", "publish history", '"--limit": 0 is not in the range', "All options"),
        ("deliveries --channel mastodn", "", 'there is no channel "mastodn"', 'Did you mean "mastodon"?'),
        ("deliveries --state sent", "publish deliveries", "'sent' is not one of", "Known here: accepted, "),
        ("deliveries --edition daily/9", "", 'there is no edition "daily/9"', 'Look with "publish history"'),
        ("deliveries --edition daily", "", 'there is no edition "daily"', "write it as daily/7"),
        ("deliveries --limit -1", "publish deliveries", '"--limit": -1 is not in the range', "All options"),
    ],
)
def test_words_that_mean_nothing(busy: Project, words: str, where: str, what: str, hint: str) -> None:
    assert_refused(busy, words.split(), where, what, hint)


def assert_refused(project: Project, words: list[str], where: str, what: str, hint: str) -> None:
    """One error with exit 2, as text and for programs, and no rows beside it."""
    finished = run(project, *words, code=2)
    assert finished.out == ""
    assert finished.err.count("error: ") == 1
    envelope = run_json(project, *words, code=2)
    (problem,) = envelope["problems"]
    assert envelope["data"] == {}
    assert problem["where"] == where
    assert what in problem["what"]
    assert hint in problem["hint"]


def test_a_channel_that_is_gone_from_the_config_is_still_found(busy: Project) -> None:
    """What it has sent stands in the ledger under its name."""
    config = busy.folder / "config.toml"
    before = config.read_text()
    config.write_text(before.partition("[channels.mastodon]")[0] + WEEKLY)
    try:
        assert listed(busy, "--channel", "mastodon") == {"eins posted/mastodon", "zwei posted/mastodon"}
        assert made(busy, "--name", "mastodon") == {"post eins", "post zwei"}
        assert made(busy, "--name", "mastodon", "--kind", "edition") == set()  # known, and no edition has that name
    finally:
        config.write_text(before)
