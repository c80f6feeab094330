"""An edition: one dated issue of a digest. A draft is computed and has no row; a frozen one has a content hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from publisher.domain.article import Article, Related
from publisher.domain.digest import Digest
from publisher.domain.organisation import Colours, Organisation


class EditionState(StrEnum):
    """Where a frozen edition stands."""

    FROZEN = "frozen"
    APPROVED = "approved"
    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"
    MISSED = "missed"
    SKIPPED = "skipped"
    PAUSED = "paused"
    CANCELLED = "cancelled"


E = EditionState

ALLOWED_CHANGES: dict[EditionState, frozenset[EditionState]] = {
    E.FROZEN: frozenset({E.APPROVED, E.HELD, E.MISSED, E.CANCELLED}),
    E.APPROVED: frozenset({E.PLANNED, E.HELD, E.MISSED, E.CANCELLED}),
    E.HELD: frozenset({E.APPROVED, E.CANCELLED}),
    E.PLANNED: frozenset({E.SENDING, E.SENT, E.PAUSED, E.CANCELLED}),
    E.SENDING: frozenset({E.SENT, E.PAUSED, E.CANCELLED}),
    E.PAUSED: frozenset({E.PLANNED, E.SENDING, E.CANCELLED}),
    E.SENT: frozenset({E.SENDING}),  # a resend, or "send to the rest"
    E.CANCELLED: frozenset({E.SENDING}),  # "send to the rest" after a cancel
    E.MISSED: frozenset({E.FROZEN}),
    E.SKIPPED: frozenset(),
}


def may_change(before: EditionState, after: EditionState) -> bool:
    """Say whether the table allows this change."""
    return after in ALLOWED_CHANGES[before]


@dataclass(frozen=True, slots=True)
class EditionContent:
    """All that an edition is rendered from. `related` has, by slug, what "read more" lists under that article.

    `number` is None for a draft: it is given at freezing. `date` is the local date in the digest's time zone.
    """

    organisation: Organisation
    digest: Digest
    digest_name: str
    date: date
    articles: tuple[Article, ...]
    number: int | None = None
    related: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """Give the language of the e-mail's own words."""
        return self.digest.language or self.organisation.language

    @property
    def time_zone(self) -> str:
        """Name the time zone of its dates."""
        return self.digest.time_zone or self.organisation.time_zone

    @property
    def colours(self) -> Colours:
        """Give the colours of its e-mail."""
        return self.digest.theme.colours.over(self.organisation.colours)

    @property
    def logo(self) -> str | None:
        """Name the logo's file."""
        return self.digest.theme.logo or self.organisation.logo
