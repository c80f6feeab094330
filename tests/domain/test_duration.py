"""Durations are written as people write them, and read back the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.duration import DurationError, duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("1h 30m", 5_400), ("1h30m", 5_400), ("3d", 259_200), ("0", 0)],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "h", "1", "1 hour", "-1h", "1h x", "1,5h", "2w", "1h-30m", "9999999s"])
def test_what_is_none_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(DurationError, match="is not a duration") as raised:
        parse_duration(text)
    assert f'"{text}"' in str(raised.value)


@given(st.integers(0, 10**7))
def test_what_is_written_is_read_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(duration_text(duration)) == duration
