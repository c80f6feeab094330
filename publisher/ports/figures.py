"""Figures out of the ledger: what screens, plots and programs that watch need, counted where the rows are.

Times are aware UTC. `rehearsal` separates what was only rehearsed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState

StateCounts = Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class EditionFigures:
    """An edition that was planned, with its deliveries by state."""

    id: int
    digest: str
    number: int
    subject: str
    planned_at: datetime
    counts: StateCounts

    @property
    def name(self) -> str:
        """Name it as commands do: `daily/7`."""
        return f"{self.digest}/{self.number}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who gets no more: of one digest, or of all where `digest` is None."""

    digest: str | None
    reason: str
    left_at: datetime


class Figures(Protocol):
    """Counts and times; each method looks at one consistent state and changes nothing."""

    def by_channel(self, rehearsal: bool) -> Mapping[str, StateCounts]:
        """Count deliveries by channel and state."""
        ...

    def by_edition(self, edition_ids: Collection[int]) -> Mapping[int, StateCounts]:
        """Count the deliveries of several editions by state."""
        ...

    def by_message(self, message_ids: Collection[int]) -> Mapping[int, StateCounts]:
        """Count the deliveries of several messages by state."""
        ...

    def planned_editions(
        self, rehearsal: bool, digest: str | None, since: datetime | None, limit: int | None
    ) -> Sequence[EditionFigures]:
        """List the newest editions that were planned, of one digest or of all, oldest first."""
        ...

    def last_planned(self, rehearsal: bool) -> Mapping[str, datetime]:
        """Say for each digest when its newest edition was planned."""
        ...

    def edition_states(self, rehearsal: bool) -> Mapping[EditionState, int]:
        """Count the editions by state."""
        ...

    def leavings(self, since: datetime) -> Sequence[Leaving]:
        """List who was suppressed since a moment, and why; oldest first."""
        ...

    def done_count(self, edition_id: int, since: datetime) -> int:
        """Count the deliveries of an edition that came to an end since a moment."""
        ...

    def oldest_waiting_at(self, rehearsal: bool, now: datetime) -> datetime | None:
        """Say since when the oldest delivery that may be tried now has been due."""
        ...

    def newest_at(self) -> datetime | None:
        """Give the time of the newest change of an edition or attempt, by the clocks of those who made them."""
        ...

    def tests(self, rehearsal: bool, limit: int) -> Sequence[tuple[str, str, datetime, StateCounts]]:
        """List messages that belonged to no edition, newest first: digest, occurrence, when, deliveries by state."""
        ...
