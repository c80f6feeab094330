"""When a digest is due: local calendar times, each of them once.

A time that the clock skips in spring runs at the first instant after the gap; one that comes twice in autumn runs the
first time only. That is what people mean by "every day at half past two", and what a plain cron does not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class CadenceError(ValueError):
    """The text is not a schedule; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """Local times on weekdays; 0 is Monday."""

    weekdays: frozenset[int]
    times: tuple[time, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A due time: the local calendar time, which is its identity, and the instant at which it comes."""

    local: datetime
    due_at: datetime

    @property
    def occurrence(self) -> str:
        """Name it as the ledger does: unique in a digest."""
        return f"due {self.local.isoformat(timespec='minutes')}"


def parse_cadence(text: str) -> Cadence:
    """Read "Mon-Fri 07:00", "Mon,Thu 07:00 15:30" or "07:00". Errors: CadenceError."""
    words = text.replace(", ", ",").split()
    times = [_parse_time(word) for word in words if ":" in word]
    if not times:
        raise CadenceError(f'no time of day in "{text}"')
    days = [word for word in words if ":" not in word]
    weekdays = frozenset().union(*(_parse_days(word) for word in days)) if days else frozenset(range(7))
    return Cadence(weekdays, tuple(sorted(set(times))))


def _parse_time(word: str) -> time:
    match = _TIME.fullmatch(word)
    if not match:
        raise CadenceError(f'"{word}" is not a time of day')
    return time(int(match.group(1)), int(match.group(2)))


def _parse_days(word: str) -> frozenset[int]:
    days: set[int] = set()
    for part in word.split(","):
        first, dash, last = part.partition("-")
        start = _parse_day(first)
        end = _parse_day(last) if dash else start
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(days)


def _parse_day(word: str) -> int:
    name = word.lower()[:3]
    if name not in WEEKDAYS:
        raise CadenceError(f'"{word}" is not a weekday (Mon, Tue, Wed, Thu, Fri, Sat, Sun)')
    return WEEKDAYS.index(name)


def due_between(cadence: Cadence, zone: tzinfo, after: datetime, until: datetime) -> Iterator[Due]:
    """Give each due time whose instant is later than `after` and not later than `until`, in order of their instants."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date() + timedelta(days=1)
    while day <= last:
        for due in _dues_on(cadence, zone, day):
            if after < due.due_at <= until:
                yield due
        day += timedelta(days=1)


def _dues_on(cadence: Cadence, zone: tzinfo, day: date) -> Iterator[Due]:
    if day.weekday() in cadence.weekdays:
        for clock_time in cadence.times:
            local = datetime.combine(day, clock_time)
            yield Due(local, instant_of(local, zone))


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """Give the UTC instant of a naive local time: the first of two, or the first after a gap."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    return _end_of_gap(local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _end_of_gap(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Find the instant, to the second, at which the offset changes between two instants."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)
