"""Figures of a digest's editions, beside a count by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.domain.subscriber import Suppression
from publisher.errors import UsageError
from publisher.workflow.measure import measure
from tests.journeys.project import Project
from tests.workflow.office import MONDAY, StandingClock, now, opened


def test_three_editions(project: Project) -> None:
    """Who leaves is counted with the edition before, and only if they left this digest, or all."""
    project.subscribe(4)
    clock = StandingClock()
    with opened(project, clock) as app:
        for slug in ("eins", "zwei", "drei"):
            project.article(slug)
            now(app)
            clock.forward(days=1)
        for hours, digest in ((1, None), (25, "daily"), (26, "daily"), (27, "weekly")):
            left_at = MONDAY + timedelta(hours=hours)
            app.subscribers.suppress(Suppression(f"x{hours}@example.org", "unsubscribed", left_at, digest))
        found = measure(app, "daily", None, None)
        assert found.title == "Pumpen am Morgen"
        assert [(point.name, point.planned_at) for point in found.points] == [
            ("daily/1", MONDAY),
            ("daily/2", MONDAY + timedelta(days=1)),
            ("daily/3", MONDAY + timedelta(days=2)),
        ]
        counts = [(p.sent_count, p.accepted_count, p.bounced_count, p.open_count, p.left_count) for p in found.points]
        assert counts == [(4, 4, 0, 0, 1), (4, 4, 0, 0, 2), (4, 4, 0, 0, 0)]
        everything = measure(app, None, None, None)
        assert [point.left_count for point in everything.points] == [1, 3, 0]
        assert [point.name for point in measure(app, None, None, 2).points] == ["daily/2", "daily/3"]
        assert [p.name for p in measure(app, None, MONDAY + timedelta(days=2), None).points] == ["daily/3"]


def test_nothing_yet_and_no_such_digest(project: Project) -> None:
    with opened(project) as app:
        assert measure(app, None, None, None).points == ()
        with pytest.raises(UsageError, match='there is no digest "weekly"') as caught:
            measure(app, "weekly", None, None)
        assert caught.value.hint == "The digests are: daily."
