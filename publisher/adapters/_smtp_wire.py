"""A message as it follows DATA: every line ended by CRLF, leading dots doubled, the final dot.

Looking through 50 KB for each recipient would cost more than sending them. So the constant pieces of a frozen message
are made ready once, and a recipient's values are only joined in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from publisher.domain.filled import Filled
from publisher.domain.message import Context, Message, SealedMessage

FINAL_DOT = b".\r\n"
# A constant piece of so many is not joined with others.
LARGE_OCTETS = 4_096
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")
# Their values begin with a soft line break, end with one, and have no dot in between (`domain/message.py`).
_ENDS_ITS_LINE = frozenset({Context.TEXT, Context.HTML, Context.URL})


def content_of(message: SealedMessage) -> bytes:
    """Give the message as it is kept: headers, an empty line, body; every line ended by CRLF."""
    whole = message.sections["headers"] + b"\r\n" + message.sections["body"]
    lines = _LINE_END.sub(b"\r\n", whole)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def wire_bytes(content: bytes) -> bytes:
    """Give what follows DATA: leading dots doubled, and the final dot (RFC 5321 4.5.2, checked 2026-11-23)."""
    return _LEADING_DOT.sub(b"..", content) + FINAL_DOT


class WireForm:
    """A frozen message, made ready for the wire but for its values."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.is_ascii = all(piece.isascii() for piece in _constants(message))
        pieces = _ready_pieces(message)
        self._pieces = None if pieces is None else [piece if isinstance(piece, bytes) else b"" for piece in pieces]
        self._places = [(at, piece) for at, piece in enumerate(pieces or (), start=1) if isinstance(piece, int)]
        self._groups = _groups([b"", *(self._pieces or ())])

    def fill(self, filled: Filled, first_lines: bytes) -> list[bytes] | None:
        """Give what follows DATA, with more header lines before it; None if that takes a look at every byte.

        In pieces: all joined, each message would be new memory, and the processor's cache would hold nothing else.
        """
        if self._pieces is None:
            return None
        pieces = [first_lines, *self._pieces]
        for at, field in self._places:
            pieces[at] = filled.escaped[field]
        return [pieces[first] if end == first + 1 else b"".join(pieces[first:end]) for first, end in self._groups]


def _groups(pieces: Sequence[bytes]) -> list[tuple[int, int]]:
    """Say which neighbours to join, from the first to before the end: small ones, whose memory is soon used again."""
    groups: list[tuple[int, int]] = []
    is_open = False
    for at, piece in enumerate(pieces):
        is_small = len(piece) < LARGE_OCTETS
        if is_open and is_small:
            groups[-1] = (groups[-1][0], at + 1)
        else:
            groups.append((at, at + 1))
        is_open = is_small
    return groups


def _constants(message: Message) -> Iterable[bytes]:
    return (piece for name in ("headers", "body") for piece in message.layout[name] if isinstance(piece, bytes))


def _ready_pieces(message: Message) -> tuple[bytes | int, ...] | None:
    """Make the pieces ready; None where a value could come to stand first in a line, or within a line end."""
    ready: list[bytes | int] = []
    starts_line = True
    for piece in _merged([*message.layout["headers"], b"\r\n", *message.layout["body"]]):
        if isinstance(piece, int):
            ends_its_line = message.fields[piece].context in _ENDS_ITS_LINE
            if starts_line and not ends_its_line:
                return None
            starts_line = ends_its_line
            ready.append(piece)
        else:
            if piece.endswith(b"\r"):
                return None
            lines = _LINE_END.sub(b"\r\n", piece)
            stuffed = _LEADING_DOT.sub(b"..", lines if starts_line else b" " + lines)
            ready.append(stuffed if starts_line else stuffed[1:])
            starts_line = lines.endswith(b"\n")
    return (*ready, FINAL_DOT if starts_line else b"\r\n" + FINAL_DOT)


def _merged(pieces: Iterable[bytes | int]) -> Iterable[bytes | int]:
    """Join neighbouring constant pieces, so that a line end is never cut in two."""
    constant = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            constant += piece
            continue
        if constant:
            yield constant
        constant = b""
        yield piece
    if constant:
        yield constant
