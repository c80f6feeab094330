"""Tend: what needs a person's approval is made ahead of its time, kept up to date, and sent, held or ended in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.domain.approval import Step, next_step
from publisher.domain.edition import EditionState
from publisher.domain.notice import NoticeKind
from publisher.errors import PublisherError, StoreError, TryAgain, WaitsForPerson
from publisher.logs import get_logger
from publisher.ports.ledger import EditionRow
from publisher.workflow.application import Application
from publisher.workflow.deadline import approved_at, deadline_of, is_given_up
from publisher.workflow.make import Course, Queue
from publisher.workflow.pages import add_pages
from publisher.workflow.plan import plan_edition
from publisher.workflow.revise import Revised, revise
from publisher.workflow.tell import event_of, tell_once
from publisher.workflow.withhold import needs_person, voided, waiting_editions

E = EditionState
NOT_IN_TIME = "not approved in time"
NOBODY_THERE = "approved, but publish run was not running at its due time"
OVER = "not approved before the digest was due again"


def tend(app: Application, now: datetime, queue: Queue, course: Course) -> int:
    """Go through all that waits; say how many editions were planned. Errors: StoreError, TryAgain, WaitsForPerson."""
    return Tending(app, now, queue, course).run()


@dataclass
class Tending:
    """One pass over everything that waits for a person."""

    app: Application
    now: datetime
    queue: Queue
    course: Course

    def run(self) -> int:
        """Do what is to be done now; say how many editions were planned. Errors: as of `tend`."""
        planned = [row.name for row in waiting_editions(self.app) if self._tend(row)]
        if problem := add_pages(self.app, planned):
            self.course.problem(problem)
        self._tell_voided_articles()
        return len(planned)

    def _tend(self, row: EditionRow) -> bool:
        """Take the next step with one edition; True if it was planned."""
        try:
            return self._step(row)
        except (StoreError, TryAgain, WaitsForPerson):
            raise
        except PublisherError as error:
            self.course.problem(error)
            return False

    def _step(self, row: EditionRow) -> bool:
        step = self._next(row)
        if step is Step.PLAN or (step is not Step.END and self.course.is_time_to_look(row.id, self.now)):
            current = self._up_to_date(row)
            if current is None:
                return False
            row, step = current, self._next(current)
        if step is Step.PLAN:
            return self._plan(row)
        if step is Step.HOLD:
            self.hold(row, NOBODY_THERE if row.state is E.APPROVED else NOT_IN_TIME)
        if step is Step.END and needs_person(self.app, row.digest):  # else nobody would look at what comes of it
            self._end(row)
        return False

    def _next(self, row: EditionRow) -> Step:
        return next_step(row.state, deadline_of(self.app, row), approved_at(self.app, row), self.now)

    def _up_to_date(self, row: EditionRow) -> EditionRow | None:
        """Bring an edition up to date; None where there is nothing more to do about it for now."""
        revised = revise(self.app, row, self.queue.read(), self.now)
        if revised.problem is not None:
            self.hold(row, f"it cannot be brought up to date: {revised.problem.what}")
            self.course.problem(revised.problem)
            return None
        self._say(row, revised)
        return revised.row

    def _say(self, before: EditionRow, revised: Revised) -> None:
        what = "; ".join(revised.changes)
        void = ", and its approval is void" if before.state is E.APPROVED else ""
        if revised.row is None:
            self.course.on_event(f"{before.name} is cancelled: {what}")
        elif revised.row.id != before.id:
            self.course.on_event(
                f"{before.name} has changed{void}; revision {revised.row.revision} waits for approval: {what}"
            )
            get_logger().info("revised", edition=before.name, revision=revised.row.revision)

    def _plan(self, row: EditionRow) -> bool:
        made = plan_edition(self.app, row)
        if made is None:
            return False
        get_logger().info("planned", edition=row.name, deliveries=made.delivery_count)
        self.course.on_event(f'{row.name} "{row.subject}" is on its way, as it was approved')
        return True

    def hold(self, row: EditionRow, reason: str) -> None:
        """Hold an edition and tell the team, once."""
        if row.state is E.HELD:
            return
        told = event_of(self.app, NoticeKind.HELD, row.name, {"subject": row.subject, "reason": reason})
        if not self.app.approvals.change(row.id, row.state, E.HELD, reason, self.now, told=[told]):
            return
        get_logger().info("held", edition=row.name, reason=reason)
        self.course.on_event(f'{row.name} is held: {reason}; look with "publish status"')

    def _end(self, row: EditionRow) -> None:
        if self.app.approvals.change(row.id, row.state, E.CANCELLED, OVER, self.now):
            get_logger().info("cancelled", edition=row.name, reason=OVER)
            self.course.on_event(f"{row.name} is cancelled: {OVER}; its articles are free again")

    def _tell_voided_articles(self) -> None:
        """Tell of each article that was changed after somebody had approved it, once."""
        is_asked = any(digest.approval == "article" for digest in self.app.settings.digests.values())
        if not is_asked or not self.course.is_time_to_look("approved articles", self.now):
            return
        for article, answer in voided(self.app, self.queue.read().articles):
            facts = {"subject": article.title, "reason": f"it was changed after {answer.by} had approved it"}
            about = f"{article.slug} ({article.content_hash[:12]})"
            if tell_once(self.app, NoticeKind.APPROVAL_VOIDED, about, facts):
                self.course.on_event(f"{article.slug}: {facts['reason']}; the approval is void")


def end_given_up(app: Application, made: EditionRow, now: datetime) -> None:
    """End what was not approved in time, and whose articles have gone into a new edition of the digest."""
    for row in waiting_editions(app):
        if row.digest == made.digest and row.id != made.id and is_given_up(app, row):
            app.approvals.change(row.id, row.state, E.CANCELLED, f"not approved in time: see {made.name}", now)
