"""Words of a mail header: text as RFC 2047 encoded words, names as phrases, addresses with names.

The standard library folds long values inside quotes and addresses and drops the quotes of long names, so these few
rules are our own. Nothing here has a line break in it: `rendering/header_block.py` folds between the words.

*Source:* RFC 2047 sections 2 and 5, RFC 5322 section 3.2.3 (checked 2026-11-23).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

MAX_WORD = 75  # characters of one encoded word; RFC 2047 section 2
MAX_LINE = 76  # characters of a line with an encoded word in it; RFC 2047 section 2
MAX_PLAIN = 70  # characters of a name in quotes or of one unbroken token, before it is encoded instead
_OPENINGS = {"q": "=?utf-8?q?", "b": "=?utf-8?b?"}
_CLOSING = "?="
_OVERHEAD = len(_OPENINGS["q"]) + len(_CLOSING)

# The characters that stand for themselves in a "Q" word inside a phrase: RFC 2047 section 5 (3).
_PLAIN_IN_Q = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LOOKS_ENCODED = re.compile(r"=\?[^?]*\?[^?]*\?[^?]*\?=")


def subject_words(text: str, *, first_column: int = 0) -> list[str]:
    """Write free text as words that are put together again by single spaces or folds between them.

    `first_column` is how many characters stand on the first line already.
    """
    plain = text.isascii() and "=?" not in text and text == " ".join(text.split())
    if plain and all(len(word) <= MAX_PLAIN for word in text.split()):
        return text.split()
    return encoded_words(text, first_column=first_column)


def phrase(text: str, *, first_column: int = 0) -> str:
    """Write a display name: as it is, in quotes, or as encoded words with single spaces between."""
    if text.isascii() and "=?" not in text:
        if _ATOMS.fullmatch(text):
            return text
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(quoted) <= MAX_PLAIN:
            return quoted
    return " ".join(encoded_words(text, first_column=first_column))


def mailbox(name: str | None, address: str, *, first_column: int = 0) -> str:
    """Write an address with its display name, if it has one."""
    return f"{phrase(name, first_column=first_column)} <{address}>" if name else address


def encoded_words(text: str, *, first_column: int = 0) -> list[str]:
    """Write text as encoded words, split between characters; in Q, which people can read, unless B is half as long."""
    q_length = sum(len(_q(character)) for character in text)
    b_length = len(text.encode("utf-8")) * 4 / 3
    kind, length = ("q", _q_length) if q_length <= 2 * b_length else ("b", _b_length)
    first_room = min(MAX_WORD, MAX_LINE - first_column) - _OVERHEAD
    encode = _q if kind == "q" else _b
    parts = _split(text, length, max(first_room, 12), MAX_WORD - _OVERHEAD)
    return [f"{_OPENINGS[kind]}{encode(part)}{_CLOSING}" for part in parts]


def _split(text: str, length: Callable[[str], int], first_room: int, room: int) -> Iterator[str]:
    """Cut text into parts whose encoding fits; never inside a character."""
    part, space = "", first_room
    for character in text:
        if part and length(part + character) > space:
            yield part
            part, space = "", room
        part += character
    yield part


def _q(text: str) -> str:
    return "".join(_q_octet(octet) for octet in text.encode("utf-8"))


def _q_octet(octet: int) -> str:
    character = chr(octet)
    if character == " ":
        return "_"
    return character if character in _PLAIN_IN_Q else f"={octet:02X}"


def _q_length(text: str) -> int:
    return len(_q(text))


def _b(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _b_length(text: str) -> int:
    return (len(text.encode("utf-8")) + 2) // 3 * 4


def is_control(character: str) -> bool:
    """Say whether a character may never stand in a header: C0, DEL, C1, a line or paragraph separator, half a pair."""
    code = ord(character)
    return code < 0x20 or 0x7F <= code <= 0x9F or code in (0x2028, 0x2029) or 0xD800 <= code <= 0xDFFF
