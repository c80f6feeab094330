"""Tick: one pass over what is due, from due time to planned deliveries. It may come twice, or late, or from two."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from publisher.errors import PublisherError, StoreError, TryAgain
from publisher.workflow.application import Application
from publisher.workflow.due import DuePoint, close_due, find_due, was_due
from publisher.workflow.go_on import go_on
from publisher.workflow.make import Course, Queue, judge_due
from publisher.workflow.make_ahead import make_ahead
from publisher.workflow.make_posts import make_posts
from publisher.workflow.picture import with_memory
from publisher.workflow.tend import tend


def tick(app: Application, course: Course, stop: threading.Event) -> int:
    """Decide about each due time, plan what is frozen, and the posts that go with it; say how much there is to send.

    Each step begins with what the ledger says: where a crash has stopped one pass, the next goes on.
    Errors: StoreError, TryAgain, WaitsForPerson after a restore.
    """
    app = with_memory(app)
    now, queue = app.clock.now(), Queue(app, course)
    count = app.ledger.recover(now).requeued_count
    points = find_due(app, now)
    for point in points:
        if stop.is_set():
            return 0
        judge_due(app, point, queue, course)
    make_ahead(app, now, queue, course)
    approved_count = tend(app, now, queue, course)
    count += approved_count + go_on(app, now, course)
    is_digest_due = bool(approved_count) or _are_posts_due(app, points, now, course)
    count += _make_posts(app, queue, course, is_digest_due)
    if points or course.is_first:
        close_due(app, now)
    app.ledger.finish_editions(now)
    course.is_first = False
    return count


def _are_posts_due(app: Application, points: Iterable[DuePoint], now: datetime, course: Course) -> bool:
    """Say whether a due time is here that posts go with. A new process does not know whether another came so far."""
    if course.is_first and was_due(app, now):
        return True
    return any(point.due.skip is None and point.key not in course.put_off for point in points)


def _make_posts(app: Application, queue: Queue, course: Course, is_digest_due: bool) -> int:
    try:
        return make_posts(app, queue, course, is_digest_due=is_digest_due)
    except (StoreError, TryAgain):
        raise
    except PublisherError as error:
        course.problem(error)
        return 0
