"""Understand a press text: headline, date, teaser, caption, source, related articles, and the text itself.

The signs are those that German and English press pages print. What is not recognised stays in the text: nothing is
lost, and a person confirms the draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from publisher.domain.article import Image, Related, Source
from publisher.errors import SourceError
from publisher.intake.draft import Draft, line_of, reported, text_of
from publisher.intake.field_values import is_web_address
from publisher.intake.markdown_text import is_wrapped, paragraph_markdown
from publisher.intake.written_date import find_date


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph: its lines, and its Markdown where the source had any. `adjacent`: no empty line before it."""

    lines: tuple[str, ...]
    markdown: str | None = None
    is_heading: bool = False
    adjacent: bool = False

    @property
    def text(self) -> str:
        """Give its lines as one."""
        return " ".join(self.lines)


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
MAX_HEADLINE_CHARACTERS = 250

_KICKERS = {
    "pressemitteilung",
    "presseinformation",
    "pressemeldung",
    "medienmitteilung",
    "press release",
    "news release",
}
_RELATED = re.compile(
    r"(?:weitere (?:artikel|beiträge|meldungen|nachrichten)(?: zum thema)?|mehr zum thema|ähnliche (?:artikel|beiträge)"
    r"|das könnte sie auch interessieren|verwandte artikel|lesen sie auch"
    r"|(?:related|more|further) (?:articles?|stories|news|reading)(?: on this topic)?|more on this topic|read also)\W*",
    re.IGNORECASE,
)
_NAVIGATION = re.compile(
    r"\W*(?:mehr lesen|weiterlesen|mehr erfahren|zum artikel|zurück|drucken|teilen|read more|continue reading|learn more"
    r"|back|print|share)\W*",
    re.IGNORECASE,
)
_PICTURE = (
    r"(?:bildquelle|bildnachweis|bildrechte|bilder|bild|fotos?|fotocredit|photos?|pictures?|images?|grafik|copyright)"
    r"(?: credits?)?"
)
_CAPTION = re.compile(
    rf"(?P<caption>.*?)\s*[(\[]\s*(?:{_PICTURE}\s*:|©)\s*(?:©\s*)?(?P<credit>[^()\[\]]+?)\s*[)\]]\s*\.?", re.IGNORECASE
)
_LABELS = {
    "source": r"quelle|source",
    "credit": rf"{_PICTURE}|©",
    "caption": r"bildunterschrift|bildtext|caption",
    "author": r"autor|autorin|author",
    "tags": r"schlagw(?:o|ö)rter?|schlagworte|stichworte|tags|keywords",
    "url": r"link|url|original|web|mehr unter|more at",
    "teaser": r"teaser|vorspann|lead|kurzfassung|summary",
    "date": r"datum|date|stand|veröffentlicht(?: am)?|published(?: on)?",
    "kicker": r"dachzeile|kicker|rubrik",
}
_LABEL = re.compile("|".join(f"(?P<{name}>(?:{words}))" for name, words in _LABELS.items()), re.IGNORECASE)
_LABELLED = re.compile(r"(?P<label>[^\W\d][\w© ]{0,25}|©)\s*[:：]\s*(?P<value>\S.*)")


def read_press(blocks: Sequence[Block], unclear: Iterable[str] = ()) -> Draft:
    """Understand the blocks of a press text. Errors: SourceError if there is nothing to read."""
    blocks = [block for block in blocks if not _NAVIGATION.fullmatch(block.text)]
    kicker, headline, rest = _headline_of(blocks)
    found = _Found(line_of(headline.text) or "", kicker=kicker, unclear=list(unclear))
    main, related = _split_related(_in_special_lines(rest, found.title))
    body = _read_head(main, found)
    for block in body:
        if not _take_caption(block, found) and not _take_labelled(block, found):
            found.body.append(block)
    _take_teaser_from_body(found)
    found.date = found.date or _date_of_dateline(found.body)
    found.related = tuple(_read_related(related))
    return _draft_of(found)


def _headline_of(blocks: Sequence[Block]) -> tuple[str | None, Block, list[Block]]:
    """Take the headline (the first heading near the top, else the first line) and "Press release" before it."""
    blocks = list(blocks)
    if not blocks:
        raise SourceError("there is no text in it", hint="Give a file with a headline and a text.")
    first = blocks[0]
    if len(first.lines) > 1 and first.markdown is None:
        blocks[:1] = [Block(first.lines[:1]), Block(first.lines[1:], adjacent=True)]
    kicker = None
    if len(blocks) > 1 and blocks[0].text.strip(" :").lower() in _KICKERS:
        kicker = line_of(blocks.pop(0).text.strip(" :"))
        if len(blocks[0].lines) > 1 and blocks[0].markdown is None:
            lines = blocks[0].lines
            blocks[:1] = [Block(lines[:1]), Block(lines[1:], adjacent=True)]
    heading = next((at for at, block in enumerate(blocks[:HEAD_BLOCKS]) if block.is_heading), 0)
    return kicker, blocks[heading], blocks[:heading] + blocks[heading + 1 :]


def _in_special_lines(blocks: Sequence[Block], title: str) -> list[Block]:
    """Take blocks apart in which a line has a meaning of its own: a date, the headline again, a source ..."""
    return [part for block in blocks for part in _parts_of(block, title)]


def _parts_of(block: Block, title: str) -> Iterator[Block]:
    if len(block.lines) == 1 or _CAPTION.fullmatch(block.text):
        yield block
        return
    special = [_is_special(line, title) for line in block.lines]
    if not any(special):
        yield block
        return
    run: list[str] = []
    for line, alone in zip(block.lines, special, strict=True):
        if alone and run:
            yield Block(tuple(run), adjacent=True)
            run = []
        if alone:
            yield Block((line,), adjacent=True)
        else:
            run.append(line)
    if run:
        yield Block(tuple(run), adjacent=True)


def _is_special(line: str, title: str) -> bool:
    is_mark = _RELATED.fullmatch(line) or _NAVIGATION.fullmatch(line) or _CAPTION.fullmatch(line)
    return bool(is_mark or _same(line, title) or _date_line(line) or _label_of(line))


def _same(text: str, title: str) -> bool:
    return " ".join(text.split()).casefold() == title.casefold()


def _split_related(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    for at, block in enumerate(blocks):
        if _RELATED.fullmatch(block.text):
            return blocks[:at], blocks[at + 1 :]
    return blocks, []


_TIME_OF_DAY = re.compile(
    r"[\s,|)–-]*(?:(?:um\s+|at\s+)?\d{1,2}[:.]\d\d(?:\s*(?:Uhr|h|am|pm))?)?[\s,|)–-]*", re.IGNORECASE
)
_BEFORE_DATE = re.compile(r"[\W_]*(?:[^\W\d_][\w.-]*[\s,|/(:–-]*){0,3}")


def _date_line(line: str) -> date | None:
    """Read a line that is a date, with a place before it and a time behind it at most."""
    found = find_date(line)
    if not found:
        return None
    day, start, end = found
    is_alone = _BEFORE_DATE.fullmatch(line[:start]) and _TIME_OF_DAY.fullmatch(line[end:])
    return day if is_alone else None


def _read_head(blocks: list[Block], found: _Found) -> list[Block]:
    """Read what stands between the headline and the text; give the rest."""
    repeated = next((at for at, block in enumerate(blocks[:HEAD_BLOCKS]) if _same(block.text, found.title)), None)
    if repeated is not None:
        teaser = [block for block in blocks[:repeated] if not _take_head_line(block, found)]
        found.teaser = found.teaser or text_of("\n".join(block.text for block in teaser))
        return blocks[repeated + 1 :]
    while blocks and _take_head_line(blocks[0], found):
        blocks = blocks[1:]
    if (
        len(blocks) > 1
        and blocks[0].adjacent
        and len(blocks[0].text) <= MAX_TEASER_CHARACTERS
        and not blocks[1].adjacent
    ):
        found.teaser = found.teaser or text_of(blocks[0].text)
        blocks = blocks[1:]
        while blocks and _take_head_line(blocks[0], found):
            blocks = blocks[1:]
    return blocks


_BYLINE = re.compile(r"(?:von|by)\s+((?:[^\W\d_][\w.’'-]*\s*){2,4})", re.IGNORECASE)


def _take_head_line(block: Block, found: _Found) -> bool:
    if len(block.lines) != 1:
        return False
    day = _date_line(block.text)
    if day and found.date is None:
        found.date = day
        return True
    byline = _BYLINE.fullmatch(block.text)
    if byline and found.author is None:
        found.author = line_of(byline[1])
        return True
    return _take_labelled(block, found)


def _take_caption(block: Block, found: _Found) -> bool:
    caption = _CAPTION.fullmatch(block.text)
    if not caption:
        return False
    if found.credit or found.caption:
        found.unclear.append(f'A second picture was mentioned and stays in the text: "{_short(block.text)}"')
        return False
    found.caption, found.credit = line_of(caption["caption"]), line_of(caption["credit"])
    return True


def _label_of(text: str) -> tuple[str, str] | None:
    """Give the field and the value of a line such as "Quelle: WILO"."""
    labelled = _LABELLED.fullmatch(text)
    label = _LABEL.fullmatch(labelled["label"].strip()) if labelled else None
    return (label.lastgroup or "", labelled["value"].strip()) if labelled and label else None


def _take_labelled(block: Block, found: _Found) -> bool:
    labelled = _label_of(block.text)
    if not labelled:
        return False
    name, text = labelled
    value = _labelled_value(name, text)
    if name == "credit" and value is None:
        name, value = "caption", line_of(text)
    if value is None or getattr(found, name):
        found.unclear.append(f'This line was not understood and stays in the text: "{_short(block.text)}"')
        return False
    setattr(found, name, value)
    return True


MAX_NAME_CHARACTERS = 120


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _labelled_value(name: str, text: str) -> object:
    match name:
        case "source":
            return _source_of(text)
        case "date":
            return _date_line(text)
        case "url":
            return text if is_web_address(text) else None
        case "tags":
            return tuple(dict.fromkeys(filter(None, (line_of(tag.strip(" #")) for tag in re.split("[,;]", text)))))
        case "credit":
            return line_of(text) if len(text) <= 60 and not text.endswith(".") else None
        case "teaser" | "caption":
            return line_of(text)
    return line_of(text) if len(text) <= MAX_NAME_CHARACTERS else None


def _source_of(text: str) -> Source | None:
    """Read "WILO SE", "WILO SE, https://wilo.com" or an address alone."""
    address = next((word.strip("(),.;<>") for word in text.split() if is_web_address(word.strip("(),.;<>"))), None)
    name = line_of(text.replace(address, "").strip(" ,()<>;-–|") if address else text)
    if name is None and address:
        name = address.split("/")[2].removeprefix("www.")
    return Source(name, address) if name and len(name) <= MAX_NAME_CHARACTERS else None


def _take_teaser_from_body(found: _Found) -> None:
    """Take a short first paragraph as the teaser where the head had none and enough text follows."""
    if found.teaser or len(found.body) < 3:
        return
    first = found.body[0]
    is_text = not first.is_heading and not first.text.startswith(("„", '"', "“", "-", "•"))
    if is_text and len(first.text) <= MAX_TEASER_CHARACTERS and len(found.body[1].text) > len(first.text):
        found.teaser = text_of(first.text)
        del found.body[0]


DATELINE_CHARACTERS = 60


def _date_of_dateline(body: list[Block]) -> date | None:
    """Read the date of "Dortmund, 27. November 2020 – Text"; the words stay in the text."""
    found = find_date(body[0].text[:DATELINE_CHARACTERS]) if body else None
    if not found or not body:
        return None
    before, after = body[0].text[: found[1]], body[0].text[found[2] :].lstrip(" )")
    return found[0] if after[:1] in ("-", "–", "—", "|", ":", ".") and _BEFORE_DATE.fullmatch(before) else None


def _read_related(blocks: Sequence[Block]) -> Iterator[Related]:
    lines = [line for block in blocks for line in _related_lines(block) if not _NAVIGATION.fullmatch(line)]
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
    return reported(draft, *_missing(draft))


def _body_markdown(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        yield block.markdown if block.markdown is not None else paragraph_markdown(block.lines)


def _missing(draft: Draft) -> Iterator[str]:
    if len(draft.title) > MAX_HEADLINE_CHARACTERS:
        yield "The headline is very long; perhaps the first line of the source is not one."
    if not draft.date:
        yield "No date was found; add one, such as date: 2026-11-23."
    if not draft.body_markdown:
        yield "No text was found below the headline."
    if draft.image and not draft.image.src:
        yield "There is a picture's caption or credit, but no picture; add it as image.src."
    if not draft.url:
        yield "No web address was found: the digest will carry the full text, and posts will have no link."


def with_missing(draft: Draft) -> Draft:
    """Report a draft, with what a person should add to it."""
    return reported(draft, *_missing(draft))


_GERMAN = "der das und ist für mit von eine einen nicht auf im den dem des wird sich auch bei zur zum"
_ENGLISH = "the and of to is for with a on are that this by from at as its will has have was"


def guess_language(text: str) -> str | None:
    """Tell German from English by their commonest words; None where that is not clear."""
    words = re.findall(r"[^\W\d_]+", text[:20_000].lower())
    common = {"de": set(_GERMAN.split()), "en": set(_ENGLISH.split())}
    counts = sorted(((sum(word in known for word in words), lang) for lang, known in common.items()), reverse=True)
    (most, lang), (least, _) = counts
    return lang if most >= 3 and most >= 2 * least else None
