"""Approvals as the workflow sees them: what people answered, and the editions that wait for an answer.

Every method is one transaction. An edition that waits is frozen, approved or held, and was never planned. What is
`told` is kept for the team in the same transaction, if the method changed anything: no crash comes between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from publisher.domain.approval import Answer
from publisher.domain.audit import AuditNote
from publisher.domain.edition import EditionState
from publisher.domain.notice import Event
from publisher.ports.ledger import EditionRow, NewEdition


class Approvals(Protocol):
    """Answers and waiting editions."""

    def answers(self, abouts: Collection[str] | None = None) -> Sequence[Answer]:
        """List answers about these articles or editions, or about all, oldest first."""
        ...

    def answer(self, answer: Answer, note: AuditNote) -> None:
        """Keep an answer about an article."""
        ...

    def answer_edition(
        self,
        row: EditionRow,
        after: EditionState,
        reason: str,
        answer: Answer,
        note: AuditNote,
    ) -> bool:
        """Keep an answer about an edition and change its state, if it still is that of the row; False if not."""
        ...

    def waiting(self, rehearsal: bool) -> Sequence[EditionRow]:
        """List the editions that wait, oldest first."""
        ...

    def change(
        self,
        edition_id: int,
        before: EditionState,
        after: EditionState,
        reason: str,
        now: datetime,
        *,
        told: Sequence[Event] = (),
    ) -> bool:
        """Change an edition's state with a reason, if it still is `before`; False if not."""
        ...

    def revise(
        self, before: EditionRow, edition: NewEdition, reason: str, now: datetime, *, told: Sequence[Event] = ()
    ) -> EditionRow | None:
        """Freeze the next revision in the place of one that waits, which is cancelled; None if that has changed."""
        ...

    def revisions(self, digest: str, number: int, rehearsal: bool) -> Sequence[EditionRow]:
        """List the revisions of an edition, the first one first."""
        ...
