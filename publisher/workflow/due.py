"""Due: which due times of which digests are here and not decided yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.schedule import Due
from publisher.logs import get_logger
from publisher.ports.due_times import DueTime
from publisher.workflow.application import Application

LOOK_AHEAD = timedelta(days=370)
# Clocks are put right in small steps all the time; a longer one backwards means that the clock was wrong before.
CLOCK_STEP = timedelta(seconds=2)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DuePoint:
    """A due time of a digest."""

    digest: str
    due: Due

    @property
    def key(self) -> tuple[str, str]:
        """Give what makes it one."""
        return (self.digest, self.due.occurrence)

    def time(self, app: Application) -> DueTime:
        """Give it as the ledger knows it."""
        return DueTime(self.digest, self.due.occurrence, self.due.due_at, app.rehearsal)


def find_due(app: Application, now: datetime) -> tuple[DuePoint, ...]:
    """List what is due and not decided, earliest first.

    A digest that is new to us begins with its catch-up time: what was due before nobody has missed. What was decided by
    a clock that was ahead is open again.
    """
    points = [point for name in scheduled(app) for point in _find(app, name, now)]
    return tuple(sorted(points, key=lambda point: (point.due.due_at, point.digest)))


def scheduled(app: Application) -> tuple[str, ...]:
    """Name the digests that have a schedule."""
    return tuple(name for name, digest in app.settings.digests.items() if digest.schedule)


def _find(app: Application, name: str, now: datetime) -> Iterator[DuePoint]:
    judged_until = app.due_times.begin(name, app.rehearsal, now - app.settings.digests[name].catch_up_time)
    if now < judged_until - CLOCK_STEP:
        count = app.due_times.turn_back(name, app.rehearsal, now)
        get_logger().warning("the clock was put back", digest=name, reopened=count)
        judged_until = now
    dues = list(app.schedule(name).due_between(judged_until, now))
    decided = app.due_times.decided(name, app.rehearsal, dues[0].due_at) if dues else frozenset()
    yield from (DuePoint(name, due) for due in dues if due.occurrence not in decided)


def close_due(app: Application, now: datetime) -> None:
    """Note until when everything is decided: before what is still to be made, or made and not planned yet."""
    open_points = [(point.digest, point.due.due_at) for point in find_due(app, now)]
    open_points += [(item.due.digest, item.due.due_at) for item in app.due_times.open_editions(app.rehearsal)]
    names = scheduled(app)
    for name in names:
        app.due_times.advance(name, app.rehearsal, _until(now, (at for digest, at in open_points if digest == name)))
    app.due_times.forget_others(names, app.rehearsal)


def _until(now: datetime, open_times: Iterable[datetime]) -> datetime:
    return min([now, *(at - _INSTANT for at in open_times)])


def due_soon(app: Application, now: datetime, within: timedelta) -> tuple[str, ...]:
    """Name the digests that are due, and not skipped, within a while from now."""
    return tuple(
        name
        for name in scheduled(app)
        if any(due.skip is None for due in app.schedule(name).due_between(now, now + within))
    )


def next_due_at(app: Application, now: datetime) -> datetime | None:
    """Give the next instant at which something is due, skipped days too; None if nothing is scheduled."""
    dues = (next(app.schedule(name).due_between(now, now + LOOK_AHEAD), None) for name in scheduled(app))
    return min((due.due_at for due in dues if due is not None), default=None)


def was_due(app: Application, now: datetime) -> bool:
    """Say whether a digest was due, and not skipped, within its catch-up time."""
    return any(
        due.skip is None
        for name in scheduled(app)
        for due in app.schedule(name).due_between(now - app.settings.digests[name].catch_up_time, now)
    )
