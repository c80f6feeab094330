"""What became of the editions of a digest, one after the other: the points of its plot and the lines of its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EditionPoint:
    """One edition. `sent_count` are the e-mails that were on their way at all: the others below are parts of it.

    `left_count` are people who unsubscribed or were suppressed between this edition and the next one.
    """

    name: str
    subject: str
    planned_at: datetime
    sent_count: int
    accepted_count: int
    bounced_count: int
    open_count: int
    left_count: int


@dataclass(frozen=True, slots=True)
class DigestFigures:
    """A digest's editions, oldest first; `title` is None for all digests together."""

    title: str | None
    points: Sequence[EditionPoint]

    def total(self, name: str) -> int:
        """Add one of the counts up over all editions."""
        return sum(getattr(point, name) for point in self.points)


def share(part: int, whole: int) -> float:
    """Give the share in per cent; 0 of nothing."""
    return 100 * part / whole if whole else 0.0
