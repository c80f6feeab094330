"""`publish run`: a tick every few seconds that does what is due. APScheduler wakes it; the ledger keeps it unique.

The due times are ours (`domain/schedule.py`): APScheduler's cron trigger would run a time in the autumn fold twice. Its
job is held in memory, and a tick may come twice or late without harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.errors import PublisherError, StoreError
from publisher.logs import get_logger
from publisher.workflow.application import Application
from publisher.workflow.due import CATCH_UP, DueEdition, due_editions, make_due, send_waiting
from publisher.workflow.notify import notify
from publisher.workflow.tell import tell_error

TICK_SECONDS = 5
SILENT_SECONDS = 900  # a tick may send for long; this long without one means that the scheduler's thread is gone


@dataclass
class Engine:
    """One process's schedule. `handled` are the due times that had nothing to send: they are not asked again."""

    app: Application
    stop: threading.Event
    on_event: Callable[[str], None]
    handled: dict[tuple[str, str], datetime] = field(default_factory=dict)
    busy: threading.Lock = field(default_factory=threading.Lock)
    last_tick_seconds: float = 0.0
    last_error: str = ""

    def tick(self) -> None:
        """Do what is due now. An error is told and logged; the next tick comes all the same."""
        with self.busy:
            self.last_tick_seconds = self.app.clock.monotonic_seconds()
            try:
                self._make_editions()
                self._send()
                self.last_error = ""
            except PublisherError as error:
                get_logger().error("tick failed", error=str(error))
                self._tell_once(error)
            self._notify()
            self.last_tick_seconds = self.app.clock.monotonic_seconds()

    def _notify(self) -> None:
        """Tell the team by notices. What goes wrong here is logged and told to nobody: it must not feed itself."""
        try:
            if notify(self.app):
                self._send()
        except PublisherError as error:
            get_logger().error("notices failed", error=str(error))
            self.on_event(f"notices: {error}")

    def _tell_once(self, error: PublisherError) -> None:
        """Tell an error, but not at every tick for as long as it lasts."""
        if str(error) != self.last_error:
            self.last_error = str(error)
            self.on_event(f"error: {error}")
            tell_error(self.app, error)

    def _make_editions(self) -> None:
        now = self.app.clock.now()
        items = tuple(item for item in due_editions(self.app, now) if _name(item) not in self.handled)
        if not items or self.stop.is_set():
            return
        made = make_due(self.app, items, lambda problem: self.on_event(f"error: {problem}"))
        self.handled |= {_name(item): now for item in items}
        self.handled = {name: at for name, at in self.handled.items() if now - at < CATCH_UP + timedelta(hours=1)}
        for edition in made.editions:
            self.on_event(f'{edition.row.name} "{edition.row.subject}" is on its way')
        for item in items:
            if not any(edition.row.occurrence == item.due.occurrence for edition in made.editions):
                self.on_event(f"{item.digest}: nothing is queued for {item.due.local:%Y-%m-%d %H:%M}")

    def _send(self) -> None:
        report = send_waiting(self.app, self.stop)
        if report is None:
            return
        counts = ", ".join(f"{count} {state.value}" for state, count in report.counts.items())
        self.on_event(f"deliveries: {counts or 'none'}")
        for channel, error in report.stopped.items():
            self.on_event(f"channel {channel} stopped: {error}")

    def run(self) -> None:
        """Tick until stopped. Errors: StoreError if the scheduler's thread has died."""
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        self.tick()
        scheduler.add_job(self.tick, "interval", seconds=TICK_SECONDS, id="tick")
        scheduler.start()
        try:
            while not self.stop.wait(TICK_SECONDS):
                self._watch()
        finally:
            scheduler.shutdown(wait=True)

    def _watch(self) -> None:
        silent = self.app.clock.monotonic_seconds() - self.last_tick_seconds
        if silent > SILENT_SECONDS and not self.busy.locked():
            raise StoreError(f"the scheduler has been silent for {silent:.0f} seconds", hint="Start publish run again.")


def _name(item: DueEdition) -> tuple[str, str]:
    return (item.digest, item.due.occurrence)
