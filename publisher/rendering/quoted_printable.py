"""Bodies as quoted-printable pieces, with placeholders between them.

*Source:* RFC 2045 section 6.7; RFC 5322 section 2.1.1 (checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from publisher.domain.message import QUOTED_PRINTABLE_LINE, Piece, Placeholder
from publisher.rendering.header_block import merge_pieces

_ROOM = QUOTED_PRINTABLE_LINE - 1  # the last column is for the soft break
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def quoted_printable(parts: Sequence[str | Placeholder]) -> tuple[Piece, ...]:
    """Encode text with placeholders between; the text's line ends become CRLF.

    A filled placeholder starts and ends with a soft break (`domain/message.py`), so text before it leaves one column
    for the soft break, and text after it starts in the first column.
    """
    pieces: list[Piece] = []
    for part in parts:
        if isinstance(part, Placeholder):
            pieces.append(part)
        else:
            pieces.append("\r\n".join(_encoded_lines(part)).encode("ascii"))
    return merge_pieces(pieces)


def _encoded_lines(text: str) -> Iterable[str]:
    for line in _LINE_ENDS.split(text):
        yield _encoded_line(line)


def _encoded_line(line: str) -> str:
    """Encode one line of text as one or more lines with soft breaks between."""
    tokens = [_token(octet) for octet in line.encode("utf-8")]
    if tokens and tokens[-1] in (" ", "\t"):
        tokens[-1] = f"={ord(tokens[-1]):02X}"
    lines, current = [], ""
    for token in tokens:
        if len(current) + len(token) > _ROOM:
            lines.append(current)
            current = ""
        current += token
    return "=\r\n".join(_safe_start(encoded) for encoded in [*lines, current])


def _token(octet: int) -> str:
    """Write an octet as itself or as three characters."""
    if octet in (0x09, 0x20) or (0x21 <= octet <= 0x7E and octet != 0x3D):
        return chr(octet)
    return f"={octet:02X}"


def _safe_start(line: str) -> str:
    """Encode the first character of a line that a relay on the way might change: dots, "From ", boundaries.

    A line grows by two columns at most, and only if it starts so; the rest moves behind a soft break if needed.
    """
    if not line.startswith((".", "From ", "--")):
        return line
    safe = f"={ord(line[0]):02X}{line[1:]}"
    if len(safe) <= _ROOM:
        return safe
    cut = _ROOM - (2 if safe[_ROOM - 2] == "=" else 1 if safe[_ROOM - 1] == "=" else 0)
    return f"{safe[:cut]}=\r\n{_safe_start(safe[cut:])}"
