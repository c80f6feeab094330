"""Go on: editions of due times that are frozen are approved by rule and planned, whoever froze them and when.

Those that a person has to approve are tended elsewhere (`workflow/tend.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from publisher.domain.digest import DEFAULT_CATCH_UP
from publisher.domain.due_time import Verdict, is_missed
from publisher.domain.duration import parse_duration
from publisher.errors import UsageError
from publisher.logs import get_logger
from publisher.ports.due_times import DueEdition
from publisher.workflow.application import Application
from publisher.workflow.make import Course, decision_event, late_text, say_decision
from publisher.workflow.pages import add_pages
from publisher.workflow.plan import approve_by_rule, plan_edition
from publisher.workflow.withhold import is_for_person

TOO_LATE = "its edition was made, but not sent in time"


def go_on(app: Application, now: datetime, course: Course) -> int:
    """Plan what is frozen and due; one that is too late is missed. Say how many were planned."""
    names = [
        item.row.name
        for item in app.due_times.open_editions(app.rehearsal)
        if item.due.due_at <= now and not is_for_person(app, item.row) and _go_on(app, item, now, course)
    ]
    if problem := add_pages(app, names):
        course.problem(problem)
    return len(names)


def _go_on(app: Application, item: DueEdition, now: datetime, course: Course) -> bool:
    """Approve and plan one edition; False if it does not go out now."""
    row = item.row
    if is_missed(item.due.due_at, now, _catch_up(app, row.digest)):
        told = decision_event(app, Verdict.MISSED, row.digest, item.due.due_at, TOO_LATE)
        if app.due_times.miss_edition(row.id, row.state, TOO_LATE, now, told=[told]):
            say_decision(app, Verdict.MISSED, row.digest, item.due.due_at, TOO_LATE, course)
        return False
    try:
        planned = plan_edition(app, row) if approve_by_rule(app, row) else None
    except UsageError as error:  # its channel is gone from the config, or somebody has changed it meanwhile
        course.problem(error)
        return False
    if planned is None:
        return False
    get_logger().info("planned", edition=row.name, due=item.due.occurrence, deliveries=planned.delivery_count)
    course.on_event(f'{row.name} "{row.subject}" is on its way{late_text(item.due.due_at, now)}')
    return True


def _catch_up(app: Application, digest: str) -> timedelta:
    settings = app.settings.digests.get(digest)
    return settings.catch_up_time if settings else parse_duration(DEFAULT_CATCH_UP)
