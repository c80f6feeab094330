"""Make ahead: an edition that a person has to approve is frozen before its time, so that somebody can look at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from publisher.errors import Problems, PublisherError, StoreError, TryAgain
from publisher.logs import get_logger
from publisher.workflow.application import Application
from publisher.workflow.as_of import as_of
from publisher.workflow.due import DuePoint, scheduled
from publisher.workflow.freeze import freeze_edition
from publisher.workflow.make import Course, Queue
from publisher.workflow.preflight import errors_of, look_over
from publisher.workflow.prepare import Drafts, draft_edition, has_readers
from publisher.workflow.tend import end_given_up
from publisher.workflow.withhold import needs_person


def make_ahead(app: Application, now: datetime, queue: Queue, course: Course) -> None:
    """Freeze what is due within its digest's lead. What cannot be made yet is tried again until its due time."""
    for point in _find_ahead(app, now):
        if course.is_time_to_look(point.key, now):
            try:
                _make(app, point, now, queue, course)
            except (StoreError, TryAgain):
                raise
            except PublisherError as error:
                course.problem(error)


def _find_ahead(app: Application, now: datetime) -> Iterator[DuePoint]:
    for name in scheduled(app):
        if needs_person(app, name):
            dues = list(app.schedule(name).due_between(now, now + app.settings.digests[name].approval_lead_time))
            decided = app.due_times.decided(name, app.rehearsal, dues[0].due_at) if dues else frozenset()
            yield from (DuePoint(name, due) for due in dues if due.skip is None and due.occurrence not in decided)


def _make(app: Application, point: DuePoint, now: datetime, queue: Queue, course: Course) -> None:
    """Freeze the edition as it is to be at its due time, if there is anything for it yet."""
    reading = queue.read()
    then = as_of(app, point.due.due_at)
    draft, _, problems = draft_edition(then, point.digest, reading)
    for problem in problems:
        course.problem(problem)
    if draft is None or draft.skip or not has_readers(app, point.digest):
        return
    if faults := errors_of(point.digest, look_over(then, draft)):
        raise faults[0] if len(faults) == 1 else Problems(faults)
    frozen = freeze_edition(app, draft, Drafts(reading=reading), point.time(app))
    if frozen is None:
        return
    end_given_up(app, frozen.row, now)
    get_logger().info("frozen", edition=frozen.row.name, due=point.due.occurrence)
    local = f"{point.due.local:%Y-%m-%d %H:%M}"
    course.on_event(f'{frozen.row.name} "{frozen.row.subject}" is made for {local} and waits for approval')
