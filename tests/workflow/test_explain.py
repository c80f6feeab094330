"""What became of a day's due times is said as the ledger has it; where it has nothing, the rules of today speak."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from publisher.cli.group import publish
from publisher.scheduling.service import Service
from publisher.workflow.approve import approve
from tests.journeys.project import DIGEST, Project, folder_config
from tests.workflow.office import StandingClock, opened

DAY = date(2025, 11, 25)  # over, whenever the test runs
TUESDAY = datetime(2025, 11, 25, 6, 0, tzinfo=UTC)  # 07:00 in Berlin


def config(daily: str = "") -> str:
    return folder_config().replace(DIGEST, DIGEST + daily)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "project", config())
    made.subscribe(1)
    return made


def reconfigure(project: Project, daily: str) -> None:
    (project.folder / "config.toml").write_text(config(daily))


def pass_at(project: Project, at: datetime) -> None:
    with opened(project, StandingClock(at)) as app:
        Service(app, threading.Event(), lambda event: None).once()


def explained(project: Project, day: date, *words: str) -> str:
    """Ask the command, by the machine's own clock: for the ledger these days are what they are."""
    command = ["schedule", "--explain", day.isoformat(), *words, "--config", str(project.folder / "config.toml")]
    done = CliRunner().invoke(publish, command)
    assert done.exit_code == 0, done.output
    return done.stdout


def said(project: Project, day: date = DAY) -> list[str]:
    return [line.removeprefix("daily: ") for line in explained(project, day).splitlines()[1:]]


def outcome(project: Project) -> dict[str, Any]:
    (time,) = json.loads(explained(project, DAY, "--json"))["data"]["digests"][0]["times"]
    found: dict[str, Any] = time["outcome"]
    return found


def test_the_reason_of_then_counts_not_the_rule_of_today(project: Project) -> None:
    pass_at(project, TUESDAY)
    reconfigure(project, 'blackout = ["2025-11-25"]\n')
    assert said(project) == ["07:00 Europe/Berlin: skipped: no article is queued"]
    assert outcome(project)["verdict"] == "skipped"


def test_a_missed_one_says_why(project: Project) -> None:
    pass_at(project, TUESDAY.replace(hour=3))
    pass_at(project, TUESDAY.replace(hour=9))
    assert said(project) == ["07:00 Europe/Berlin: missed: publish run was not running then"]


def test_an_edition_is_named_with_where_it_stands(project: Project) -> None:
    project.article()
    pass_at(project, TUESDAY.replace(minute=20))
    assert said(project) == ["07:00 Europe/Berlin: daily/1, late: sent"]
    assert (outcome(project)["edition"], outcome(project)["reason"]) == ("daily/1", "")


def test_a_held_one_says_why_and_its_newest_revision_counts(project: Project) -> None:
    reconfigure(project, 'approval = "edition"\n')
    project.article()
    pass_at(project, TUESDAY.replace(hour=4))
    assert said(project) == ["07:00 Europe/Berlin: daily/1: frozen"]
    path = project.article(body="Ein anderer Absatz.")
    path.touch()
    pass_at(project, TUESDAY)
    assert said(project) == ["07:00 Europe/Berlin: daily/1: held: not approved in time"]
    clock = StandingClock(TUESDAY.replace(minute=30))
    with opened(project, clock) as app:
        assert [row.revision for row in app.ledger.editions()] == [2, 1]
        approve(app, "daily/1", lambda subject: True)
    pass_at(project, clock.at)
    assert said(project) == ["07:00 Europe/Berlin: daily/1: sent"]


def test_one_that_cannot_be_made_yet_is_not_said_to_have_been_slept_through(project: Project) -> None:
    project.article()
    template = project.folder / "templates" / "email" / "digest" / "text.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nonsense }}")
    pass_at(project, TUESDAY.replace(minute=5))
    assert said(project) == [
        "07:00 Europe/Berlin: nothing is recorded: publish run was not at work then, or is still trying"
    ]
    pass_at(project, TUESDAY.replace(hour=9))
    assert said(project)[0].startswith("07:00 Europe/Berlin: missed: ")


def test_a_time_that_the_schedule_names_no_more_is_shown(project: Project) -> None:
    pass_at(project, TUESDAY)
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace("Mon-Fri 07:00", "Mon-Fri 06:00"))
    assert said(project) == [
        "06:00 Europe/Berlin: nothing is recorded: publish run was not at work then, or is still trying",
        "07:00 Europe/Berlin: skipped: no article is queued",
    ]


def test_a_day_to_come_is_explained_by_its_rules(project: Project) -> None:
    reconfigure(project, 'blackout = ["2040-12-24"]\n')
    assert said(project, date(2040, 12, 24)) == ["07:00 Europe/Berlin: skipped: blackout: 2040-12-24"]
    assert said(project, date(2040, 12, 27)) == ["07:00 Europe/Berlin: an edition is made"]
