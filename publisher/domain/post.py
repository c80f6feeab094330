"""A post: an article rendered for one channel. This is the content of a frozen message's `post` section."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class PostImage:
    """The picture that goes along: its bytes are the message's section `image`; `url` is an address of it, if any."""

    alt: str
    url: str | None = None
    media_type: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted. `text` is final: cut, with its link and hashtags, not yet escaped for the network's markup.

    `segments` are the texts of a thread in their order; empty for a single post. The delivery's segment number, from 1,
    says which one is meant. `title`, `teaser`, `url`, `lang`, `tags` are the article's own, for networks that take them
    apart (link cards).
    `count` and `limit` are in the network's `unit`, as measured when the post was rendered.
    """

    slug: str
    text: str
    title: str
    lang: str
    teaser: str | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    image: PostImage | None = None
    count: int = 0
    limit: int = 0
    unit: str = ""
    segments: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, encoded: bytes) -> Post:
        """Read it back from its canonical JSON."""
        fields = json.loads(encoded)
        image = fields.pop("image")
        texts = {name: tuple(fields[name]) for name in ("tags", "segments")}
        return cls(**{**fields, **texts, "image": PostImage(**image) if image else None})

    def text_of(self, segment: int) -> str:
        """Give the text of a segment, or the whole text of a single post."""
        return self.segments[segment - 1] if self.segments else self.text
