"""Deadline: the times that count for an edition that a person has to approve."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.domain.approval import Deadline, Verdict
from publisher.domain.edition import EditionState
from publisher.domain.local_time import instant_of
from publisher.ports.ledger import EditionRow, NewEdition
from publisher.workflow.application import Application

DUE = "due "
LOOK_AHEAD = timedelta(days=370)


def due_at_of(app: Application, row: EditionRow | NewEdition) -> datetime | None:
    """Give the instant of an edition's due time; None for a manual one."""
    if not row.occurrence.startswith(DUE):
        return None
    digest = app.settings.digests[row.digest]
    zone = ZoneInfo(digest.time_zone or app.settings.organisation.time_zone)
    return instant_of(datetime.fromisoformat(row.occurrence.removeprefix(DUE)), zone)


def deadline_of(app: Application, row: EditionRow) -> Deadline:
    """Give all of them."""
    due_at = due_at_of(app, row)
    after = due_at or row.frozen_at
    dues = app.schedule(row.digest).due_between(after, after + LOOK_AHEAD)
    following = next((due.due_at for due in dues if due.skip is None), None)
    return Deadline(due_at, following, app.settings.digests[row.digest].catch_up_time)


def approved_at(app: Application, row: EditionRow) -> datetime | None:
    """Say when exactly this content was approved."""
    answers = app.approvals.answers([row.name])
    mine = [a.at for a in answers if a.content_hash == row.content_hash and a.verdict is Verdict.APPROVED]
    return mine[-1] if mine else None


def is_given_up(app: Application, row: EditionRow) -> bool:
    """Say whether an edition was not approved in time and its articles may go into the next one."""
    if row.state is not EditionState.HELD or app.settings.digests[row.digest].late_approval != "next":
        return False
    due_at = due_at_of(app, row)
    return due_at is not None and due_at <= app.clock.now()
