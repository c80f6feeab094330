"""The times of a schedule as calendars and wall clocks show them: "Mon-Fri 07:00", or a cron line.

Nothing here knows of time zones: `domain/schedule.py` makes instants of these local times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cronsim import CronSim, CronSimError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_CRON_FIELD = re.compile(r"[\d*][\w*/,#-]*")
_CRON_FIELD_COUNT = 5
# Any moment will do to ask whether a cron line ever comes; the library looks fifty years ahead.
_SOME_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a calendar's time


class CadenceError(ValueError):
    """The text is not a schedule; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class WeeklyTimes:
    """Times of day on weekdays; 0 is Monday."""

    text: str
    weekdays: frozenset[int]
    times: tuple[time, ...]

    def local_times(self, first: date, last: date) -> Iterator[datetime]:
        """Give the naive local times of these days, both included, in order."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day.weekday() in self.weekdays:
                yield from (datetime.combine(day, clock_time) for clock_time in self.times)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """Times of a cron line of five fields, which is read as Debian's cron reads it: 0 and 7 are both Sunday.

    Where day of month and weekday are both given, either is enough.
    Source: crontab(5) of Debian 12, checked 2026-11-29.
    """

    text: str

    def local_times(self, first: date, last: date) -> Iterator[datetime]:
        """Give the naive local times of these days, both included, in order."""
        before = datetime.combine(first, time()) - timedelta(seconds=1)
        for local in CronSim(self.text, before):
            if local.date() > last:
                return
            yield local


Cadence = WeeklyTimes | CronTimes


def parse_cadence(text: str) -> Cadence:
    """Read "Mon-Fri 07:00", "Mon,Thu 07:00 15:30", "07:00", or a cron line, "0 7 * * 1-5". Errors: CadenceError."""
    words = text.replace(", ", ",").split()
    if words and ":" not in text and _CRON_FIELD.fullmatch(words[0]):
        return _parse_cron(text, words)
    times = [_parse_time(word) for word in words if ":" in word]
    if not times:
        raise CadenceError(f'no time of day in "{text}"')
    days = [word for word in words if ":" not in word]
    weekdays = frozenset().union(*(_parse_days(word) for word in days)) if days else frozenset(range(7))
    return WeeklyTimes(text, weekdays, tuple(sorted(set(times))))


def _parse_cron(text: str, words: list[str]) -> CronTimes:
    if len(words) != _CRON_FIELD_COUNT:
        fields = "minute, hour, day, month, weekday"
        raise CadenceError(f'the cron line "{text}" has {len(words)} fields instead of five: {fields}')
    try:
        comes = next(iter(CronSim(text, _SOME_DAY)), None)
    except CronSimError as error:
        raise CadenceError(f'the cron line "{text}" has a wrong {_field_of(error)}') from None
    if comes is None:
        raise CadenceError(f'the cron line "{text}" never comes')
    return CronTimes(text)


def _field_of(error: CronSimError) -> str:
    """Take the field's name out of the library's "Bad day-of-month"."""
    name = str(error).removeprefix("Bad ")
    return {"day-of-month": "day of the month", "day-of-week": "weekday"}.get(name, name)


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
