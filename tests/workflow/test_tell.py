"""Telling keeps an event with the time and the mark of a rehearsal; nothing leaves by it."""

from __future__ import annotations

import pytest

from publisher.domain.notice import Event, NoticeKind
from publisher.workflow.tell import tell, tell_once
from tests.journeys.project import Project
from tests.workflow.office import MONDAY, StandingClock, opened

FACTS = {"due_at": "2026-11-23T07:00+01:00", "reason": "the computer was off"}


def test_an_event_is_told(project: Project) -> None:
    clock = StandingClock()
    with opened(project, clock) as app:
        tell(app, NoticeKind.MISSED, "daily", FACTS)
        clock.forward(minutes=1)
        tell(app, NoticeKind.MISSED, "daily", FACTS)
        (row,) = app.notices.events(rehearsal=False)
    assert row.event == Event(NoticeKind.MISSED, "daily", FACTS, clock.at, rehearsal=False)
    assert (row.first_at, row.count) == (MONDAY, 2)


def test_a_rehearsal_tells_on_its_own(project: Project) -> None:
    with opened(project, rehearse=True) as app:
        tell(app, NoticeKind.MISSED, "daily", FACTS)
        assert app.notices.events(rehearsal=False) == []
        assert len(app.notices.events(rehearsal=True)) == 1


def test_something_can_be_told_once_in_all(project: Project) -> None:
    with opened(project) as app:
        assert tell_once(app, NoticeKind.MISSED, "daily", FACTS)
        assert not tell_once(app, NoticeKind.MISSED, "daily", FACTS)


def test_a_missing_fact_is_a_defect(project: Project) -> None:
    with opened(project) as app, pytest.raises(ValueError, match="needs the facts reason"):
        tell(app, NoticeKind.MISSED, "daily", {"due_at": "2026-11-23T07:00+01:00"})
