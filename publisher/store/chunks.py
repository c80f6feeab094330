"""Long lists in pieces that fit into one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# SQLite before 3.32 took 999 parameters in a statement. Source: sqlite.org/limits.html, checked 2026-11-23.
MAX_VALUES = 900


def chunked(values: Sequence[T], size: int = MAX_VALUES) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
