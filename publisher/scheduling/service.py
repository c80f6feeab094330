"""`publish run`: what one process does, from pulse to pulse. The ledger says what there is to do; lanes do it.

Editions are made in one lane, and each channel sends in a lane of its own: a long mailing keeps neither the next
edition waiting nor another channel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.errors import LogLost, PublisherError
from publisher.logs import get_logger
from publisher.ports.engine import Engine, Task
from publisher.scheduling.lanes import LocalEngine
from publisher.scheduling.pulse import Pulse
from publisher.scheduling.running import OwnFile
from publisher.scheduling.systemd import notify_systemd
from publisher.workflow.application import Application
from publisher.workflow.deliver import send_waiting
from publisher.workflow.due import due_soon, next_due_at
from publisher.workflow.exit_codes import exit_code_of_once
from publisher.workflow.make import Course, prepare_ahead
from publisher.workflow.notify import notify
from publisher.workflow.reload import changed_keys
from publisher.workflow.send import SendReport
from publisher.workflow.tell import tell_error
from publisher.workflow.tick import tick
from publisher.workflow.tidy import tidy
from publisher.workflow.waiting import Cause, next_go_at

MAKING = "making"
# Without any sign that there is something to do, this often it is looked all the same: claims of dead workers run out.
LOOK_AGAIN = timedelta(minutes=1)
# An edition is rendered so long before its time, and again at its time if anything has changed by then.
PREPARE_AHEAD = timedelta(seconds=90)
TIDY_EVERY = timedelta(days=1)


@dataclass
class Service:
    """One process. `on_event` is told each decision in a line.

    `reload` gives an application by the config as it is now; it is called once `reload_asked` is set.
    """

    app: Application
    stop: threading.Event
    on_event: Callable[[str], None]
    reload: Callable[[Application], Application] | None = None
    own_file: OwnFile | None = None
    course: Course = field(init=False)
    reload_asked: threading.Event = field(default_factory=threading.Event)
    reload_count: int = 0
    vital: Pulse = field(default_factory=Pulse)
    _make_at: datetime | None = None
    _prepare_at: datetime | None = None
    _prepared_for: datetime | None = None
    _send_at: datetime | None = None
    _look_at: datetime | None = None
    _tidy_at: datetime | None = None
    _engine: LocalEngine | None = None

    def __post_init__(self) -> None:
        self.course = Course(self.on_event)

    def once(self) -> int:
        """Do what is due, here and now, and give the exit code. An error is told and logged."""
        reports: list[SendReport | None] = []
        errors = [self._attempt(self.make), self._attempt(lambda: reports.append(self.send()))]
        if self.notify():
            errors.append(self._attempt(lambda: reports.append(self.send())))
        code = exit_code_of_once(reports, errors)
        is_put_off = bool(self.course.put_off) and code == 0
        return (4 if any(reports) else 2) if is_put_off else code

    def make(self) -> int:
        """Decide what is due; say how much was planned. Errors: PublisherError."""
        return tick(self.app, self.course, self.stop)

    def prepare(self) -> None:
        """Render ahead what is due soon."""
        for digest in due_soon(self.app, self.app.clock.now(), PREPARE_AHEAD):
            prepare_ahead(self.app, digest, self.course)

    def send(self, channel: str | None = None) -> SendReport | None:
        """Send what is queued or due, on all channels or on one; None if there was nothing. Errors: PublisherError."""
        report = send_waiting(self.app, self.stop, None if channel is None else [channel])
        if report is not None:
            self._tell_sent(channel or "deliveries", report)
        return report

    def _tell_sent(self, what: str, report: SendReport) -> None:
        counts = ", ".join(f"{count} {state.value}" for state, count in report.counts.items())
        if counts:
            self.on_event(f"{what}: {counts}")
        for channel, wait in report.waits.items():
            if wait.cause is Cause.TROUBLE:
                self.course.tell_once(f"channel {channel} has paused itself: {wait.reason}")
        for channel, error in report.stopped.items():
            self.course.tell_once(f"channel {channel} stopped: {error}")

    def _attempt(self, work: Callable[[], object]) -> PublisherError | None:
        """Do something and give its error, which is told once for as long as it lasts, and logged each time.

        Errors: LogLost.
        """
        try:
            work()
        except PublisherError as error:
            get_logger().error("failed", error=str(error))
            self.vital.note(str(error))
            if isinstance(error, LogLost) or isinstance(error.__cause__, LogLost):
                raise  # going on would be of no use: a process that starts anew reads what the disk has
            if self.course.problem(error):
                tell_error(self.app, error)
            return error
        self.vital.note("")
        return None

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
        if self.own_file is not None:
            self.own_file.open()
        notify_systemd("READY=1")
        try:
            self._engine.run()
        finally:
            notify_systemd("STOPPING=1")
            if self.own_file is not None:
                self.own_file.close()

    @property
    def engine(self) -> Engine:
        """Give the engine that carries the tasks."""
        assert self._engine is not None
        return self._engine

    def pulse(self) -> datetime | None:
        """Have done what may be to do now; give the next instant at which there will be something."""
        notify_systemd("WATCHDOG=1")
        if self.reload_asked.is_set():
            self.reload_asked.clear()
            self._reload()
        now = self.app.clock.now()
        self.vital.beat(now)
        if self._tidy_at is None or _is_here(self._tidy_at, now):
            self._tidy_at = now + TIDY_EVERY
            self.engine.enqueue(None, Task("tidy"), MAKING)
        is_asked = self.app.changes.seen() or _is_here(self._look_at, now) or self._look_at is None
        if is_asked:
            self._look_at = now + LOOK_AGAIN
        if is_asked or _is_here(self._make_at, now):
            self._make_at = None
            self.engine.enqueue(None, Task("make"), MAKING)
        if _is_here(self._prepare_at, now):
            self._prepare_at, self._prepared_for = None, self._make_at
            if self._make_at is not None:  # else it is there already
                self.engine.enqueue(None, Task("prepare"), MAKING)
        if is_asked or _is_here(self._send_at, now):
            self._send_at = None
            self._enqueue_sending()
        return min(
            (at for at in (self._make_at, self._prepare_at, self._send_at, self._look_at) if at is not None),
            default=None,
        )

    def _reload(self) -> None:
        """Take the config as it is now; a wrong one is refused, and the old one stays in force."""
        if self.reload is None:
            return
        notify_systemd("RELOADING=1")
        changed, problem = tuple[str, ...](), ""
        try:
            before, self.app = self.app.settings, self.reload(self.app)
            changed = changed_keys(before, self.app.settings)
            self.on_event(f"config read again: {', '.join(changed) or 'nothing has changed'}")
            self.course.begin_again()
            self._look_at = None
        except PublisherError as error:
            problem = str(error)
            self.on_event(f"the new config is not taken, the old one stays: {error}")
        self.reload_count += 1
        if self.own_file is not None:
            self.own_file.say(reload_count=self.reload_count, changed=changed, error=problem)
        notify_systemd("READY=1")

    def _enqueue_sending(self) -> None:
        for name in self.app.channels:
            self.engine.enqueue(None, Task("send", name), f"sending {name}")

    def do(self, task: Task) -> None:
        """Do one task of a lane."""
        if task.name == "make":
            self._do_make()
        elif task.name == "prepare":
            self._attempt(self.prepare)
        elif task.name == "tidy":
            self._attempt(lambda: tidy(self.app, self.stop))
        else:
            self._attempt(lambda: self.send(task.about))
            self._send_at = _next(self._send_at, self._next_retry_at())
        if self._engine is not None and not self.stop.is_set():
            self._engine.beat()

    def _do_make(self) -> None:
        counts: list[int] = []
        now = self.app.clock.now()  # of before: what becomes due while this pass is at work is not passed over
        error = self._attempt(lambda: counts.append(self.make()))
        due_at = next_due_at(self.app, now)
        self._make_at = _next(due_at, self.course.try_again_at(now))
        if due_at is not None and due_at != self._prepared_for:
            # Half way to a due time that is near: what is made of it may change until then.
            self._prepare_at = max(due_at - PREPARE_AHEAD, now + (due_at - now) / 2)
        if error is not None:
            self._make_at = self.app.clock.now() + LOOK_AGAIN
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
