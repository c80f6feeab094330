"""Due times: once per local calendar time, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.cadence import CadenceError, due_between, instant_of, parse_cadence

BERLIN = ZoneInfo("Europe/Berlin")


def dues(text: str, after: datetime, until: datetime) -> list[str]:
    found = due_between(parse_cadence(text), BERLIN, after, until)
    return [f"{due.occurrence} = {due.due_at:%Y-%m-%d %H:%M}" for due in found]


def test_weekdays_and_several_times() -> None:
    after, until = datetime(2026, 11, 20, 0, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert dues("Mon-Fri 07:00 15:30", after, until) == [
        "due 2026-11-20T07:00 = 2026-11-20 06:00",
        "due 2026-11-20T15:30 = 2026-11-20 14:30",
        "due 2026-11-23T07:00 = 2026-11-23 06:00",
        "due 2026-11-23T15:30 = 2026-11-23 14:30",
    ]
    assert dues("Sat, Sun 9:05", after, until) == [
        "due 2026-11-21T09:05 = 2026-11-21 08:05",
        "due 2026-11-22T09:05 = 2026-11-22 08:05",
    ]
    assert parse_cadence("Fri-Mon 07:00").weekdays == {4, 5, 6, 0}


def test_a_time_in_the_spring_gap_runs_at_the_first_instant_after_it() -> None:
    # Europe/Berlin, 2026-03-29: 02:00 becomes 03:00, at 01:00 UTC.
    assert dues("02:30", datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)) == [
        "due 2026-03-29T02:30 = 2026-03-29 01:00"
    ]


def test_a_time_in_the_autumn_fold_runs_once() -> None:
    # Europe/Berlin, 2026-10-25: 03:00 becomes 02:00, at 01:00 UTC; 02:30 is 00:30 and 01:30 UTC.
    assert dues("02:30", datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)) == [
        "due 2026-10-25T02:30 = 2026-10-25 00:30"
    ]


def test_each_local_time_of_a_year_comes_exactly_once() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    seen = [due.local for due in due_between(parse_cadence("02:30"), BERLIN, start, start + timedelta(days=365))]
    assert seen == [datetime(2026, 1, 1, 2, 30) + timedelta(days=number) for number in range(365)]  # noqa: DTZ001


def test_the_end_of_a_gap_is_found_in_zones_with_odd_gaps() -> None:
    # Lord Howe moves by half an hour: 2026-10-04 02:00 becomes 02:30, at 15:30 UTC the day before.
    local = datetime(2026, 10, 4, 2, 10)  # noqa: DTZ001
    assert instant_of(local, ZoneInfo("Australia/Lord_Howe")) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
    # Samoa left out a whole day: 2011-12-30 is not there at all.
    assert instant_of(datetime(2011, 12, 30, 9), ZoneInfo("Pacific/Apia")) == datetime(  # noqa: DTZ001
        2011, 12, 30, 10, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mon-Fri", 'no time of day in "Mon-Fri"'),
        ("Mon-Fri 25:00", '"25:00" is not a time of day'),
        ("Mo-Fr 07:00", '"Mo" is not a weekday (Mon, Tue, Wed, Thu, Fri, Sat, Sun)'),
    ],
)
def test_what_is_no_schedule_is_said_plainly(text: str, message: str) -> None:
    with pytest.raises(CadenceError) as caught:
        parse_cadence(text)
    assert str(caught.value) == message
