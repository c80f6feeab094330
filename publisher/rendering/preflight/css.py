"""A small reader of style sheets and style attributes; it shares no code with the inliner.

It knows blocks, at-rules, quotes and brackets, which is all that a mail's style sheets need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PIECE = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\([^()]*\)|[^;"'()]+|.)""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A property with its value; names and values are in lower case as far as CSS does not mind."""

    name: str
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True)
class StyleRule:
    """Declarations for a list of selectors; `media` has the conditions of the @-rules around it, outermost first."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    media: tuple[str, ...] = ()


def parse_declarations(text: str) -> tuple[Declaration, ...]:
    """Read what stands in a style attribute or between the braces of a rule."""
    return tuple(made for part in _split(_COMMENT.sub("", text)) if (made := _declaration(part)))


def _split(text: str) -> Iterator[str]:
    part = ""
    for piece in _PIECE.findall(text):
        if piece == ";":
            yield part
            part = ""
        else:
            part += piece
    yield part


def _declaration(text: str) -> Declaration | None:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        return None
    value, important, _ = value.partition("!important")
    return Declaration(name.strip().lower(), " ".join(value.split()), bool(important))


def parse_sheet(text: str) -> tuple[StyleRule, ...]:
    """Read a style sheet; what stands in @media and the like carries the condition with it."""
    return tuple(_rules(_COMMENT.sub("", text), ()))


def _rules(text: str, media: tuple[str, ...]) -> Iterator[StyleRule]:
    for head, body in _blocks(text):
        if head.startswith(("@media", "@supports", "@layer", "@container")):
            yield from _rules(body, (*media, head))
        elif head.startswith("@"):
            yield StyleRule((head,), parse_declarations(body), media)
        else:
            selectors = tuple(selector.strip() for selector in head.split(",") if selector.strip())
            yield StyleRule(selectors, parse_declarations(body), media)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Cut a sheet into heads and bodies; a statement without a body, such as @import, is a head alone."""
    position = 0
    while position < len(text):
        opening, semicolon = text.find("{", position), text.find(";", position)
        if semicolon >= 0 and (opening < 0 or semicolon < opening):
            if statement := text[position:semicolon].strip():
                yield statement, ""
            position = semicolon + 1
            continue
        if opening < 0:
            return
        closing = _closing(text, opening)
        yield " ".join(text[position:opening].split()), text[opening + 1 : closing]
        position = closing + 1


def _closing(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if not depth:
            return position
    return len(text)


def pixels(value: str) -> float | None:
    """Give a length in px as a number; 0 has no unit. None for everything else."""
    match = re.fullmatch(r"(-?[0-9]*\.?[0-9]+)px|(-?0(?:\.0+)?)", value.strip())
    return float(match.group(1) or match.group(2)) if match else None


def four_sides(value: str) -> tuple[str, str, str, str]:
    """Spread a shorthand of one to four values over top, right, bottom and left."""
    values = value.split() or ["0"]
    top = values[0]
    right = values[1] if len(values) > 1 else top
    bottom = values[2] if len(values) > 2 else top
    return top, right, bottom, values[3] if len(values) > 3 else right
