"""Hashtags out of tags."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.hashtags import hashtag_of, hashtags_of


@pytest.mark.parametrize(
    ("tag", "hashtag"),
    [
        ("Wasser", "#Wasser"),
        ("wasser", "#Wasser"),
        ("erneuerbare Energien", "#ErneuerbareEnergien"),
        ("Öffentlicher Nahverkehr", "#ÖffentlicherNahverkehr"),
        ("große Städte", "#GroßeStädte"),
        ("IT-Sicherheit", "#ITSicherheit"),
        ("eMobility", "#eMobility"),
        ("#Pumpen", "#Pumpen"),
        ("Forschung & Entwicklung", "#ForschungEntwicklung"),
        ("Industrie 4.0", "#Industrie40"),
        ("5G", "#5G"),
        ("co2_neutral", "#Co2Neutral"),
        ("ä-test", "#ÄTest"),
        ("a\u0308pfel", "#Äpfel"),
        ("नेट", "#नेट"),
        ("2026", None),
        ("4.0", None),
        ("", None),
        ("  ", None),
        ("#", None),
        ("🎉", None),
        ("x" * 65, None),
        ("x" * 10_000_000, None),
        ("\u0300\u0316" * 200_000, None),
    ],
)
def test_hashtag_of(tag: str, hashtag: str | None) -> None:
    """CamelCase, umlauts kept; nothing where no network would make a link of it."""
    assert hashtag_of(tag) == hashtag


def test_hashtags_keep_their_order_and_come_once() -> None:
    assert hashtags_of(["Wasser", "2026", "wasser", "Neue Pumpen", "neue-pumpen", "Köln"]) == (
        "#Wasser",
        "#NeuePumpen",
        "#Köln",
    )


@given(st.text(max_size=40))
def test_a_hashtag_is_one_word_behind_a_hash(tag: str) -> None:
    hashtag = hashtag_of(tag)
    assert hashtag is None or regex.fullmatch(r"#[\p{L}\p{M}\p{Nd}]+", hashtag)


@given(st.text(max_size=40))
def test_a_hashtag_made_into_a_hashtag_stays_the_same(tag: str) -> None:
    hashtag = hashtag_of(tag)
    assert hashtag is None or hashtag_of(hashtag) == hashtag
