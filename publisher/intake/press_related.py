"""Read the related articles at the end of a press text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from publisher.domain.article import Related
from publisher.intake.draft import line_of, text_of
from publisher.intake.markdown_text import is_wrapped
from publisher.intake.press_signs import NAVIGATION, Block
from publisher.intake.written_date import find_date


def read_related(blocks: Sequence[Block]) -> Iterator[Related]:
    """Read title, date and teaser of each; "read more" parts nothing, the dates do."""
    lines = [line for block in blocks for line in _related_lines(block) if not NAVIGATION.fullmatch(line)]
    dated = [(at, *read) for at, line in enumerate(lines) if (read := _related_date(line))]
    if not dated:
        yield from (Related(title=line_of(line)) for line in lines)
        return
    # The line above a date is a title; those before the first one are titles without a date.
    yield from (Related(title=line_of(line)) for line in lines[: max(dated[0][0] - 1, 0)])
    for (at, day, beside), following in zip(dated, [*(at for at, *_ in dated[1:]), len(lines) + 1], strict=True):
        teaser = text_of("\n".join([beside, *lines[at + 1 : following - 1]]))
        title = line_of(lines[at - 1]) if at else None
        if title or teaser:
            yield Related(title=title or teaser, date=day, teaser=teaser if title else None)


def _related_lines(block: Block) -> Sequence[str]:
    return (block.text,) if is_wrapped(block.lines) else block.lines


def _related_date(line: str) -> tuple[date, str] | None:
    """Read "26.11.2021 -" or "26.11.2021 - and a teaser"."""
    found = find_date(line)
    if not found or line[: found[1]].strip():
        return None
    beside = line[found[2] :].strip()
    if beside and beside[0] not in "-–—|:":
        return None
    return found[0], beside.lstrip("-–—|: ")
