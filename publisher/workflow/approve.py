"""Approve: a person looks at an article or an edition, and says yes or no to exactly that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publisher.domain.approval import Answer, Verdict
from publisher.domain.article import Article
from publisher.domain.audit import AuditNote
from publisher.domain.edition import EditionState
from publisher.domain.selection import is_meant_for
from publisher.errors import Problems, TryAgain, UsageError
from publisher.intake.queue import QueueReading
from publisher.logs import get_logger
from publisher.ports.ledger import EditionRow
from publisher.workflow.application import Application
from publisher.workflow.authors import refuse_author
from publisher.workflow.deadline import is_given_up
from publisher.workflow.note import note_of
from publisher.workflow.plan import way_of
from publisher.workflow.prepare import path_name
from publisher.workflow.preview import preview_article
from publisher.workflow.preview_frozen import preview_frozen
from publisher.workflow.revise import revise
from publisher.workflow.steer import find_edition
from publisher.workflow.withhold import is_for_person, waiting_editions

E = EditionState
WAITING = (E.FROZEN, E.APPROVED, E.HELD)
LATE = "approved after its due time: its articles go into the next edition"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an answer is about, and binds to. `page` shows it; `changes` are those since the revision before.

    `row` is there for an edition, `article` for an article.
    """

    about: str
    title: str
    content_hash: str
    page: Path | None
    row: EditionRow | None = None
    article: Article | None = None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """What came of it. `state` is the edition's afterwards; `late` says that its articles go into the next one."""

    subject: Subject
    verdict: Verdict
    declined: bool = False
    state: EditionState | None = None
    late: bool = False


Ask = Callable[[Subject], bool]


def approve(app: Application, name: str, ask: Ask) -> AnswerReport:
    """Say yes to an article or an edition. Errors: UsageError, Problems, TryAgain."""
    return _answer(app, name, Verdict.APPROVED, "", ask)


def reject(app: Application, name: str, reason: str, ask: Ask) -> AnswerReport:
    """Say no, with a reason. A rejected edition is cancelled, and its articles are free. Errors: as of `approve`."""
    if not reason.strip():
        raise UsageError("a rejection needs a reason", hint='Say why: --reason "the figures are those of last year".')
    return _answer(app, name, Verdict.REJECTED, " ".join(reason.split()), ask)


def _answer(app: Application, name: str, verdict: Verdict, reason: str, ask: Ask) -> AnswerReport:
    reading = app.read_queue()
    row = _named_edition(app, name)
    if row is None:
        return _answer_article(app, _article(name, reading), reading, verdict, reason, ask)
    return _answer_edition(app, row, reading, verdict, reason, ask)


def _named_edition(app: Application, name: str) -> EditionRow | None:
    """Find an edition by its name, or by its digest if only one of it waits; None for an article's name."""
    if "/" in name and not name.endswith(".md"):
        return find_edition(app, name)
    if name not in app.settings.digests:
        return None
    rows = [row for row in waiting_editions(app) if row.digest == name and row.state is not E.APPROVED]
    if len(rows) != 1:
        found = ", ".join(row.name for row in rows) or "none"
        raise UsageError(f'editions of "{name}" that wait for approval: {found}', hint='Look with "publish status".')
    return rows[0]


def _article(name: str, reading: QueueReading) -> Article:
    wanted = path_name(name)
    for article in reading.articles:
        if wanted in (article.slug, path_name(article.path)):
            return article
    hint = 'Look with "publish status" and "publish queue"; write an edition as daily/7.'
    raise UsageError(f'"{name}" is neither an edition nor an article', hint=hint)


def _answer_article(
    app: Application, article: Article, reading: QueueReading, verdict: Verdict, reason: str, ask: Ask
) -> AnswerReport:
    asking = [
        name
        for name, digest in app.settings.digests.items()
        if digest.approval != "none" and is_meant_for(article, app.digest_rule(name))
    ]
    if not asking:
        hint = 'Write approval = "article" into [digests.NAME] if its articles are to be approved.'
        raise UsageError(f"nothing waits for an approval of {article.slug}", hint=hint)
    if verdict is Verdict.APPROVED and any(app.settings.digests[name].second_person for name in asking):
        refuse_author(app, [article])
    page = preview_article(app, asking[0], article, reading, _folder(app, article.slug))
    subject = Subject(article.slug, article.title, article.content_hash, page, article=article)
    if not ask(subject):
        return AnswerReport(subject, verdict, declined=True)
    answer = Answer(article.slug, article.content_hash, verdict, app.operator, app.clock.now(), reason)
    app.approvals.answer(answer, _note(app, answer))
    get_logger().info(verdict.value, article=article.slug, by=app.operator)
    return AnswerReport(subject, verdict)


def _answer_edition(
    app: Application, row: EditionRow, reading: QueueReading, verdict: Verdict, reason: str, ask: Ask
) -> AnswerReport:
    row = _as_it_is_now(app, row, reading, verdict)
    _refuse_unless_it_waits(app, row, verdict)
    if verdict is Verdict.APPROVED and app.settings.digests[row.digest].second_person:
        slugs = {use.slug for use in row.articles}
        refuse_author(app, [article for article in reading.articles if article.slug in slugs], row.frozen_by)
    frozen = preview_frozen(app, row, _folder(app, f"{row.digest}-{row.number}"))
    subject = Subject(row.name, row.subject, row.content_hash, frozen.page, row=row, changes=frozen.changes)
    if not ask(subject):
        return AnswerReport(subject, verdict, declined=True, state=row.state)
    answer = Answer(row.name, row.content_hash, verdict, app.operator, app.clock.now(), reason)
    late = verdict is Verdict.APPROVED and is_given_up(app, row)
    after = E.CANCELLED if late or verdict is Verdict.REJECTED else E.APPROVED
    why = LATE if late else f"rejected by {app.operator}: {reason}" if after is E.CANCELLED else ""
    note = _note(app, answer, revision=row.revision)
    if not app.approvals.answer_edition(row, after, why, answer, note):
        raise TryAgain(f"{row.name} has changed while you were looking at it", hint="Look again.")
    get_logger().info(verdict.value, edition=row.name, by=app.operator)
    return AnswerReport(subject, verdict, state=after, late=late)


def _as_it_is_now(app: Application, row: EditionRow, reading: QueueReading, verdict: Verdict) -> EditionRow:
    """Bring a waiting edition up to date first: nobody is to approve what has changed already."""
    if row.state not in WAITING or verdict is Verdict.REJECTED:
        return row
    revised = revise(app, row, reading, app.clock.now())
    if revised.problem is not None:
        raise Problems([revised.problem])
    if revised.row is None:
        raise UsageError(f"{row.name} is cancelled: {revised.changes[0]}", hint='Look with "publish queue".')
    return revised.row


def _refuse_unless_it_waits(app: Application, row: EditionRow, verdict: Verdict) -> None:
    hint = 'Look with "publish status".'
    way_of(app, row)
    if not is_for_person(app, row):
        raise UsageError(f'the digest "{row.digest}" asks for no approval of its editions', hint=hint)
    if verdict is Verdict.APPROVED and row.state is E.APPROVED:
        raise UsageError(f"{row.name} is approved already", hint=hint)
    if row.state not in WAITING:
        why = f" ({row.reason})" if row.reason else ""
        raise UsageError(f"{row.name} does not wait for approval: it is {row.state}{why}", hint=hint)


def _note(app: Application, answer: Answer, **details: int) -> AuditNote:
    action = "approve" if answer.verdict is Verdict.APPROVED else "reject"
    told = {"reason": answer.reason} if answer.reason else {}
    return note_of(app, action, answer.about, answer.content_hash, **told, **details)


def _folder(app: Application, name: str) -> Path:
    return app.settings.folder / "preview" / name
