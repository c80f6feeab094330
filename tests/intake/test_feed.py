"""RSS, Atom and JSON Feed give the same kind of drafts; no feed opens anything or blows up."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.domain.article import Image, Source, Status
from publisher.errors import SourceError
from publisher.intake.draft import queue_text
from publisher.intake.feed import parse_feed
from publisher.intake.front_matter import read_article

SOURCES = Path(__file__).parent / "sources"
URL = "https://www.example.org/feed"
RSS = (SOURCES / "feed.rss").read_bytes()
JSON = (SOURCES / "feed.json").read_bytes()
NOT_A_FEED = "\nhint: Give the address of an RSS, Atom or JSON feed."


def test_rss() -> None:
    first, second = parse_feed(RSS, URL)
    assert first.entry_id == "id-1"
    draft = first.draft
    assert (draft.title, draft.url, draft.teaser) == ("Neue Pumpe & mehr", "https://www.example.org/a", "Kurz gesagt.")
    assert draft.date == date(2026, 11, 20)
    assert (draft.author, draft.lang, draft.tags) == ("Anna Muster", "de", ("Pumpen",))
    assert draft.source == Source("Pumpenverband")
    assert draft.image == Image("https://www.example.org/a.jpg")
    assert draft.body_markdown == "Ein **Absatz** mit [Link](https://www.example.org/mehr)."
    assert draft.feed_entry == (URL, "id-1")
    assert second.entry_id == "https://www.example.org/b"
    assert second.draft.title == "Ohne Titel, nur Text."
    assert second.draft.unclear[0] == "The entry has no headline; the beginning of its text stands there instead."


def test_atom() -> None:
    (entry,) = parse_feed((SOURCES / "feed.atom").read_bytes(), None)
    draft = entry.draft
    assert (draft.title, draft.teaser, draft.body_markdown) == ("New pump", "In short.", "A paragraph.")
    assert draft.date == date(2026, 11, 19)
    assert draft.author == "Ann Sample"
    assert draft.feed_entry == ("https://www.example.org/feed", "tag:example.org,2026:1")


def test_json_feed() -> None:
    seven, eight = parse_feed(JSON, URL)
    assert (seven.entry_id, seven.draft.title, seven.draft.author) == ("7", "Sieben", "A, B")
    assert (seven.draft.date, seven.draft.tags, seven.draft.teaser) == (date(2026, 11, 20), ("x", "y"), "Kurz.")
    assert seven.draft.image == Image("https://www.example.org/7.png")
    assert seven.draft.body_markdown == "Ein *Text*."
    assert eight.draft.body_markdown == "Eins \\< zwei.\n\nDrei."


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    "<rss version='2.0'><channel><title>&b;</title></channel></rss>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_entities_are_refused_in_every_encoding(encoding: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_feed(BOMB.encode(encoding), URL)
    assert str(raised.value) == f"{URL}: the feed declares XML entities, which is not read{NOT_A_FEED}"


def test_a_path_or_an_address_as_content_is_not_opened(tmp_path: Path) -> None:
    """feedparser opens a text that looks like a path or an address; ours is content and nothing else."""
    (tmp_path / "secret.xml").write_bytes(RSS)
    for content in (str(tmp_path / "secret.xml").encode(), b"https://127.0.0.1:1/feed", b""):
        with pytest.raises(SourceError) as raised:
            parse_feed(content, URL)
        assert str(raised.value) == f"{URL}: this is not a feed{NOT_A_FEED}"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{", "this is not a JSON feed: it is not JSON"),
        (b'{"a":' * 100_000, "this is not a JSON feed: it is not JSON"),
        (b'{"items": []}', 'this is not a JSON feed: "version" does not say so'),
    ],
)
def test_other_json_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_feed(content, URL)
    assert str(raised.value) == f"{URL}: {what}{NOT_A_FEED}"


def test_an_external_entity_is_not_read() -> None:
    content = b'<?xml version="1.0"?><!DOCTYPE r SYSTEM "file:///etc/passwd"><rss version="2.0"><channel>' + RSS[300:]
    assert b"root:" not in repr(parse_feed(content, URL)).encode()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("https://example.org/x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = "id title url content_html content_text summary date_published authors tags image"
ITEMS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES.split(), JSON_VALUES))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ITEMS, max_size=3), JSON_VALUES, JSON_VALUES)
def test_odd_json_feeds_make_valid_drafts(items: list[object], title: object, language: object) -> None:
    feed = {"version": "https://jsonfeed.org/version/1", "title": title, "language": language, "items": items}
    for entry in parse_feed(json.dumps(feed).encode(), None):
        article = read_article(queue_text(entry.draft, Status.DRAFT), "queue/2026-11-23-x.md")
        assert article.title == entry.draft.title


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=60), st.integers(0, len(RSS)))
def test_random_bytes_make_drafts_or_an_error(content: bytes, at: int) -> None:
    for whole in (content, RSS[:at] + content + RSS[at:]):
        try:
            entries = parse_feed(whole, URL)
        except SourceError:
            continue
        for entry in entries:
            read_article(queue_text(entry.draft, Status.DRAFT), "queue/2026-11-23-x.md")
