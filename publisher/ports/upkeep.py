"""Looking after the ledger: copies of it, what it forgets, whether it is sound, and what holds after a restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A copy that was made and checked."""

    file: Path
    size_bytes: int
    delivery_count: int
    edition_count: int
    subscriber_count: int


@dataclass(frozen=True, slots=True)
class SentSince:
    """What the ledger that was replaced knows to have been planned after the backup was made."""

    name: str
    planned_at: datetime
    slugs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What a restore did. `kept_file` is the ledger that was replaced; None if there was none.

    `in_doubt_count` deliveries were open in the backup and may have been sent since: they wait for a person.
    `carried_count` suppressions of the replaced ledger were taken over, so that nobody who has left is written to.
    """

    backed_up_at: datetime
    kept_file: Path | None
    in_doubt_count: int
    carried_count: int
    sent_since: tuple[SentSince, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that nobody has looked at yet: until somebody does, nothing is planned or sent."""

    backed_up_at: datetime
    restored_at: datetime


@dataclass(frozen=True, slots=True)
class StoreState:
    """How the ledger is: `faults` are what SQLite's own checks found; `version` is that of the tables.

    `held_count` are claims that ran out and that nobody took back, `lost_run_count` runs that ended without tidying up.
    """

    file: Path
    version: str
    faults: Sequence[str]
    journal_mode: str
    is_synchronous: bool
    size_bytes: int
    log_bytes: int
    held_count: int
    lost_run_count: int


class Upkeep(Protocol):
    """Looking after the ledger, beside everything that goes on."""

    def back_up(self, file: Path, now: datetime, *, replace: bool) -> BackupReport:
        """Copy the ledger into a file while work goes on, check the copy, and only then give it its name.

        Errors: UsageError if the file is there and not to be replaced, StoreError, TryAgain.
        """
        ...

    def examine(self, now: datetime) -> StoreState:
        """Run the database's own checks, and look at what is left lying about."""
        ...

    def is_writable(self) -> bool:
        """Say whether a change could be recorded now; nothing is changed."""
        ...

    def forget_attempts(self, before: datetime, limit: int) -> int:
        """Delete up to so many attempts, made before a moment, of deliveries that are finished; say how many."""
        ...

    def forget_addresses(self, before: datetime, limit: int) -> int:
        """Take the address out of up to so many finished deliveries of e-mails, last changed before a moment.

        Each keeps its row and a name that stands for nobody, so that its key stays unique; say how many.
        """
        ...

    def restored(self) -> Restored | None:
        """Say whether the ledger was restored and nobody has released it yet."""
        ...

    def in_doubt_after_restore(self) -> int:
        """Count the deliveries that the restore put in doubt and that nobody has settled."""
        ...

    def release(self) -> None:
        """Note that a person has looked at what a restore brought back: from now on it is planned and sent."""
        ...
