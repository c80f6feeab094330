"""Read a plain press text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from publisher.intake.draft import Draft
from publisher.intake.field_values import CONTROL, with_plain_breaks
from publisher.intake.press_reading import read_press
from publisher.intake.press_signs import Block


def parse_press_text(text: str, unclear: Iterable[str] = ()) -> Draft:
    """Understand a press text in German or English. Errors: SourceError if there is nothing to read."""
    return read_press(list(_blocks(text)), unclear)


def _blocks(text: str) -> Iterator[Block]:
    """Part a text at its empty lines; where it has none, every line is a paragraph."""
    lines = [" ".join(line.split()) for line in CONTROL.sub("", with_plain_breaks(text)).split("\n")]
    filled = [line for line in lines if line]
    if "" not in "\n".join(lines).strip("\n").split("\n"):
        yield from (Block((line,)) for line in filled)
        return
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line:
            paragraph.append(line)
        elif paragraph:
            yield Block(tuple(paragraph))
            paragraph = []
