"""Explain: what a digest does on a day and why; of a time that is decided, what the ledger says became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from publisher.domain.schedule import Due, Schedule
from publisher.ports.due_times import DueOutcome
from publisher.workflow.application import Application
from publisher.workflow.foresee import known_digests


@dataclass(frozen=True, slots=True)
class TimeView:
    """A due time. `skip` and `change` say what the rules of today make of it, `outcome` what did become of it.

    `is_over` says that it is past; without an outcome nothing was decided about it.
    """

    local: datetime
    due_at: datetime
    skip: str | None
    change: str | None
    outcome: DueOutcome | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """What a digest does on a local calendar day. Without due times `reason` says why there is none."""

    digest: str
    day: date
    zone: tzinfo
    times: tuple[TimeView, ...]
    reason: str | None


def explain_day(app: Application, day: date, digests: Collection[str] = ()) -> tuple[DayView, ...]:
    """Say for each digest why a day has an edition or none. Errors: UsageError for an unknown digest."""
    return tuple(_explain(app, name, day) for name in known_digests(app, digests))


def _explain(app: Application, name: str, day: date) -> DayView:
    schedule = app.schedule(name)
    outcomes = {found.row.due.occurrence: found for found in app.due_times.outcomes_on(name, day, app.rehearsal)}
    times = sorted(_times(app, schedule, day, outcomes), key=lambda time: time.local)
    return DayView(name, day, schedule.zone, tuple(times), None if times else _reason_for_none(schedule, day))


def _times(app: Application, schedule: Schedule, day: date, outcomes: Mapping[str, DueOutcome]) -> Iterator[TimeView]:
    """Give the times of the schedule, and those that were decided by a schedule of before."""
    now, dues = app.clock.now(), schedule.dues_on(day)
    named = {due.occurrence for due in dues}
    old = [Due(found.row.due.local, found.row.due.due_at, None) for key, found in outcomes.items() if key not in named]
    for due in (*dues, *old):
        change = schedule.clock_change(due.local)
        yield TimeView(due.local, due.due_at, due.skip, change, outcomes.get(due.occurrence), due.due_at <= now)


def _reason_for_none(schedule: Schedule, day: date) -> str:
    if not schedule.cadences:
        return "it has no schedule: its editions are made by hand"
    named = ", ".join(f'"{cadence.text}"' for cadence in schedule.cadences)
    return f"its schedule names no time on a {day:%A} like this: {named}"
