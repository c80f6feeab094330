"""Blackout: days on which a digest is not made, "2026-12-24", "2026-12-24..2027-01-06", or each year "12-24..01-06"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_YEARLY = re.compile(r"\d{2}-\d{2}")
_LEAP_YEAR = 2024


class BlackoutError(ValueError):
    """The text names no days; the message says why."""


@dataclass(frozen=True, slots=True)
class Blackout:
    """Days from the first to the last, both included: of one year, or of each year where `yearly` is set.

    `first` and `last` are ISO dates, without the year where it is each year.
    """

    text: str
    first: str
    last: str
    yearly: bool

    def covers(self, day: date) -> bool:
        """Say whether a day is one of these; a yearly range may go past the end of the year."""
        shown = day.isoformat()[5:] if self.yearly else day.isoformat()
        if self.yearly and self.last < self.first:
            return shown >= self.first or shown <= self.last
        return self.first <= shown <= self.last


def parse_blackout(text: str) -> Blackout:
    """Read one entry. Errors: BlackoutError."""
    first, dots, last = (part.strip() for part in text.partition(".."))
    last = last if dots else first
    yearly = [_is_yearly(first, text), _is_yearly(last, text)]
    if yearly[0] != yearly[1]:
        raise BlackoutError(f'"{text}" has a year on one side only')
    if not yearly[0] and last < first:
        raise BlackoutError(f'"{text}" ends before it begins')
    return Blackout(text, first, last, yearly[0])


def _is_yearly(day: str, text: str) -> bool:
    """Say whether a day stands there without its year. Errors: BlackoutError."""
    yearly = _YEARLY.fullmatch(day) is not None
    whole = f"{_LEAP_YEAR}-{day}" if yearly else day
    try:
        if date.fromisoformat(whole).isoformat() == whole:
            return yearly
    except ValueError:
        pass
    raise BlackoutError(f'"{day}" in "{text}" is not a date' if day != text else f'"{day}" is not a date')
