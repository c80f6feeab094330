"""`publish now`: what is taken, what is left out and why, and that nothing happens without a yes."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from publisher.bootstrap import open_application
from publisher.errors import QueueError, TemplateError, TryAgain, UsageError
from publisher.workflow.application import Application
from publisher.workflow.now import NowReport, Offer
from publisher.workflow.send import Progress
from tests.journeys.project import Project, folder_config
from tests.workflow.office import StandingClock, now, opened, reasons


def slugs(report: NowReport) -> list[str]:
    assert report.offer
    return [article.slug for edition in report.offer.frozen.editions for article in edition.draft.content.articles]


def assert_no_rows(app: Application) -> None:
    assert app.ledger.editions() == []
    assert app.ledger.posts() == []


def test_embargo_and_expiry(project: Project) -> None:
    """Before its time an article waits, after its time it stays out for good."""
    project.subscribe(1)
    project.article("spaeter", publish_after="2026-11-24T09:00+01:00")
    project.article("vorbei", expires_at="2026-11-22T09:00+01:00")
    project.article("jetzt")
    clock = StandingClock()
    with opened(project, clock) as app:
        first = now(app)
        assert slugs(first) == ["jetzt"]
        assert reasons(first, "spaeter")["daily"].startswith("not before 2026-11-24 0")
        assert reasons(first, "vorbei")["daily"].startswith("expired at 2026-11-22 0")
        clock.forward(days=1, hours=3)
        assert slugs(now(app)) == ["spaeter"]


@pytest.mark.parametrize("status", ["draft", "hold"])
def test_what_is_not_ready_waits(project: Project, status: str) -> None:
    project.subscribe(1)
    project.article(status=status)
    with opened(project) as app:
        report = now(app)
        assert report.exit_code == 0
        assert reasons(report, "neue-pumpe") == {"daily": f"status is {status}"}
        assert_no_rows(app)


def test_a_renamed_article_waits_for_a_word(project: Project) -> None:
    """The same content under another name is not sent again; `replaces` says that it is the same article, and what has
    changed in it is no new article either."""
    project.subscribe(1)
    old = project.article("alter-name", title="Neue Pumpe")
    with opened(project) as app:
        now(app)
        old.unlink()
        project.article("neuer-name", title="Neue Pumpe")
        asked = reasons(now(app), "neuer-name")["daily"]
        assert 'same content as "alter-name"' in asked
        assert "replaces: alter-name" in asked
        project.article("neuer-name", title="Neue Pumpe, korrigiert", replaces="alter-name")
        assert reasons(now(app), "neuer-name") == {"daily": 'already in an earlier edition as "alter-name"'}
        assert len(app.ledger.editions()) == 1


def test_a_named_digest_is_an_edition_and_a_named_article_its_posts(project: Project) -> None:
    project.subscribe(1)
    project.article("eins", channels=["mastodon"])
    project.article("zwei", channels=["mastodon"])
    with opened(project) as app:
        edition = now(app, "daily").offer
        assert edition
        assert (len(edition.frozen.editions), len(edition.frozen.posts)) == (1, 0)
        posts = now(app, "eins").offer
        assert posts
        assert [post.row.article.slug for post in posts.frozen.posts] == ["eins"]
        assert posts.frozen.editions == ()
        file = now(app, "queue/2026-11-23-zwei.md").offer
        assert file
        assert [post.row.article.slug for post in file.frozen.posts] == ["zwei"]


def test_only_over_one_channel(project: Project) -> None:
    project.subscribe(1)
    project.article(channels=["mastodon"])
    with opened(project) as app:
        now(app, channels=["mastodon"])
        assert project.states(channel="mastodon") == {"accepted": 1}
        assert project.states(channel="newsletter") == {}
        with pytest.raises(UsageError, match='no channel "mastadon"'):
            now(app, channels=["mastadon"])


def test_an_unknown_name(project: Project) -> None:
    """It is neither digest nor article; the nearest name is the hint."""
    project.article("neue-pumpe")
    with opened(project) as app, pytest.raises(UsageError) as caught:
        now(app, "neue-pumpen")
    assert "neue-pumpe" in caught.value.hint


def test_a_named_file_with_errors_stops_everything(project: Project) -> None:
    project.subscribe(1)
    project.article("gut")
    project.article("schlecht", titel="vertippt")
    with opened(project) as app:
        with pytest.raises(QueueError, match='there is no field "titel"'):
            now(app, "schlecht")
        assert_no_rows(app)
        report = now(app)
        assert slugs(report) == ["gut"]
        assert report.drafts.reading
        assert len(report.drafts.reading.errors) == 1


def test_an_article_whose_picture_is_missing_is_left_out(project: Project) -> None:
    """The edition goes on without it, and it says why."""
    project.subscribe(1)
    project.article("gut")
    project.article("ohne-bild", image={"src": "images/fehlt.jpg", "alt": "Eine Pumpe"})
    with opened(project) as app:
        report = now(app)
        assert slugs(report) == ["gut"]
        assert "fehlt.jpg" in str(report.drafts.problems[0])
        assert report.exit_code == 0


def test_a_template_error_leaves_nothing(project: Project) -> None:
    project.subscribe(1)
    project.article(channels=["mastodon"])
    folder = project.folder / "templates" / "post"
    folder.mkdir(parents=True)
    (folder / "mastodon.txt.j2").write_text("{% block lead %}{{ article.title ")
    with opened(project) as app:
        with pytest.raises(TemplateError):
            now(app)
        assert_no_rows(app)


def test_a_digest_without_readers_keeps_its_articles(project: Project) -> None:
    """An edition for nobody would use them up; the posts go out, and it says so."""
    project.article(channels=["mastodon"])
    with opened(project) as app:
        report = now(app)
        assert report.exit_code == 0
        assert "no readers yet" in str(report.drafts.problems[0])
        assert project.states() == {"accepted": 1}
        assert now(app).exit_code == 2
        project.subscribe(1)
        assert slugs(now(app)) == ["neue-pumpe"]


def refuse(offer: Offer) -> bool:
    raise UsageError("there is nobody to ask")


def interrupt(offer: Offer) -> bool:
    raise KeyboardInterrupt


@pytest.mark.parametrize("ask", [refuse, interrupt])
def test_a_question_that_cannot_be_asked_leaves_nothing(project: Project, ask: object) -> None:
    project.subscribe(1)
    project.article(channels=["mastodon"])
    with opened(project) as app:
        with pytest.raises((UsageError, KeyboardInterrupt)):
            now(app, ask=ask)  # type: ignore[arg-type]
        assert_no_rows(app)


def test_a_signal_before_the_first_message(project: Project) -> None:
    """Nothing is sent and nothing is left; the next run does everything."""
    project.subscribe(1)
    project.article()
    stop = threading.Event()
    stop.set()
    with opened(project) as app:
        with pytest.raises(TryAgain):
            now(app, stop=stop)
        assert_no_rows(app)
        assert now(app).exit_code == 0


def stop_after(stop: threading.Event, count: int):
    def on_progress(progress: Progress) -> None:
        if sum(progress.counts.values()) >= count:
            stop.set()

    return on_progress


def test_a_run_over_what_was_left_can_be_stopped_too(project: Project) -> None:
    """Each stopped run says that some are left, until none is; counts of all runs add up."""
    addresses = project.subscribe(9)
    project.article()
    codes = []
    with opened(project) as app:
        for _ in range(3):
            stop = threading.Event()
            codes.append(now(app, stop=stop, on_progress=stop_after(stop, 3)).exit_code)
    assert codes == [4, 4, 0]
    files = [path.name for path in (project.folder / "sent").glob("*.eml")]
    assert len(files) == len(addresses)
    assert project.states() == {"accepted": 9}


def test_naming_an_article_does_not_send_what_is_left_of_a_digest(project: Project) -> None:
    project.subscribe(3)
    project.article(channels=["mastodon"])
    with opened(project) as app:
        stop = threading.Event()
        now(app, "daily", stop=stop, on_progress=stop_after(stop, 1))
        left = project.states(channel="newsletter")
        assert left["queued"] >= 1
        assert now(app, "neue-pumpe").exit_code == 0
        assert project.states(channel="newsletter") == left
        assert project.states(channel="mastodon") == {"accepted": 1}


@pytest.mark.parametrize("attempt", range(4))
def test_two_that_freeze_before_either_plans(project: Project, attempt: int) -> None:
    """Both have shown their offer when both get their yes: one edition, one post, one delivery each."""
    project.subscribe(20)
    project.article("eins", channels=["mastodon"])
    project.article("zwei", channels=["mastodon"])
    both_asked = threading.Barrier(2, timeout=60)
    reports: list[NowReport] = []

    def ask(offer: Offer) -> bool:
        both_asked.wait()
        return True

    def run() -> None:
        with open_application(project.folder / "config.toml") as app:
            reports.append(now(app, ask=ask))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {report.exit_code for report in reports} <= {0, 4}
    assert project.states() == {"accepted": 22}
    assert set(Counter(row.key.recipient for row in project.deliveries(channel="newsletter")).values()) == {1}
    with open_application(project.folder / "config.toml") as app:
        assert len(app.ledger.editions()) == 1
        assert len(app.ledger.posts()) == 2
    taken = [name for report in reports if report.plan for name in report.plan.taken_elsewhere]
    assert len(taken) == 3  # what one planned, the other names as taken


def test_a_dry_run_writes_no_row(project: Project) -> None:
    project.subscribe(1)
    project.article(channels=["mastodon"])
    with opened(project) as app:
        report = now(app, dry_run=True)
        assert [draft.digest for draft in report.drafts.editions] == ["daily"]
        assert len(report.drafts.posts) == 1
        assert_no_rows(app)


def test_a_disabled_channel_is_left_alone(project: Project) -> None:
    (project.folder / "config.toml").write_text(folder_config("enabled = false"))
    project.subscribe(1)
    project.article(channels=["mastodon"])
    with opened(project) as app:
        now(app)
    assert project.states(channel="mastodon") == {}
