"""Subscribers and suppressions as the workflow sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.domain.audit import AuditNote
from publisher.domain.subscriber import Subscriber, Suppression


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import changed. Importing the same again gives only `unchanged_count`."""

    added_count: int = 0
    changed_count: int = 0
    unchanged_count: int = 0

    def __add__(self, other: ImportCounts) -> ImportCounts:
        """Add up two batches."""
        return ImportCounts(
            self.added_count + other.added_count,
            self.changed_count + other.changed_count,
            self.unchanged_count + other.unchanged_count,
        )


class Subscribers(Protocol):
    """The people, by normalised address."""

    def save(self, subscribers: Iterable[Subscriber], now: datetime, *, note: AuditNote | None = None) -> ImportCounts:
        """Add or update, in batches, each batch one transaction, memory flat however many there are.

        Digests and tags are added to those that a subscriber has; name, language and consent replace only if given.
        A suppression stays: importing an address again never lifts it. The last line wins for an address given twice.
        `note` goes into the audit log with the last batch, and with the counts.
        """
        ...

    def remove(self, address: str, digest: str | None, now: datetime, *, note: AuditNote | None = None) -> bool:
        """Take a subscriber out of one digest, or out of all; False if not there. Deliveries made so far stay."""
        ...

    def find(self, address: str) -> Subscriber | None:
        """Find one by normalised address."""
        ...

    def all(self, *, digest: str | None = None, tag: str | None = None) -> Iterator[Subscriber]:
        """Go through all, by address."""
        ...

    def count(self, *, digest: str | None = None) -> int:
        """Count them."""
        ...

    def suppress(self, suppression: Suppression) -> None:
        """Record a suppression; the first reason stays."""
        ...

    def suppressions(self) -> Sequence[Suppression]:
        """List all suppressions, newest first."""
        ...
