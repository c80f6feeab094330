"""`publish run` at its core: what a tick does at which time, and that several of them do it once."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack

from publisher.scheduling.schedule import Engine
from publisher.workflow.application import Application
from tests.journeys.project import Project
from tests.workflow.office import StandingClock, opened


def engine(app: Application, events: list[str] | None = None) -> Engine:
    return Engine(app, threading.Event(), (events if events is not None else []).append)


def occurrences(project: Project) -> list[str]:
    with project.ledger() as ledger:
        return sorted(edition.occurrence for edition in ledger.editions())


def test_at_its_time_an_edition_is_made_once(project: Project) -> None:
    """Not before, not twice; posts that wait go with it."""
    project.article(channels=["mastodon"])
    clock = StandingClock()
    clock.forward(minutes=-2)
    with opened(project, clock) as app:
        ticking = engine(app)
        ticking.tick()
        assert occurrences(project) == []
        clock.forward(minutes=1)
        for _ in range(3):
            ticking.tick()
            clock.forward(seconds=5)
    assert occurrences(project) == ["due 2026-11-23T07:00"]
    assert project.states() == {"accepted": 6}


def test_a_process_that_starts_late_catches_up_for_an_hour(project: Project) -> None:
    project.article()
    clock = StandingClock()
    clock.forward(minutes=58)
    with opened(project, clock) as app:
        engine(app).tick()
    assert occurrences(project) == ["due 2026-11-23T07:00"]
    project.article("zweite")
    clock.forward(days=1, minutes=3)
    with opened(project, clock) as app:
        engine(app).tick()
    assert len(occurrences(project)) == 1


def test_nothing_queued_is_told_once(project: Project) -> None:
    """An article that comes a minute later waits for the next due time."""
    clock, events = StandingClock(), list[str]()
    with opened(project, clock) as app:
        ticking = engine(app, events)
        ticking.tick()
        project.article()
        ticking.tick()
    assert events == ["daily: nothing is queued for 2026-11-23 07:00"]
    assert occurrences(project) == []


def test_what_is_deferred_is_tried_again_by_a_later_tick(project: Project) -> None:
    """The engine also goes on with what `publish now` has left."""
    project.article()
    (project.folder / "sent").mkdir()
    clock = StandingClock()
    with opened(project, clock) as app:
        ticking = engine(app)
        ticking.stop.set()  # stopped right after planning
        ticking.tick()
        assert project.states() == {}
        ticking = engine(app)
        ticking.tick()
    assert project.states() == {"accepted": 5}


def test_an_error_is_told_once_and_the_engine_goes_on(project: Project) -> None:
    """A broken template costs one line, not one every five seconds; mended, the edition goes out."""
    project.article()
    template = project.folder / "templates" / "email" / "digest" / "subject.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ edition.titel }}")
    clock, events = StandingClock(), list[str]()
    with opened(project, clock) as app:
        ticking = engine(app, events)
        for _ in range(3):
            ticking.tick()
            clock.forward(seconds=5)
        assert len(events) == 1
        assert "subject.j2:1" in events[0]
        template.unlink()
    with opened(project, clock) as app:
        ticking.app = app
        ticking.tick()
    assert project.states() == {"accepted": 5}


def test_a_file_that_cannot_be_read_is_told(project: Project) -> None:
    """The rest goes out; the person who watches sees the file and the reason."""
    project.article("gut")
    project.article("schlecht", titel="vertippt")
    events: list[str] = []
    with opened(project) as app:
        engine(app, events).tick()
    assert any("schlecht.md" in event and "titel" in event for event in events)
    assert project.states() == {"accepted": 5}


def test_an_edition_that_a_crash_left_frozen_is_made_again(project: Project) -> None:
    """Nobody has seen it: after five minutes it is discarded and the due time is not lost; until then it may be another
    process's work."""
    from publisher.workflow.due import due_editions
    from publisher.workflow.freeze import freeze_edition
    from publisher.workflow.prepare import Drafts, draft_edition

    project.article()
    clock = StandingClock()
    with opened(project, clock) as app:
        (item,) = due_editions(app, app.clock.now())
        reading = app.read_queue()
        draft = draft_edition(app, "daily", reading)[0]
        assert draft
        assert freeze_edition(app, draft, Drafts(reading=reading), occurrence=item.due.occurrence)
        engine(app).tick()
        assert project.states() == {}
        clock.forward(minutes=6)
        engine(app).tick()
    assert occurrences(project) == ["due 2026-11-23T07:00"]
    assert project.states() == {"accepted": 5}


def test_two_engines_make_one_edition(project: Project) -> None:
    """Each has its own connection to the ledger; day by day they tick at the same moment."""
    clock, days = StandingClock(), 5
    events: list[str] = []
    with ExitStack() as stack:
        engines = [engine(stack.enter_context(opened(project, clock)), events) for _ in range(2)]
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


def tick_after(start: threading.Barrier, one: Engine) -> None:
    start.wait()
    one.tick()
