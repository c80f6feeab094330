"""What `publish schedule` tells beforehand is what then goes out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from publisher.errors import UsageError
from publisher.workflow.explain import explain_day
from publisher.workflow.foresee import Run, next_runs
from tests.journeys.project import Project
from tests.workflow.office import MONDAY, StandingClock, now, opened

WEEKLY = """
[digests.weekly]
title = "Woche"
channel = "newsletter"
from_address = "newsletter@example.org"
recipients = ["redaktion@example.org"]
schedule = ["Fri 16:00"]
time_zone = "Europe/London"
"""


def configure(project: Project, more: str = "", daily: str = "") -> None:
    file = project.folder / "config.toml"
    text = file.read_text().replace('schedule = ["Mon-Fri 07:00"]', f'schedule = ["Mon-Fri 07:00"]\n{daily}')
    file.write_text(text + more)


def told(project: Project, count: int, **options: Any) -> list[str]:
    with opened(project, **options) as app:
        return [line(run) for run in next_runs(app, count)]


def line(run: Run) -> str:
    what = f"({run.skip})" if run.skip else " ".join(run.articles)
    return f"{run.digest} {run.local:%a %d %H:%M %Z} {what}"


def test_runs_of_all_digests_in_order_each_with_what_those_before_it_have_left(project: Project) -> None:
    project.subscribe(1)
    configure(project, WEEKLY, "max_articles = 2")
    for slug, priority in (("a", 3), ("b", 2), ("c", 1)):
        project.article(slug, priority=priority, digests=["daily", "weekly"])
    project.article("embargo", publish_after="2026-11-26T00:00+01:00", digests=["daily"])
    assert told(project, 5) == [
        "daily Tue 24 07:00 CET a b",
        "daily Wed 25 07:00 CET c",
        "daily Thu 26 07:00 CET embargo",
        "daily Fri 27 07:00 CET (no article is queued)",
        "weekly Fri 27 16:00 GMT a b c",
    ]


def test_what_is_foreseen_is_what_goes_out(project: Project) -> None:
    """The runs to come, held against editions that are made one after the other at those times."""
    project.subscribe(1)
    configure(project, daily="max_articles = 2\nmax_per_source = 1")
    for number in range(5):
        project.article(f"artikel-{number}", source={"name": "Messe" if number < 3 else "Verband"})
    clock = StandingClock()
    with opened(project, clock) as app:
        foreseen = next_runs(app, 4)
        for run in foreseen:
            clock.at = run.due.due_at
            now(app, "daily")
        made = [[use.slug for use in row.articles] for row in reversed(app.ledger.editions(rehearsal=False))]
    assert [list(run.articles) for run in foreseen if run.articles] == made
    assert len(made) == 3


def test_skipped_runs_are_listed_with_their_reason(project: Project) -> None:
    project.subscribe(1)
    configure(project, daily='skip_holidays = ["DE-NW"]\nblackout = ["12-24..12-24", "12-28..12-31"]\nmin_articles = 2')
    project.article("a")
    with opened(project, StandingClock(datetime(2026, 12, 23, 12, tzinfo=UTC))) as app:
        assert [line(run) for run in next_runs(app, 7)] == [
            "daily Thu 24 07:00 CET (blackout: 12-24..12-24)",
            "daily Fri 25 07:00 CET (holiday: Erster Weihnachtstag)",
            "daily Mon 28 07:00 CET (blackout: 12-28..12-31)",
            "daily Tue 29 07:00 CET (blackout: 12-28..12-31)",
            "daily Wed 30 07:00 CET (blackout: 12-28..12-31)",
            "daily Thu 31 07:00 CET (blackout: 12-28..12-31)",
            "daily Fri 01 07:00 CET (holiday: Neujahr)",
        ]
        assert [line(run) for run in next_runs(app, 8)][
            -1
        ] == "daily Mon 04 07:00 CET (1 article is queued, and 2 are needed)"


def test_a_digest_that_nobody_reads_says_so(project: Project) -> None:
    assert told(project, 1) == ["daily Tue 24 07:00 CET (nobody gets it yet)"]


def test_foreseeing_changes_nothing(project: Project) -> None:
    project.subscribe(1)
    project.article("a")
    assert told(project, 3) == told(project, 3)
    with project.ledger() as ledger:
        assert list(ledger.editions()) == []


def test_only_some_digests(project: Project) -> None:
    project.subscribe(1)
    configure(project, WEEKLY)
    with opened(project) as app:
        assert {run.digest for run in next_runs(app, 9, ["weekly"])} == {"weekly"}
        with pytest.raises(UsageError, match='there is no digest "wekly"') as caught:
            next_runs(app, 9, ["wekly"])
    assert caught.value.hint == 'Did you mean "weekly"?'


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 12, 23), ["07:00 -"]),
        (date(2026, 12, 24), ["07:00 blackout: 12-24"]),
        (date(2026, 12, 25), ["07:00 holiday: Erster Weihnachtstag"]),
        (date(2026, 12, 26), ['its schedule names no time on a Saturday like this: "Mon-Fri 07:00", "30 2 * 3,10 0"']),
        (date(2027, 3, 28), ["02:30 - clock change: there is no 02:30 on this day, it runs at 03:00"]),
        (date(2027, 10, 31), ["02:30 - clock change: 02:30 comes twice on this day, it runs the first time"]),
    ],
)
def test_a_day_is_explained(project: Project, day: date, said: list[str]) -> None:
    configure(project, daily='skip_holidays = ["DE-NW"]\nblackout = ["12-24"]')
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace('["Mon-Fri 07:00"]', '["Mon-Fri 07:00", "30 2 * 3,10 0"]'))
    with opened(project) as app:
        (view,) = explain_day(app, day)
    lines = [f"{time.local:%H:%M} {time.skip or '-'} {time.change or ''}".strip() for time in view.times]
    assert ([view.reason] if view.reason else lines) == said


def test_a_digest_without_a_schedule_is_made_by_hand(project: Project) -> None:
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace('schedule = ["Mon-Fri 07:00"]', ""))
    with opened(project) as app:
        assert next_runs(app, 3) == ()
        assert [view.reason for view in explain_day(app, MONDAY.date() + timedelta(days=1))] == [
            "it has no schedule: its editions are made by hand"
        ]


def test_posts_go_with_the_first_edition_or_each_with_its_own(project: Project) -> None:
    project.subscribe(1)
    follows = '\n[channels.x]\nadapter = "folder"\nnetwork = "x"\narticles = "all"\nposts = {gap = "1h"}\n'
    configure(project, follows, "max_articles = 1")
    project.article("a", priority=1, channels=["mastodon"])
    project.article("b", channels=["mastodon"])
    with opened(project) as app:
        runs = next_runs(app, 3)
    assert [dict(run.posts) for run in runs] == [{"mastodon": 2, "x": 1}, {"x": 1}, {}]


def test_quiet_hours_of_the_channel_let_an_edition_leave_later(project: Project) -> None:
    project.subscribe(1)
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace('folder = "sent"', 'folder = "sent"\nquiet_hours = "20:00-08:30"'))
    with opened(project) as app:
        (run,) = next_runs(app, 1)
    assert run.quiet_until == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
