"""The relaxed form of headers and bodies, which survives what relays do to white space.

*Source:* RFC 6376 sections 3.4.2 and 3.4.4 (checked 2026-11-23).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLANKS_AT_END = re.compile(rb"[ \t]+\r\n")
_BLANKS = re.compile(rb"[ \t]{2,}|\t")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_ANY_BLANKS = re.compile(rb"[ \t]+")
_EMPTY_LINES_AT_END = re.compile(rb"(?:\r\n)+\Z")


def header_fields(headers: bytes) -> list[tuple[bytes, bytes]]:
    """Cut a header block, every line ended by CRLF, into names in lower case and values, unfolded."""
    fields = []
    for line in _FOLD.sub(b"", headers).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            fields.append((name.strip().lower(), value))
    return fields


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """Write a field in its relaxed form, without the line end. `name` is in lower case, `value` unfolded."""
    return name + b":" + _ANY_BLANKS.sub(b" ", value).strip(b" \t")


def relaxed_body(body: bytes) -> bytes:
    """Write a body in its relaxed form: single blanks, none at the end of lines, no empty lines at the end."""
    lines = _LINE_END.sub(b"\r\n", body)
    if lines and not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    inner = _relaxed_piece(lines)
    content = _EMPTY_LINES_AT_END.sub(b"", inner)
    return content + b"\r\n" if content else b""


def _relaxed_piece(piece: bytes) -> bytes:
    return _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"\r\n", piece))


class BodyHash:
    """The hash of a body that is the same for everyone but for its values.

    `pieces` are constant bytes and, between them, numbers of values. Every value begins with a soft line break, ends
    with one, and has no blanks in between (`domain/message.py`): so the constant pieces can be brought into their
    relaxed form once, and what stands before the first value is hashed once.
    """

    def __init__(self, pieces: Sequence[bytes | int]) -> None:
        relaxed = [
            piece if isinstance(piece, int) else _relaxed_piece(_LINE_END.sub(b"\r\n", piece)) for piece in pieces
        ]
        _end_well(relaxed)
        self._start = hashlib.sha256()
        count = 0
        for count, piece in enumerate(relaxed):  # noqa: B007 - where the first value stands
            if isinstance(piece, int):
                break
            self._start.update(piece)
        else:
            count = len(relaxed)
        self._rest = tuple(relaxed[count:])

    def digest(self, values: Sequence[bytes]) -> bytes:
        """Give the SHA-256 of the body with these values."""
        state = self._start.copy()
        state.update(b"".join([piece if isinstance(piece, bytes) else values[piece] for piece in self._rest]))
        return state.digest()


def _end_well(pieces: list[bytes | int]) -> None:
    """Let the last piece end with one line end, where it is a constant one; a value ends with one anyway."""
    if pieces and isinstance(last := pieces[-1], bytes):
        content = _EMPTY_LINES_AT_END.sub(b"", last.rstrip(b" \t"))
        pieces[-1:] = [content + b"\r\n"] if content else []


def body_digest(body: bytes) -> bytes:
    """Give the SHA-256 of one whole body."""
    return hashlib.sha256(relaxed_body(body)).digest()


def joined(pieces: Iterable[bytes | int]) -> list[bytes | int]:
    """Put neighbouring constant pieces together, so that neither a line end nor a run of blanks is cut in two."""
    merged: list[bytes | int] = []
    for piece in pieces:
        if isinstance(piece, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged
