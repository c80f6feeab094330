"""An outlet: where an article is consumed once: a digest, or a channel that takes posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Outlet:
    """A digest or a channel by its name, which is its identity."""

    kind: Literal["digest", "channel"]
    name: str

    def __str__(self) -> str:
        """Write it as it is stored and shown: `digest:daily`, `channel:mastodon`."""
        return f"{self.kind}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Outlet:
        """Read it back."""
        kind, _, name = text.partition(":")
        if kind not in ("digest", "channel"):
            raise ValueError(f"not an outlet: {text!r}")
        return cls(kind, name)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Consumed:
    """An article that an outlet has had: its slug and the content hash that it had then."""

    slug: str
    content_hash: str
