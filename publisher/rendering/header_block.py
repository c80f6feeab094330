"""The header block of an e-mail, written by ourselves: one line per field, folded only between words.

*Source:* RFC 5322 sections 2.1.1 and 2.2.3, RFC 2047 section 5, RFC 2369 section 2, all checked 2026-11-23.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Sequence

from publisher.domain.header_words import LOOKS_ENCODED, MAX_LINE, is_control, subject_words
from publisher.domain.message import Piece, Placeholder
from publisher.errors import TemplateError

MAX_HEADER_LINE = 998  # octets without the line end; RFC 5322 section 2.1.1
FREE_TEXT = frozenset({"Subject"})  # fields whose value is text, not syntax
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OUR_WORD = re.compile(r"=\?utf-8\?([qb])\?([!->@-~]{1,63})\?=")
# A word of a structured field: what is in quotes or in angle brackets stays whole.
_TOKEN = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^\s"<]+)+')


def header_lines(fields: Sequence[tuple[str, tuple[str | Placeholder, ...]]]) -> tuple[Piece, ...]:
    """Write header fields, each ended by CRLF, as pieces with the placeholders between.

    Free text (Subject) is given as text and encoded here. Every other value is given ready, in ASCII, its names
    written by `domain/header_words.py`. Errors: TemplateError for what could start another line or another field.
    """
    pieces: list[Piece] = []
    for name, parts in fields:
        if not _FIELD_NAME.fullmatch(name):
            raise TemplateError(f'"{name}" is no header name', hint='Use letters and hyphens, for example "List-Id".')
        pieces += _field(name, parts)
    return merge_pieces(pieces)


def _field(name: str, parts: tuple[str | Placeholder, ...]) -> Iterable[Piece]:
    for part in parts:
        if isinstance(part, str):
            refuse_unsafe(name, part, may_be_encoded=name not in FREE_TEXT)
    if any(isinstance(part, Placeholder) for part in parts):
        yield f"{name}: ".encode("ascii")
        yield from (part if isinstance(part, Placeholder) else _ascii(name, part) for part in parts)
        yield b"\r\n"
        return
    value = "".join(part for part in parts if isinstance(part, str))
    words = subject_words(value, first_column=len(name) + 2) if name in FREE_TEXT else _TOKEN.findall(value)
    yield _ascii(name, _folded(f"{name}:", words)) + b"\r\n"


def refuse_unsafe(name: str, value: str, *, may_be_encoded: bool = False) -> None:
    """Refuse a value that could start another line, or that a reader's program would decode into something else."""
    if any(is_control(character) for character in value):
        raise TemplateError(
            f"a control character or a line break in the header {name}: {value[:80]!r}",
            where=f"header {name}",
            hint="Write the value in one line, without invisible characters.",
        )
    for word in LOOKS_ENCODED.findall(value):
        if not (may_be_encoded and _is_our_word(word)):
            raise TemplateError(
                f"the header {name} has what looks like an encoded word: {word[:80]!r}",
                where=f"header {name}",
                hint='Write the text itself, for example "Größe" instead of "=?utf-8?q?Gr=C3=B6=C3=9Fe?=".',
            )


def _is_our_word(word: str) -> bool:
    """Say whether an encoded word is one that our own encoder writes, and harmless when decoded."""
    match = _OUR_WORD.fullmatch(word)
    if not match:
        return False
    try:
        decoded = _decoded(match.group(1), match.group(2)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return not any(is_control(character) for character in decoded)


def _decoded(kind: str, text: str) -> bytes:
    if kind == "b":
        return base64.b64decode(text, validate=True)
    return quopri.decodestring(text.replace("_", " ").encode("ascii"), header=True)


def _folded(start: str, words: Iterable[str]) -> str:
    lines, line = [], start
    for word in words:
        if len(line) + 1 + len(word) > MAX_LINE and line != start:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line])


def _ascii(name: str, value: str) -> bytes:
    try:
        encoded = value.encode("ascii")
    except UnicodeEncodeError as error:
        raise TemplateError(
            f"the header {name} has a character that is not ASCII: {value[error.start]!r}",
            where=f"header {name}",
            hint="Use an address in ASCII; a domain such as müller.example is written xn--mller-kva.example.",
        ) from error
    if any(len(line) > MAX_HEADER_LINE for line in encoded.split(b"\r\n")):
        raise TemplateError(f"the header {name} is too long", where=f"header {name}", hint="Shorten it.")
    return encoded


def merge_pieces(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Put neighbouring byte pieces together, so that equal messages are equal piece by piece."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += piece
        elif piece:
            merged.append(piece)
    return tuple(merged)
