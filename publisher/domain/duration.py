"""Durations as people write them: "90s", "30m", "2h", "3d", and "1h 30m"."""

from __future__ import annotations

import re
from datetime import timedelta

_WORD = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class DurationError(ValueError):
    """The text is not a duration."""


def parse_duration(text: str) -> timedelta:
    """Read a duration; "0" and "0s" are none. Errors: DurationError."""
    words = _WORD.findall(text)
    if text.strip() == "0":
        return timedelta()
    if not words or _WORD.sub("", text).strip():
        raise DurationError(f'"{text}" is not a duration')
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in words), timedelta())


def duration_text(duration: timedelta) -> str:
    """Write a duration in the same way, to the second: "1h 30m"."""
    seconds = round(duration.total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return " ".join(parts) or "0s"
