"""The engine in this process: lanes do not wait for each other, and nothing that fails goes unseen."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.bootstrap import SystemClock
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.delivery import DeliveryState
from publisher.domain.message import SealedMessage
from publisher.errors import LogLost, StoreError
from publisher.intake.queue import QueueReading
from publisher.ports.engine import Task
from publisher.ports.ledger import DeliveryFilter
from publisher.scheduling.lanes import SILENT_SECONDS, LocalEngine
from publisher.scheduling.service import Service
from publisher.scheduling.systemd import notify_systemd
from publisher.store.ledger import SqlLedger
from tests.journeys.project import Project, folder_config
from tests.scheduling.queued import Queued
from tests.workflow.office import StandingClock, opened
from tests.workflow.scripted import ScriptedAdapter, scripted

PATIENCE = 60.0


@dataclass
class Bench:
    """An engine that runs in a thread of its own; what ended it is kept."""

    stop: threading.Event = field(default_factory=threading.Event)
    ended_with: list[BaseException | None] = field(default_factory=list)

    @contextmanager
    def running(self, run: Callable[[], None]) -> Iterator[None]:
        def work() -> None:
            try:
                run()
                self.ended_with.append(None)
            except BaseException as error:
                self.ended_with.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


def never() -> datetime | None:
    return None


def test_a_lane_that_is_busy_keeps_no_other_waiting() -> None:
    bench, blocked, done = Bench(), threading.Event(), threading.Event()

    def work(task: Task) -> None:
        if task.about == "slow":
            assert blocked.wait(PATIENCE)
        else:
            done.set()

    engine = LocalEngine(SystemClock(), bench.stop, work, never)
    with bench.running(engine.run):
        engine.enqueue(None, Task("send", "slow"), "sending slow")
        engine.enqueue(None, Task("send", "quick"), "sending quick")
        assert done.wait(PATIENCE)
        blocked.set()
    assert bench.ended_with == [None]


def test_tasks_of_a_lane_come_in_order_and_a_waiting_one_once() -> None:
    bench, gate, end, seen = Bench(), threading.Event(), threading.Event(), list[str]()

    def work(task: Task) -> None:
        seen.append(task.about)
        assert gate.wait(PATIENCE)
        if task.about == "end":
            end.set()

    engine = LocalEngine(SystemClock(), bench.stop, work, never)
    with bench.running(engine.run):
        engine.enqueue(None, Task("send", "first"), "lane")
        while not seen:
            pass
        for about in ("a", "b", "a", "end", "b"):
            engine.enqueue(None, Task("send", about), "lane")
        gate.set()
        assert end.wait(PATIENCE)
    assert seen == ["first", "a", "b", "end"]


def test_a_defect_in_a_lane_ends_the_run_with_it() -> None:
    """Nothing goes on as if all were well: whoever watches the process starts it again."""

    def work(task: Task) -> None:
        raise ZeroDivisionError

    bench = Bench()
    engine = LocalEngine(SystemClock(), bench.stop, work, never)
    engine.enqueue(None, Task("make"), "making")
    with bench.running(engine.run):
        assert bench.stop.wait(PATIENCE)
    assert [type(error) for error in bench.ended_with] == [ZeroDivisionError]


def test_it_pulses_at_the_instant_that_the_last_pulse_has_named() -> None:
    """And not only every few seconds."""
    bench, times, third = Bench(), list[datetime](), threading.Event()

    def pulse() -> datetime | None:
        times.append(datetime.now(UTC))
        if len(times) == 3:
            third.set()
        return times[-1] + timedelta(seconds=0.2)

    with bench.running(LocalEngine(SystemClock(), bench.stop, lambda task: None, pulse).run):
        assert third.wait(PATIENCE)
    assert all(after - before >= timedelta(seconds=0.2) for before, after in itertools.pairwise(times))


def test_a_scheduler_that_falls_silent_is_noticed() -> None:
    """Its thread can hang, or end, while it says that it is running; then `publish run` ends with an error."""
    clock, bench, hanging, release = StandingClock(), Bench(), threading.Event(), threading.Event()
    pulses: list[int] = []

    def pulse() -> datetime | None:
        pulses.append(1)
        if len(pulses) == 2:  # the first one comes from the main thread
            hanging.set()
            assert release.wait(PATIENCE)
        return clock.at

    with bench.running(LocalEngine(clock, bench.stop, lambda task: None, pulse).run):
        assert hanging.wait(PATIENCE)
        clock.forward(seconds=SILENT_SECONDS + 1)
        assert bench.stop.wait(PATIENCE)
        release.set()
    (error,) = bench.ended_with
    assert isinstance(error, StoreError)
    assert "silent" in error.what


@pytest.fixture
def two_digests(tmp_path: Path) -> Project:
    """The first is due at seven, the second, over another channel, at a quarter past."""
    more = """
[digests.second]
title = "Pumpen am Viertel"
channel = "other"
from_address = "newsletter@example.org"
schedule = ["Mon-Fri 07:15"]
recipients = ["eva@example.org"]
[channels.other]
adapter = "folder"
folder = "sent-other"
"""
    project = Project.make(tmp_path / "project", folder_config(more))
    project.subscribe(1)
    project.article("erste", digests=["daily"])
    project.article("zweite", digests=["second"])
    return project


def test_a_long_mailing_keeps_the_next_digest_not_waiting(two_digests: Project) -> None:
    """While the first digest's only message hangs on its channel, the second is made at its time, and leaves."""
    clock, bench, reached, release = StandingClock(), Bench(), threading.Event(), threading.Event()
    second_left = threading.Event()

    def hang(message: SealedMessage) -> Outcome:
        reached.set()
        assert release.wait(PATIENCE)
        return Accepted("at last")

    def on_event(event: str) -> None:
        if event.startswith("other: 1 accepted"):
            second_left.set()

    with opened(two_digests, clock) as plain:
        service = Service(scripted(plain, ScriptedAdapter(hang)), bench.stop, on_event)
        with bench.running(service.run):
            assert reached.wait(PATIENCE)
            clock.forward(minutes=15)
            assert second_left.wait(PATIENCE)
            assert two_digests.states() == {"sending": 1, "accepted": 1}
            release.set()
    assert bench.ended_with == [None]
    assert two_digests.states() == {"accepted": 2}


def test_what_becomes_due_during_a_pass_is_not_passed_over(two_digests: Project) -> None:
    """The second digest becomes due while the first is being made: the next pulse has it made."""
    config = two_digests.folder / "config.toml"
    config.write_text(config.read_text().replace("07:15", "07:02"))
    clock = StandingClock()
    clock.forward(seconds=50)
    with opened(two_digests, clock) as plain:

        def read_slowly() -> QueueReading:
            clock.forward(seconds=20)
            return plain.read_queue()

        service = Service(replace(plain, read_queue=read_slowly), threading.Event(), lambda event: None)
        engine = service._engine = Queued()  # type: ignore[assignment]
        service.pulse()
        service.do(Task("make"))
        assert [edition.digest for edition in plain.ledger.editions()] == ["daily"]
        engine.tasks.clear()
        plain.changes.seen()  # as if nobody had written anything
        service.pulse()
    assert engine.tasks == [Task("make")]


def test_what_is_ready_ahead_is_taken_only_if_it_is_still_the_same(two_digests: Project) -> None:
    """An article that comes between is in the edition; nothing that was rendered ahead goes out instead."""
    clock = StandingClock()
    clock.forward(minutes=-2)
    with opened(two_digests, clock) as app:
        service = Service(app, threading.Event(), lambda event: None)
        service.prepare()
        ready = service.course.ready["daily"].draft
        two_digests.article("dazwischen", digests=["daily"])
        clock.forward(minutes=2)
        service.once()
        (edition,) = app.ledger.editions()
        content = app.ledger.message(edition.message_id).encoded
    assert sorted(use.slug for use in edition.articles) == ["dazwischen", "erste"]
    assert [article.slug for article in ready.content.articles] == ["erste"]
    assert b"Titel von dazwischen" in content


def test_what_is_ready_ahead_is_not_rendered_again(two_digests: Project) -> None:
    """The templates are gone by then, and the edition is the one that was rendered."""
    clock = StandingClock()
    clock.forward(minutes=-2)
    with opened(two_digests, clock) as app:
        service = Service(app, threading.Event(), lambda event: None)
        service.prepare()
        ready = service.course.ready["daily"].draft
        broken = two_digests.folder / "templates" / "email" / "digest"
        broken.mkdir(parents=True)
        (broken / "subject.j2").write_text("{{ broken")
        clock.forward(minutes=2)
        service.once()
        (edition,) = app.ledger.editions()
    assert edition.content_hash == ready.email.message.content_hash


def test_it_ends_where_the_disk_has_not_taken_what_the_ledger_recorded(two_digests: Project) -> None:
    """A process that starts anew reads what the disk has; one that went on could never send again."""
    with opened(two_digests, StandingClock()) as app:
        assert isinstance(app.ledger, SqlLedger)
        with pytest.raises(LogLost):
            app.ledger._database.log.note(errno.EIO)
        with pytest.raises(StoreError, match="the disk reported an error") as ended:
            Service(app, threading.Event(), lambda event: None).run()
        assert ended.value.exit_code == 4  # 2 would keep systemd from starting it again
        # Nothing has begun; whether it is claimed, or was not looked at any more, is up to which lane ended first.
        states = {row.state for row in app.ledger.deliveries(DeliveryFilter())}
        assert states <= {DeliveryState.QUEUED, DeliveryState.CLAIMED}
    assert not (two_digests.folder / "sent").exists()


@pytest.mark.parametrize("name", ["notify", "@publisher-test-{pid}"])
def test_systemd_is_told(tmp_path: Path, name: str) -> None:
    address = name.format(pid=os.getpid()) if name.startswith("@") else str(tmp_path / name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + address[1:] if address.startswith("@") else address)
        assert notify_systemd("READY=1", {"NOTIFY_SOCKET": address})
        assert receiver.recv(100) == b"READY=1"
    assert not notify_systemd("READY=1", {})
    assert not notify_systemd("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
