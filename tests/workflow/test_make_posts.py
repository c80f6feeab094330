"""When posts leave, over days of a clock that is put on by hand; what left is read from the ledger."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import state_after
from publisher.ports.ledger import FinishedAttempt
from publisher.scheduling.service import Service
from publisher.workflow.application import Application
from publisher.workflow.foresee import next_posts
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, opened

BERLIN = ZoneInfo("Europe/Berlin")
EARLY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)  # Monday, 06:00 in Berlin: an hour before the digest


def configure(project: Project, posts: str, more: str = "") -> None:
    file = project.folder / "config.toml"
    file.write_text(
        file.read_text().replace('network = "mastodon"\n', f'network = "mastodon"\nposts = {posts}\n') + more
    )


def queued(project: Project, *slugs: str, channels: tuple[str, ...] = ("mastodon",), **fields: object) -> None:
    for number, slug in enumerate(slugs):
        project.article(slug, priority=len(slugs) - number, channels=list(channels), **fields)


def live(
    project: Project,
    *,
    hours: float,
    begin: datetime = EARLY,
    step_minutes: int = 10,
    restart_each_tick: bool = False,
) -> None:
    """Let `publish run` live for so many hours."""
    clock = StandingClock(begin)
    end = begin + timedelta(hours=hours)
    while clock.at < end:
        with opened(project, clock) as app:
            service = Service(app, threading.Event(), lambda line: None)
            while clock.at < end:
                service.once()
                clock.forward(minutes=step_minutes)
                if restart_each_tick:
                    break


def posted(project: Project, channel: str = "mastodon") -> list[str]:
    with project.ledger() as ledger:
        rows = [row for row in ledger.posts(rehearsal=False) if row.channel == channel and row.planned_at]
    rows.sort(key=lambda row: row.id)
    return [f"{row.planned_at.astimezone(BERLIN):%a %H:%M} {row.article.slug}" for row in rows if row.planned_at]


def test_without_any_rule_they_leave_when_a_digest_is_due(project: Project) -> None:
    project.subscribe(1)
    queued(project, "a", "b")
    live(project, hours=3)
    assert posted(project) == ["Mon 07:00 a", "Mon 07:00 b"]


def test_with_a_gap_they_follow_their_edition_one_after_the_other(project: Project) -> None:
    project.subscribe(1)
    configure(project, '{gap = "2h"}')
    queued(project, "a", "b", "c")
    live(project, hours=8)
    assert posted(project) == ["Mon 07:00 a", "Mon 09:00 b", "Mon 11:00 c"]


def test_a_restart_at_every_tick_changes_nothing(project: Project) -> None:
    """All is decided from the ledger."""
    project.subscribe(1)
    configure(project, '{gap = "2h", max_per_day = 2}')
    queued(project, "a", "b", "c")
    live(project, hours=26, step_minutes=20, restart_each_tick=True)
    assert posted(project) == ["Mon 07:00 a", "Mon 09:00 b", "Tue 00:00 c"]


def test_what_waits_for_the_next_edition_is_posted_after_it(project: Project) -> None:
    project.subscribe(1)
    configure(project, '{gap = "1m"}')
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace("[channels.newsletter]", "max_articles = 1\n\n[channels.newsletter]", 1))
    queued(project, "a", "b")
    live(project, hours=26)
    assert posted(project) == ["Mon 07:00 a", "Tue 07:00 b"]


def test_at_times_of_its_own_one_article_at_each_whatever_the_digest_does(project: Project) -> None:
    project.subscribe(1)
    configure(project, '{schedule = ["Mon-Fri 06:30 12:00"]}')
    queued(project, "a", "b", "c")
    live(project, hours=30)
    assert posted(project) == ["Mon 06:30 a", "Mon 12:00 b", "Tue 06:30 c"]


@pytest.mark.parametrize("restart_each_tick", [False, True])
def test_what_comes_after_a_time_of_its_own_waits_for_the_next(project: Project, restart_each_tick: bool) -> None:
    """Also where another process looks within minutes: at that time nothing waited."""
    configure(project, '{schedule = ["06:00 12:00"]}')
    live(project, hours=0.1, step_minutes=3, restart_each_tick=restart_each_tick)
    queued(project, "a")
    with opened(project, StandingClock(EARLY + timedelta(minutes=6))) as app:
        assert [post.local.strftime("%H:%M") for post in next_posts(app, 1)] == ["12:00"]
    live(project, begin=EARLY + timedelta(minutes=6), hours=8, restart_each_tick=restart_each_tick)
    assert posted(project) == ["Mon 12:06 a"]


def test_a_time_at_which_nobody_was_there_is_made_up(project: Project) -> None:
    configure(project, '{schedule = ["06:00 12:00"]}')
    queued(project, "a")
    live(project, begin=EARLY + timedelta(minutes=6), hours=8)
    assert posted(project) == ["Mon 06:06 a"]


def test_spread_over_the_day(project: Project) -> None:
    configure(project, '{spread = "09:00-15:00", max_per_day = 3}')
    queued(project, "a", "b", "c", "d")
    live(project, hours=30)
    assert posted(project) == ["Mon 09:00 a", "Mon 12:00 b", "Mon 15:00 c", "Tue 09:00 d"]


def test_each_channel_goes_its_own_pace_and_keeps_none_waiting(project: Project) -> None:
    project.subscribe(1)
    quick = '\n[channels.x]\nadapter = "folder"\nfolder = "posted/x"\nnetwork = "x"\nposts = {gap = "30m"}\n'
    configure(project, '{gap = "3h"}', quick)
    queued(project, "a", "b", "c", channels=("mastodon", "x"))
    live(project, hours=8)
    assert posted(project) == ["Mon 07:00 a", "Mon 10:00 b", "Mon 13:00 c"]
    assert posted(project, "x") == ["Mon 07:00 a", "Mon 07:30 b", "Mon 08:00 c"]


def test_an_article_of_no_digest_does_not_wait_for_one(project: Project) -> None:
    project.subscribe(1)
    configure(project, '{gap = "1h"}')
    queued(project, "a", "b", digests=[])
    live(project, hours=3)
    assert posted(project) == ["Mon 06:00 a", "Mon 07:00 b"]


def test_one_that_cannot_be_posted_does_not_hold_up_the_next(project: Project) -> None:
    project.subscribe(1)
    configure(project, '{schedule = ["06:30"]}')
    queued(project, "a", posts={"mastodon": "x" * 600})
    project.article("b", channels=["mastodon"])
    live(project, hours=2)
    assert posted(project) == ["Mon 06:30 b"]


def test_after_so_many_e_mails_or_at_the_end(project: Project) -> None:
    """The e-mails are sent by hand here, one after the other."""
    project.subscribe(3)
    configure(project, "{after_accepted = 2}", SLOW)
    queued(project, "a", channels=("mastodon", "x"))
    clock = StandingClock(EARLY + timedelta(hours=1))
    seen = []
    with opened(project, clock) as app:
        service = Service(app, threading.Event(), lambda line: None)
        service.make()
        for _ in range(3):
            send_one(app)
            for _ in range(2):  # the first of them finds that the edition is at its end
                clock.forward(seconds=30)
                service.make()
            seen.append((len(posted(project)), len(posted(project, "x"))))
    assert seen == [(0, 0), (1, 0), (1, 1)]


def send_one(app: Application) -> None:
    now = app.clock.now()
    options: dict[str, Any] = {"worker": "w1", "lease_seconds": 60.0, "now": now}
    (one,) = app.ledger.claim("newsletter", limit=1, rehearsal=False, **options)
    assert app.ledger.exchange([], [one.id], **options) == {one.id}
    taken = Accepted("taken")
    app.ledger.exchange([FinishedAttempt(one.id, taken, state_after(taken), now, 12, None)], [], **options)


SLOW = '\n[channels.x]\nadapter = "folder"\nfolder = "posted/x"\nnetwork = "x"\nposts = {after = "end"}\n'


def test_posts_to_come_are_foreseen_as_they_then_leave(project: Project) -> None:
    project.subscribe(1)
    configure(project, '{schedule = ["06:30", "12:00"]}')
    queued(project, "a", "b", "c")
    with opened(project, StandingClock(EARLY)) as app:
        foreseen = [f"{one.local:%a %H:%M} {one.article}" for one in next_posts(app, 10)]
    live(project, hours=30)
    assert foreseen == posted(project)


def test_an_evergreen_article_comes_again_where_nothing_new_waits(project: Project) -> None:
    """Three days after its last post, at the next time of the channel's own; others never do."""
    configure(project, '{schedule = ["12:00"], repeat_after = "3d"}')
    queued(project, "neu-1", "neu-2")
    queued(project, "immer", evergreen=True)
    live(project, hours=24 * 8, step_minutes=60)
    assert posted(project) == [
        "Mon 12:00 neu-1",
        "Tue 12:00 immer",
        "Wed 12:00 neu-2",
        "Fri 12:00 immer",
        "Mon 12:00 immer",
    ]
    assert project.states(slug="immer") == {"accepted": 3}


def test_without_being_asked_for_nothing_is_repeated(project: Project) -> None:
    configure(project, '{schedule = ["12:00"]}')
    queued(project, "immer", evergreen=True)
    live(project, hours=24 * 5, step_minutes=60)
    assert posted(project) == ["Mon 12:00 immer"]


def test_two_processes_use_a_time_up_once(project: Project) -> None:
    """The second one has looked at the channel before the first one has posted."""
    configure(project, '{schedule = ["06:30"]}')
    queued(project, "a", "b")
    clock = StandingClock(EARLY + timedelta(minutes=31))
    with opened(project, clock) as one, opened(project, clock) as other:
        for app in (one, other):
            Service(app, threading.Event(), lambda line: None).make()
    assert posted(project) == ["Mon 06:31 a"]


def test_ahead_of_the_edition(project: Project) -> None:
    """What will be in it leaves half an hour before; what it has no room for waits for the next edition."""
    project.subscribe(1)
    configure(project, '{before = "30m"}')
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace("[digests.daily]\n", "[digests.daily]\nmax_articles = 2\n"))
    queued(project, "a", "b", "c")
    live(project, hours=26, restart_each_tick=True)
    assert posted(project) == ["Mon 06:30 a", "Mon 06:30 b", "Tue 06:30 c"]


def test_nothing_goes_ahead_of_an_edition_that_is_not_approved(project: Project) -> None:
    """The control is the one above: it leaves at half past six, where nobody has to approve anything."""
    project.subscribe(1)
    configure(project, '{before = "30m"}')
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace("[digests.daily]\n", '[digests.daily]\napproval = "edition"\n'))
    queued(project, "a")
    live(project, hours=3)
    assert posted(project) == []
