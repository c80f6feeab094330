"""UTM parameters: added to an address without changing a byte of what stands there."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.utm import with_utm

VALUES = {"source": "mastodon", "medium": "social"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b", "https://a.example/b?utm_source=mastodon&utm_medium=social"),
        ("https://a.example", "https://a.example?utm_source=mastodon&utm_medium=social"),
        ("https://a.example/b?id=%C3%A4&x", "https://a.example/b?id=%C3%A4&x&utm_source=mastodon&utm_medium=social"),
        ("https://a.example/b?id=1&", "https://a.example/b?id=1&utm_source=mastodon&utm_medium=social"),
        ("https://a.example/b#teil?2", "https://a.example/b?utm_source=mastodon&utm_medium=social#teil?2"),
        ("https://a.example/b?utm_source=brief", "https://a.example/b?utm_source=brief&utm_medium=social"),
    ],
)
def test_query_and_fragment_stay(url: str, expected: str) -> None:
    """What the author wrote wins over ours."""
    assert with_utm(url, VALUES) == expected


def test_values_are_quoted() -> None:
    assert with_utm("https://a.example/", {"campaign": "Wärme & Wasser"}).endswith(
        "utm_campaign=W%C3%A4rme%20%26%20Wasser"
    )


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_a_value_comes_out_as_it_went_in(value: str) -> None:
    url = with_utm("https://a.example/b?x=1#f", {"campaign": value})
    assert dict(parse_qsl(urlsplit(url).query))["utm_campaign"] == value
    assert with_utm(url, {"campaign": value}) == url
