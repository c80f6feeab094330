"""The same text on the same channel within a day is a warning before it is sent, not a stop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.workflow.application import Application
from publisher.workflow.check import check
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened
from tests.workflow.posting import Network, on_network

SAME = {"mastodon": "Heute ist der Markt geöffnet."}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def app(project: Project, clock: StandingClock) -> Iterator[Application]:
    project.article("montag", channels=["mastodon"], posts=SAME)
    with opened(project, clock) as opened_app:
        yield on_network(opened_app, Network())


def offered(app: Application, *names: str) -> tuple[str, ...]:
    report = now(app, *names, ask=lambda offer: False)
    assert report.offer
    return report.offer.repeats


@pytest.mark.parametrize(("hours", "is_warned"), [(23, True), (25, False)])
def test_within_a_day(project: Project, app: Application, clock: StandingClock, hours: int, is_warned: bool) -> None:
    assert offered(app, "montag") == ()
    now(app, "montag")
    project.article("dienstag", channels=["mastodon"], posts=SAME)
    clock.forward(hours=hours)
    expected = 'dienstag on mastodon: the channel has had the same text within 24 hours, from "montag"'
    assert offered(app, "dienstag") == ((expected,) if is_warned else ())
    assert (expected in check(app, all_articles=False, online=False).warnings) is is_warned
    assert now(app, "dienstag").exit_code == 0


def test_twice_at_the_same_time(project: Project, app: Application) -> None:
    project.article("dienstag", channels=["mastodon"], posts=SAME)
    (warning,) = offered(app, "montag", "dienstag")
    assert warning.endswith('the same text as "dienstag", at the same time') or warning.endswith(
        '"montag", at the same time'
    )


def test_an_article_that_was_posted_does_not_warn_of_itself(project: Project, app: Application) -> None:
    now(app, "montag")
    assert not any("same text" in warning for warning in check(app, all_articles=True, online=False).warnings)
