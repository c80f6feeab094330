"""The editions of a digest as feeds: Atom (RFC 4287) and JSON Feed 1.1 (jsonfeed.org; both checked 2026-11-23)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One edition. `page` is the path beside the feed; `id` stays the same for ever."""

    id: str
    title: str
    page: str
    published_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One digest's editions, newest first. `base_url` is the address of the feed's folder, empty if it is not known."""

    id: str
    title: str
    author: str
    language: str
    base_url: str
    home: str
    entries: Sequence[FeedEntry]


def render_atom(feed: Feed) -> bytes:
    """Write an Atom feed. Without a known address its links are relative, which Atom allows."""
    from lxml import etree
    from lxml.builder import ElementMaker

    make = ElementMaker(namespace=ATOM, nsmap={None: ATOM})
    root = make.feed(
        make.id(feed.id),
        make.title(_xml(feed.title)),
        make.updated(_moment(max(entry.published_at for entry in feed.entries))),
        make.author(make.name(_xml(feed.author))),
        make.link(rel="self", type="application/atom+xml", href=f"{feed.base_url}feed.xml"),
        make.link(rel="alternate", type="text/html", href=feed.home),
        *[_atom_entry(make, feed, entry) for entry in feed.entries],
    )
    root.set("{http://www.w3.org/XML/1998/namespace}lang", feed.language)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _atom_entry(make: Any, feed: Feed, entry: FeedEntry) -> Any:
    return make.entry(
        make.id(entry.id),
        make.title(_xml(entry.title)),
        make.published(_moment(entry.published_at)),
        make.updated(_moment(entry.published_at)),
        make.link(rel="alternate", type="text/html", href=feed.base_url + entry.page),
        make.content(_xml(entry.text), type="text"),
    )


def render_json_feed(feed: Feed) -> bytes:
    """Write a JSON feed. Addresses must be whole there: without a known one they are left out."""
    document: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": feed.title}
    if feed.base_url:
        document |= {"home_page_url": feed.home, "feed_url": f"{feed.base_url}feed.json"}
    document |= {"language": feed.language, "authors": [{"name": feed.author}]}
    document["items"] = [_json_item(feed, entry) for entry in feed.entries]
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _json_item(feed: Feed, entry: FeedEntry) -> dict[str, str]:
    item = {"id": entry.id, "title": entry.title, "content_text": entry.text}
    item["date_published"] = _moment(entry.published_at)
    return item | ({"url": feed.base_url + entry.page} if feed.base_url else {})


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _xml(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)
