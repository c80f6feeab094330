"""When a channel may post, held against a plain count over days."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.cadence import parse_cadence
from publisher.domain.post_times import PostTimes, spread_over
from publisher.domain.schedule import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 23, 22, 0, tzinfo=UTC)  # midnight in Berlin, two days before the clocks go back


def own(*texts: str) -> Schedule:
    return Schedule(BERLIN, tuple(parse_cadence(text) for text in texts))


def posted(times: PostTimes, *, days: int, step_minutes: int = 1) -> list[datetime]:
    """Look every so many minutes for so many days, with always something to post."""
    planned: list[datetime] = []
    now = START
    while now < START + timedelta(days=days):
        room = times.room(planned, now)
        planned[:0] = [now] * (99 if room is None else room)
        now += timedelta(minutes=step_minutes)
    return planned[::-1]


def shown(instants: list[datetime]) -> list[str]:
    return [f"{at.astimezone(BERLIN):%d %H:%M}" for at in instants]


def test_a_gap_lies_between_two_posts_over_midnight_and_clock_changes_too() -> None:
    instants = posted(PostTimes(BERLIN, gap=timedelta(hours=9)), days=3)
    assert instants == [START + timedelta(hours=9) * number for number in range(8)]


def test_at_most_so_many_on_a_day_of_the_calendar() -> None:
    """The day of the clock change has 25 hours."""
    instants = posted(PostTimes(BERLIN, max_per_day=2), days=3)
    assert shown(instants) == ["24 00:00", "24 00:00", "25 00:00", "25 00:00", "26 00:00", "26 00:00"]


def test_each_time_of_its_own_takes_one() -> None:
    instants = posted(PostTimes(BERLIN, own("09:00", "02:30")), days=3)
    assert shown(instants) == ["24 02:30", "24 09:00", "25 02:30", "25 09:00", "26 02:30", "26 09:00"]


def test_a_time_that_nobody_was_there_for_is_over_after_ten_minutes() -> None:
    times = PostTimes(BERLIN, own("09:00"))
    nine = START + timedelta(hours=9)
    assert times.room([], nine + timedelta(minutes=9)) == 1
    assert times.room([], nine + timedelta(minutes=11)) == 0
    assert times.next_at([], nine + timedelta(minutes=11)) == nine + timedelta(hours=25)
    assert times.room([nine + timedelta(minutes=1)], nine + timedelta(minutes=2)) == 0, "it was used"


def test_a_time_at_which_nothing_waited_is_over_at_once() -> None:
    times = PostTimes(BERLIN, own("09:00"))
    nine = START + timedelta(hours=9)
    assert times.next_at([], nine + timedelta(minutes=2), nine) == nine + timedelta(hours=25)
    assert times.room([], nine + timedelta(minutes=2), nine - timedelta(days=1)) == 1, "that was the one before"
    assert times.room([], nine + timedelta(minutes=2), nine + timedelta(days=3)) == 1, "that clock was wrong"


def test_posts_are_spread_over_the_day() -> None:
    assert spread_over(time(9), time(17), 5).times == (time(9), time(11), time(13), time(15), time(17))
    assert spread_over(time(9), time(10), 1).times == (time(9),)
    assert spread_over(time(9), time(10), 4).times == (time(9), time(9, 20), time(9, 40), time(10))


@pytest.mark.parametrize(
    ("times", "room"),
    [
        (PostTimes(BERLIN), None),
        (PostTimes(BERLIN, max_per_day=3), 3),
        (PostTimes(BERLIN, gap=timedelta(minutes=1)), 1),
        (PostTimes(BERLIN, own("12:00")), 0),
    ],
)
def test_how_many_may_go_at_once(times: PostTimes, room: int | None) -> None:
    assert times.room([], START) == room


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 300),
    st.none() | st.integers(1, 4),
    st.lists(st.times(), max_size=3),
    st.integers(5, 17),
)
def test_neither_gap_nor_day_nor_own_times_are_ever_broken(
    gap_minutes: int, most: int | None, own_times: list[time], step_minutes: int
) -> None:
    if not gap_minutes and most is None and not own_times:
        return
    schedule = own(*(f"{one:%H:%M}" for one in own_times)) if own_times else None
    times = PostTimes(BERLIN, schedule, timedelta(minutes=gap_minutes), most)
    instants = posted(times, days=3, step_minutes=step_minutes)
    assert all(later - earlier >= times.gap for earlier, later in pairwise(instants))
    per_day = Counter(at.astimezone(BERLIN).date() for at in instants)
    assert all(count <= (most or 99_999) for count in per_day.values())
    if own_times:
        allowed = {f"{one:%H:%M}" for one in own_times}
        for at in instants:
            near = {f"{(at - timedelta(minutes=late)).astimezone(BERLIN):%H:%M}" for late in range(11)}
            assert near & allowed or at.astimezone(BERLIN).date().day == 25
