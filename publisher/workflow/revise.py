"""Revise: an edition that waits becomes what its articles, templates and settings say by now.

Nothing is added to it: an article that came in later waits for the next edition. What was approved stays what is sent,
since a revision is another edition to approve; the one before it is cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.article import Article
from publisher.domain.edition import EditionState
from publisher.domain.notice import Event, NoticeKind
from publisher.errors import PublisherError, QueueError, TemplateError
from publisher.intake.queue import QueueReading
from publisher.ports.ledger import ArticleUse, EditionRow, LeftOut, NewEdition
from publisher.workflow.application import Application
from publisher.workflow.as_of import as_of
from publisher.workflow.compare import differences
from publisher.workflow.deadline import due_at_of
from publisher.workflow.look import skipped_errors
from publisher.workflow.preflight import errors_of, look_over
from publisher.workflow.prepare import EditionDraft, chosen_again, draft_again, is_named
from publisher.workflow.ready import ready_event
from publisher.workflow.sources import source_hash_of
from publisher.workflow.tell import event_of
from publisher.workflow.withhold import needs_person

E = EditionState


@dataclass(frozen=True, slots=True)
class Revised:
    """What became of an edition: itself, its next revision, or None if nothing is left of it.

    `problem` says why it cannot be brought up to date for now: it must not be sent, and not be approved.
    """

    row: EditionRow | None
    changes: tuple[str, ...] = ()
    problem: PublisherError | None = None


def revise(app: Application, row: EditionRow, reading: QueueReading, now: datetime) -> Revised:
    """Compare an edition with its sources, and make the next revision where they have changed.

    One that is held though its digest asks for no approval, as after a restore, stays what it was.
    """
    if not needs_person(app, row.digest):
        return Revised(row)
    first = app.approvals.revisions(row.digest, row.number, row.rehearsal)[0]
    slugs = frozenset(use.slug for use in first.articles)
    if problem := _broken_file(reading, slugs):
        return Revised(row, problem=problem)
    moment = due_at_of(app, row) or first.frozen_at
    then = as_of(app, moment)
    slugs -= {article.slug for article in reading.articles if _is_over(article, max(now, moment))}
    chosen = chosen_again(then, row, slugs, reading)
    if not chosen:
        return _end(app, row, now)
    source_hash = source_hash_of(app, row.digest, chosen)
    if source_hash == row.source_hash:
        return Revised(row)
    try:
        return _make(app, then, row, slugs, reading, source_hash, now)
    except (QueueError, TemplateError) as error:
        return Revised(row, problem=error)


def _make(  # what a revision is made of
    app: Application,
    then: Application,
    row: EditionRow,
    slugs: frozenset[str],
    reading: QueueReading,
    source_hash: str,
    now: datetime,
) -> Revised:
    draft, _, problems = draft_again(then, row, slugs, reading)
    if draft is None or problems:
        return Revised(row, problem=problems[0] if problems else None)
    if faults := errors_of(row.digest, look_over(then, draft)):
        return Revised(row, problem=faults[0])
    if draft.email.message.content_hash == row.content_hash:
        return Revised(row)
    return _store(app, row, draft, source_hash, now)


def _store(app: Application, row: EditionRow, draft: EditionDraft, source_hash: str, now: datetime) -> Revised:
    for file_name, content in draft.email.assets.items():
        app.write_asset(file_name, content)
    edition = NewEdition(
        digest=row.digest,
        number=row.number,
        occurrence=row.occurrence,
        subject=draft.email.subject,
        message=draft.email.message,
        articles=[ArticleUse(article.slug, article.content_hash) for article in draft.content.articles],
        left_out=[LeftOut(omission.slug, omission.reason) for omission in draft.left_out],
        rehearsal=row.rehearsal,
        revision=row.revision + 1,
        frozen_by=row.frozen_by,
        source_hash=source_hash,
    )
    changes = differences(row, edition)
    told = [*_voided(app, row, edition.subject, "; ".join(changes)), ready_event(app, edition)]
    made = app.approvals.revise(row, edition, f"superseded by revision {edition.revision}", now, told=told)
    if made is None:  # somebody else was faster: they have told, too
        return Revised(app.ledger.edition(row.digest, row.number, row.rehearsal))
    return Revised(made, changes)


def _end(app: Application, row: EditionRow, now: datetime) -> Revised:
    reason = "none of its articles can go out any more"
    app.approvals.change(row.id, row.state, E.CANCELLED, reason, now, told=_voided(app, row, row.subject, reason))
    return Revised(None, (reason,))


def _voided(app: Application, before: EditionRow, subject: str, reason: str) -> Sequence[Event]:
    """Say for the team that an approval is void, if there was one."""
    if before.state is not E.APPROVED:
        return ()
    return (event_of(app, NoticeKind.APPROVAL_VOIDED, before.name, {"subject": subject, "reason": reason}),)


def _is_over(article: Article, moment: datetime) -> bool:
    return article.expires_at is not None and article.expires_at <= moment


def _broken_file(reading: QueueReading, slugs: frozenset[str]) -> PublisherError | None:
    """Find an article of the edition whose file cannot be read just now: it is being edited, not taken back."""
    missing = slugs - {article.slug for article in reading.articles}
    errors: list[QueueError] = [*reading.errors, *skipped_errors(reading)]
    for error in errors:
        path = error.where.partition(":")[0].partition(" [")[0]
        if any(is_named(path, slug) for slug in missing):
            return error
    return None
