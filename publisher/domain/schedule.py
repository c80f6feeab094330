"""When a digest is due, and when it is not made although it would be: holidays, blackout, pause.

A due time is a local calendar time of the digest's zone, and each of them comes once (`domain/local_time.py`). One that
falls on a skipped day is still given, with the reason in `skip`, so that the ledger can say what became of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from publisher.domain.blackout import Blackout, parse_blackout
from publisher.domain.cadence import Cadence, parse_cadence
from publisher.domain.digest import Digest
from publisher.domain.holidays import holiday_on
from publisher.domain.local_time import clock_change, instant_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A due time: the naive local calendar time, which is its identity, and the instant at which it comes.

    `skip` says in plain words why nothing is made, such as "holiday: Fronleichnam"; None where it is made.
    """

    local: datetime
    due_at: datetime
    skip: str | None = None

    @property
    def occurrence(self) -> str:
        """Name it as the ledger does: unique in a digest."""
        return f"due {self.local.isoformat(timespec='minutes')}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that a digest's config says of when. `pause_until` is a naive local time, `holidays` are regions."""

    zone: tzinfo
    cadences: tuple[Cadence, ...] = ()
    holidays: tuple[str, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    pause_until: datetime | None = None

    def due_between(self, after: datetime, until: datetime) -> Iterator[Due]:
        """Give each due time whose instant is later than `after` and not later than `until`, in order.

        Both are aware. It is lazy: a caller may ask for years and stop at the twentieth.
        """
        first = after.astimezone(self.zone).date() - _DAY
        last = until.astimezone(self.zone).date() + _DAY
        for local in self._local_times(first, last):
            due_at = instant_of(local, self.zone)
            if due_at > until:
                return
            if due_at > after:
                yield Due(local, due_at, self.reason_to_skip(local))

    def dues_on(self, day: date) -> tuple[Due, ...]:
        """Give the due times of one local calendar day, in order."""
        return tuple(
            Due(local, instant_of(local, self.zone), self.reason_to_skip(local))
            for local in self._local_times(day, day)
        )

    def reason_to_skip(self, local: datetime) -> str | None:
        """Say why nothing is made at a naive local time, None if it is made."""
        if self.pause_until is not None and local < self.pause_until:
            return f"paused until {shown_pause(self.pause_until)}"
        day = local.date()
        for blackout in self.blackouts:
            if blackout.covers(day):
                return f"blackout: {blackout.text}"
        names = (holiday_on(day, region) for region in self.holidays)
        return next((f"holiday: {name}" for name in names if name), None)

    def clock_change(self, local: datetime) -> str | None:
        """Say what a clock change does to a naive local time, None if nothing."""
        return clock_change(local, self.zone)

    def _local_times(self, first: date, last: date) -> Iterator[datetime]:
        """Merge the entries of the schedule; a time that two of them name comes once."""
        before = None
        for local in heapq.merge(*(cadence.local_times(first, last) for cadence in self.cadences)):
            if local != before:
                yield local
            before = local


def schedule_of(digest: Digest, zone: tzinfo) -> Schedule:
    """Make the schedule of a digest. Errors: ValueErrors of their own, unless the config is checked."""
    return Schedule(
        zone=zone,
        cadences=tuple(parse_cadence(text) for text in digest.schedule),
        holidays=digest.skip_holidays,
        blackouts=tuple(parse_blackout(text) for text in digest.blackout),
        pause_until=None if digest.pause_until is None else parse_pause(digest.pause_until),
    )


class PauseError(ValueError):
    """The text is neither a date nor a local time; the message says so."""


def parse_pause(text: str) -> datetime:
    """Read "2027-01-07", from whose first minute on it goes on, or "2027-01-07 12:00". Errors: PauseError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PauseError(f'"{text}" is neither a date nor a date with a time') from None
    if moment.tzinfo is not None:
        raise PauseError(f'"{text}" has an offset; the time is that of the digest\'s own time zone')
    return moment


def shown_pause(moment: datetime) -> str:
    """Write the end of a pause, without the time where it is midnight."""
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat(" ", "minutes")
