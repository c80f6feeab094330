"""Contrast of two colours, and the nearest colour that has enough of it.

*Source:* WCAG 2.2, definitions of "relative luminance" and "contrast ratio", success criterion 1.4.3: 4.5 to 1 for text
(checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from publisher.domain.organisation import Colours

MIN_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

# Which colour is read on which, in the shipped templates.
PAIRS = (
    ("text", "background"),
    ("muted", "background"),
    ("accent", "background"),
    ("text", "panel"),
    ("muted", "panel"),
    ("accent", "panel"),
    ("text", "surround"),
    ("muted", "surround"),
)


@dataclass(frozen=True, slots=True)
class WeakPair:
    """Two colours, by the names of their keys, that are too alike to be read."""

    front: str
    back: str
    ratio: float


def is_colour(text: str) -> bool:
    """Say whether this is a colour as every mail program knows it: `#` and six digits."""
    return _HEX.fullmatch(text) is not None


def relative_luminance(colour: str) -> float:
    """Give the luminance of `#rrggbb`: 0 for black, 1 for white."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Give the contrast of two colours, from 1 to 21; their order does not matter."""
    low, high = sorted((relative_luminance(one), relative_luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Mix two colours; `share` is the other's, from 0 to 1."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


def weak_pairs(colours: Colours) -> Iterator[WeakPair]:
    """Find what cannot be read, in light and in dark."""
    for suffix in ("", "_dark"):
        for front, back in ((front + suffix, back + suffix) for front, back in PAIRS):
            ratio = contrast_ratio(getattr(colours, front), getattr(colours, back))
            if ratio < MIN_CONTRAST:
                yield WeakPair(front, back, ratio)


def opposites(key: str) -> tuple[str, ...]:
    """Name the colours that are seen together with this one, in the same mode."""
    suffix = "_dark" if key.endswith("_dark") else ""
    name = key.removesuffix("_dark")
    others = [back for front, back in PAIRS if front == name] + [front for front, back in PAIRS if back == name]
    return tuple(other + suffix for other in others)


def nearest_readable(colour: str, others: Sequence[str]) -> str | None:
    """Find the shade of a colour, lighter or darker, that is nearest to it and readable with all the others.

    None if there is none: then the others contradict one another.
    """
    for step in range(101):
        for pole in ("#000000", "#ffffff"):
            shade = mixed(colour, pole, step / 100)
            if all(contrast_ratio(shade, other) >= MIN_CONTRAST for other in others):
                return shade
    return None


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
