"""The nearest word: what a slip of the fingers makes of each command leads back to it."""

from __future__ import annotations

import difflib

import pytest

from publisher.cli.overview import COMMANDS
from publisher.domain.spelling import nearest_word

KNOWN = [name for commands in COMMANDS.values() for name in commands]


def swapped(word: str) -> list[str]:
    """Each word that two neighbours which have changed places make of it."""
    slips = [word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1)]
    return [slip for slip in slips if slip not in KNOWN]


@pytest.mark.parametrize("word", KNOWN)
def test_letters_that_have_changed_places(word: str) -> None:
    assert {nearest_word(slip, KNOWN) for slip in swapped(word) if len(word) > 2} <= {word}


def test_the_control_difflib_alone_takes_another() -> None:
    assert difflib.get_close_matches("stauts", KNOWN, n=1) == ["stats"]
    assert nearest_word("stauts", KNOWN) == "status"


@pytest.mark.parametrize(
    ("slip", "word"),
    [("statuss", "status"), ("stat", "stats"), ("histry", "history"), ("subscriber", "subscribers"), ("wasser", None)],
)
def test_other_slips(slip: str, word: str | None) -> None:
    """A letter too many, one too few; and what is near to nothing."""
    assert nearest_word(slip, KNOWN) == word


def test_nothing_is_near_to_nothing() -> None:
    assert nearest_word("x", []) is None
