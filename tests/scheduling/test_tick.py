"""`publish run` at its core: what a tick does at which time, and that several of them do it once."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

from publisher.scheduling.service import Service
from publisher.workflow.application import Application
from publisher.workflow.due import find_due
from publisher.workflow.make import Course, Queue, judge_due
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, opened


def service(app: Application, events: list[str] | None = None) -> Service:
    return Service(app, threading.Event(), (events if events is not None else []).append)


def occurrences(project: Project) -> list[str]:
    with project.ledger() as ledger:
        return sorted(edition.occurrence for edition in ledger.editions())


def test_at_its_time_an_edition_is_made_once(project: Project) -> None:
    """Not before, not twice; posts that wait go with it."""
    project.article(channels=["mastodon"])
    clock = StandingClock()
    clock.forward(minutes=-2)
    with opened(project, clock) as app:
        ticking = service(app)
        ticking.once()
        assert occurrences(project) == []
        clock.forward(minutes=1)
        for _ in range(3):
            ticking.once()
            clock.forward(seconds=5)
    assert occurrences(project) == ["due 2026-11-23T07:00"]
    assert project.states() == {"accepted": 6}


def verdicts(project: Project) -> list[tuple[str, str, str, bool]]:
    """Occurrence, verdict, reason, and whether it was late, as the ledger's file has it."""
    with sqlite3.connect(project.folder / "publisher.db") as connection:
        rows = connection.execute(
            "SELECT occurrence, verdict, reason, is_late FROM due_times WHERE rehearsal = 0 ORDER BY due_at"
        ).fetchall()
    connection.close()
    return [(occurrence, verdict, reason, bool(late)) for occurrence, verdict, reason, late in rows]


def test_within_its_catch_up_time_an_edition_is_late_and_beyond_it_missed(project: Project) -> None:
    """Nothing is sent by itself then; the team is told, and how to send it all the same."""
    project.article()
    clock, events = StandingClock(), list[str]()
    clock.forward(minutes=58)
    with opened(project, clock) as app:
        service(app, events).once()
    assert events[0] == 'daily/1 "Pumpen am Morgen: Titel von neue-pumpe" is on its way, 59m late'
    project.article("zweite")
    clock.forward(days=1, minutes=3)
    with opened(project, clock) as app:
        service(app, events).once()
        event = app.notices.events(rehearsal=False)[0].event
    assert verdicts(project) == [
        ("due 2026-11-23T07:00", "edition", "", True),
        ("due 2026-11-24T07:00", "missed", "publish run was not running then", True),
    ]
    assert occurrences(project) == ["due 2026-11-23T07:00"]
    assert events[-1].endswith('to send it all the same: "publish now daily"')
    assert (event.kind, event.about, event.facts["due_at"]) == ("missed", "daily", "2026-11-24T07:00+01:00")


def test_a_digest_that_is_new_has_missed_nothing(project: Project) -> None:
    """Neither at the first start, nor when it has been without a schedule for a while."""
    clock = StandingClock()
    with opened(project, clock) as app:
        service(app).once()
        clock.forward(days=1, hours=-2)
        without = replace(app.settings.digests["daily"], schedule=())
        settings = replace(app.settings, document=replace(app.settings.document, digests={"daily": without}))
        service(replace(app, settings=settings)).once()
        clock.forward(days=30, hours=2)
        service(app).once()
    assert [name for name, *_ in verdicts(project)] == ["due 2026-11-23T07:00", "due 2026-12-24T07:00"]


def test_after_a_standstill_each_missed_time_has_its_row(project: Project) -> None:
    clock = StandingClock()
    with opened(project, clock) as app:
        service(app).once()
        clock.forward(days=7)
        service(app).once()
        service(app).once()
    assert [verdict for _, verdict, *_ in verdicts(project)] == ["skipped", *["missed"] * 4, "skipped"]


def test_a_clock_that_was_wrong_for_a_while_loses_no_edition(project: Project) -> None:
    """It jumps a year ahead, everything counts as missed; put right, the next due times come as ever."""
    clock = StandingClock()
    with opened(project, clock) as app:
        running = service(app)
        running.once()
        clock.forward(days=365)
        running.once()
        assert len(verdicts(project)) > 200
        clock.forward(days=-365)
        project.article()
        running.once()
        clock.forward(days=1)
        running.once()
    assert occurrences(project) == ["due 2026-11-24T07:00"]
    assert [verdict for _, verdict, *_ in verdicts(project)] == ["skipped", "edition"]


def test_what_was_made_and_not_sent_in_time_is_missed(project: Project) -> None:
    """A crash between freezing and planning, and nobody started it again for hours: old news is not sent by itself."""
    project.article()
    clock = StandingClock()
    with opened(project, clock) as app:
        (point,) = find_due(app, clock.now())
        course = Course(lambda event: None)
        judge_due(app, point, Queue(app, course), course)
        clock.forward(hours=3)
        service(app).once()
    assert [verdict for _, verdict, *_ in verdicts(project)] == ["missed"]
    assert project.states() == {}
    project.publish("now", "--yes")  # the article is free for it
    assert project.states() == {"accepted": 5}


def test_nothing_queued_is_told_once(project: Project) -> None:
    """An article that comes a minute later waits for the next due time."""
    clock, events = StandingClock(), list[str]()
    with opened(project, clock) as app:
        ticking = service(app, events)
        ticking.once()
        project.article()
        ticking.once()
    assert events == ["daily: skipped 2026-11-23 07:00: no article is queued"]
    assert occurrences(project) == []


def test_what_is_deferred_is_tried_again_by_a_later_tick(project: Project) -> None:
    """The engine also goes on with what `publish now` has left."""
    project.article()
    (project.folder / "sent").mkdir()
    clock = StandingClock()
    with opened(project, clock) as app:
        ticking = service(app)
        ticking.stop.set()  # stopped right after planning
        ticking.once()
        assert project.states() == {}
        ticking = service(app)
        ticking.once()
    assert project.states() == {"accepted": 5}


def test_an_error_is_told_once_and_the_engine_goes_on(project: Project) -> None:
    """A broken template costs one line, not one every five seconds; mended, the edition goes out."""
    project.article()
    template = project.folder / "templates" / "email" / "digest" / "subject.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ edition.titel }}")
    clock, events = StandingClock(), list[str]()
    with opened(project, clock) as app:
        ticking = service(app, events)
        for _ in range(3):
            ticking.once()
            clock.forward(seconds=5)
        assert len(events) == 1
        assert "subject.j2:1" in events[0]
        template.unlink()
        clock.forward(minutes=1)
    with opened(project, clock) as app:
        ticking.app = app
        ticking.once()
    assert project.states() == {"accepted": 5}


def test_a_file_that_cannot_be_read_is_told(project: Project) -> None:
    """The rest goes out; the person who watches sees the file and the reason."""
    project.article("gut")
    project.article("schlecht", titel="vertippt")
    events: list[str] = []
    with opened(project) as app:
        service(app, events).once()
    assert any("schlecht.md" in event and "titel" in event for event in events)
    assert project.states() == {"accepted": 5}


def test_an_edition_that_a_crash_left_frozen_goes_on(project: Project) -> None:
    """The next process plans what is frozen: it is not rendered again, so an article that came since is not in it."""
    project.article()
    clock = StandingClock()
    with opened(project, clock) as app:
        (point,) = find_due(app, clock.now())
        course = Course(lambda event: None)
        judge_due(app, point, Queue(app, course), course)  # and here it crashes
        (frozen,) = app.ledger.editions()
    project.article("zweite")
    with opened(project, clock) as app:
        service(app).once()
        (edition,) = app.ledger.editions()
    assert (edition.id, edition.content_hash, edition.revision) == (frozen.id, frozen.content_hash, 1)
    assert [use.slug for use in edition.articles] == ["neue-pumpe"]
    assert project.states() == {"accepted": 5}


def test_two_engines_make_one_edition(project: Project) -> None:
    """Each has its own connection to the ledger; day by day they tick at the same moment."""
    clock, days = StandingClock(), 5
    events: list[str] = []
    with ExitStack() as stack:
        engines = [service(stack.enter_context(opened(project, clock)), events) for _ in range(2)]
        for day in range(days):
            project.article(f"tag-{day}", channels=["mastodon"])
            start = threading.Barrier(2, timeout=60)
            threads = [threading.Thread(target=tick_after, args=(start, one)) for one in engines]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            clock.forward(days=1)
    counts = Counter((row.key.occurrence, row.key.recipient) for row in project.deliveries(channel="newsletter"))
    assert set(counts.values()) == {1}
    assert len(counts) == days * 5
    assert len(occurrences(project)) == days
    assert project.states() == {"accepted": days * 6}
    assert [event for event in events if event.startswith("error")] == []


def tick_after(start: threading.Barrier, one: Service) -> None:
    start.wait()
    one.once()


def test_a_template_that_is_added_while_it_runs_is_in_the_next_edition(project: Project) -> None:
    """The one before was made by the shipped template, in the same process."""
    clock = StandingClock()
    project.article("erste")
    with opened(project, clock) as app:
        engine = service(app)
        engine.once()
        folder = project.folder / "templates" / "email" / "digest"
        folder.mkdir(parents=True)
        (folder / "subject.j2").write_text("Ganz eigener Betreff")
        project.article("zweite")
        clock.forward(days=1)
        engine.once()
        (second, first) = app.ledger.editions()
    assert "Ganz eigener Betreff" not in first.subject
    assert second.subject == "Ganz eigener Betreff"
