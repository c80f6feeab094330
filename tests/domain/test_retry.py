"""When a deferred delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.retry import RetryRule, is_given_up, next_try_at

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@given(st.integers(1, 500), st.floats(0, 1))
def test_the_wait_is_between_five_minutes_and_about_an_hour(attempt_count: int, chance: float) -> None:
    wait = next_try_at(NOW, attempt_count=attempt_count, remote_seconds=None, chance=chance) - NOW
    assert timedelta(seconds=300) <= wait <= timedelta(seconds=4_000)


def test_the_wait_grows_with_each_try() -> None:
    waits = [next_try_at(NOW, attempt_count=n, remote_seconds=None, chance=1.0) - NOW for n in range(1, 6)]
    assert waits == [timedelta(seconds=s) for s in (600, 1_200, 2_400, 4_000, 4_000)]


def test_the_remotes_own_wish_is_a_floor_but_no_more_than_a_day() -> None:
    assert next_try_at(NOW, attempt_count=1, remote_seconds=7_200, chance=0) - NOW == timedelta(hours=2)
    assert next_try_at(NOW, attempt_count=1, remote_seconds=1e9, chance=0) - NOW == timedelta(days=1)
    assert next_try_at(NOW, attempt_count=1, remote_seconds=1, chance=0) - NOW == timedelta(minutes=5)


def test_after_five_days_a_delivery_is_given_up() -> None:
    assert not is_given_up(NOW - timedelta(days=5), NOW)
    assert is_given_up(NOW - timedelta(days=5, seconds=1), NOW)


@given(st.integers(60, 3_600), st.integers(60, 86_400), st.integers(1, 10**6), st.floats(0, 1))
def test_a_rule_of_ones_own_is_kept(first: int, longest: int, attempt_count: int, chance: float) -> None:
    rule = RetryRule(min(first, longest), longest)
    at = next_try_at(NOW, attempt_count=attempt_count, remote_seconds=None, chance=chance, rule=rule)
    assert rule.first_wait_seconds - 0.001 <= (at - NOW).total_seconds() <= longest + 0.001


def test_a_rule_of_ones_own_gives_up_earlier() -> None:
    rule = RetryRule(give_up_after=timedelta(hours=1))
    assert is_given_up(NOW - timedelta(hours=1, seconds=1), NOW, rule)
    assert not is_given_up(NOW - timedelta(hours=1), NOW, rule)
