"""Public holidays of a country or a part of it, by the `holidays` package, in the country's own words.

The package is imported when a config asks for holidays: that takes 0.1 seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date


class RegionError(ValueError):
    """There is no such country or part of it; `known` are the codes that could have been meant."""

    def __init__(self, message: str, known: Sequence[str]) -> None:
        super().__init__(message)
        self.known = tuple(known)


def check_region(code: str) -> None:
    """Check a code such as "DE-NW" or "AT". Errors: RegionError."""
    import holidays
    from holidays.registry import EntityLoader  # its list of all countries with their parts would load every one

    countries = list(EntityLoader.get_country_codes(include_aliases=False))
    country, dash, part = code.partition("-")
    if country not in countries:
        raise RegionError(f'"{code}" names no country', countries)
    parts = getattr(holidays, country).subdivisions
    if dash and part not in parts:
        known = [f"{country}-{name}" for name in parts] or [country]
        raise RegionError(f'"{code}" names no part of {country}', known)


def holiday_on(day: date, region: str) -> str | None:
    """Name the public holiday of a day in a region, such as "Fronleichnam" in "DE-NW"; None if there is none."""
    return _calendar_of(region).get(day)


@functools.lru_cache(maxsize=32)
def _calendar_of(region: str) -> Mapping[date, str]:
    """Give a calendar that works out each year when it is first asked about it.

    The language is given, as otherwise the machine's own would hold.
    """
    import holidays

    country, _, part = region.partition("-")
    native = getattr(holidays, country).default_language
    return holidays.country_holidays(country, subdiv=part or None, language=native)
