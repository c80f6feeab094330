"""A frozen message with one recipient's values, joined where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.domain.message import Message


class Filled(Mapping[str, bytes]):
    """The sections of a message with one recipient's values, each joined when it is asked for.

    `message` is the frozen message, `escaped` its values in the order of its fields, fit for where they stand: an
    adapter that has made the constant pieces ready for its wire once only joins these into them.
    """

    __slots__ = ("escaped", "message")

    def __init__(self, message: Message, escaped: Sequence[bytes]) -> None:
        self.message = message
        self.escaped = escaped

    def __getitem__(self, name: str) -> bytes:
        """Give one section."""
        pieces = self.message.layout[name]
        if len(pieces) == 1:  # as of an envelope's sender
            (piece,) = pieces
            return piece if isinstance(piece, bytes) else self.escaped[piece]
        return join_pieces(pieces, self.escaped)

    def __iter__(self) -> Iterator[str]:
        return iter(self.message.sections)

    def __len__(self) -> int:
        return len(self.message.sections)


def join_pieces(pieces: Iterable[bytes | int], escaped: Sequence[bytes]) -> bytes:
    """Put pieces together, each field by its value."""
    return b"".join([piece if isinstance(piece, bytes) else escaped[piece] for piece in pieces])
