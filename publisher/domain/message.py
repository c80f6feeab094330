"""A message: an e-mail, a post or a notice, final and immutable.

It is kept as named sections of byte pieces with placeholder names between them. Rendering makes it once; sending only
fills the placeholders, each escaped for where it stands. Two recipients' messages differ in nothing else.

Sections of an e-mail: `return_path` (envelope sender), `headers` (the header block, each line ended by CRLF, without
the empty line after it) and `body`. Sections of a post or a notice to a chat: `post` (the JSON of `domain/post.py`)
and, where an image goes along, `image` (its bytes in base64, already scaled for the network).
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from publisher.domain.filled import Filled


class MessageKind(StrEnum):
    """What a message is; a channel's adapter says which kinds it takes."""

    EMAIL = "email"
    POST = "post"
    NOTICE = "notice"


class Context(StrEnum):
    """Where a placeholder stands: it decides how its value is escaped."""

    HEADER = "header"  # a header line: ASCII without control characters, put in as it is
    ENVELOPE = "envelope"  # an address of the envelope, put in as it is
    TEXT = "text"  # the plain text part, quoted-printable
    HTML = "html"  # text of the HTML part, quoted-printable
    URL = "url"  # inside an href of the HTML part, quoted-printable


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A named per-recipient field; names are lower case with underscores."""

    name: str
    context: Context


Piece = bytes | Placeholder


@dataclass(frozen=True)
class Message:
    """A frozen message: the same bytes for everyone but for its placeholders."""

    kind: MessageKind
    sections: Mapping[str, tuple[Piece, ...]]
    # Each different placeholder once: the order in which `Filled` holds their values.
    fields: tuple[Placeholder, ...] = field(init=False, repr=False, compare=False)
    # For each of them its name, and how its value is made fit for where it stands.
    inserts: tuple[tuple[str, Callable[[str], bytes]], ...] = field(init=False, repr=False, compare=False)
    # The sections with each placeholder as its number in `fields`.
    layout: Mapping[str, tuple[bytes | int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what is asked for with each recipient."""
        fields = tuple(dict.fromkeys(self.placeholders()))
        number = {each: index for index, each in enumerate(fields)}
        layout = {
            name: tuple([number[piece] if isinstance(piece, Placeholder) else piece for piece in pieces])
            for name, pieces in self.sections.items()
        }
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "inserts", tuple([(each.name, _ESCAPES[each.context]) for each in fields]))
        object.__setattr__(self, "layout", layout)

    @property
    def encoded(self) -> bytes:
        """Give the one canonical form in which it is stored and hashed."""
        return encode_message(self)

    @property
    def content_hash(self) -> str:
        """Hash pieces and placeholder names: SHA-256 in hex. Recipients' values are not in it."""
        return hashlib.sha256(self.encoded).hexdigest()

    def placeholders(self) -> Iterator[Placeholder]:
        """Go through all placeholders in the order in which they stand."""
        for pieces in self.sections.values():
            yield from (piece for piece in pieces if isinstance(piece, Placeholder))


def encode_message(message: Message) -> bytes:
    """Write a message as canonical JSON; its pieces must be UTF-8, which e-mails and posts of ours always are."""
    sections = [[name, [_encode_piece(piece) for piece in pieces]] for name, pieces in message.sections.items()]
    document = {"version": 1, "kind": message.kind.value, "sections": sections}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _encode_piece(piece: Piece) -> str | dict[str, str]:
    if isinstance(piece, Placeholder):
        return {"placeholder": piece.name, "context": piece.context.value}
    return piece.decode("utf-8")


def decode_message(encoded: bytes) -> Message:
    """Read a message back from its canonical form."""
    document: dict[str, Any] = json.loads(encoded)
    sections = {name: tuple(_decode_piece(piece) for piece in pieces) for name, pieces in document["sections"]}
    return Message(kind=MessageKind(document["kind"]), sections=sections)


def _decode_piece(piece: str | dict[str, str]) -> Piece:
    if isinstance(piece, str):
        return piece.encode("utf-8")
    return Placeholder(piece["placeholder"], Context(piece["context"]))


class SealedMessage(NamedTuple):
    """A message with one recipient's values filled in: what an adapter puts on the wire, byte for byte.

    `segment` counts from 1; `previous` holds what earlier segments of the same thread left: for each its receipt.
    `key` is the delivery's key, the same on every attempt; `prepared` is what the adapter's `prepare` returned when
    the delivery was planned; `marks` is what earlier attempts recorded on the way (a media or container id).
    """

    key: str
    kind: MessageKind
    recipient: str
    sections: Mapping[str, bytes]
    prepared: Mapping[str, Any]
    marks: Mapping[str, Any]
    segment: int = 1
    previous: tuple[str, ...] = ()


def fill(message: Message, values: Mapping[str, str]) -> Filled:
    """Fill every placeholder. KeyError names a placeholder without a value: a defect, never a person's mistake."""
    return Filled(message, [insert(values[name]) for name, insert in message.inserts])


def escape(value: str, context: Context) -> bytes:
    """Make a value fit for where it stands."""
    return _ESCAPES[context](value)


_INVISIBLE = re.compile("[\x00-\x1f\x7f\u2028\u2029]")


def _one_line(value: str) -> bytes:
    """Let a value into a header or the envelope only if it cannot start another line or command there."""
    if not value.isprintable():
        raise ValueError(f"a control character in a header or envelope value: {value!r}")
    return value.encode("ascii")


@lru_cache(maxsize=256)  # some values are the same for everyone, or for many
def _text_insert(value: str) -> bytes:
    return quoted_printable_insert(_visible(value))


@lru_cache(maxsize=256)
def _html_insert(value: str) -> bytes:
    return quoted_printable_insert(html.escape(_visible(value)))


@lru_cache(maxsize=256)
def _url_insert(value: str) -> bytes:
    return quoted_printable_insert(html.escape(quote(value, safe=":/?&=#%@+,;~-._")))


_ESCAPES: Mapping[Context, Callable[[str], bytes]] = {
    Context.HEADER: _one_line,
    Context.ENVELOPE: _one_line,
    Context.TEXT: _text_insert,
    Context.HTML: _html_insert,
    Context.URL: _url_insert,
}


def _visible(value: str) -> str:
    return value if value.isprintable() else _INVISIBLE.sub("", value)


QUOTED_PRINTABLE_LINE = 76  # octets without the line end; RFC 2045 6.7 (5), checked 2026-11-23
_TOKENS = tuple(chr(o) if o < 0x80 and chr(o).isalnum() else f"={o:02X}" for o in range(256))


def quoted_printable_insert(value: str) -> bytes:
    """Write a value so that it can stand anywhere in a quoted-printable body: on lines of its own between soft breaks.

    Every octet but letters and digits is encoded, so no later line ending, leading dot or "From " can come about.
    """
    tokens = _TOKENS
    encoded = "".join([tokens[octet] for octet in value.encode("utf-8")])
    lines, start, room = [], 0, QUOTED_PRINTABLE_LINE - 1
    while len(encoded) - start > room:
        # The cut must not go through a token: it is at most two characters long after its "=".
        equals = encoded.find("=", start + room - 2, start + room)
        end = equals if equals > 0 else start + room
        lines.append(encoded[start:end])
        start = end
    lines.append(encoded[start:])
    return "".join([f"=\r\n{line}" for line in lines]).encode("ascii") + b"=\r\n"
