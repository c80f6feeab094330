"""The memory of due times: what became of each of them, and until when those of a digest have been looked at.

Of a channel's own times only the last one at which nothing waited is kept: at all others its posts were planned.

Every method is one transaction and may be repeated. Times are aware UTC. `rehearsal` is part of each key. What is
`told` is kept for the team in the same transaction, if the method changed anything: no crash comes between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from publisher.domain.due_time import Verdict
from publisher.domain.edition import EditionState
from publisher.domain.notice import Event
from publisher.ports.ledger import EditionRow, NewEdition


@dataclass(frozen=True, slots=True)
class DueTime:
    """A due time; digest, occurrence and rehearsal make it one. `occurrence` is "due 2026-11-23T07:00", local time."""

    digest: str
    occurrence: str
    due_at: datetime
    rehearsal: bool

    @property
    def local(self) -> datetime:
        """Give the local time, as the digest's clocks showed it."""
        return datetime.fromisoformat(self.occurrence.removeprefix("due "))


@dataclass(frozen=True, slots=True)
class DueTimeRow:
    """What became of a due time. `reason` says in plain words why it was skipped or missed; else it is empty.

    `is_late` says that its edition was made, or its verdict given, well after it.
    """

    due: DueTime
    verdict: Verdict
    reason: str
    is_late: bool
    decided_at: datetime
    edition_id: int | None


@dataclass(frozen=True, slots=True)
class DueEdition:
    """The edition of a due time."""

    due: DueTime
    is_late: bool
    row: EditionRow


@dataclass(frozen=True, slots=True)
class DueOutcome:
    """What became of a due time, with the newest revision of its edition if there is one."""

    row: DueTimeRow
    edition: EditionRow | None


class AlreadyDecided(Exception):
    """Another process has decided about this due time."""


class DueTimes(Protocol):
    """What became of due times."""

    def begin(self, digest: str, rehearsal: bool, since: datetime) -> datetime:
        """Say until when a digest's due times have been looked at; one that is new to us begins at `since`."""
        ...

    def advance(self, digest: str, rehearsal: bool, until: datetime) -> None:
        """Note that all due times until then are decided. It never goes back."""
        ...

    def forget_others(self, digests: Collection[str], rehearsal: bool) -> None:
        """Forget until when all other digests were looked at: one that is scheduled again later begins anew."""
        ...

    def turn_back(self, digest: str, rehearsal: bool, now: datetime) -> int:
        """Undo what a clock that was wrong has decided about times that are still to come; say about how many.

        Skipped and missed ones are open again, editions stay; looking at due times begins at `now` again.
        """
        ...

    def decided(self, digest: str, rehearsal: bool, since: datetime) -> frozenset[str]:
        """Give the occurrences from then on that are decided."""
        ...

    def freeze(
        self, due: DueTime, edition: NewEdition, now: datetime, *, is_late: bool, told: Sequence[Event] = ()
    ) -> EditionRow:
        """Freeze the edition of a due time and decide so, in one transaction.

        Errors: AlreadyDecided; NumberTaken if only the edition's number is taken.
        """
        ...

    def decide(
        self, due: DueTime, verdict: Verdict, reason: str, now: datetime, *, is_late: bool, told: Sequence[Event] = ()
    ) -> bool:
        """Decide that there is no edition; False if it was decided before."""
        ...

    def miss_edition(
        self, edition_id: int, before: EditionState, reason: str, now: datetime, *, told: Sequence[Event] = ()
    ) -> bool:
        """Make an edition that was not planned in time a missed one, with its due time; False if it has changed."""
        ...

    def pass_channel(self, channel: str, rehearsal: bool, now: datetime) -> None:
        """Note that a channel has nothing to post at a time of its own, which is over thereby."""
        ...

    def channel_passed_at(self, channel: str, rehearsal: bool) -> datetime | None:
        """Say when that was noted last; None if never."""
        ...

    def open_editions(self, rehearsal: bool) -> Sequence[DueEdition]:
        """List the editions of due times that are frozen or approved and not planned yet, by due time."""
        ...

    def outcomes_on(self, digest: str, day: date, rehearsal: bool) -> Sequence[DueOutcome]:
        """List what was decided about a digest's due times of a local calendar day."""
        ...

    def due_times(
        self, rehearsal: bool, *, limit: int | None = None, digest: str | None = None
    ) -> Sequence[DueTimeRow]:
        """List what was decided, the latest due time first."""
        ...
