"""Quiet hours: over midnight, within a day, and on the days when the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.quiet_hours import parse_quiet_hours

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("20:00-07:00", "2026-11-23 19:59:59", None),
        ("20:00-07:00", "2026-11-23 20:00", "2026-11-24 07:00"),
        ("20:00-07:00", "2026-11-24 00:00", "2026-11-24 07:00"),
        ("20:00-07:00", "2026-11-24 06:59:59", "2026-11-24 07:00"),
        ("20:00-07:00", "2026-11-24 07:00", None),
        ("12:00 - 13:30", "2026-11-24 12:30", "2026-11-24 13:30"),
        ("12:00-13:30", "2026-11-24 14:00", None),
        ("00:00-06:00", "2026-11-24 05:00", "2026-11-24 06:00"),
        ("20:00-00:00", "2026-11-24 21:00", "2026-11-25 00:00"),
        # On 2026-03-29 two o'clock is followed by three, on 2026-10-25 it comes twice.
        ("02:15-02:45", "2026-03-29 03:10", None),
        ("22:00-02:30", "2026-03-29 01:59", "2026-03-29 03:00"),
        ("20:00-07:00", "2026-10-25 02:30", "2026-10-25 07:00"),
    ],
)
def test_when_they_end(hours: str, now: str, end: str | None) -> None:
    assert parse_quiet_hours(hours).end_at(local(now), BERLIN) == (local(end) if end else None)


@pytest.mark.parametrize("text", ["", "20:00", "20-7", "25:00-07:00", "20:00-07:60", "08:00-08:00", "20:00-07:00 Mon"])
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+;.+"):
        parse_quiet_hours(text)


@settings(max_examples=150, deadline=None)
@given(st.times(), st.times(), st.integers(0, 366 * 24 * 60))
def test_they_end_and_nobody_waits_for_longer_than_a_day(start: time, end: time, minute: int) -> None:
    """At their end they are over, and a second before it they are not."""
    text = f"{start:%H:%M}-{end:%H:%M}"
    if text[:5] == text[6:]:
        return
    hours, now = parse_quiet_hours(text), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = hours.end_at(now, BERLIN)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        assert hours.end_at(until, BERLIN) is None
        assert hours.end_at(until - timedelta(seconds=1), BERLIN) == until
