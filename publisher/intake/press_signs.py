"""The signs by which German and English press pages mark their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from publisher.domain.article import Source
from publisher.intake.draft import line_of
from publisher.intake.field_values import is_web_address
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


KICKERS = {
    "pressemitteilung",
    "presseinformation",
    "pressemeldung",
    "medienmitteilung",
    "press release",
    "news release",
}
RELATED = re.compile(
    r"(?:weitere (?:artikel|beiträge|meldungen|nachrichten)(?: zum thema)?|mehr zum thema|ähnliche (?:artikel|beiträge)"
    r"|das könnte sie auch interessieren|verwandte artikel|lesen sie auch"
    r"|(?:related|more|further) (?:articles?|stories|news|reading)(?: on this topic)?|more on this topic|read also)\W*",
    re.IGNORECASE,
)
NAVIGATION = re.compile(
    r"\W*(?:mehr lesen|weiterlesen|mehr erfahren|zum artikel|zurück|drucken|teilen"
    r"|read more|continue reading|learn more|back|print|share)\W*",
    re.IGNORECASE,
)
_PICTURE = (
    r"(?:bildquelle|bildnachweis|bildrechte|bilder|bild|fotos?|fotocredit|photos?|pictures?|images?|grafik|copyright)"
    r"(?: credits?)?"
)
CAPTION = re.compile(
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


# A place, a date and a time; also the bound that keeps these patterns fast.
DATELINE_CHARACTERS = 70
_TIME_OF_DAY = re.compile(
    r"[\s,|)–-]*(?:(?:um\s+|at\s+)?\d{1,2}[:.]\d\d(?:\s*(?:Uhr|h|am|pm))?)?[\s,|)–-]*", re.IGNORECASE
)
_BEFORE_DATE = re.compile(r"[\W_]*(?:[^\W\d_][\w.-]*[\s,|/(:–-]*){0,3}")


def date_line(line: str) -> date | None:
    """Read a line that is a date, with a place before it and a time behind it at most."""
    found = find_date(line) if len(line) <= DATELINE_CHARACTERS else None
    if not found:
        return None
    day, start, end = found
    is_alone = _BEFORE_DATE.fullmatch(line[:start]) and _TIME_OF_DAY.fullmatch(line[end:])
    return day if is_alone else None


def dateline(text: str) -> date | None:
    """Read the date of "Dortmund, 27. November 2020 – Text"."""
    found = find_date(text[:DATELINE_CHARACTERS])
    if not found:
        return None
    day, start, end = found
    after = text[end:].lstrip(" )")
    return day if after[:1] in ("-", "–", "—", "|", ":", ".") and _BEFORE_DATE.fullmatch(text[:start]) else None


def label_of(text: str) -> tuple[str, str] | None:
    """Give the field and the value of a line such as "Quelle: WILO"."""
    labelled = _LABELLED.fullmatch(text)
    label = _LABEL.fullmatch(labelled["label"].strip()) if labelled else None
    return (label.lastgroup or "", labelled["value"].strip()) if labelled and label else None


MAX_NAME_CHARACTERS = 120


def labelled_value(name: str, text: str) -> object:
    """Give the value of a labelled line as its field takes it; None if it cannot be one."""
    match name:
        case "source":
            return _source_of(text)
        case "date":
            return date_line(text)
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
