"""Contrast as WCAG 2.2 counts it, and the nearest colour that has enough."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.contrast import (
    MIN_CONTRAST,
    PAIRS,
    contrast_ratio,
    is_colour,
    mixed,
    nearest_readable,
    opposites,
    relative_luminance,
    weak_pairs,
)
from publisher.domain.organisation import Colours

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),  # the well-known grey that just fails
        ("#767676", "#ffffff", 4.54),  # and the one that just passes
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_known_ratios(one: str, other: str, ratio: float) -> None:
    assert contrast_ratio(one, other) == pytest.approx(ratio, abs=0.005)


@given(COLOURS, COLOURS)
def test_the_order_does_not_matter_and_the_ratio_is_1_to_21(one: str, other: str) -> None:
    assert contrast_ratio(one, other) == contrast_ratio(other, one)
    assert 1 <= contrast_ratio(one, other) <= 21
    assert 0 <= relative_luminance(one) <= 1


@given(COLOURS, st.lists(COLOURS, min_size=1, max_size=3))
def test_the_nearest_readable_colour_is_readable_with_all(colour: str, others: list[str]) -> None:
    shade = nearest_readable(colour, others)
    if shade is not None:
        assert all(contrast_ratio(shade, other) >= MIN_CONTRAST for other in others)
    if all(contrast_ratio(colour, other) >= MIN_CONTRAST for other in others):
        assert shade == colour


@given(COLOURS, COLOURS)
def test_one_colour_always_has_a_readable_partner(colour: str, other: str) -> None:
    """4.5 squared is less than 21, so black or white is readable on everything."""
    assert nearest_readable(colour, [other])


def test_where_the_others_contradict_one_another_there_is_none() -> None:
    assert nearest_readable("#808080", ["#000000", "#ffffff", "#777777"]) is None


def test_the_colours_that_the_program_brings_along_can_be_read() -> None:
    assert list(weak_pairs(Colours())) == []


@pytest.mark.parametrize("suffix", ["", "_dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_every_pair_is_looked_at(front: str, back: str, suffix: str) -> None:
    same = getattr(Colours(), back + suffix)
    found = list(weak_pairs(replace(Colours(), **{front + suffix: same})))
    assert (front + suffix, back + suffix, 1.0) in [(pair.front, pair.back, pair.ratio) for pair in found]
    assert back + suffix in opposites(front + suffix)
    assert front + suffix in opposites(back + suffix)


def test_mixing() -> None:
    assert mixed("#000000", "#ffffff", 0) == "#000000"
    assert mixed("#000000", "#ffffff", 1) == "#ffffff"
    assert mixed("#000000", "#ff8000", 0.5) == "#804000"


@pytest.mark.parametrize("text", ["#fff", "red", "#12345g", "#1234567", "123456", "#12 456", "#０12345"])
def test_what_is_no_colour(text: str) -> None:
    assert not is_colour(text)
    assert is_colour("#0b5CAD")
