"""The feeds hold for readers that others wrote, whatever stands in a headline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import feedparser
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from publisher.rendering.feeds import ATOM, Feed, FeedEntry, render_atom, render_json_feed

AT = datetime(2026, 11, 23, 6, 1, tzinfo=UTC)


def _feed(*titles: str, base_url: str = "https://www.example.org/news/daily/") -> Feed:
    entries = [
        FeedEntry(f"tag:example.org,2026:daily/{number}", title, f"{number}.html", AT + timedelta(days=number), title)
        for number, title in enumerate(titles, start=1)
    ]
    home = "https://www.example.org/news/index.html" if base_url else "../index.html"
    return Feed("tag:example.org,2026:daily", "Wärme & Co.", "Verband <e. V.>", "de", base_url, home, entries[::-1])


def test_atom_as_feedparser_reads_it() -> None:
    read = feedparser.parse(render_atom(_feed("Erste & beste", "<b>Zweite</b>")))
    assert not read.bozo
    assert (read.version, read.feed.title, read.feed.author) == ("atom10", "Wärme & Co.", "Verband <e. V.>")
    assert [entry.title_detail.value for entry in read.entries] == ["<b>Zweite</b>", "Erste & beste"]
    assert read.entries[0].link == "https://www.example.org/news/daily/2.html"
    assert read.feed.updated == "2026-11-25T06:01:00Z"


def test_atom_has_what_the_standard_demands() -> None:
    """RFC 4287 sections 4.1.1 and 4.1.2: what must be there once, and dates by RFC 3339."""
    root = etree.fromstring(render_atom(_feed("A", "B")))
    for element in [root, *root.iter(f"{{{ATOM}}}entry")]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{{{ATOM}}}{name}")) == 1
        assert len(element.findall(f"{{{ATOM}}}link[@rel='alternate']")) == 1
    assert len(root.findall(f"{{{ATOM}}}author/{{{ATOM}}}name")) == 1
    ids = [element.text for element in root.iter(f"{{{ATOM}}}id")]
    assert len(ids) == len(set(ids)) == 3
    for element in root.iter(f"{{{ATOM}}}updated", f"{{{ATOM}}}published"):
        assert datetime.fromisoformat(element.text or "").tzinfo


def test_json_feed_has_what_the_standard_demands() -> None:
    """JSON Feed 1.1: version, title and items at the top; id and a content in each item; whole addresses only."""
    for feed in (_feed("A", "B"), _feed("A", base_url="")):
        document = json.loads(render_json_feed(feed))
        assert document["version"] == "https://jsonfeed.org/version/1.1"
        assert document["title"] == "Wärme & Co."
        for item in document["items"]:
            assert item["id"]
            assert item["content_text"]
            assert datetime.fromisoformat(item["date_published"]).tzinfo
        addresses = [value for part in (document, *document["items"]) for key, value in part.items() if "url" in key]
        assert all(address.startswith("https://") for address in addresses)
        assert bool(addresses) == bool(feed.base_url)


@given(st.text(min_size=1))
def test_any_headline_leaves_both_feeds_whole(title: str) -> None:
    root = etree.fromstring(render_atom(_feed(title)))
    assert len(list(root)) == 7
    (item,) = json.loads(render_json_feed(_feed(title.encode("utf-8", "replace").decode())))["items"]
    assert item["title"] == title.encode("utf-8", "replace").decode()
