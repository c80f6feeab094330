"""Understand a press text: headline, date, teaser, caption, source, related articles, and the text itself.

The signs are those that German and English press pages print. What is not recognised stays in the text: nothing is
lost, and a person confirms the draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import groupby

from publisher.domain.article import Image, Related, Source
from publisher.errors import SourceError
from publisher.intake.draft import Draft, line_of, text_of, with_missing
from publisher.intake.language import guess_language
from publisher.intake.markdown_text import paragraph_markdown
from publisher.intake.press_related import read_related
from publisher.intake.press_signs import (
    CAPTION,
    DATELINE_CHARACTERS,
    KICKERS,
    NAVIGATION,
    RELATED,
    Block,
    date_line,
    dateline,
    label_of,
    labelled_value,
)


@dataclass(slots=True)
class _Found:
    """What was understood so far."""

    title: str
    date: date | None = None
    teaser: str | None = None
    author: str | None = None
    caption: str | None = None
    credit: str | None = None
    source: Source | None = None
    url: str | None = None
    kicker: str | None = None
    tags: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    body: list[Block] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


# How many lines below the headline may belong to the head: date, place, teaser, the headline once more.
HEAD_BLOCKS = 8
MAX_TEASER_CHARACTERS = 350


def read_press(blocks: Sequence[Block], unclear: Iterable[str] = ()) -> Draft:
    """Understand the blocks of a press text. Errors: SourceError if there is nothing to read."""
    blocks = [block for block in blocks if not NAVIGATION.fullmatch(block.text)]
    kicker, headline, rest = _headline_of(blocks)
    found = _Found(line_of(headline.text) or "", kicker=kicker, unclear=list(unclear))
    main, related = _split_related(_in_special_lines(rest, found.title))
    body = _read_head(main, found)
    for block in body:
        if not _take_caption(block, found) and not _take_labelled(block, found):
            found.body.append(block)
    _take_teaser_from_body(found)
    found.date = found.date or (dateline(found.body[0].text) if found.body else None)
    found.related = tuple(read_related(related))
    return _draft_of(found)


def _headline_of(blocks: Sequence[Block]) -> tuple[str | None, Block, list[Block]]:
    """Take the headline (the first heading near the top, else the first line) and "Press release" before it."""
    if not blocks:
        raise SourceError("there is no text in it", hint="Give a file with a headline and a text.")
    blocks, kicker = _first_line_alone(blocks), None
    if len(blocks) > 1 and blocks[0].text.strip(" :").lower() in KICKERS:
        kicker = line_of(blocks[0].text.strip(" :"))
        blocks = _first_line_alone(blocks[1:])
    heading = next((at for at, block in enumerate(blocks[:HEAD_BLOCKS]) if block.is_heading), 0)
    return kicker, blocks[heading], blocks[:heading] + blocks[heading + 1 :]


def _first_line_alone(blocks: Sequence[Block]) -> list[Block]:
    first, *rest = blocks
    if len(first.lines) == 1 or first.markdown is not None:
        return [first, *rest]
    return [Block(first.lines[:1]), Block(first.lines[1:], adjacent=True), *rest]


def _in_special_lines(blocks: Sequence[Block], title: str) -> list[Block]:
    """Take blocks apart in which a line has a meaning of its own: a date, the headline again, a source ..."""
    return [part for block in blocks for part in _parts_of(block, title)]


def _parts_of(block: Block, title: str) -> Iterator[Block]:
    is_special = partial(_is_special, title=title)
    if len(block.lines) == 1 or CAPTION.fullmatch(block.text) or not any(map(is_special, block.lines)):
        yield block
        return
    for special, run in groupby(block.lines, is_special):
        if special:
            yield from (Block((line,), adjacent=True) for line in run)
        else:
            yield Block(tuple(run), adjacent=True)


def _is_special(line: str, title: str) -> bool:
    is_mark = RELATED.fullmatch(line) or NAVIGATION.fullmatch(line) or CAPTION.fullmatch(line)
    return bool(is_mark or _same(line, title) or date_line(line) or label_of(line))


def _same(text: str, title: str) -> bool:
    return " ".join(text.split()).casefold() == title.casefold()


def _split_related(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    for at, block in enumerate(blocks):
        if RELATED.fullmatch(block.text):
            return blocks[:at], blocks[at + 1 :]
    return blocks, []


def _read_head(blocks: list[Block], found: _Found) -> list[Block]:
    """Read what stands between the headline and the text; give the rest."""
    repeated = next((at for at, block in enumerate(blocks[:HEAD_BLOCKS]) if _same(block.text, found.title)), None)
    if repeated is not None:
        teaser = [block for block in blocks[:repeated] if not _take_head_line(block, found)]
        found.teaser = found.teaser or text_of("\n".join(block.text for block in teaser))
        return blocks[repeated + 1 :]
    blocks = _without_head_lines(blocks, found)
    if len(blocks) > 1 and _is_teaser_line(blocks[0]) and not blocks[1].adjacent:
        found.teaser = found.teaser or text_of(blocks[0].text)
        return _without_head_lines(blocks[1:], found)
    return blocks


def _without_head_lines(blocks: list[Block], found: _Found) -> list[Block]:
    while blocks and _take_head_line(blocks[0], found):
        blocks = blocks[1:]
    return blocks


def _is_teaser_line(block: Block) -> bool:
    return block.adjacent and len(block.text) <= MAX_TEASER_CHARACTERS


_BYLINE = re.compile(r"(?:von|by)\s+((?:[^\W\d_][\w.’'-]*\s*){2,4})", re.IGNORECASE)


def _take_head_line(block: Block, found: _Found) -> bool:
    if len(block.lines) != 1:
        return False
    day = date_line(block.text)
    if day and found.date is None:
        found.date = day
        return True
    byline = _BYLINE.fullmatch(block.text) if len(block.text) <= DATELINE_CHARACTERS else None
    if byline and found.author is None:
        found.author = line_of(byline[1])
        return True
    return _take_labelled(block, found)


def _take_caption(block: Block, found: _Found) -> bool:
    caption = CAPTION.fullmatch(block.text)
    if not caption:
        return False
    if found.credit or found.caption:
        found.unclear.append(f'A second picture was mentioned and stays in the text: "{_short(block.text)}"')
        return False
    found.caption, found.credit = line_of(caption["caption"]), line_of(caption["credit"])
    return True


def _take_labelled(block: Block, found: _Found) -> bool:
    labelled = label_of(block.text)
    if not labelled:
        return False
    name, text = labelled
    value = labelled_value(name, text)
    if name == "credit" and value is None:
        name, value = "caption", line_of(text)
    if value is None or getattr(found, name):
        found.unclear.append(f'This line was not understood and stays in the text: "{_short(block.text)}"')
        return False
    setattr(found, name, value)
    return True


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _take_teaser_from_body(found: _Found) -> None:
    """Take a short first paragraph as the teaser where the head had none and enough text follows."""
    if found.teaser or len(found.body) < 3:
        return
    first = found.body[0]
    is_text = not first.is_heading and not first.text.startswith(("„", '"', "“", "-", "•"))
    if is_text and len(first.text) <= MAX_TEASER_CHARACTERS and len(found.body[1].text) > len(first.text):
        found.teaser = text_of(first.text)
        del found.body[0]


def _draft_of(found: _Found) -> Draft:
    body = "\n\n".join(_body_markdown(found.body))
    image = Image(caption=found.caption, credit=found.credit) if found.caption or found.credit else None
    draft = Draft(
        title=found.title,
        body_markdown=body,
        kicker=found.kicker,
        teaser=found.teaser,
        date=found.date,
        lang=guess_language(f"{found.title} {found.teaser or ''} {body}"),
        author=found.author,
        image=image,
        source=found.source,
        url=found.url,
        tags=found.tags,
        related=found.related,
        unclear=tuple(found.unclear),
    )
    return with_missing(draft)


def _body_markdown(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        yield block.markdown if block.markdown is not None else paragraph_markdown(block.lines)
