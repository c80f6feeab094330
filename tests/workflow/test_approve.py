"""Approval: what needs a person waits for one, the yes binds to exactly what was shown, and a change voids it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.domain.edition import EditionState
from publisher.domain.notice import NoticeKind
from publisher.errors import PublisherError, UsageError
from publisher.ports.due_times import DueTime
from publisher.ports.ledger import EditionRow
from publisher.workflow.application import Application
from publisher.workflow.approve import AnswerReport, Subject, approve, reject
from publisher.workflow.make import Course, Queue
from publisher.workflow.prepare import Drafts, draft_edition
from publisher.workflow.tend import tend
from publisher.workflow.tick import tick
from tests.journeys.project import DIGEST, Project, folder_config
from tests.workflow.office import StandingClock, now, opened, reasons

E = EditionState


def say(subject: Subject) -> bool:
    return True


def policy(project: Project, *lines: str) -> None:
    config = project.folder / "config.toml"
    config.write_text(folder_config().replace(DIGEST, DIGEST + "\n".join(lines) + "\n"))


def edit(path: Path, text: str = "Ein ganz anderer Absatz.") -> None:
    path.write_text(path.read_text().replace("Ein Absatz.", text))
    os.utime(path, (1_700_000_001, 1_700_000_001))


def as_person(app: Application, name: str) -> Application:
    return replace(app, operator=name, login=name)


def pass_over(app: Application, course: Course | None = None) -> list[str]:
    """Tend once, as a process that begins now or as one that goes on, and give what was said."""
    said: list[str] = []
    course = course or Course(said.append)
    course.on_event = said.append
    tend(app, app.clock.now(), Queue(app, course), course)
    return said


def told(app: Application, kind: NoticeKind) -> list[str]:
    return [row.event.about for row in app.notices.events(rehearsal=False) if row.event.kind is kind]


def rows(app: Application) -> list[tuple[int, int, EditionState]]:
    """Number, revision and state of each edition, oldest first."""
    return [(row.number, row.revision, row.state) for row in reversed(app.ledger.editions())]


class TestArticle:
    """`approval = "article"`."""

    @pytest.fixture
    def project(self, project: Project) -> Project:
        policy(project, 'approval = "article"')
        project.subscribe(1)
        return project

    def test_what_is_not_approved_is_left_out(self, project: Project) -> None:
        project.article("neue-pumpe")
        project.article("alte-pumpe")
        with opened(project) as app:
            approve(app, "neue-pumpe", say)
            report = now(app)
            assert reasons(report, "alte-pumpe") == {"daily": "waits for approval"}
            (edition,) = app.ledger.editions()
            assert [use.slug for use in edition.articles] == ["neue-pumpe"]

    def test_an_edit_voids_it_and_says_so_once(self, project: Project) -> None:
        path = project.article()
        with opened(project) as app:
            approve(as_person(app, "anna"), "neue-pumpe", say)
            edit(path)
            report = now(app)
            why = "waits for approval again: it was changed after anna had approved it"
            assert reasons(report, "neue-pumpe") == {"daily": why}
            assert not app.ledger.editions()
            assert pass_over(app) == ["neue-pumpe: it was changed after anna had approved it; the approval is void"]
            assert pass_over(app) == []
            assert len(told(app, NoticeKind.APPROVAL_VOIDED)) == 1

    def test_what_is_approved_again_goes(self, project: Project) -> None:
        path = project.article()
        with opened(project) as app:
            approve(app, "neue-pumpe", say)
            edit(path)
            approve(app, str(path), say)
            assert now(app).exit_code == 0
            assert project.states() == {"accepted": 1}

    def test_rejected(self, project: Project) -> None:
        project.article()
        with opened(project) as app:
            with pytest.raises(UsageError, match="needs a reason"):
                reject(app, "neue-pumpe", "  ", say)
            reject(as_person(app, "anna"), "neue-pumpe", "die Zahlen sind alt", say)
            assert reasons(now(app), "neue-pumpe") == {"daily": "rejected by anna: die Zahlen sind alt"}
            approve(app, "neue-pumpe", say)
            assert now(app).exit_code == 0

    def test_posts_wait_too(self, project: Project) -> None:
        """What may not stand in the digest must not stand on a network either."""
        project.article(channels=["mastodon"])
        with opened(project) as app:
            assert reasons(now(app), "neue-pumpe") == {"daily": "waits for approval", "mastodon": "waits for approval"}
            approve(app, "neue-pumpe", say)
            now(app)
        assert project.states() == {"accepted": 2}

    def test_no_is_no(self, project: Project) -> None:
        project.article()
        with opened(project) as app:
            report = approve(app, "neue-pumpe", lambda subject: False)
            assert report.declined
            assert app.approvals.answers() == []

    def test_the_page_shows_it(self, project: Project) -> None:
        project.article()
        seen: list[Subject] = []
        with opened(project) as app:
            approve(app, "neue-pumpe", lambda subject: bool(seen.append(subject)) or True)
            (subject,) = seen
            assert subject.page is not None
            assert "Titel von neue-pumpe" in subject.page.read_text()
            assert subject.content_hash == app.read_queue().articles[0].content_hash


class TestSecondPerson:
    """`second_person = true`."""

    @pytest.fixture
    def project(self, project: Project) -> Project:
        policy(project, 'approval = "article"', "second_person = true")
        project.subscribe(1)
        return project

    @pytest.mark.parametrize("name", ["Anna Schmidt", "anna", "anna.schmidt", "SCHMIDT"])
    def test_the_author_is_refused(self, project: Project, name: str) -> None:
        project.article(author="Anna Schmidt")
        with opened(project) as app:
            with pytest.raises(UsageError, match="second person has to approve"):
                approve(as_person(app, name), "neue-pumpe", say)
            approve(as_person(app, "bert"), "neue-pumpe", say)

    def test_a_claimed_name_does_not_hide_the_login(self, project: Project) -> None:
        project.article(author="Anna Schmidt")
        with opened(project) as app, pytest.raises(UsageError, match="second person"):
            approve(replace(app, login="anna", operator="Bert"), "neue-pumpe", say)

    def test_whoever_released_it_counts_where_no_author_is_named(self, project: Project) -> None:
        from publisher.domain.article import Status
        from publisher.workflow.mark import mark

        project.article(status="draft")
        with opened(project) as app:
            mark(as_person(app, "anna"), ["neue-pumpe"], Status.READY)
            with pytest.raises(UsageError, match="anna made it"):
                approve(as_person(app, "anna"), "neue-pumpe", say)
            approve(as_person(app, "bert"), "neue-pumpe", say)

    def test_the_owner_of_the_file_counts_where_nobody_else_is_known(self, project: Project) -> None:
        """One login for all: then nobody knows who is second, and that is not a yes."""
        project.article()
        with opened(project) as app:
            with pytest.raises(UsageError, match="nobody knows who made it") as caught:
                approve(replace(app, operator="Bert"), "neue-pumpe", say)
            assert "author:" in caught.value.hint
            approve(as_person(app, "bert"), "neue-pumpe", say)

    def test_an_author_may_reject(self, project: Project) -> None:
        project.article(author="Anna")
        with opened(project) as app:
            reject(as_person(app, "anna"), "neue-pumpe", "doch nicht", say)


DUE = datetime.fromisoformat("2026-11-23T07:00+01:00")


def ahead(app: Application, due: datetime = DUE) -> EditionRow:
    """An edition that was made ahead, for seven o'clock."""
    from publisher.workflow.as_of import as_of
    from publisher.workflow.freeze import freeze_edition

    reading = app.read_queue()
    draft, _, _ = draft_edition(as_of(app, due), "daily", reading)
    assert draft
    time = DueTime("daily", f"due {due:%Y-%m-%dT%H:%M}", due, app.rehearsal)
    frozen = freeze_edition(app, draft, Drafts(reading=reading), time)
    assert frozen
    return frozen.row


class TestEdition:
    """`approval = "edition"`: frozen at four, due at seven."""

    @pytest.fixture
    def project(self, project: Project) -> Project:
        policy(project, 'approval = "edition"')
        project.subscribe(2)
        project.article("neue-pumpe")
        project.article("alte-pumpe")
        return project

    @pytest.fixture
    def clock(self) -> StandingClock:
        return StandingClock(DUE - timedelta(hours=3))

    @pytest.fixture
    def app(self, project: Project, clock: StandingClock) -> Iterator[Application]:
        with opened(project, clock) as app:
            yield app

    def test_approved_in_time_it_leaves_at_its_time(self, app: Application, clock: StandingClock) -> None:
        row = ahead(app)
        approve(as_person(app, "anna"), "daily/1", say)
        assert pass_over(app) == []
        clock.at = DUE
        assert pass_over(app) == [f'daily/1 "{row.subject}" is on its way, as it was approved']
        assert rows(app) == [(1, 1, E.PLANNED)]

    def test_not_approved_it_is_held_and_sent_late(self, app: Application, clock: StandingClock) -> None:
        ahead(app)
        clock.at = DUE
        assert "daily/1 is held: not approved in time" in pass_over(app)[0]
        assert told(app, NoticeKind.HELD) == ["daily/1"]
        assert pass_over(app) == []
        clock.forward(hours=5)
        report = approve(app, "daily/1", say)
        assert report.state is E.APPROVED
        assert "on its way" in pass_over(app)[0]
        assert rows(app) == [(1, 1, E.PLANNED)]

    def test_held_until_the_digest_is_due_again(self, app: Application, clock: StandingClock) -> None:
        ahead(app)
        clock.at = DUE
        pass_over(app)
        clock.forward(hours=24)
        assert "daily/1 is cancelled: not approved before the digest was due again" in pass_over(app)[0]
        with pytest.raises(UsageError, match="it is cancelled"):
            approve(app, "daily/1", say)
        assert [use.slug for use in ahead(app, DUE + timedelta(days=1)).articles] == ["alte-pumpe", "neue-pumpe"]

    def test_late_into_the_next(self, project: Project, clock: StandingClock) -> None:
        policy(project, 'approval = "edition"', 'late_approval = "next"')
        with opened(project, clock) as app:
            ahead(app)
            clock.at = DUE
            pass_over(app)
            report = approve(app, "daily/1", say)
            assert report.late
            assert rows(app) == [(1, 1, E.CANCELLED)]
            assert "go into the next edition" in app.ledger.editions()[0].reason

    def test_nobody_there_at_its_time(self, app: Application, clock: StandingClock) -> None:
        """Approved, and then the machine was off: nothing old leaves by itself; a person decides again."""
        ahead(app)
        approve(app, "daily/1", say)
        clock.at = DUE + timedelta(hours=2)
        assert "was not running at its due time" in pass_over(app)[0]
        approve(app, "daily/1", say)
        assert "on its way" in pass_over(app)[0]

    def test_an_edit_makes_a_revision_and_voids_the_approval(
        self, project: Project, app: Application, clock: StandingClock
    ) -> None:
        ahead(app)
        approve(app, "daily/1", say)
        edit(project.folder / "queue/2026-11-23-neue-pumpe.md")
        assert pass_over(app) == [
            "daily/1 has changed, and its approval is void; revision 2 waits for approval: neue-pumpe was changed"
        ]
        assert rows(app) == [(1, 1, E.CANCELLED), (1, 2, E.FROZEN)]
        assert app.ledger.editions()[1].reason == "superseded by revision 2"
        assert told(app, NoticeKind.APPROVAL_VOIDED) == ["daily/1"]
        clock.at = DUE
        assert "is held" in pass_over(app)[0]

    def test_an_edit_in_the_last_second_is_seen_before_it_leaves(
        self, project: Project, app: Application, clock: StandingClock
    ) -> None:
        course = Course(print)
        ahead(app)
        approve(app, "daily/1", say)
        clock.at = DUE - timedelta(seconds=1)
        pass_over(app, course)
        edit(project.folder / "queue/2026-11-23-neue-pumpe.md")
        clock.at = DUE
        assert "its approval is void" in pass_over(app, course)[0]
        assert rows(app)[-1] == (1, 2, E.HELD)

    def test_a_new_article_waits_for_the_next_edition(self, project: Project, app: Application) -> None:
        ahead(app)
        approve(app, "daily/1", say)
        project.article("ganz-neu")
        assert pass_over(app) == []
        assert rows(app) == [(1, 1, E.APPROVED)]

    @pytest.mark.parametrize("how", ["hold", "delete", "expire"])
    def test_withdrawn(self, project: Project, app: Application, how: str) -> None:
        """It comes back where it is released again."""
        path = project.folder / "queue/2026-11-23-neue-pumpe.md"
        ahead(app)
        before = path.read_text()
        if how == "delete":
            path.unlink()
        else:
            line = "status: hold" if how == "hold" else "expires_at: 2026-11-23T06:59+01:00"
            path.write_text(before.replace("---\n", f"---\n{line}\n", 1))
            os.utime(path, (1_700_000_001, 1_700_000_001))
        assert "neue-pumpe was taken out" in pass_over(app)[0]
        path.write_text(before)
        os.utime(path, (1_700_000_002, 1_700_000_002))
        assert "neue-pumpe was put in" in pass_over(app)[0]
        assert rows(app)[-1] == (1, 3, E.FROZEN)

    def test_nothing_is_left(self, project: Project, app: Application) -> None:
        ahead(app)
        for path in (project.folder / "queue").glob("*.md"):
            path.unlink()
        assert pass_over(app) == ["daily/1 is cancelled: none of its articles can go out any more"]
        assert rows(app) == [(1, 1, E.CANCELLED)]

    def test_a_file_that_is_being_edited_holds_it(
        self, project: Project, app: Application, clock: StandingClock
    ) -> None:
        """Half a file is no withdrawal; once it is whole again, it is the same edition or the next revision."""
        path = project.folder / "queue/2026-11-23-neue-pumpe.md"
        before = path.read_text()
        ahead(app)
        approve(app, "daily/1", say)
        path.write_text("---\ntitle: [\n---\n")
        os.utime(path, (1_700_000_001, 1_700_000_001))
        assert any("is held: it cannot be brought up to date" in line for line in pass_over(app))
        with pytest.raises(PublisherError):
            approve(app, "daily/1", say)
        path.write_text(before)
        os.utime(path, (1_700_000_002, 1_700_000_002))
        approve(app, "daily/1", say)
        clock.at = DUE
        pass_over(app)
        assert rows(app) == [(1, 1, E.PLANNED)]

    def test_a_template_and_a_setting_are_sources_too(self, project: Project, app: Application) -> None:
        own = project.folder / "templates/email/digest"
        own.mkdir(parents=True)
        (own / "subject.j2").write_text("Etwas\n")
        ahead(app)
        approve(app, "daily/1", say)
        (own / "subject.j2").write_text("Etwas anderes\n")
        assert 'is now "Etwas anderes"' in pass_over(app)[0]

    def test_rejected(self, app: Application) -> None:
        ahead(app)
        report = reject(as_person(app, "anna"), "daily/1", "falsches  Bild", say)
        assert report.state is E.CANCELLED
        assert app.ledger.editions()[0].reason == "rejected by anna: falsches Bild"
        assert ahead(app, DUE + timedelta(days=1)).number == 2

    def test_its_articles_are_in_no_other_edition(self, app: Application) -> None:
        ahead(app)
        report = now(app)
        assert reasons(report, "neue-pumpe") == {"daily": "is in daily/1, which waits for approval"}
        assert rows(app) == [(1, 1, E.FROZEN)]

    def test_second_person(self, project: Project, clock: StandingClock) -> None:
        """None of its articles' authors."""
        policy(project, 'approval = "edition"', "second_person = true")
        project.article("neue-pumpe", author="Anna Schmidt")
        project.article("alte-pumpe", author="Bert Braun")
        with opened(project, clock) as app:
            ahead(app)
            for name in ("anna", "bert"):
                with pytest.raises(UsageError, match="second person"):
                    approve(as_person(app, name), "daily/1", say)
            assert approve(as_person(app, "clara"), "daily/1", say).state is E.APPROVED

    def test_now_waits_and_names_the_command(self, app: Application, project: Project) -> None:
        report = now(app)
        assert report.exit_code == 3
        assert [row.name for row in report.unapproved] == ["daily/1"]
        assert project.states() == {}
        assert now(app).exit_code == 3
        assert rows(app) == [(1, 1, E.FROZEN)]
        approve(app, "daily", say)
        assert now(app).exit_code == 0
        assert project.states() == {"accepted": 2}

    def test_trying_it_out_waits_for_nobody(self, project: Project, clock: StandingClock) -> None:
        """Nothing leaves by it; a project that rehearses all the time rehearses the approval, too."""
        with opened(project, clock, rehearse=True) as app:
            assert now(app).exit_code == 0
        config = project.folder / "config.toml"
        config.write_text("rehearse = true\n" + config.read_text())
        project.article("dritte-pumpe")
        with opened(project, clock) as app:
            assert now(app).exit_code == 3

    def test_whoever_froze_it_by_hand_is_no_second_person(self, project: Project, clock: StandingClock) -> None:
        policy(project, 'approval = "edition"', "second_person = true")
        for slug in ("neue-pumpe", "alte-pumpe"):
            project.article(slug, author="Anna Schmidt")
        with opened(project, clock) as app:
            now(as_person(app, "bert"))
            with pytest.raises(UsageError, match="bert made it"):
                approve(as_person(app, "bert"), "daily/1", say)
            approve(as_person(app, "clara"), "daily/1", say)

    def test_somebody_was_faster(self, app: Application) -> None:
        """What changes while a person looks is not approved."""
        ahead(app)

        def look(subject: Subject) -> bool:
            reject(app, "daily/1", "nein", say)
            return True

        with pytest.raises(PublisherError, match="has changed while"):
            approve(app, "daily/1", look)
        assert rows(app) == [(1, 1, E.CANCELLED)]


class TestTick:
    """From three hours before the due time to the sending, by ticks alone."""

    @pytest.fixture
    def project(self, project: Project) -> Project:
        policy(project, 'approval = "edition"')
        project.subscribe(2)
        project.article("neue-pumpe", channels=["mastodon"])
        return project

    @pytest.fixture
    def clock(self) -> StandingClock:
        return StandingClock(DUE - timedelta(hours=4))

    @pytest.fixture
    def app(self, project: Project, clock: StandingClock) -> Iterator[Application]:
        with opened(project, clock) as app:
            yield app

    def ticks(self, app: Application, clock: StandingClock, until: datetime) -> list[str]:
        """Tick every ten minutes, up to and with this moment."""
        said: list[str] = []
        course = Course(said.append)
        while clock.at <= until:
            tick(app, course, threading.Event())
            clock.forward(minutes=10)
        clock.at = until
        return said

    def test_made_ahead_approved_and_sent_on_time(self, app: Application, clock: StandingClock) -> None:
        said = self.ticks(app, clock, DUE - timedelta(hours=2))
        assert len(said) == 1
        assert "is made for 2026-11-23 07:00 and waits for approval" in said[0]
        (row,) = app.ledger.editions()
        assert row.frozen_at == DUE - timedelta(hours=3)
        assert told(app, NoticeKind.READY_FOR_APPROVAL) == ["daily/1"]
        approve(app, "daily/1", say)
        self.ticks(app, clock, DUE - timedelta(minutes=10))
        assert rows(app) == [(1, 1, E.APPROVED)]
        self.ticks(app, clock, DUE)
        assert rows(app) == [(1, 1, E.PLANNED)]
        assert [post.article.slug for post in app.ledger.posts()] == ["neue-pumpe"]

    def test_held_over_night(self, app: Application, clock: StandingClock, project: Project) -> None:
        """Each due time keeps its one edition, and nothing that nobody approved leaves."""
        self.ticks(app, clock, DUE + timedelta(days=1))
        assert rows(app) == [(1, 1, E.CANCELLED)]
        assert app.ledger.posts() == []
        self.ticks(app, clock, DUE + timedelta(days=2))
        assert rows(app) == [(1, 1, E.CANCELLED), (2, 1, E.HELD)]
        approve(app, "daily/2", say)
        self.ticks(app, clock, DUE + timedelta(days=2, hours=1))
        assert rows(app) == [(1, 1, E.CANCELLED), (2, 1, E.PLANNED)]
        assert set(project.states()) == {"queued"}

    def test_late_articles_are_in_the_next_edition(self, project: Project, clock: StandingClock) -> None:
        policy(project, 'approval = "edition"', 'late_approval = "next"')
        with opened(project, clock) as app:
            self.ticks(app, clock, DUE + timedelta(days=1) - timedelta(hours=2))
            assert rows(app) == [(1, 1, E.CANCELLED), (2, 1, E.FROZEN)]
            assert [use.slug for use in app.ledger.editions()[0].articles] == ["neue-pumpe"]

    def test_a_machine_that_was_off_until_the_due_time(self, app: Application, clock: StandingClock) -> None:
        clock.at = DUE
        self.ticks(app, clock, DUE)
        assert rows(app) == [(1, 1, E.HELD)]
        assert told(app, NoticeKind.HELD) == ["daily/1"]


Action = Callable[[Application], AnswerReport]


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(UsageError):
        yield


@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("state", list(E))
def test_each_state_and_each_answer(project: Project, state: EditionState, action: str) -> None:
    """A no ends what waits; a yes is for what waits and is not approved yet; everything else is refused in words."""
    from contextlib import nullcontext

    policy(project, 'approval = "edition"')
    project.subscribe(1)
    project.article()
    clock = StandingClock(DUE - timedelta(hours=3))
    waits = {E.FROZEN, E.HELD, E.APPROVED}
    allowed = waits - {E.APPROVED} if action == "approve" else waits
    with opened(project, clock) as app:
        row = ahead(app)
        with project.store() as store, store.database.write() as connection:
            connection.exec_driver_sql("UPDATE editions SET state = ?", (str(state),))
        answer: Action = (
            (lambda app: approve(app, "daily/1", say))
            if action == "approve"
            else (lambda app: reject(app, "daily/1", "nein", say))
        )
        with nullcontext() if state in allowed else refused():
            answer(app)
        after = app.ledger.editions()[0].state
        if state not in allowed:
            assert after is state
            assert app.approvals.answers([row.name]) == []
        else:
            assert after is (E.APPROVED if action == "approve" else E.CANCELLED)
