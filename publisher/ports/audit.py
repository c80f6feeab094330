"""The audit log as the workflow sees it: what people decided, append-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from publisher.domain.audit import AuditEntry, AuditHead, AuditNote, AuditVerdict


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show; None means any. `limit` keeps the newest ones."""

    about: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    limit: int | None = None


class AuditLog(Protocol):
    """Who decided what, and when.

    A decision that changes the ledger is noted by the ledger's own method, in the same transaction. Here are those
    that change something else.
    """

    def record(self, note: AuditNote, now: datetime) -> None:
        """Note a decision."""
        ...

    def recording(self, note: AuditNote, now: datetime) -> AbstractContextManager[None]:
        """Note a decision that is carried out inside; if that fails, nothing is noted."""
        ...

    def record_restore(self, note: AuditNote, now: datetime) -> None:
        """Note that an older state was put back: from here on that is the newest one, and the head starts again."""
        ...

    def entries(self, which: AuditFilter) -> Sequence[AuditEntry]:
        """List entries, oldest first."""
        ...

    def head(self) -> AuditHead | None:
        """Give the newest entry's number and hash; None for an empty log."""
        ...

    def verify(self, heads: Sequence[AuditHead] = ()) -> AuditVerdict:
        """Go through the whole log: seals, order, and that these heads and the one kept beside the log are in it."""
        ...

    def walk(self) -> Iterator[AuditEntry | int]:
        """Go through all entries by number; one that cannot be read stands there as its number."""
        ...
