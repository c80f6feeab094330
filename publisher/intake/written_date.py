"""Dates as people write them, in German and English."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    1: ("januar", "jänner", "january", "jan"),
    2: ("februar", "feber", "february", "feb"),
    3: ("märz", "maerz", "march", "mär", "mar"),
    4: ("april", "apr"),
    5: ("mai", "may"),
    6: ("juni", "june", "jun"),
    7: ("juli", "july", "jul"),
    8: ("august", "aug"),
    9: ("september", "sept", "sep"),
    10: ("oktober", "october", "okt", "oct"),
    11: ("november", "nov"),
    12: ("dezember", "december", "dez", "dec"),
}
_MONTH_OF = {name: month for month, names in _MONTHS.items() for name in names}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_OF, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>[0-3]?[0-9])"
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
# The time of day that portals put behind a date is dropped.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?<![\d.-]){_YEAR}-(?P<month>[01]?[0-9])-{_DAY}(?![\d])",
        rf"(?<![\d.]){_DAY}\.\s?(?P<month>[01]?[0-9])\.\s?{_YEAR}(?!\d)",
        rf"(?<![\d.]){_DAY}(?:\.|st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\s*,?\s+{_YEAR}(?!\d)",
        rf"\b{_MONTH}\s+{_DAY}(?:st|nd|rd|th)?\s*,?\s+{_YEAR}(?!\d)",
    )
)


def find_date(text: str) -> tuple[date, int, int] | None:
    """Find the first date in a text: the date, and from where to where it stands.

    Shape: 2020-11-27, 27.11.2020, 27. November 2020, 27 November 2020, November 27, 2020.
    """
    found = [
        (match.start(), match.end(), day) for form in _FORMS for match in form.finditer(text) if (day := _day(match))
    ]
    if not found:
        return None
    start, end, day = min(found)
    return day, start, end


def parse_date(text: str) -> date | None:
    """Read a text that is a date and nothing else."""
    found = find_date(text)
    return found[0] if found and found[1:] == (0, len(text)) else None


def _day(match: re.Match[str]) -> date | None:
    month = match["month"].lower()
    try:
        return date(int(match["year"]), _MONTH_OF.get(month) or int(month), int(match["day"]))
    except ValueError:
        return None
