"""Facets: which bytes of a Bluesky post are a link, a hashtag or a mention. Without them all of it is plain text.

Source: docs.bsky.app "Links, mentions, and rich text", lexicons app.bsky.richtext.facet and com.atproto.identity
(handles) of bluesky-social/atproto, checked 2026-11-23.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from publisher.domain.links import MASTODON_LINKS, find_links
from publisher.domain.text_limits import count_bytes, count_graphemes

# app.bsky.richtext.facet#tag: maxGraphemes, maxLength in UTF-8 bytes; the sign itself is not part of the tag.
MAX_TAG_GRAPHEMES = 64
MAX_TAG_BYTES = 640

_TAG = re.compile(r"(?:^|(?<=[\s(]))[#＃]([^\s#＃]+)")
_MENTION = re.compile(
    r"(?:^|(?<=[\s(]))@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]*)(?![\w@-])"
)

ResolveHandle = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, in characters, and what it is: `target` is an address, a tag or a handle."""

    start: int
    end: int
    kind: Literal["link", "tag", "mention"]
    target: str


def facets_of(text: str, resolve_handle: ResolveHandle) -> list[dict[str, Any]]:
    """Make the facets of a text, in order; a mention of somebody who cannot be found stays plain text."""
    facets = []
    for span in spans_of(text):
        feature = _feature(span, resolve_handle)
        if feature is not None:
            start = count_bytes(text[: span.start])
            index = {"byteStart": start, "byteEnd": start + count_bytes(text[span.start : span.end])}
            facets.append({"index": index, "features": [feature]})
    return facets


def spans_of(text: str) -> list[Span]:
    """Find links, hashtags and mentions, in order; none overlaps another, because facets must not. Links go first."""
    taken: list[Span] = []
    for span in (*_links(text), *_tags(text), *_mentions(text)):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def _links(text: str) -> Iterator[Span]:
    for link in find_links(text, MASTODON_LINKS):
        yield Span(link.start, link.end, "link", text[link.start : link.end])


def _tags(text: str) -> Iterator[Span]:
    for found in _TAG.finditer(text):
        tag = _without_punctuation(found[1])
        is_sent = any(character.isalpha() for character in tag)
        if is_sent and count_graphemes(tag) <= MAX_TAG_GRAPHEMES and count_bytes(tag) <= MAX_TAG_BYTES:
            yield Span(found.start(), found.start(1) + len(tag), "tag", tag)


def _without_punctuation(tag: str) -> str:
    import regex

    return str(regex.sub(r"\p{P}+\Z", "", tag))


def _mentions(text: str) -> Iterator[Span]:
    for found in _MENTION.finditer(text):
        yield Span(found.start(), found.end(), "mention", found[1].lower())


def as_ascii(address: str) -> str:
    """Write an address as the lexicons want it (format "uri", RFC 3986): without umlauts. What is shown keeps them."""
    if address.isascii():
        return address
    scheme, _, rest = address.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return f"{scheme}://{_ascii_host(authority)}" + quote(rest[len(authority) :], safe="%/:?#[]@!$&'()*+,;=~")


def _ascii_host(authority: str) -> str:
    import idna

    host, colon, port = authority.partition(":")
    try:
        return idna.encode(host, uts46=True).decode("ascii") + colon + port
    except idna.IDNAError:
        return quote(authority, safe=":")


def _feature(span: Span, resolve_handle: ResolveHandle) -> dict[str, str] | None:
    match span.kind:
        case "link":
            return {"$type": "app.bsky.richtext.facet#link", "uri": as_ascii(span.target)}
        case "tag":
            return {"$type": "app.bsky.richtext.facet#tag", "tag": span.target}
    did = resolve_handle(span.target)
    return {"$type": "app.bsky.richtext.facet#mention", "did": did} if did else None
