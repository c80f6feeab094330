"""Hashtags out of an article's tags."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex

from publisher.domain.text_limits import count_graphemes

# The shortest of the networks' limits: lexicons/app/bsky/feed/post.json of bluesky-social/atproto, checked 2026-11-23.
MAX_HASHTAG_GRAPHEMES = 64
MAX_TAG_CHARACTERS = 1_000

_WORD = regex.compile(r"[\p{L}\p{M}\p{Nd}]+")


def hashtag_of(tag: str) -> str | None:
    """Make a hashtag of a tag: "erneuerbare Energien" becomes "#ErneuerbareEnergien"; umlauts stay.

    None where no network would link it: nothing but digits, nothing at all, or too long.
    """
    if len(tag) > MAX_TAG_CHARACTERS:
        return None
    words = _WORD.findall(unicodedata.normalize("NFC", tag))
    name = unicodedata.normalize("NFC", "".join(_capitalised(word) for word in words))  # a capital may combine anew
    if not regex.search(r"\p{L}", name) or count_graphemes(name) > MAX_HASHTAG_GRAPHEMES:
        return None
    return f"#{name}"


def hashtags_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Make hashtags of tags, in their order; what differs only in upper and lower case is taken once."""
    hashtags = {hashtag.casefold(): hashtag for tag in reversed(tuple(tags)) if (hashtag := hashtag_of(tag))}
    return tuple(reversed(hashtags.values()))


def _capitalised(word: str) -> str:
    """Start a word with a capital; one with a capital of its own further on ("eMobility") is left alone."""
    return word if word != word.lower() else word[:1].upper() + word[1:]
