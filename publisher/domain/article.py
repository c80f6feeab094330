"""An article: one item of news, from one queue file."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """What its author says of an article; no status means ready."""

    DRAFT = "draft"
    READY = "ready"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `src` is an https address or a path relative to the queue folder, if there is a file at all."""

    src: str | None = None
    alt: str | None = None
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the news comes from."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Another article to read: by the slug of one in the queue, or by its title."""

    slug: str | None = None
    title: str | None = None
    url: str | None = None
    date: date | None = None
    teaser: str | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One item of news. The slug is its identity; `content_hash` covers what readers see of it.

    `digests` and `channels` are None when the file does not name any: then the default digest, and no channel
    but those that a rule in the config names.
    """

    slug: str
    title: str
    body_markdown: str = ""
    kicker: str | None = None
    teaser: str | None = None
    date: date | None = None
    lang: str | None = None
    author: str | None = None
    image: Image | None = None
    source: Source | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    publish_after: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 0
    pinned: bool = False
    evergreen: bool = False
    status: Status = Status.READY
    related: tuple[Related, ...] = ()
    replaces: str | None = None
    posts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    path: str = ""
    content_hash: str = ""

    def is_open(self, now: datetime) -> bool:
        """Say whether it may go out at this time, as far as its author says."""
        has_begun = self.publish_after is None or self.publish_after <= now
        return self.status is Status.READY and has_begun and (self.expires_at is None or now < self.expires_at)


_JSON = json.JSONEncoder(ensure_ascii=False)


def content_hash_of(article: Article) -> str:
    """Hash what readers see of an article: SHA-256 in hex over its content, not over its status or its schedule.

    The same content under another file name has the same hash; that is how a rename is noticed.
    """
    image, source = article.image, article.source
    content = [
        article.title,
        article.kicker,
        article.teaser,
        str(article.date) if article.date else None,
        article.lang,
        article.author,
        [image.src, image.alt, image.caption, image.credit] if image else None,
        [source.name, source.url] if source else None,
        article.url,
        list(article.tags),
        [[r.slug, r.title, r.url, str(r.date) if r.date else None, r.teaser] for r in article.related],
        sorted(article.posts.items()),
        article.body_markdown,
    ]
    return hashlib.sha256(_JSON.encode(content).encode("utf-8", "surrogatepass")).hexdigest()


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue", "ẞ": "ss"})
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FILE_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})-(?=.)")
MAX_SLUG_CHARACTERS = 80


def slug_of(text: str) -> str:
    """Make a slug of a title or a file's stem: ASCII lower case, digits and hyphens; umlauts become ae, oe, ue, ss.

    Empty if nothing of the text can be kept.
    """
    if len(text) <= MAX_SLUG_CHARACTERS and _SLUG.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFC", text).translate(_UMLAUTS)
    ascii_text = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")
    if len(slug) <= MAX_SLUG_CHARACTERS:
        return slug
    cut = slug[:MAX_SLUG_CHARACTERS]
    return cut.rsplit("-", 1)[0] if "-" in cut else cut


def split_file_stem(stem: str) -> tuple[date | None, str]:
    """Split `2026-11-23-neue-pumpe` into its date and the rest; the date is None where there is none."""
    match = _FILE_DATE.match(stem)
    if not match:
        return None, stem
    try:
        return date.fromisoformat(match.group(1)), stem[match.end() :]
    except ValueError:
        return None, stem
