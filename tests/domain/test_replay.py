"""When an unknown delivery may be repeated: only as long as the remote recognises it, with time to spare."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from publisher.domain.replay import IN_DOUBT_SINCE, MARGIN_SECONDS, is_too_late, may_replay, settle_at

SINCE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOUR = 3_600.0


@pytest.mark.parametrize(
    ("seconds", "may"), [(0, True), (HOUR - MARGIN_SECONDS, True), (HOUR - MARGIN_SECONDS + 1, False), (HOUR, False)]
)
def test_the_window_closes_before_the_remote_forgets(seconds: float, may: bool) -> None:
    now = SINCE + timedelta(seconds=seconds)
    assert may_replay(SINCE, now, HOUR) is may
    assert is_too_late({IN_DOUBT_SINCE: SINCE.isoformat()}, now, HOUR) is not may


def test_never_and_always() -> None:
    assert not may_replay(SINCE, SINCE, 0.0)
    assert may_replay(SINCE, SINCE + timedelta(days=900), math.inf)


def test_what_was_never_in_doubt_is_never_too_late() -> None:
    assert not is_too_late({"media": 1}, SINCE, 0.0)


def test_looked_at_at_once_and_then_more_and_more_seldom() -> None:
    waits = [(settle_at(SINCE, count) - SINCE).total_seconds() for count in range(1, 9)]
    assert waits == [0, 300, 600, 1200, 2400, 4000, 4000, 4000]
