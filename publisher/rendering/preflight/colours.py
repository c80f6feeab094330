"""Contrast of two colours. *Source:* WCAG 2.2, definitions of contrast ratio and relative luminance (2026-11-23)."""

from __future__ import annotations

import re

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_NAMED: dict[str, Colour] = {"white": WHITE, "black": BLACK, "red": (255, 0, 0), "gray": (128, 128, 128)}
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)", re.IGNORECASE)


def parse_colour(value: str) -> Colour | None:
    """Read the first colour in a value (also of `background`); None where there is none that we know."""
    if match := _HEX.search(value):
        digits = match.group(1) if len(match.group(1)) == 6 else "".join(2 * digit for digit in match.group(1))
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if match := _RGB.search(value):
        return int(match.group(1)), int(match.group(2)), int(match.group(3))
    return _NAMED.get(value.strip().lower())


def contrast(one: Colour, other: Colour) -> float:
    """Give the contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
