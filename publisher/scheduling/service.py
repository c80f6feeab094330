"""`publish run`: what one process does, from pulse to pulse. The ledger says what there is to do; lanes do it.

Editions are made in one lane, and each channel sends in a lane of its own: a long mailing keeps neither the next
edition waiting nor another channel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.errors import PublisherError
from publisher.logs import get_logger
from publisher.ports.engine import Engine, Task
from publisher.scheduling.lanes import LocalEngine
from publisher.scheduling.systemd import notify_systemd
from publisher.workflow.application import Application
from publisher.workflow.deliver import send_waiting
from publisher.workflow.due import next_due_at
from publisher.workflow.make import Course
from publisher.workflow.notify import notify
from publisher.workflow.send import SendReport
from publisher.workflow.tell import tell_error
from publisher.workflow.tick import tick
from publisher.workflow.waiting import Cause, next_go_at

MAKING = "making"
# Without any sign that there is something to do, this often it is looked all the same: claims of dead workers run out.
LOOK_AGAIN = timedelta(minutes=1)


@dataclass
class Service:
    """One process. `on_event` is told each decision in a line."""

    app: Application
    stop: threading.Event
    on_event: Callable[[str], None]
    course: Course = field(init=False)
    _make_at: datetime | None = None
    _send_at: datetime | None = None
    _look_at: datetime | None = None
    _engine: LocalEngine | None = None

    def __post_init__(self) -> None:
        self.course = Course(self.on_event)

    def once(self) -> None:
        """Do what is due, here and now. An error is told and logged."""
        self._attempt(self.make)
        self._attempt(self.send)
        if self.notify():
            self._attempt(self.send)

    def make(self) -> int:
        """Decide what is due; say how much was planned. Errors: PublisherError."""
        return tick(self.app, self.course, self.stop)

    def send(self, channel: str | None = None) -> None:
        """Send what is queued or due, on all channels or on one. Errors: PublisherError."""
        report = send_waiting(self.app, self.stop, None if channel is None else [channel])
        if report is not None:
            self._tell_sent(channel or "deliveries", report)

    def _tell_sent(self, what: str, report: SendReport) -> None:
        counts = ", ".join(f"{count} {state.value}" for state, count in report.counts.items())
        if counts:
            self.on_event(f"{what}: {counts}")
        for channel, wait in report.waits.items():
            if wait.cause is Cause.TROUBLE:
                self.course.tell_once(f"channel {channel} has paused itself: {wait.reason}")
        for channel, error in report.stopped.items():
            self.course.tell_once(f"channel {channel} stopped: {error}")

    def _attempt(self, work: Callable[[], object]) -> bool:
        """Do something; an error is told once for as long as it lasts, and logged each time."""
        try:
            work()
        except PublisherError as error:
            get_logger().error("failed", error=str(error))
            if self.course.problem(error):
                tell_error(self.app, error)
            return False
        return True

    def notify(self) -> bool:
        """Tell the team by a notice, if it is time for one; True if one is to be sent.

        What goes wrong here is logged and told to nobody else: it must not feed itself.
        """
        try:
            return notify(self.app) is not None
        except PublisherError as error:
            get_logger().error("notices failed", error=str(error))
            self.course.tell_once(f"notices: {error}")
            return False

    # As a process that goes on

    def run(self) -> None:
        """Work until stopped. Errors: StoreError, or whatever stopped a lane."""
        self._engine = LocalEngine(self.app.clock, self.stop, self.do, self.pulse)
        notify_systemd("READY=1")
        try:
            self._engine.run()
        finally:
            notify_systemd("STOPPING=1")

    @property
    def engine(self) -> Engine:
        """Give the engine that carries the tasks."""
        assert self._engine is not None
        return self._engine

    def pulse(self) -> datetime | None:
        """Have done what may be to do now; give the next instant at which there will be something."""
        notify_systemd("WATCHDOG=1")
        now = self.app.clock.now()
        is_asked = self.app.changes.seen() or _is_here(self._look_at, now) or self._look_at is None
        if is_asked:
            self._look_at = now + LOOK_AGAIN
        if is_asked or _is_here(self._make_at, now):
            self._make_at = None
            self.engine.enqueue(None, Task("make"), MAKING)
        if is_asked or _is_here(self._send_at, now):
            self._send_at = None
            self._enqueue_sending()
        return min((at for at in (self._make_at, self._send_at, self._look_at) if at is not None), default=None)

    def _enqueue_sending(self) -> None:
        for name in self.app.channels:
            self.engine.enqueue(None, Task("send", name), f"sending {name}")

    def do(self, task: Task) -> None:
        """Do one task of a lane."""
        if task.name == "make":
            self._do_make()
        else:
            self._attempt(lambda: self.send(task.about))
            self._send_at = _next(self._send_at, self._next_retry_at())
        if self._engine is not None and not self.stop.is_set():
            self._engine.beat()

    def _do_make(self) -> None:
        counts: list[int] = []
        is_done = self._attempt(lambda: counts.append(self.make()))
        now = self.app.clock.now()
        self._make_at = _next(next_due_at(self.app, now), self.course.try_again_at(now))
        if not is_done:
            self._make_at = now + LOOK_AGAIN
        if self.notify() or any(counts):
            self._enqueue_sending()

    def _next_retry_at(self) -> datetime | None:
        """Say when what is deferred or waits may be tried; what could not be tried then waits for the next look."""
        at = _next(self.app.ledger.next_due_at(self.app.rehearsal), next_go_at(self.app))
        return at if at is not None and at > self.app.clock.now() else None


def _is_here(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _next(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
