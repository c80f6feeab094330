"""`publish why`: where an article is, where it was left out and why, and what would happen now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.errors import UsageError
from publisher.workflow.application import Application
from publisher.workflow.why import WhyView, why
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, now, opened


def told(view: WhyView) -> dict[str, list[str]]:
    """Outlet -> what is said about it."""
    return {
        str(one.outlet): [
            *([f"{one.now.state}: {one.now.reason}" if one.now.reason else one.now.state] if one.now else []),
            *(f"in {edition.name}" for edition in one.editions),
            *(f"post {made.post.occurrence} {dict(made.counts)}" for made in one.posts),
            *(f"not in {edition.name}: {edition.left_out}" for edition in one.left_out),
        ]
        for one in view.outlets
    }


def limit(project: Project, line: str) -> None:
    file = project.folder / "config.toml"
    file.write_text(file.read_text().replace("[channels.newsletter]", f"{line}\n\n[channels.newsletter]", 1))


def test_before_anything_went_out_it_says_what_would_happen(project: Project) -> None:
    project.subscribe(1)
    project.article("neue-pumpe", channels=["mastodon"])
    project.article("gehalten", status="hold")
    with opened(project) as app:
        assert told(why(app, "neue-pumpe")) == {"digest:daily": ["next"], "channel:mastodon": ["next"]}
        assert told(why(app, "gehalten")) == {
            "digest:daily": ["waits: status is hold"],
            "channel:mastodon": ["not meant: not for channel mastodon"],
        }


def test_each_edition_that_left_it_out_until_the_one_that_has_it(project: Project) -> None:
    project.subscribe(1)
    limit(project, "max_articles = 1")
    project.article("erster", priority=2)
    project.article("zweiter", priority=1, channels=["mastodon"])
    waits = "over the maximum of 1 articles, waits for the next edition"
    with opened(project) as app:
        now(app, "daily")
        assert told(why(app, "zweiter"))["digest:daily"] == ["next", f"not in daily/1: {waits}"]
        now(app)
        assert told(why(app, "zweiter")) == {
            "digest:daily": ["done: already in an earlier edition", "in daily/2", f"not in daily/1: {waits}"],
            "channel:mastodon": [
                "done: already in an earlier post",
                "post zweiter/1 {<DeliveryState.ACCEPTED: 'accepted'>: 1}",
            ],
        }


def test_with_too_few_articles_it_waits(project: Project) -> None:
    project.subscribe(1)
    limit(project, "min_articles = 3")
    project.article("erster")
    with opened(project) as app:
        assert told(why(app, "erster"))["digest:daily"] == ["waits: 1 article is queued, and 3 are needed"]


def test_an_article_that_is_out_of_the_queue_has_its_past(project: Project) -> None:
    project.subscribe(1)
    file = project.article("erster")
    with opened(project) as app:
        now(app, "daily")
        file.unlink()
        view = why(app, file.name)
    assert view.article is None
    assert told(view) == {"digest:daily": ["in daily/1"]}


@pytest.mark.parametrize("name", ["neue-pumpe", "2026-11-23-neue-pumpe", "queue/2026-11-23-neue-pumpe.md"])
def test_an_article_is_named_by_slug_or_file(project: Project, name: str) -> None:
    project.article("neue-pumpe")
    with opened(project) as app:
        assert why(app, name).slug == "neue-pumpe"


def test_a_file_with_mistakes_is_shown_with_them(project: Project) -> None:
    project.article("neue-pumpe", priority="hoch")
    with opened(project) as app:
        (problem,) = why(app, "neue-pumpe").problems
    assert problem.what == '"priority" is not a whole number from -100 to 100: "hoch"'


def test_what_nobody_knows_is_an_error_with_the_nearest_name(project: Project) -> None:
    project.article("neue-pumpe")
    with opened(project) as app, pytest.raises(UsageError) as caught:
        why(app, "neue-pumpen")
    assert str(caught.value) == (
        'neither the queue nor the ledger knows an article "neue-pumpen"\nhint: Did you mean "neue-pumpe"?'
    )


def test_a_rehearsal_has_a_past_of_its_own(project: Project) -> None:
    project.subscribe(1)
    project.article("erster")
    with opened(project, rehearse=True) as rehearsal:
        now(rehearsal, "daily")
        assert told(why(rehearsal, "erster"))["digest:daily"][1:] == ["in daily/1"]
        assert told(why(_real(rehearsal), "erster"))["digest:daily"] == ["next"]


def _real(app: Application) -> Application:
    return replace(app, rehearsal=False, clock=StandingClock())
