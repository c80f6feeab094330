"""Quiet hours: the hours of each day in which a channel sends nothing, such as 20:00-07:00."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from publisher.domain.local_time import instant_of

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times from `start` on, up to and without `end`; over midnight where the end is earlier."""

    start: time
    end: time

    def end_at(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Say when the quiet hours that are now end, as a UTC instant; None if there are none now.

        Each day's begin and end are instants: so the hour that comes twice in autumn is quiet twice or not at all.
        """
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            begin = instant_of(datetime.combine(day, self.start), zone)
            last_day = day if self.start < self.end else day + timedelta(days=1)
            end = instant_of(datetime.combine(last_day, self.end), zone)
            if begin <= now < end:
                return end
        return None


def parse_quiet_hours(text: str) -> QuietHours:
    """Read "20:00-07:00". ValueError says what is wrong with it."""
    match = _HOURS.fullmatch(text.strip())
    if not match:
        raise ValueError(f'"{text}" does not name two times of day; write for example "20:00-07:00"')
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    hours = QuietHours(time(start_hour, start_minute), time(end_hour, end_minute))
    if hours.start == hours.end:
        raise ValueError(f'"{text}" would be quiet all day; set enabled = false to leave the channel out')
    return hours
