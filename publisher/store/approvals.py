"""Approvals over SQL: answers, and the editions that wait for one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from publisher.domain.approval import Answer, Verdict
from publisher.domain.audit import AuditNote
from publisher.domain.edition import EditionState
from publisher.domain.notice import Event
from publisher.ports.ledger import EditionRow, NewEdition
from publisher.store.audit import SqlAuditLog
from publisher.store.chunks import chunked
from publisher.store.database import Database
from publisher.store.editions import NOT_PLANNED, change_edition, freeze_edition, read_editions
from publisher.store.notices import append_events
from publisher.store.rows import AnyRow
from publisher.store.tables import approvals, editions

E = EditionState

ADD_ANSWER = insert(approvals)
ANSWERS = select(approvals).order_by(approvals.c.id)
ANSWERS_ABOUT = ANSWERS.where(approvals.c.about.in_(bindparam("abouts", expanding=True)))
WAITING_EDITIONS = (
    select(editions.c.id)
    .where(editions.c.rehearsal == bindparam("rehearsal"), editions.c.state.in_(NOT_PLANNED))
    .order_by(editions.c.id)
)
REVISIONS_OF_EDITION = (
    select(editions.c.id)
    .where(
        editions.c.digest == bindparam("digest"),
        editions.c.number == bindparam("number"),
        editions.c.rehearsal == bindparam("rehearsal"),
    )
    .order_by(editions.c.revision)
)
KEEP_REASON = update(editions).where(editions.c.id == bindparam("edition")).values(reason=bindparam("new_reason"))


@dataclass(frozen=True, slots=True)
class SqlApprovals:
    """`ports.approvals.Approvals` in the ledger's database; safe to share between threads."""

    database: Database
    audit: SqlAuditLog

    def answers(self, abouts: Collection[str] | None = None) -> Sequence[Answer]:
        """List answers about these articles or editions, or about all, oldest first."""
        with self.database.read() as connection:
            if abouts is None:
                return [_answer(row) for row in connection.execute(ANSWERS)]
            rows = [
                row for some in chunked(sorted(abouts)) for row in connection.execute(ANSWERS_ABOUT, {"abouts": some})
            ]
        return [_answer(row) for row in sorted(rows, key=lambda row: row.id)]

    def answer(self, answer: Answer, note: AuditNote) -> None:
        """Keep an answer about an article."""
        with self.audit.noting() as noting:
            _add_answer(noting.connection, answer)
            noting.note(note, answer.at)

    def answer_edition(
        self,
        row: EditionRow,
        after: EditionState,
        reason: str,
        answer: Answer,
        note: AuditNote,
    ) -> bool:
        """Keep an answer about an edition and change its state, if it still is that of the row; False if not."""
        with self.audit.noting() as noting:
            if not change_edition(noting.connection, row.id, row.state, after, answer.at):
                return False
            noting.connection.execute(KEEP_REASON, {"edition": row.id, "new_reason": reason})
            _add_answer(noting.connection, answer)
            noting.note(note, answer.at)
        return True

    def waiting(self, rehearsal: bool) -> Sequence[EditionRow]:
        """List the editions that wait, oldest first."""
        with self.database.read() as connection:
            ids = connection.execute(WAITING_EDITIONS, {"rehearsal": rehearsal}).scalars().all()
            return _in_order(read_editions(connection, ids))

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
        with self.database.write() as connection:
            changed = change_edition(connection, edition_id, before, after, now)
            if changed:
                connection.execute(KEEP_REASON, {"edition": edition_id, "new_reason": reason})
                append_events(connection, told)
        return changed

    def revise(
        self, before: EditionRow, edition: NewEdition, reason: str, now: datetime, *, told: Sequence[Event] = ()
    ) -> EditionRow | None:
        """Freeze the next revision in the place of one that waits, which is cancelled; None if that has changed."""
        with self.database.write() as connection:
            if not change_edition(connection, before.id, before.state, E.CANCELLED, now):
                return None
            connection.execute(KEEP_REASON, {"edition": before.id, "new_reason": reason})
            append_events(connection, told)
            return freeze_edition(connection, edition, now)

    def revisions(self, digest: str, number: int, rehearsal: bool) -> Sequence[EditionRow]:
        """List the revisions of an edition, the first one first."""
        values = {"digest": digest, "number": number, "rehearsal": rehearsal}
        with self.database.read() as connection:
            ids = connection.execute(REVISIONS_OF_EDITION, values).scalars().all()
            return _in_order(read_editions(connection, ids))


def _in_order(rows: Sequence[EditionRow]) -> Sequence[EditionRow]:
    return sorted(rows, key=lambda row: row.id)


def _add_answer(connection: Connection, answer: Answer) -> None:
    row = {
        "about": answer.about,
        "content_hash": answer.content_hash,
        "verdict": answer.verdict,
        "answered_by": answer.by,
        "reason": answer.reason,
        "answered_at": answer.at,
    }
    connection.execute(ADD_ANSWER, row)


def _answer(row: AnyRow) -> Answer:
    return Answer(
        about=row.about,
        content_hash=row.content_hash,
        verdict=Verdict(row.verdict),
        by=row.answered_by,
        at=row.answered_at,
        reason=row.reason,
    )
