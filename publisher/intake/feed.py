"""Read feeds: RSS and Atom through feedparser, JSON Feed (jsonfeed.org/version/1.1, read 2026-11-23)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, NamedTuple

from publisher.domain.article import Image, Source
from publisher.errors import SourceError
from publisher.intake.draft import Draft, line_of, text_of, with_missing
from publisher.intake.field_values import is_web_address
from publisher.intake.language import guess_language
from publisher.intake.markdown_text import html_to_markdown
from publisher.intake.written_date import find_date

MAX_ENTRIES = 500
_NOT_A_FEED = "Give the address of an RSS, Atom or JSON feed."


class FeedEntry(NamedTuple):
    """One entry of a feed, by the id that it keeps."""

    entry_id: str
    draft: Draft


class _Entry(NamedTuple):
    """What RSS, Atom and JSON Feed have in common."""

    entry_id: str
    title: str | None
    url: str | None
    html: str
    summary: str | None
    date: date | None
    author: str | None
    tags: tuple[str, ...]
    image: str | None


def parse_feed(content: bytes, url: str | None) -> tuple[FeedEntry, ...]:
    """Understand a feed's entries, in its own order. `url` is the address that it came from.

    Errors: SourceError if it is no feed, or one that declares XML entities.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        feed, name, lang, entries = _json_feed(content, url)
    else:
        feed, name, lang, entries = _xml_feed(content, url)
    unique = {entry.entry_id: entry for entry in entries[:MAX_ENTRIES]}
    drafts = ((entry, _draft_of(entry, (url or feed or name or "feed", name, lang))) for entry in unique.values())
    return tuple(FeedEntry(entry.entry_id, draft) for entry, draft in drafts if draft)


def _xml_feed(content: bytes, url: str | None) -> tuple[str | None, str | None, str | None, list[_Entry]]:
    import feedparser

    # Without the NULs, UTF-16 shows its declarations like every other encoding.
    if re.search(rb"<!\s*ENTITY", content.replace(b"\0", b""), re.IGNORECASE):
        raise SourceError("the feed declares XML entities, which is not read", where=url or "", hint=_NOT_A_FEED)
    # From bytes only: given a text, feedparser opens it as a path or an address.
    headers = {"content-location": url} if url else {}
    try:
        parsed = feedparser.parse(BytesIO(content), response_headers=headers)
    except Exception as error:  # feedparser lets some mistakes of encoding and markup through as they come
        raise SourceError("the feed is damaged and cannot be read", where=url or "", hint=_NOT_A_FEED) from error
    if not parsed.get("version"):
        raise SourceError("this is not a feed", where=url or "", hint=_NOT_A_FEED)
    about = parsed.feed
    address = _address(about.get("id")) or _address(about.get("link"))
    return (
        address,
        line_of(about.get("title")),
        _language(about.get("language")),
        [_xml_entry(e) for e in parsed.entries],
    )


def _xml_entry(entry: Any) -> _Entry:
    # feedparser gives None for some values of damaged feeds, even where the key is there.
    parts = [
        (str(part.get("type") or "text/html"), str(part.get("value") or "")) for part in entry.get("content") or ()
    ]
    content = next((value for kind, value in parts if "html" in kind), None) or "".join(
        _html_of(value) for kind, value in parts if "html" not in kind
    )
    summary = str(entry.get("summary") or "")
    html = content or summary
    link = _address(entry.get("link"))
    return _Entry(
        entry_id=_entry_id(entry.get("id"), link, entry.get("title"), summary),
        title=_plain(entry.get("title")),
        url=link,
        html=html,
        summary=_plain(summary) if content else None,
        date=_written_day(entry.get("published") or entry.get("updated")),
        author=line_of(entry.get("author")),
        tags=_tags(tag.get("term") for tag in entry.get("tags") or ()),
        image=_picture(entry),
    )


def _picture(entry: Any) -> str | None:
    for medium in (m for name in ("media_content", "media_thumbnail", "enclosures") for m in entry.get(name) or ()):
        kind = str(medium.get("type") or medium.get("medium") or "image")
        if kind.startswith("image") and (address := _address(medium.get("url") or medium.get("href"))):
            return address
    return None


def _json_feed(content: bytes, url: str | None) -> tuple[str | None, str | None, str | None, list[_Entry]]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceError("this is not a JSON feed: it is not JSON", where=url or "", hint=_NOT_A_FEED) from error
    if not isinstance(data, dict) or "jsonfeed.org/version" not in str(data.get("version")):
        raise SourceError('this is not a JSON feed: "version" does not say so', where=url or "", hint=_NOT_A_FEED)
    items = data.get("items")
    entries = [_json_entry(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return _address(data.get("feed_url")), _text(data, "title"), _language(data.get("language")), entries


def _json_entry(item: dict[str, Any]) -> _Entry:
    plain = item.get("content_text")
    html = item.get("content_html")
    link = _address(item.get("url")) or _address(item.get("external_url"))
    authors = item.get("authors")
    names = (
        [_text(author, "name") for author in authors if isinstance(author, dict)] if isinstance(authors, list) else []
    )
    tags = item.get("tags")
    return _Entry(
        entry_id=_entry_id(item.get("id"), link, item.get("title"), str(plain or html or "")),
        title=_text(item, "title"),
        url=link,
        html=html if isinstance(html, str) else _html_of(plain),
        summary=_text(item, "summary"),
        date=_written_day(_text(item, "date_published") or _text(item, "date_modified")),
        author=", ".join(name for name in names if name) or None,
        tags=_tags(tags if isinstance(tags, list) else ()),
        image=_address(item.get("image")) or _address(item.get("banner_image")),
    )


def _html_of(plain: Any) -> str:
    """Give plain text as HTML paragraphs."""
    import nh3

    paragraphs = re.split(r"\n\s*\n", plain) if isinstance(plain, str) else []
    return "".join("<p>" + nh3.clean_text(paragraph) + "</p>" for paragraph in paragraphs)


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return line_of(value) if isinstance(value, str) else None


def _address(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and is_web_address(value.strip()) else None


def _entry_id(given: Any, *instead: str | None) -> str:
    """Give the entry's own id; where it has none, its address, or a hash of what it says."""
    if isinstance(given, str | int) and str(given).strip():
        return str(given).strip()
    return _address(instead[0]) or hashlib.sha256("\n".join(map(str, instead)).encode("utf-8", "replace")).hexdigest()


def _language(value: Any) -> str | None:
    code = str(value or "").strip().replace("_", "-").partition("-")[0].lower()
    return code if re.fullmatch("[a-z]{2,3}", code) else None


def _tags(values: Iterable[Any]) -> tuple[str, ...]:
    lines = (line_of(value) for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(line for line in lines if line))


def _written_day(text: str | None) -> date | None:
    """Give the day as the feed's own clock has it: RFC 3339 in Atom and JSON Feed, RFC 822 in RSS."""
    if not text:
        return None
    if found := find_date(text[:40]):
        return found[0]
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError):
        return None


def _plain(html: str | None) -> str | None:
    """Give the words of a bit of HTML."""
    import html as escapes

    import nh3

    return line_of(escapes.unescape(nh3.clean(html or "", tags=set())))


TITLE_CHARACTERS = 100


def _draft_of(entry: _Entry, feed: tuple[str, str | None, str | None]) -> Draft | None:
    """Make a draft; None for an entry without a word in it."""
    address, name, lang = feed
    body = html_to_markdown(entry.html)
    words = _plain(entry.html) or entry.summary
    title = entry.title or (_beginning(words) if words else None)
    if title is None:
        return None
    unclear = () if entry.title else ("The entry has no headline; the beginning of its text stands there instead.",)
    return with_missing(
        Draft(
            title=title,
            body_markdown=body,
            teaser=text_of(entry.summary),
            date=entry.date,
            lang=lang or guess_language(words or ""),
            author=entry.author,
            image=Image(src=entry.image) if entry.image else None,
            source=Source(name) if name else None,
            url=entry.url,
            tags=entry.tags,
            unclear=unclear,
            feed_entry=(address, entry.entry_id),
        )
    )


def _beginning(words: str) -> str:
    return words if len(words) <= TITLE_CHARACTERS else words[:TITLE_CHARACTERS].rpartition(" ")[0] + " …"
