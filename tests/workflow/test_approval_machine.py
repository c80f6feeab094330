"""Whatever people edit, withdraw, approve and reject, and whenever it ticks: nothing leaves that nobody approved.

What was seen is hashed here, from the page's own message file at the moment of the yes; what left is hashed from the
files that the channel got. The address and the time are the only differences between the two.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from publisher.domain.edition import EditionState
from publisher.domain.subscriber import Subscriber
from publisher.errors import PublisherError
from publisher.workflow.approve import Subject, approve, reject
from publisher.workflow.make import Course
from publisher.workflow.plan import plan_edition
from publisher.workflow.sample import NAME
from publisher.workflow.send import send
from publisher.workflow.tick import tick
from tests.journeys.project import DIGEST, Project, folder_config
from tests.workflow.office import StandingClock, now, opened

BEGIN = datetime.fromisoformat("2026-11-23T03:30+01:00")
SLUGS = ("neue-pumpe", "alte-pumpe", "dritte-pumpe")
articles = st.sampled_from(SLUGS)
# What is different for each recipient and each moment: the reader here has the name of the one on the page.
_PERSONAL = re.compile(rb"^(?:Date|To|Message-ID): .*\r?\n(?:[ \t].*\r?\n)*", re.MULTILINE)


def hash_of(mail: bytes) -> str:
    """Hash an e-mail without what belongs to its recipient."""
    return hashlib.sha256(_PERSONAL.sub(b"", mail).replace(b"\r\n", b"\n")).hexdigest()


class Approving(RuleBasedStateMachine):
    """Three articles, one digest due at seven, an editor, an approver, and a scheduler."""

    late_approval = "send"

    def __init__(self) -> None:
        super().__init__()
        self.exits = ExitStack()
        folder = Path(tempfile.mkdtemp())
        self.exits.callback(shutil.rmtree, folder)
        policy = f'approval = "edition"\nlate_approval = "{self.late_approval}"\n'
        self.project = Project.make(folder / "project", folder_config().replace(DIGEST, DIGEST + policy))
        with self.project.store() as store:
            reader = Subscriber("person0@example.org", NAME, digests=("daily",), consent_source="test")
            store.subscribers.save([reader], BEGIN)
        self.clock = StandingClock(BEGIN)
        self.app = self.exits.enter_context(opened(self.project, self.clock))
        self.course = Course(lambda said: None)
        self.stop = threading.Event()
        self.count = 0
        self.approved: set[str] = set()
        for slug in SLUGS[:2]:
            self.write(slug)

    def teardown(self) -> None:
        self.exits.close()

    def write(self, slug: str, **fields: str) -> None:
        self.count += 1
        path = self.project.article(slug, body=f"Absatz {self.count}.", **fields)
        os.utime(path, (1_700_000_000 + self.count, 1_700_000_000 + self.count))

    def see(self, subject: Subject) -> bool:
        """Look at the page, and remember exactly what was there."""
        assert subject.page is not None
        self.seen = hash_of((subject.page.parent / "message.eml").read_bytes())
        return True

    @rule(slug=articles)
    def edit(self, slug: str) -> None:
        self.write(slug)

    @rule(slug=articles)
    def hold(self, slug: str) -> None:
        self.write(slug, status="hold")

    @rule(slug=articles)
    def delete(self, slug: str) -> None:
        (self.project.folder / "queue" / f"2026-11-23-{slug}.md").unlink(missing_ok=True)

    @rule()
    def change_the_subject(self) -> None:
        self.count += 1
        own = self.project.folder / "templates/email/digest/subject.j2"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(f"Betreff {self.count}\n")

    @rule(minutes=st.sampled_from([1, 30, 90, 240, 600]))
    def wait_and_tick(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        tick(self.app, self.course, self.stop)

    @rule()
    def tick_to_the_due_time(self) -> None:
        """Go on minute by minute would be the same, only slower: to the minute before, and to the due time."""
        at = self.clock.at
        due = at.replace(hour=7, minute=0)
        due = due if due > at else due + timedelta(days=1)
        for moment in (due - timedelta(hours=3), due - timedelta(minutes=1), due):
            if moment > at:
                self.clock.at = moment
                tick(self.app, self.course, self.stop)

    @rule(back=st.integers(0, 2))
    def approve(self, back: int) -> None:
        """Approve one of the newest editions, whatever state it is in."""
        rows = self.app.ledger.editions()
        if back < len(rows):
            try:
                report = approve(self.app, rows[back].name, self.see)
            except PublisherError:
                return
            if report.state is EditionState.APPROVED:
                self.approved.add(self.seen)

    @rule()
    def reject(self) -> None:
        rows = self.app.ledger.editions()
        if rows:
            try:
                reject(self.app, rows[0].name, "nein", lambda subject: True)
            except PublisherError:
                return

    @rule()
    def publish_now(self) -> None:
        try:
            now(self.app, "daily")
        except PublisherError:
            return

    @rule()
    def deliver(self) -> None:
        send(self.app, ["newsletter"], stop=self.stop)

    def sent(self) -> Iterator[str]:
        for file in (self.project.folder / "sent").rglob("*.eml"):
            yield hash_of(file.read_bytes())

    @invariant()
    def only_what_was_approved_has_left(self) -> None:
        assert set(self.sent()) <= self.approved

    @invariant()
    def one_revision_of_an_edition_waits_at_most(self) -> None:
        waiting = [row.name for row in self.app.approvals.waiting(rehearsal=False)]
        assert len(waiting) == len(set(waiting))

    @invariant()
    def no_article_is_in_two_that_were_planned(self) -> None:
        rows = [row for row in self.app.ledger.editions() if row.planned_at and row.state is not EditionState.CANCELLED]
        slugs = [use.slug for row in rows for use in row.articles]
        assert len(slugs) == len(set(slugs))


class ApprovingIntoTheNext(Approving):
    late_approval = "next"


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def run(machine: type[Approving], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=QUIET, database=None
        ),
    )


@pytest.mark.parametrize("machine", [Approving, ApprovingIntoTheNext])
def test_nothing_leaves_that_nobody_approved(machine: type[Approving]) -> None:
    run(machine, 3, 10)


@pytest.mark.long
@pytest.mark.parametrize("machine", [Approving, ApprovingIntoTheNext])
def test_nothing_leaves_that_nobody_approved_long(machine: type[Approving]) -> None:
    run(machine, 200, 40)


def test_the_control_is_caught() -> None:
    """A scheduler that plans what waits without asking whether it was approved does not pass."""
    machine = Approving()
    try:
        machine.tick_to_the_due_time()
        (row,) = machine.app.approvals.waiting(rehearsal=False)
        machine.app.ledger.change_edition(row.id, row.state, EditionState.APPROVED, machine.clock.at)
        plan_edition(machine.app, row)
        machine.deliver()
        with pytest.raises(AssertionError):
            machine.only_what_was_approved_has_left()
    finally:
        machine.teardown()


def test_a_yes_lets_exactly_that_leave() -> None:
    """What the machine looks for does happen: approved, sent, and the two hashes are one."""
    machine = Approving()
    try:
        machine.tick_to_the_due_time()
        machine.approve(0)
        machine.wait_and_tick(1)
        machine.deliver()
        assert list(machine.sent()) == list(machine.approved)
        assert len(machine.approved) == 1
    finally:
        machine.teardown()
