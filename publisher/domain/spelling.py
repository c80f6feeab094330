"""Which known word was probably meant by one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

CUTOFF = 0.6


def nearest_word(word: str, known: Iterable[str], *, cutoff: float = CUTOFF) -> str | None:
    """Name the nearest known word, None if none is near.

    Letters that have changed places count as one slip, which difflib does not know: to it "stauts" is nearer to
    "stats" than to "status".
    """
    every = list(known)
    near = difflib.get_close_matches(word, every, n=len(every) or 1, cutoff=cutoff)
    letters = sorted(word)
    return min(near, key=lambda candidate: sorted(candidate) != letters, default=None)
