"""Where an article is and where it was left out, as the ledger knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.domain.edition import EditionState


@dataclass(frozen=True, slots=True)
class InEdition:
    """An edition that has an article, or has left it out: then `left_out` says why, in plain words."""

    id: int
    digest: str
    number: int
    revision: int
    occurrence: str
    state: EditionState
    frozen_at: datetime
    left_out: str | None = None

    @property
    def name(self) -> str:
        """Name it as commands do: `daily/7`."""
        return f"{self.digest}/{self.number}"


@dataclass(frozen=True, slots=True)
class InPost:
    """A post of an article."""

    channel: str
    occurrence: str
    message_id: int
    frozen_at: datetime
    planned_at: datetime | None


class Whereabouts(Protocol):
    """Where articles are. Nothing is changed."""

    def editions_with(self, slug: str, rehearsal: bool) -> Sequence[InEdition]:
        """List the editions that have an article, newest first."""
        ...

    def editions_without(self, slug: str, rehearsal: bool, *, recent_count: int) -> Sequence[InEdition]:
        """List those of the newest editions, of all digests together, that have left an article out, newest first."""
        ...

    def posted_at(self, channel: str, rehearsal: bool, since: datetime) -> Sequence[datetime]:
        """Give the instants from `since` on at which posts of a channel were planned, newest first."""
        ...

    def posts_of(self, slug: str, rehearsal: bool) -> Sequence[InPost]:
        """List the posts of an article, newest first."""
        ...
