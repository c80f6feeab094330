"""Print rows in columns: folded to fit on a terminal, one line a row into a pipe."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# Folding takes about a third of a millisecond a row, and nobody reads so many on a screen.
MAX_FOLDED_ROWS = 1_000
GAP = "   "


def print_rows(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a header, a line, and one row after the other."""
    if console.is_terminal and len(rows) <= MAX_FOLDED_ROWS:
        from rich.text import Text

        from publisher.cli.frame import table

        folded = table(*columns)
        for row in rows:
            folded.add_row(*map(Text, row))
        console.print(folded)
    else:
        console.file.write("\n".join(_aligned_lines(columns, rows)) + "\n")


def _aligned_lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Give lines whose columns stand below each other."""
    widths = [max(map(_width, cells)) for cells in zip(columns, *rows, strict=True)]
    yield _line(columns, widths)
    yield "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    for row in rows:
        yield _line(row, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join([cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)]).rstrip()


def _width(text: str) -> int:
    """Count the places that a text takes in a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(_PLACES.get(unicodedata.east_asian_width(c), 1) for c in text if not unicodedata.combining(c))


# Source: Unicode Standard Annex 11, East Asian Width, section 5: W and F are wide; checked 2026-11-23.
_PLACES = {"W": 2, "F": 2}
