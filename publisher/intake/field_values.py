"""What may stand in a field of the front matter: each kind of value has a reader that notes what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from publisher.domain.article import Image, Related, Source, Status, slug_of, split_file_stem
from publisher.domain.header_words import LOOKS_ENCODED
from publisher.domain.spelling import nearest_word
from publisher.errors import QueueError
from publisher.intake.written_date import parse_date
from publisher.intake.yaml_tree import Mapping as Fields
from publisher.intake.yaml_tree import Node, Scalar, Sequence

Value = TypeVar("Value")
Reader = Callable[[Node, str, "Findings"], Any]


class Findings:
    """What is wrong with one file, and the names that its fields may use (None: any)."""

    def __init__(
        self, path: str, digests: Collection[str] | None = None, channels: Collection[str] | None = None
    ) -> None:
        self.path = path
        self.digests = digests
        self.channels = channels
        self.errors: list[QueueError] = []

    def add(self, line: int, field: str, what: str, hint: str) -> None:
        """Note one error of a field."""
        self.errors.append(QueueError(what, where=f"{self.path}:{line}", hint=hint, field=field))


def nearest(name: str, known: Collection[str]) -> str | None:
    """Name the known one that was probably meant."""
    return nearest_word(name.lower(), known)


def shown(text: str) -> str:
    """Quote a value for an error: one line, not too long."""
    return json.dumps(text if len(text) <= 80 else text[:79] + "…", ensure_ascii=False)


def is_empty(node: Node) -> bool:
    """Say whether nothing was written behind the colon."""
    if not isinstance(node, Scalar):
        return False
    return not node.text.strip() or (node.plain and node.text in ("~", "null"))


# Line breaks that Word, InDesign and PDF put into texts, and everything else that is a sign of control.
_ODD_BREAKS = re.compile("[\r\v\f\x85\u2028\u2029]")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Either of the two: most texts have none, and ten thousand are searched once instead of three times.
ODD = re.compile(f"{_ODD_BREAKS.pattern}|{CONTROL.pattern}")
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def with_plain_breaks(text: str) -> str:
    """Make every line break a plain one."""
    return _ODD_BREAKS.sub("\n", text.replace("\r\n", "\n"))


def one_line(node: Node, field: str, found: Findings) -> str | None:
    """Read a text without line breaks."""
    text = _scalar(node, field, found)
    if text is not None and "=?" in text and (word := LOOKS_ENCODED.search(text)):
        # A mail program would decode it in a subject, into whatever stands in it.
        hint = 'Write the text itself, for example "Größe" instead of "=?utf-8?q?Gr=C3=B6=C3=9Fe?=".'
        found.add(node.line, field, f'"{field}" has what looks like an encoded word: {word.group()[:60]!r}', hint)
        return None
    if text is None or text.isprintable() or not (match := _NOT_IN_A_LINE.search(text)):
        return text
    if match.group() in "\n\r":
        found.add(node.line, field, f'"{field}" has a line break', "Write it in one line.")
    else:
        what = f'"{field}" has a control character: U+{ord(match.group()):04X}'
        found.add(node.line, field, what, "Delete it; it may be invisible.")
    return None


def long_text(node: Node, field: str, found: Findings) -> str | None:
    """Read a text that may have several lines."""
    text = _scalar(node, field, found)
    if text is None or text.isprintable():
        return text
    text = with_plain_breaks(text)
    if match := CONTROL.search(text):
        what = f'"{field}" has a control character: U+{ord(match.group()):04X}'
        found.add(node.line, field, what, "Delete it; it may be invisible.")
        return None
    return text


def _scalar(node: Node, field: str, found: Findings) -> str | None:
    if isinstance(node, Scalar):
        return node.text.strip()
    kind = "a list" if isinstance(node, Sequence) else "a group of fields"
    found.add(node.line, field, f'"{field}" is {kind}, not a text', f'Write one text: {_last(field)}: "A text".')
    return None


def _last(field: str) -> str:
    return field.rpartition(".")[2]


_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def day(node: Node, field: str, found: Findings) -> date | None:
    """Read a date, 2026-11-23."""
    text = _scalar(node, field, found)
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # no such day, 2026-02-30: reported as any other text that is no date
    meant = parse_date(text) or date(2026, 11, 23)
    what = f'"{field}" is not a date: {shown(text)}'
    found.add(node.line, field, what, f"Write year, month and day, for example {meant.isoformat()}.")
    return None


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)? ?(Z|z|[+-]\d\d:?\d\d)?)?")


def moment(node: Node, field: str, found: Findings) -> datetime | None:
    """Read a date and time with its offset from UTC; given in UTC."""
    text = _scalar(node, field, found)
    if text is None:
        return None
    match = _MOMENT.fullmatch(text)
    try:
        if match and match[2] and match[3]:
            return datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3].upper()}").astimezone(UTC)
        example = _with_offset(f"{match[1]}T{match[2] or '09:00'}") if match else ""
    except (ValueError, OverflowError):
        match = None
    if not match:
        what, hint = "is not a date and time", 'Write it as "2026-11-23T09:00+01:00".'
    elif not match[2]:
        what, hint = "has no time", f'Add the time and the offset, for example "{example}".'
    else:
        what, hint = "has no time zone", f'Add the offset, for example "{example}".'
    found.add(node.line, field, f'"{field}" {what}: {shown(text)}', hint)
    return None


def _with_offset(local: str) -> str:
    """Show a local time with the offset of Central Europe on that day: an example, right for most who read it."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return moment.isoformat(timespec="minutes")


# Scheme and host are there, no name and password before the host, and nothing that would end an attribute or a line.
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@\\<>\"]+(?:[/?#][^\s\\<>\"]*)?", re.IGNORECASE)


def is_web_address(text: str) -> bool:
    """Say whether this is a whole http or https address."""
    return _WEB_ADDRESS.fullmatch(text) is not None and not _NOT_IN_A_LINE.search(text)


def web_address(node: Node, field: str, found: Findings) -> str | None:
    """Read an http or https address."""
    text = _scalar(node, field, found)
    if text is None or is_web_address(text):
        return text
    guess = f"https://{text.lower()}"
    example = guess if "." in text and ":" not in text and is_web_address(guess) else "https://www.example.org/news"
    found.add(node.line, field, f'"{field}" is not a web address: {shown(text)}', f'Write it whole: "{example}".')
    return None


def picture_file(node: Node, field: str, found: Findings) -> str | None:
    """Read an address of a picture, or its path below the queue folder."""
    text = one_line(node, field, found)
    if text is None or is_web_address(text):
        return text
    if "://" in text or text.startswith(("data:", "/", "\\", "~")) or re.match("[A-Za-z]:", text):
        what = "is neither a web address nor a path below the queue folder"
    elif "\\" in text:
        what = "has a backslash"
    elif ".." in text.split("/"):
        what = "leads out of the queue folder"
    else:
        return text
    found.add(node.line, field, f'"{field}" {what}: {shown(text)}', 'Write it as "images/pump.jpg".')
    return None


# BCP 47 (RFC 5646), without its rare forms: language, script or region.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def language(node: Node, field: str, found: Findings) -> str | None:
    """Read a language code such as de or en-GB."""
    text = _scalar(node, field, found)
    if text is None or _LANGUAGE.fullmatch(text):
        return text
    guess = "en" if text.lower().startswith("en") else "de"
    found.add(node.line, field, f'"{field}" is not a language code: {shown(text)}', f"Write it as {guess}.")
    return None


def whole_number(node: Node, field: str, found: Findings) -> int | None:
    """Read a whole number from -100 to 100."""
    text = _scalar(node, field, found)
    if text is None:
        return None
    if re.fullmatch("[+-]?[0-9]{1,3}", text) and -100 <= int(text) <= 100:
        return int(text)
    what = f'"{field}" is not a whole number from -100 to 100: {shown(text)}'
    found.add(node.line, field, what, f"Write it as {field}: 10")
    return None


def yes_or_no(node: Node, field: str, found: Findings) -> bool | None:
    """Read true or false."""
    text = _scalar(node, field, found)
    if text is None or text in ("true", "false"):
        return text == "true"
    what = f'"{field}" is neither true nor false: {shown(text)}'
    found.add(node.line, field, what, f"Write it as {field}: true")
    return None


def status(node: Node, field: str, found: Findings) -> Status | None:
    """Read draft, ready or hold."""
    text = _scalar(node, field, found)
    if text is None or text in list(Status):
        return Status(text) if text else None
    meant = nearest(text, list(Status)) or Status.READY
    what = f'"{field}" is none of draft, ready, hold: {shown(text)}'
    found.add(node.line, field, what, f"Write it as {field}: {meant}")
    return None


def slug(node: Node, field: str, found: Findings) -> str | None:
    """Read the slug of an article: what its file is called, without date and ending."""
    text = one_line(node, field, found)
    if text is None:
        return None
    meant = slug_of(split_file_stem(text.removesuffix(".md"))[1])
    if text == meant:
        return text
    found.add(node.line, field, f'"{field}" is not a slug: {shown(text)}', f"Write it as {meant or 'new-pump'}.")
    return None


def tags(node: Node, field: str, found: Findings) -> tuple[str, ...]:
    """Read a list of texts; one that stands there twice counts once."""
    return tuple(dict.fromkeys(text for text, _ in _texts(node, field, found)))


def digest_names(node: Node, field: str, found: Findings) -> tuple[str, ...]:
    """Read a list of digests of the config."""
    return _names(node, field, found, "digest", found.digests)


def channel_names(node: Node, field: str, found: Findings) -> tuple[str, ...]:
    """Read a list of channels of the config."""
    return _names(node, field, found, "channel", found.channels)


def _names(node: Node, field: str, found: Findings, word: str, known: Collection[str] | None) -> tuple[str, ...]:
    names = _texts(node, field, found)
    for name, line in names:
        check_name(name, line, field, found, (word, known))
    return tuple(dict.fromkeys(name for name, _ in names))


def check_name(name: str, line: int, field: str, found: Findings, of: tuple[str, Collection[str] | None]) -> None:
    """Note a name that the config does not have."""
    word, known = of
    if known is None or name in known:
        return
    if close := nearest(name, known):
        hint = f'Did you mean "{close}"?'
    elif known:
        hint = f"The config has: {', '.join(sorted(known))}."
    else:
        hint = f"Add [{word}s.{name}] to the config, or remove the name."
    found.add(line, field, f'there is no {word} "{name}"', hint)


def _texts(node: Node, field: str, found: Findings) -> list[tuple[str, int]]:
    """Read a list of one-line texts with their lines."""
    if not isinstance(node, Sequence):
        example = shown(node.text.strip())[1:-1] if isinstance(node, Scalar) else "water"
        found.add(node.line, field, f'"{field}" is not a list', f"Put brackets around it: {field}: [{example}]")
        return []
    texts = [(one_line(item, field, found), item) for item in node.items]
    for text, item in texts:
        if text == "":
            found.add(item.line, field, f'"{field}" has an empty entry', "Remove it, or write a text.")
    return [(text, item.line) for text, item in texts if text]


def fields_of(node: Node, field: str, found: Findings, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read a group of fields; unknown ones are errors, empty ones are left out."""
    if not isinstance(node, Fields):
        example = f"{field}:\n  {next(iter(readers))}: ..."
        found.add(node.line, field, f'"{field}" is not a group of fields', f"Write it as\n{example}")
        return {}
    values = {}
    for name, value in node.entries.items():
        inner = f"{field}.{name}"
        if name not in readers:
            unknown_field(name, node.lines[name], field, found, readers)
        elif not is_empty(value):
            values[name] = readers[name](value, inner, found)
    return values


# What German speakers write of themselves for the English names.
_GERMAN = {
    "titel": "title", "überschrift": "title", "vorspann": "teaser", "dachzeile": "kicker", "datum": "date",
    "sprache": "lang", "autor": "author", "autorin": "author", "bild": "image", "quelle": "source", "link": "url",
    "schlagwörter": "tags", "kanäle": "channels", "ablauf": "expires_at", "priorität": "priority",
    "bildunterschrift": "caption", "alternativtext": "alt", "bildnachweis": "credit", "datei": "src",
}  # fmt: skip


def unknown_field(name: str, line: int, group: str, found: Findings, known: Collection[str]) -> None:
    """Note a field that does not exist, with the one that was probably meant."""
    meant = _GERMAN.get(name.lower())
    meant = meant if meant in known else nearest(name, known)
    place = f' in "{group}"' if group else ""
    hint = f'Did you mean "{meant}"?' if meant else f"These exist: {', '.join(known)}."
    found.add(line, f"{group}.{name}".lstrip("."), f"there is no field {shown(name)}{place}", hint)


_IMAGE: dict[str, Reader] = {"src": picture_file, "alt": one_line, "caption": one_line, "credit": one_line}
_SOURCE: dict[str, Reader] = {"name": one_line, "url": web_address}
_RELATED: dict[str, Reader] = {"title": one_line, "url": web_address, "date": day, "teaser": long_text}


def image(node: Node, field: str, found: Findings) -> Image | None:
    """Read the picture; without alt it is taken here, and preflight reports it."""
    values = fields_of(node, field, found, _IMAGE)
    return Image(**values) if values else None


def source(node: Node, field: str, found: Findings) -> Source | None:
    """Read where the news comes from."""
    if isinstance(node, Scalar):
        hint = f"Write it as\nsource:\n  name: {shown(node.text.strip())}"
        found.add(node.line, field, '"source" is not a group of fields', hint)
        return None
    values = fields_of(node, field, found, _SOURCE)
    return Source(**values) if _has(values, "name", node, field, found) else None


def related(node: Node, field: str, found: Findings) -> tuple[Related, ...]:
    """Read further articles: slugs of the queue, or titles with address, date and teaser."""
    if not isinstance(node, Sequence):
        found.add(node.line, field, '"related" is not a list', "Begin each line of it with -, for example: - new-pump")
        return ()
    entries = [_one_related(item, field, found) for item in node.items]
    return tuple(entry for entry in entries if entry)


def _one_related(node: Node, field: str, found: Findings) -> Related | None:
    if isinstance(node, Scalar):
        if is_empty(node):
            found.add(node.line, field, '"related" has an empty entry', "Remove it, or write a slug: - new-pump")
            return None
        name = slug(node, field, found)
        return Related(slug=name) if name else None
    values = fields_of(node, field, found, _RELATED)
    return Related(**values) if _has(values, "title", node, field, found) else None


def _has(values: Mapping[str, Any], name: str, node: Node, field: str, found: Findings) -> bool:
    if values.get(name):
        return True
    if isinstance(node, Fields) and name not in values:
        found.add(node.line, f"{field}.{name}", f'"{field}.{name}" is missing', f'Add it: {name}: "A text"')
    return False


def posts(node: Node, field: str, found: Findings) -> Mapping[str, str]:
    """Read the author's own texts of posts, by channel."""
    if not isinstance(node, Fields):
        found.add(node.line, field, '"posts" is not a group of fields', "Write it as\nposts:\n  mastodon: A text")
        return MappingProxyType({})
    texts = {}
    for channel, value in node.entries.items():
        check_name(channel, node.lines[channel], f"{field}.{channel}", found, ("channel", found.channels))
        if not is_empty(value):
            texts[channel] = long_text(value, f"{field}.{channel}", found) or ""
    return MappingProxyType(texts)
