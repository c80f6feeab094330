"""How networks count the length of a post."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

# A text of more characters than this fits nowhere; it is counted character by character, which takes no time and is
# never less than the network's own count, but for links and escapes.
MAX_EXACT_CHARACTERS = 200_000


class Unit(StrEnum):
    """What is counted."""

    GRAPHEMES = "graphemes"
    CODE_POINTS = "code points"
    UTF16 = "UTF-16 units"
    BYTES = "UTF-8 bytes"
    X_WEIGHTED = "X characters"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How long a post may be; `max_length` is inclusive, in `unit`.

    `link_length` is what any link weighs, None if it counts in full. `max_bytes` is a second limit in UTF-8 bytes.
    `short_mentions` counts `@user@host` as `@user`. `escape` is what the network's adapter does to the text before it
    is sent: the escaped text is what counts. `source` names the numbers' origin and the day checked.
    """

    unit: Unit
    max_length: int
    link_length: int | None = None
    max_bytes: int | None = None
    short_mentions: bool = False
    source: str = ""
    escape: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is by a network's own law, and how that compares with its limits.

    `over` is by how much it is too long, in the unit of the limit that it breaks the most; 0 if it fits.
    """

    length: int
    max_length: int
    unit: Unit
    byte_length: int | None = None
    max_bytes: int | None = None

    @property
    def over(self) -> int:
        """Say by how much the text is too long."""
        over_bytes = self.byte_length - self.max_bytes if self.byte_length and self.max_bytes else 0
        return max(self.length - self.max_length, over_bytes, 0)

    @property
    def fits(self) -> bool:
        """Say whether the network takes it."""
        return self.over == 0

    def __str__(self) -> str:
        if self.max_bytes and self.byte_length and self.byte_length > self.max_bytes:
            return f"{self.byte_length:,} of at most {self.max_bytes:,} {Unit.BYTES}"
        return f"{self.length:,} of at most {self.max_length:,} {self.unit}"


def measure(text: str, limits: TextLimits) -> Measure:
    """Count a text as the network does; where it may count in two ways, the larger."""
    escaped = limits.escape(text) if limits.escape and len(text) <= MAX_EXACT_CHARACTERS else text
    return Measure(
        length=_length(escaped, limits),
        max_length=limits.max_length,
        unit=limits.unit,
        byte_length=count_bytes(escaped) if limits.max_bytes else None,
        max_bytes=limits.max_bytes,
    )


def _length(text: str, limits: TextLimits) -> int:
    if len(text) > MAX_EXACT_CHARACTERS:
        return count_bytes(text) if limits.unit is Unit.BYTES else len(text)
    if limits.unit is Unit.X_WEIGHTED:
        from publisher.domain.x_weights import weight_of

        return weight_of(text)
    count = _COUNTS[limits.unit]
    if limits.short_mentions:
        text = _shorten_mentions(text)
    return count(text) if limits.link_length is None else _count_with_links(text, limits.link_length, count)


def count_graphemes(text: str) -> int:
    r"""Count what readers see as characters: extended grapheme clusters (Unicode 18, UAX #29)."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    import regex

    return len(regex.findall(r"\X", text))


def count_utf16(text: str) -> int:
    """Count UTF-16 code units: two for each character beyond U+FFFF."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_bytes(text: str) -> int:
    """Count the bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


_COUNTS: dict[Unit, Callable[[str], int]] = {
    Unit.GRAPHEMES: count_graphemes,
    Unit.CODE_POINTS: len,
    Unit.UTF16: count_utf16,
    Unit.BYTES: count_bytes,
}

# StatusLengthValidator of Mastodon, checked 2026-11-23: a mention whose domain is longer than 253 counts in full.
_MENTION = re.compile(r"(?<![=/\w])@([a-zA-Z0-9_](?:[\w.-]*[a-zA-Z0-9_])?)@(\w+(?:[.-]+\w+)*)")
MAX_DOMAIN_CHARACTERS = 253


def _shorten_mentions(text: str) -> str:
    if "@" not in text:
        return text
    return _MENTION.sub(lambda m: m[0] if len(m[2]) > MAX_DOMAIN_CHARACTERS else f"@{m[1]}", text)


def _count_with_links(text: str, link_length: int, count: Callable[[str], int]) -> int:
    from publisher.domain.links import MASTODON_LINKS, find_links

    total = position = 0
    for link in find_links(text, MASTODON_LINKS):
        total += count(text[position : link.start])
        total += link_length if link.sure else max(link_length, count(text[link.start : link.end]))
        position = link.end
    return total + count(text[position:])
