"""Due times: once per local calendar time, whatever the clock does."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.domain.blackout import BlackoutError, parse_blackout
from publisher.domain.cadence import CadenceError, WeeklyTimes, parse_cadence
from publisher.domain.digest import Digest
from publisher.domain.holidays import RegionError, check_region, holiday_on
from publisher.domain.local_time import instant_of
from publisher.domain.schedule import Due, PauseError, Schedule, parse_pause, schedule_of

BERLIN = ZoneInfo("Europe/Berlin")


def dues(text: str, after: datetime, until: datetime) -> list[str]:
    found = Schedule(BERLIN, (parse_cadence(text),)).due_between(after, until)
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
    over_the_weekend = parse_cadence("Fri-Mon 07:00")
    assert isinstance(over_the_weekend, WeeklyTimes)
    assert over_the_weekend.weekdays == {4, 5, 6, 0}


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
    schedule = Schedule(BERLIN, (parse_cadence("02:30"),))
    seen = [due.local for due in schedule.due_between(start, start + timedelta(days=365))]
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
        ("", 'no time of day in ""'),
        ("0 7 * *", 'the cron line "0 7 * *" has 4 fields instead of five: minute, hour, day, month, weekday'),
        ("0 0 7 * * 1", 'the cron line "0 0 7 * * 1" has 6 fields instead of five: minute, hour, day, month, weekday'),
        ("0 24 * * *", 'the cron line "0 24 * * *" has a wrong hour'),
        ("0 7 32 * *", 'the cron line "0 7 32 * *" has a wrong day of the month'),
        ("0 7 * * 8", 'the cron line "0 7 * * 8" has a wrong weekday'),
        ("0 7 31 2,4 1#6", 'the cron line "0 7 31 2,4 1#6" has a wrong weekday'),
        ("0 7 30 2 *", 'the cron line "0 7 30 2 *" has a wrong day of the month'),
        ("0 7 */20 * 1L", 'the cron line "0 7 */20 * 1L" never comes'),
    ],
)
def test_what_is_no_schedule_is_said_plainly(text: str, message: str) -> None:
    with pytest.raises(CadenceError) as caught:
        parse_cadence(text)
    assert str(caught.value) == message


def digest_with(**keys: object) -> Schedule:
    keys = {"title": "Dienst", "channel": "mail", "from_address": "news@example.org", **keys}
    return schedule_of(Digest(**keys), BERLIN)  # type: ignore[arg-type]


def in_june_2026(schedule: Schedule) -> list[Due]:
    return list(schedule.due_between(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("0 7 * * 1-5", [1, 2, 3, 4, 5]),
        ("0 7 * * MON,Thu", [1, 4]),
        ("0 7 * * 0", [7]),
        ("0 7 * * 7", [7]),
        ("0 7 3 * *", [3]),
        ("0 7 3 * 5", [3, 5]),
        ("0 7 * * 1#1", [1]),
        ("0 7 */6 6 *", [1, 7]),
    ],
)
def test_a_cron_line_counts_weekdays_as_cron_does(line: str, days: list[int]) -> None:
    """0 and 7 are Sunday, 1 is Monday; a day of the month or a weekday is enough where both are given."""
    assert [due.local for due in in_june_2026(digest_with(schedule=(line,)))] == [
        datetime(2026, 6, day, 7)  # noqa: DTZ001
        for day in days
    ]


def test_entries_come_in_order_and_a_time_that_two_of_them_name_comes_once() -> None:
    found = in_june_2026(digest_with(schedule=("Mon 15:30", "0 7 * * 1", "Mon 07:00", "45 6 1 * *")))
    assert [due.occurrence for due in found] == ["due 2026-06-01T06:45", "due 2026-06-01T07:00", "due 2026-06-01T15:30"]


def test_a_cron_line_follows_the_clock_change_rule() -> None:
    spring = Schedule(BERLIN, (parse_cadence("*/20 2 * * *"),))
    assert [due.due_at.hour * 60 + due.due_at.minute for due in spring.dues_on(date(2026, 3, 29))] == [60, 60, 60]
    assert [f"{due.due_at:%H:%M}" for due in spring.dues_on(date(2026, 10, 25))] == ["00:00", "00:20", "00:40"]


def test_skipped_days_are_given_with_their_reason() -> None:
    """4 June 2026 is Corpus Christi: a holiday in North Rhine-Westphalia, not in Berlin."""
    schedule = digest_with(
        schedule=("07:00",),
        skip_holidays=("DE-BE", "DE-NW"),
        blackout=("2026-06-05..2026-06-06",),
        pause_until="2026-06-03",
    )
    assert [due.skip for due in in_june_2026(schedule)] == [
        "paused until 2026-06-03",
        "paused until 2026-06-03",
        None,
        "holiday: Fronleichnam",
        "blackout: 2026-06-05..2026-06-06",
        "blackout: 2026-06-05..2026-06-06",
        None,
    ]


def test_a_pause_ends_at_its_minute() -> None:
    schedule = digest_with(schedule=("07:00 12:00",), pause_until="2026-06-01 12:00")
    assert [due.skip for due in in_june_2026(schedule)][:2] == ["paused until 2026-06-01 12:00", None]


def test_holidays_are_named_in_the_words_of_their_country_whatever_the_machine_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US")
    assert holiday_on(date(2026, 6, 4), "DE-NW") == "Fronleichnam"
    assert holiday_on(date(2026, 6, 4), "DE-BE") is None
    assert holiday_on(date(2026, 10, 26), "AT") == "Nationalfeiertag"
    assert holiday_on(date(2026, 8, 1), "CH-ZH") == "Nationalfeiertag"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NRW", '"NRW" names no country'),
        ("de", '"de" names no country'),
        ("DE-NRW", '"DE-NRW" names no part of DE'),
        ("DE-", '"DE-" names no part of DE'),
    ],
)
def test_what_is_no_region_is_said_plainly(code: str, message: str) -> None:
    with pytest.raises(RegionError) as caught:
        check_region(code)
    assert str(caught.value) == message
    assert code == "DE-" or "DE" in caught.value.known or "DE-NW" in caught.value.known


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("2026-12-24", ["2026-12-24"], ["2026-12-23", "2026-12-25", "2027-12-24"]),
        (
            "2026-12-24..2027-01-06",
            ["2026-12-24", "2027-01-01", "2027-01-06"],
            ["2026-12-23", "2027-01-07", "2025-12-25"],
        ),
        ("12-24..01-06", ["2026-12-24", "2030-12-31", "2031-01-06"], ["2026-12-23", "2027-01-07", "2027-06-01"]),
        ("02-29..03-01", ["2028-02-29", "2027-03-01"], ["2027-02-28", "2028-03-02"]),
        ("05-01", ["2026-05-01", "2040-05-01"], ["2026-05-02"]),
    ],
)
def test_blackout_days(text: str, inside: list[str], outside: list[str]) -> None:
    blackout = parse_blackout(text)
    assert [day for day in (*inside, *outside) if blackout.covers(date.fromisoformat(day))] == inside


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("24.12.2026", '"24.12.2026" is not a date'),
        ("2026-02-30", '"2026-02-30" is not a date'),
        ("20261224", '"20261224" is not a date'),
        ("2026-12-24..", '"" in "2026-12-24.." is not a date'),
        ("2026-12-24..01-06", '"2026-12-24..01-06" has a year on one side only'),
        ("2027-01-06..2026-12-24", '"2027-01-06..2026-12-24" ends before it begins'),
    ],
)
def test_what_is_no_blackout_is_said_plainly(text: str, message: str) -> None:
    with pytest.raises(BlackoutError) as caught:
        parse_blackout(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["morgen", "2027-13-01", "2027-01-07T07:00+01:00"])
def test_what_is_no_end_of_a_pause_is_said_plainly(text: str) -> None:
    with pytest.raises(PauseError, match=re.escape(f'"{text}"')):
        parse_pause(text)


def test_what_a_clock_change_does_is_said_in_words() -> None:
    schedule = digest_with(schedule=("02:30",))
    local = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001
    assert schedule.clock_change(local) == "clock change: there is no 02:30 on this day, it runs at 03:00"
    assert (
        schedule.clock_change(local.replace(month=10, day=25))
        == "clock change: 02:30 comes twice on this day, it runs the first time"
    )
    assert schedule.clock_change(local.replace(day=28)) is None
