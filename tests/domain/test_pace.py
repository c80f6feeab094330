"""Buckets: never more than the limit in any window, wherever it begins; never starved; a clock set back gives nothing.

The oracle counts messages itself, in each window that ends with one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.pace import (
    LONGEST_HOLD_SECONDS,
    MAX_SLOWED,
    NOT_SLOWED,
    RECOVERY_SECONDS,
    SLOTS,
    WINDOW_SECONDS,
    Bucket,
    Limits,
    PaceRules,
    Slowdown,
    domain_of,
    share_out,
    waves_of,
)

few = settings(max_examples=40, deadline=None)

NOW = datetime(2026, 11, 23, 7, 0, 0, 123_457, tzinfo=UTC)

limits = st.builds(
    Limits,
    per_second=st.none() | st.integers(1, 20),
    per_minute=st.none() | st.integers(1, 200),
    per_hour=st.none() | st.integers(1, 3_000),
)
some_limits = limits.filter(bool)
# Seconds from one look to the next: many at once, many near the ends of slots and windows, some long silences.
steps = st.lists(
    st.one_of(
        st.just(0.0),
        st.floats(0, 0.05),
        st.floats(0, 2),
        st.sampled_from([0.02, 0.98, 1.0, 1.02, 59.999999, 60.0, 61.2, 3600.0, 3672.0]),
        st.floats(0, 4_000),
    ),
    min_size=1,
    max_size=60,
)


def taken_at(bucket: Bucket, rule: Limits, moments: Sequence[datetime], wish: int = 30) -> list[datetime]:
    """Take as many as there are, at most so many, at each of these moments."""
    taken = []
    for now in moments:
        count = int(min(wish, bucket.free_count(rule, now)))
        if count:
            bucket = bucket.take(rule, now, count)
            taken += [now] * count
    return taken


def moments_of(gaps: Sequence[float], start: datetime = NOW) -> list[datetime]:
    moments = [start]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(seconds=gap))
    return moments


def most_in_a_window(taken: Sequence[datetime], seconds: int) -> int:
    window, counts = timedelta(seconds=seconds), Counter(taken)
    return max((sum(n for other, n in counts.items() if at - window < other <= at) for at in counts), default=0)


@few
@given(some_limits, steps)
def test_never_more_than_the_limit_in_any_window(rule: Limits, gaps: list[float]) -> None:
    taken = taken_at(Bucket(), rule, moments_of(gaps))
    for name, limit in rule.counts().items():
        assert most_in_a_window(taken, WINDOW_SECONDS[name]) <= limit


def test_a_bucket_that_is_refilled_drop_by_drop_is_found_out() -> None:
    """The control: the usual bucket lets nearly twice as many through as its limit says."""
    level, last, taken = 10.0, NOW, list[datetime]()
    for now in moments_of([0.05] * 40):
        level = min(10.0, level + (now - last).total_seconds() * 10)
        last = now
        while level >= 1:
            level -= 1
            taken.append(now)
    assert most_in_a_window(taken, 1) > 10


@few
@given(some_limits, steps)
def test_never_starves(rule: Limits, gaps: list[float]) -> None:
    """Whoever waits until `free_at` gets a token, and that is a window and a slot away at most."""
    bucket = Bucket()
    for now in moments_of(gaps):
        count = int(min(30, bucket.free_count(rule, now)))
        bucket = bucket.take(rule, now, count) if count else bucket
        at = bucket.free_at(rule, now)
        longest = max(WINDOW_SECONDS[name] for name in rule.counts())
        assert now <= at <= now + timedelta(seconds=longest * (SLOTS + 1) / SLOTS)
        assert bucket.free_count(rule, at) >= 1
        assert (at == now) == (bucket.free_count(rule, now) >= 1)


@few
@given(some_limits)
def test_a_steady_stream_gets_all_but_a_fiftieth(rule: Limits) -> None:
    """From one `free_at` to the next."""
    bucket, now, count = Bucket(), NOW, 0
    while count < 150:
        bucket, now, count = bucket.take(rule, now), bucket.free_at(rule, now), count + 1
        now = bucket.free_at(rule, now)
    windows = [(now - NOW).total_seconds() / WINDOW_SECONDS[name] * limit for name, limit in rule.counts().items()]
    assert count >= min(windows) * SLOTS / (SLOTS + 1) - 1


@few
@given(some_limits, steps, st.floats(0.001, 100_000), steps)
def test_a_clock_set_back_lets_nobody_through_twice(
    rule: Limits, before: list[float], jump: float, after: list[float]
) -> None:
    """By a clock that never jumps there are never more than the limit in a window, and nobody waits for longer."""
    real = moments_of(before)
    bucket, taken = Bucket(), list[datetime]()
    for now in real:
        count = int(min(30, bucket.free_count(rule, now)))
        bucket = bucket.take(rule, now, count) if count else bucket
        taken += [now] * count
    free_before = bucket.free_count(rule, real[-1])
    for now in moments_of(after, real[-1]):
        shown = now - timedelta(seconds=jump)
        bucket = bucket.as_of(shown)
        count = int(min(30, bucket.free_count(rule, shown)))
        if now == real[-1]:
            assert count <= free_before
        bucket = bucket.take(rule, shown, count) if count else bucket
        taken += [now] * count
        longest = max(WINDOW_SECONDS[name] for name in rule.counts())
        assert bucket.free_at(rule, shown) <= shown + timedelta(seconds=longest * (SLOTS + 1) / SLOTS)
    for name, limit in rule.counts().items():
        assert most_in_a_window(taken, WINDOW_SECONDS[name]) <= limit


@few
@given(some_limits, steps)
def test_a_bucket_stays_small(rule: Limits, gaps: list[float]) -> None:
    bucket = Bucket()
    for now in moments_of(gaps):
        bucket = bucket.take(rule, now, 3)
        assert all(len(slots) <= SLOTS + 2 for slots in bucket.taken.values())


domains = st.lists(st.sampled_from(["a.example", "b.example", "c.example"]), max_size=40)


@few
@given(limits, limits, limits, domains)
def test_a_share_is_what_one_by_one_would_give(
    channel: Limits, of_a: Limits, of_others: Limits, asked: list[str]
) -> None:
    """The oracle counts tokens at one moment: the least of the windows of the channel, and of each domain."""
    rules = PaceRules(channel, {"a.example": of_a, "*": of_others})
    share = share_out({}, rules, asked, NOW)
    left = {"": _least(channel), "a.example": _least(of_a) if of_a else _least(of_others)}
    left |= {name: _least(of_others) for name in ("b.example", "c.example")}
    for domain, is_granted in zip(asked, share.is_granted, strict=True):
        assert is_granted == (left[""] >= 1 and left[domain] >= 1)
        if is_granted:
            left[""] -= 1
            left[domain] -= 1
    refused = {domain for domain, is_granted in zip(asked, share.is_granted, strict=True) if not is_granted}
    for domain in refused:
        assert "" in share.waiting or domain in share.waiting
    assert all(waves.first_at > NOW and waves.count >= 1 and waves.seconds > 0 for waves in share.waiting.values())


def _least(rule: Limits) -> float:
    return min(rule.counts().values(), default=float("inf"))


def test_a_domain_without_tokens_keeps_nobody_else_waiting() -> None:
    rules = PaceRules(domains={"slow.example": Limits(per_minute=2)})
    share = share_out({}, rules, ["slow.example"] * 5 + ["other.example"] * 5, NOW)
    granted = Counter(
        domain
        for domain, is_granted in zip(["slow.example"] * 5 + ["other.example"] * 5, share.is_granted, strict=True)
        if is_granted
    )
    assert granted == {"slow.example": 2, "other.example": 5}
    assert list(share.waiting) == ["slow.example"]


def test_waves_are_as_fast_as_the_limit() -> None:
    """What waits for 60 a minute is looked at 58 at a time, about once a minute: the steady pace."""
    share = share_out({}, PaceRules(domains={"slow.example": Limits(per_minute=60)}), ["slow.example"] * 61, NOW)
    waves = share.waiting["slow.example"]
    assert waves.count == 58
    assert waves.seconds == pytest.approx(58 * 1.02)
    assert (waves.first_at - NOW).total_seconds() == pytest.approx(60, abs=2.5)
    assert waves.at(2) - waves.first_at == 2 * timedelta(seconds=waves.seconds)


@few
@given(some_limits)
def test_waves_keep_the_pace_and_are_small(rule: Limits) -> None:
    """Together they let as many through as a steady stream: no fewer, so that nobody waits in vain."""
    waves = waves_of(Bucket(), rule, NOW)
    assert 1 <= waves.count <= 100
    assert waves.count / waves.seconds == pytest.approx(rule.steady_per_second())
    assert waves.seconds <= max(60.0, 1.0 / rule.steady_per_second()) * 1.001


# ------------------------------------------------------------------------------------------------------- slowdown


def test_asked_to_slow_down_we_wait_and_go_on_at_half_the_pace() -> None:
    rule = Limits(per_minute=100)
    bucket = Bucket().slow_down(NOW, 30.0)
    assert bucket.free_count(rule, NOW + timedelta(seconds=29)) == 0
    assert bucket.free_at(rule, NOW) == NOW + timedelta(seconds=30)
    assert bucket.free_count(rule, NOW + timedelta(seconds=30)) == 50


def test_who_has_no_limit_gets_one_until_it_recovers() -> None:
    bucket = Bucket().slow_down(NOW, None)
    later = NOW + timedelta(seconds=60)
    assert bucket.free_count(Limits(), later) == 60
    assert bucket.take(Limits(), later, 60).free_count(Limits(), later) == 0
    assert bucket.free_count(Limits(), later + timedelta(seconds=RECOVERY_SECONDS)) == float("inf")


def test_told_by_several_connections_at_once_it_counts_once() -> None:
    slowdown = NOT_SLOWED.more(NOW, None).more(NOW, None).more(NOW + timedelta(seconds=1), 5.0)
    assert (slowdown.level, slowdown.held_until) == (1, NOW + timedelta(seconds=60))
    longer = slowdown.more(NOW + timedelta(seconds=1), 600.0)
    assert (longer.level, longer.held_until) == (1, NOW + timedelta(seconds=601))


def test_asked_again_and_again_the_wait_doubles_up_to_an_hour() -> None:
    slowdown, now, waits = NOT_SLOWED, NOW, list[float]()
    for _ in range(MAX_SLOWED + 3):
        slowdown = slowdown.more(now, None)
        assert slowdown.held_until is not None
        waits.append((slowdown.held_until - now).total_seconds())
        now = slowdown.held_until
    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) <= LONGEST_HOLD_SECONDS
    assert slowdown.level == MAX_SLOWED


@few
@given(st.integers(1, MAX_SLOWED), st.floats(0, 20_000))
def test_it_recovers_level_by_level(times: int, quiet: float) -> None:
    slowdown, now = NOT_SLOWED, NOW
    for _ in range(times):
        slowdown = slowdown.more(now, 1.0)
        assert slowdown.held_until is not None
        now = slowdown.held_until
    later = now + timedelta(seconds=quiet)
    expected = max(0, times - int((later - now).total_seconds() // RECOVERY_SECONDS))
    assert slowdown.as_of(later).level == expected
    half = now + timedelta(seconds=(later - now).total_seconds() / 2)
    assert slowdown.as_of(half).as_of(later).level == expected


@few
@given(st.floats(1, 80_000), st.floats(0.001, 500_000))
def test_a_clock_set_back_makes_no_hold_longer(wish: float, jump: float) -> None:
    slowdown = NOT_SLOWED.more(NOW, wish)
    shown = NOW - timedelta(seconds=jump)
    after = slowdown.as_of(shown)
    assert after.held_until is not None
    assert after.held_until <= shown + timedelta(seconds=wish)
    assert after.held_at(shown)


def test_a_wish_is_heard_for_a_day_at_most() -> None:
    slowdown = NOT_SLOWED.more(NOW, 10_000_000.0)
    assert slowdown.held_until == NOW + timedelta(days=1)
    assert Slowdown().more(NOW, 0.0).held_until == NOW + timedelta(seconds=1)


def test_the_domain_of_an_address() -> None:
    assert domain_of("anna@t-online.de") == "t-online.de"
    assert domain_of('"a@b"@example.org') == "example.org"
