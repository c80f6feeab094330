"""Every clock change of the tz database from 2015 to 2038, and what has to run around it.

    python -m tests.domain.clock_changes            all zones: ours, and APScheduler's cron trigger beside it
    python -m tests.domain.clock_changes Europe/Berlin Africa/Casablanca

The oracle asks the tz database in one direction only, from an instant to what clocks show. It walks minute by minute
through the hours around a change: a local time belongs to the first minute that shows it, and where none does, to the
first minute that shows a later one.
"""

from __future__ import annotations

import sys
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST, LAST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2039, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
STEP_MINUTES = 15
AROUND = timedelta(hours=4)  # on either side of a change
WALK = timedelta(hours=30)  # a change may leave out a whole day

# Runs by local time: what ran when. A local time that did not run at all is not there.
Runs = dict[datetime, list[datetime]]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a zone's offset: the first instant with the new one."""

    zone: str
    at: datetime

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Give the instants between which runs are looked at: later than the first, not later than the second."""
        return self.at - AROUND, self.at + AROUND


def changes(names: Iterable[str]) -> Iterator[Change]:
    """Find every change, to the second: no two of them lie within a day."""
    for name in names:
        zone = ZoneInfo(name)
        day = FIRST
        before = day.astimezone(zone).utcoffset()
        while day < LAST:
            offset = (day + DAY).astimezone(zone).utcoffset()
            if offset != before:
                yield Change(name, _first_with(zone, offset, day, day + DAY))
            day, before = day + DAY, offset


def _first_with(zone: ZoneInfo, offset: timedelta | None, low: datetime, high: datetime) -> datetime:
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high


def right_runs(change: Change) -> Runs:
    """Say what has to run within the window, each quarter of an hour, by walking through it."""
    zone, (after, until) = ZoneInfo(change.zone), change.window
    shown_first: dict[datetime, datetime] = {}
    latest = None
    skipped: dict[datetime, datetime] = {}
    instant = after - WALK
    while instant <= until:
        shows = instant.astimezone(zone).replace(tzinfo=None, fold=0)
        if latest is not None:
            missing = latest + MINUTE
            while missing < shows:
                skipped.setdefault(missing, instant)
                missing += MINUTE
        shown_first.setdefault(shows, instant)
        latest = shows if latest is None else max(latest, shows)
        instant += MINUTE
    runs = skipped | shown_first
    return {
        local: [at]
        for local, at in runs.items()
        if after < at <= until and (local.hour * 60 + local.minute) % STEP_MINUTES == 0
    }


Runner = Callable[[Change, Iterable[datetime]], Runs]


def our_runs(change: Change, wanted: Iterable[datetime]) -> Runs:
    """Ask the schedule of a digest."""
    from publisher.domain.cadence import WeeklyTimes
    from publisher.domain.schedule import Schedule

    times = tuple(sorted({local.time() for local in wanted}))
    schedule = Schedule(ZoneInfo(change.zone), (WeeklyTimes("", frozenset(range(7)), times),))
    found: Runs = {}
    for due in schedule.due_between(*change.window):
        found.setdefault(due.local, []).append(due.due_at)
    return found


def apscheduler_runs(change: Change, wanted: Iterable[datetime]) -> Runs:
    """Ask APScheduler's cron trigger for each local date and time."""
    from apscheduler.triggers.cron import CronTrigger

    zone, (after, until) = ZoneInfo(change.zone), change.window
    found: Runs = {}
    for local in wanted:
        trigger = CronTrigger(
            year=local.year, month=local.month, day=local.day, hour=local.hour, minute=local.minute, timezone=zone
        )
        previous, now = None, after + timedelta(seconds=1)
        while (fired := trigger.get_next_fire_time(previous, now)) is not None and fired <= until:
            found.setdefault(local, []).append(fired.astimezone(UTC))
            previous, now = fired, fired.astimezone(UTC) + timedelta(microseconds=1)
    return found


@dataclass(slots=True)
class Tally:
    """How many cases there were, and what was wrong with how many."""

    changes: int = 0
    cases: int = 0
    never: int = 0
    twice: int = 0
    elsewhen: int = 0

    @property
    def wrong(self) -> int:
        """Count all that was wrong."""
        return self.never + self.twice + self.elsewhen


def compare(found: Iterable[Change], runner: Runner) -> Tally:
    """Hold what a runner says against what is right."""
    tally = Tally()
    for change in found:
        right = right_runs(change)
        said = runner(change, right)
        tally.changes += 1
        for local in right.keys() | said.keys():
            tally.cases += 1
            _judge(tally, right.get(local, []), said.get(local, []))
    return tally


def _judge(tally: Tally, right: list[datetime], said: list[datetime]) -> None:
    if not said:
        tally.never += 1
    elif len(said) > 1:
        tally.twice += 1
    elif said != right:
        tally.elsewhen += 1


def main(names: list[str]) -> None:
    """Print the figures."""
    found = list(changes(names or sorted(zoneinfo.available_timezones())))
    for name, runner in (("publish", our_runs), ("APScheduler's cron trigger", apscheduler_runs)):
        tally = compare(found, runner)
        sys.stdout.write(
            f"{name}: {tally.cases:,} cases around {tally.changes:,} clock changes, {tally.wrong:,} wrong "
            f"(never {tally.never:,}, twice {tally.twice:,}, at another instant {tally.elsewhen:,})\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
