"""Notices: what was told is bundled, planned for every place, delivered like all else; never a storm, no loop."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.domain.attempt import Deferred, Outcome, Rejected
from publisher.domain.message import MessageKind, SealedMessage
from publisher.domain.notice import Event, NoticeKind
from publisher.errors import UsageError
from publisher.ports.adapter import AdapterType, ChannelSettings, Expiry
from publisher.scheduling.service import Service
from publisher.store.notices import append_event
from publisher.workflow.application import Application, Channel
from publisher.workflow.notify import notify, tell_end
from publisher.workflow.send import send
from publisher.workflow.tell import tell
from publisher.workflow.try_notices import send_test_notice
from tests.journeys.project import Project, folder_config
from tests.workflow.office import MONDAY, StandingClock, now, opened
from tests.workflow.scripted import Answer, ScriptedAdapter, accept

NOTIFY = """
[channels.team]
adapter = "folder"
folder = "told"

[notify]
channels = ["team"]
recipients = ["anna@example.org", "bert@example.org"]
"""
HELD = {"subject": "Neue Pumpe", "reason": "nobody approved it"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", folder_config(NOTIFY))


def deliver(app: Application) -> None:
    send(app, app.channels, stop=threading.Event())


def chats(project: Project) -> list[str]:
    return sorted(path.read_text() for path in (project.folder / "told").glob("*.txt"))


def mails(project: Project) -> list[bytes]:
    return [path.read_bytes() for path in sorted((project.folder / "sent").glob("*.eml"))]


def test_what_is_told_reaches_every_place(project: Project) -> None:
    with opened(project) as app:
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        made = notify(app)
        deliver(app)
        assert made is not None
        (row,) = app.notices.events(rehearsal=False)
        assert (row.notice_id, row.is_open) == (made.id, False)
        (notice,) = app.notices.notices(rehearsal=False)
        assert {state.value: count for state, count in notice.deliveries.items()} == {"accepted": 3}
    (chat,) = chats(project)
    assert "Ausgabe daily/1 wird zurückgehalten" in chat
    assert sorted(raw.split(b"\r\nTo: ")[1].split(b"\r\n")[0] for raw in mails(project)) == [
        b"anna@example.org",
        b"bert@example.org",
    ]
    assert all(b"\r\nAuto-Submitted: auto-generated\r\n" in raw for raw in mails(project))


def test_nothing_told_makes_nothing(project: Project) -> None:
    with opened(project) as app:
        assert notify(app) is None
        assert app.notices.notices(rehearsal=False) == []


def test_a_storm_of_ten_thousand_makes_one_notice_with_its_count(project: Project) -> None:
    with project.store() as store, store.database.write() as connection:
        for number in range(10_000):
            event = Event(NoticeKind.HELD, f"daily/{number % 7}", HELD, MONDAY, rehearsal=False)
            append_event(connection, event, once=False)
    with opened(project) as app:
        notify(app)
        deliver(app)
        (notice,) = app.notices.notices(rehearsal=False)
    assert notice.event_count == 10_000
    (chat,) = chats(project)
    assert chat.count("wird zurückgehalten") == 7
    assert "1.429-mal seit" in chat


def test_what_happens_within_the_interval_waits_and_comes_bundled(project: Project) -> None:
    clock = StandingClock()
    with opened(project, clock) as app:
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        assert notify(app)
        deliver(app)
        for minute in range(14):
            clock.forward(minutes=1)
            tell(app, NoticeKind.HELD, f"daily/{minute + 2}", HELD)
            assert notify(app) is None
        clock.forward(minutes=1)
        made = notify(app)
        assert made is not None
        assert made.event_count == 14


def test_while_a_notice_does_not_get_through_no_other_is_piled_on_it(project: Project) -> None:
    clock = StandingClock()
    with opened(project, clock) as app:
        for minutes in range(0, 60, 5):
            tell(app, NoticeKind.HELD, f"daily/{minutes}", HELD)
            assert (notify(app) is not None) == (minutes == 0)
            clock.forward(minutes=5)
        assert notify(app) is not None


def test_a_clock_that_was_set_back_makes_nobody_wait(project: Project) -> None:
    clock = StandingClock()
    with opened(project, clock) as app:
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        assert notify(app)
        deliver(app)
        clock.forward(days=-30)
        tell(app, NoticeKind.HELD, "daily/2", HELD)
        assert notify(app)


def test_a_failing_notice_channel_makes_no_notices_about_itself(project: Project) -> None:
    """For a day the chat fails, and each failure is told: the chat is never asked to tell it, and the mails are few."""
    clock = StandingClock()
    broken = ScriptedAdapter(lambda message: Deferred("no answer"), kinds=frozenset({MessageKind.NOTICE}))
    with opened(project, clock) as plain:
        app = with_channel(plain, "team", broken)
        for _ in range(24 * 12):
            tell(app, NoticeKind.CHANNEL_PAUSED, "team", {"reason": "no answer"})
            notify(app)
            deliver(app)
            clock.forward(minutes=5)
        count = len(app.notices.notices(rehearsal=False))
    assert broken.handed == []
    assert 24 <= count <= 24 * 4 + 1
    assert len(mails(project)) == 2 * count


def test_with_no_other_place_it_is_told_to_nobody(project: Project) -> None:
    text = (project.folder / "config.toml").read_text().replace('recipients = ["anna', '# ["anna')
    (project.folder / "config.toml").write_text(text)
    with opened(project) as app:
        tell(app, NoticeKind.CHANNEL_PAUSED, "team", {"reason": "no answer"})
        assert notify(app) is None
        assert [row.is_open for row in app.notices.events(rehearsal=False)] == [False]


@pytest.mark.parametrize("section", ['[notify]\nkinds = ["sent"]\nchannels = ["team"]\n', ""])
def test_what_nobody_wants_to_know_does_not_wait_for_ever(project: Project, section: str) -> None:
    """A team that sets up notices later is not told of old things."""
    text = (project.folder / "config.toml").read_text()
    (project.folder / "config.toml").write_text(text[: text.index("[notify]")] + section)
    with opened(project) as app:
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        assert notify(app) is None
        assert app.notices.open_events(rehearsal=False) == []
    (project.folder / "config.toml").write_text(text)
    with opened(project) as app:
        assert notify(app) is None


def test_two_processes_make_one_notice_of_an_event(project: Project) -> None:
    with opened(project) as app:
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        rows = app.notices.open_events(rehearsal=False)
        assert app.notices.make(rows, (), rehearsal=False, now=app.clock.now())
        assert app.notices.make(rows, (), rehearsal=False, now=app.clock.now()) is None
        assert len(app.notices.notices(rehearsal=False)) == 1


def test_a_rehearsal_tells_into_its_folder(project: Project) -> None:
    with opened(project, rehearse=True) as app:
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        assert notify(app)
        deliver(app)
    assert chats(project) == mails(project) == []
    assert len(list((project.folder / "outbox").glob("*/*"))) >= 3


# What is sent, comes back, or ends


def test_an_edition_of_a_due_time_is_told_when_it_is_sent_whoever_finished_it(project: Project) -> None:
    """Once, with figures; "publish now" of another process may be the one that finished it."""
    project.article()
    project.subscribe(3)
    clock = StandingClock()
    with opened(project, clock) as app:
        ticking(app).once()
        clock.forward(minutes=5)
        ticking(app).once()
        told = [row.event for row in app.notices.events(rehearsal=False) if row.event.kind is NoticeKind.SENT]
    assert [(event.about, event.facts["accepted_count"]) for event in told] == [("daily/1", 3)]
    assert any("Ausgabe daily/1 ist verschickt" in chat for chat in chats(project))


def test_what_a_person_sends_is_not_told(project: Project) -> None:
    project.article()
    project.subscribe(3)
    with opened(project) as app:
        now(app)
        notify(app)
        assert app.notices.events(rehearsal=False) == []


@pytest.mark.parametrize(("bounced", "is_told"), [(2, False), (3, True)])
def test_too_many_that_came_back_are_told_once(project: Project, bounced: int, is_told: bool) -> None:
    """More than five of a hundred, of forty."""
    project.article()
    project.subscribe(40)
    adapter = ScriptedAdapter(rejecting(bounced), kinds=frozenset({MessageKind.EMAIL, MessageKind.NOTICE}))
    with opened(project) as plain:
        app = with_channel(plain, "newsletter", adapter)
        for _ in range(3):
            ticking(app).once()
        kinds = [row.event.kind for row in app.notices.events(rehearsal=False)]
    assert kinds.count(NoticeKind.BOUNCES) == int(is_told)


def test_a_certificate_that_ends_soon_is_told_once_and_its_successor_again(project: Project) -> None:
    clock = StandingClock()
    ends = [clock.now() + timedelta(days=13)]
    with opened(project, clock) as plain:
        app = with_channel(plain, "newsletter", Ending(ends=ends))
        for _ in range(3):
            notify(app)
        assert [row.event.facts["name"] for row in app.notices.events(rehearsal=False)] == ["smtp.example.org:587"]
        ends[0] = clock.now() + timedelta(days=15)
        notify(app)
        assert len(app.notices.events(rehearsal=False)) == 1
        clock.forward(days=1)
        notify(app)
        assert len(app.notices.events(rehearsal=False)) == 2


def test_an_error_of_the_tick_is_told_once(project: Project) -> None:
    """And what the team reads has the error's place and what to do."""
    project.subscribe(1)
    (project.folder / "queue").rename(project.folder / "elsewhere")
    with opened(project) as app:
        engine = ticking(app)
        for _ in range(3):
            engine.once()
    (chat,) = chats(project)
    assert "queue" in chat
    assert "mit einem Fehler stehen geblieben" in chat


def test_a_run_that_ends_with_an_error_says_so_before_it_goes(project: Project) -> None:
    with opened(project) as app:
        tell_end(app, ZeroDivisionError("division by zero"))
    (chat,) = chats(project)
    assert "publish run ist mit einem Fehler stehen geblieben" in chat
    assert "ZeroDivisionError: division by zero" in chat


def test_a_broken_notice_template_neither_stops_nor_feeds_itself(project: Project) -> None:
    (project.folder / "templates" / "notice").mkdir(parents=True)
    (project.folder / "templates" / "notice" / "subject.j2").write_text("{{ titel }}")
    project.article()
    project.subscribe(1)
    events = list[str]()
    with opened(project) as app:
        tell(app, NoticeKind.HELD, "daily/9", HELD)
        engine = Service(app, threading.Event(), events.append)
        for _ in range(3):
            engine.once()
        assert {row.event.kind for row in app.notices.events(rehearsal=False)} == {NoticeKind.HELD, NoticeKind.SENT}
    assert any("templates/notice/subject.j2:1" in event for event in events)
    assert len(mails(project)) == 1


# A test


def test_a_test_goes_to_every_place_and_sends_nothing_else(project: Project) -> None:
    project.article()
    project.subscribe(1)
    with opened(project) as app:
        report = send_test_notice(app, threading.Event())
        assert (report.exit_code, sum(report.deliveries.values())) == (0, 3)
        assert app.notices.events(rehearsal=False) == []
    assert "Dies ist eine Probe" in chats(project)[0]
    assert len(mails(project)) == 2


def test_a_test_does_not_keep_a_real_notice_waiting(project: Project) -> None:
    with opened(project) as app:
        send_test_notice(app, threading.Event())
        tell(app, NoticeKind.HELD, "daily/1", HELD)
        assert notify(app)


def test_a_test_without_a_place_says_what_to_write(project: Project) -> None:
    text = (project.folder / "config.toml").read_text()
    (project.folder / "config.toml").write_text(text[: text.index("[notify]")])
    with opened(project) as app, pytest.raises(UsageError, match="no place for notices") as caught:
        send_test_notice(app, threading.Event())
    assert "recipients" in caught.value.hint


class Ending(ScriptedAdapter):
    """Knows when its certificate ends."""

    def __init__(self, ends: list[datetime]) -> None:
        super().__init__(accept, kinds=frozenset({MessageKind.EMAIL, MessageKind.NOTICE}))
        self.ends = ends

    def expiries(self) -> tuple[Expiry, ...]:
        return (Expiry("certificate", "smtp.example.org:587", self.ends[0].astimezone(UTC)),)


def rejecting(count: int) -> Answer:
    left = list(range(count))

    def answer(message: SealedMessage) -> Outcome:
        return (
            Rejected("550 no such user")
            if message.kind is MessageKind.EMAIL and left and left.pop() >= 0
            else accept(message)
        )

    return answer


def with_channel(app: Application, name: str, adapter: ScriptedAdapter) -> Application:
    kind = AdapterType("script", "a script", ChannelSettings, lambda *_: adapter, adapter.kinds)
    return replace(
        app, channels={**app.channels, name: Channel(name, ChannelSettings(adapter="script"), kind, adapter)}
    )


def ticking(app: Application) -> Service:
    return Service(app, threading.Event(), lambda event: None)
