"""The engine inside this process: one thread for each lane, and APScheduler's thread as its clock.

APScheduler holds its jobs in memory, and knows no due times: those are ours (`domain/schedule.py`), since its cron
trigger runs a time in the autumn fold twice. It calls `pulse` every few seconds, and at the instant that the last pulse
has named.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from publisher.errors import StoreError
from publisher.logs import get_logger
from publisher.ports.clock import Clock
from publisher.ports.engine import Task

PULSE_SECONDS = 5.0
# The main thread looks this often whether the clock has jumped, and whether APScheduler's thread is alive.
LOOK_SECONDS = 5.0
SILENT_SECONDS = 60.0
CLOCK_JUMP_SECONDS = 2.0
SHORTEST_PAUSE = timedelta(milliseconds=50)
LEAVE_SECONDS = 9.5  # of the ten that a stop may take


@dataclass
class _Lane:
    """The tasks of a lane in their order, each once, and the thread that does them."""

    name: str
    work: Callable[[Task], None]
    on_failure: Callable[[BaseException], None]
    stop: threading.Event
    waiting: dict[Task, None] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)
    thread: threading.Thread | None = None

    def put(self, task: Task) -> None:
        with self.changed:
            self.waiting[task] = None
            self.changed.notify()
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name=f"lane {self.name}", daemon=True)
                self.thread.start()

    def wake(self) -> None:
        with self.changed:
            self.changed.notify()

    def _run(self) -> None:
        try:
            while (task := self._next()) is not None:
                self.work(task)
        except BaseException as error:
            self.on_failure(error)

    def _next(self) -> Task | None:
        with self.changed:
            while not self.waiting and not self.stop.is_set():
                self.changed.wait()
            if self.stop.is_set():
                return None
            task = next(iter(self.waiting))
            del self.waiting[task]
            return task


class LocalEngine:
    """`ports.engine.Engine` with threads. `pulse` enqueues what may be to do and gives the instant of the next one."""

    def __init__(
        self,
        clock: Clock,
        stop: threading.Event,
        work: Callable[[Task], None],
        pulse: Callable[[], datetime | None],
    ) -> None:
        self._clock = clock
        self._stop = stop
        self._work = work
        self._pulse = pulse
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()
        self._pulsing = threading.Lock()
        self._pulsed_seconds = clock.monotonic_seconds()
        self._failure: BaseException | None = None
        self._scheduler: Any = None

    def enqueue(self, connection: object | None, task: Task, lane: str) -> None:
        """Have a task done in a lane. Nothing is kept of it: a restart begins with what the ledger says."""
        with self._lock:
            if lane not in self._lanes:
                self._lanes[lane] = _Lane(lane, self._work, self._fail, self._stop)
        self._lanes[lane].put(task)

    def run(self) -> None:
        """Work until stopped. Errors: StoreError if APScheduler's thread is silent; whatever stopped a lane."""
        self._scheduler = _background_scheduler()
        self._scheduler.start()
        try:
            self.beat()
            self._watch()
        finally:
            self._stop.set()
            self._scheduler.shutdown(wait=False)
            self._leave()
        if self._failure is not None:
            raise self._failure

    def _watch(self) -> None:
        ahead = self._ahead_seconds()
        while not self._stop.wait(LOOK_SECONDS):
            if abs(self._ahead_seconds() - ahead) > CLOCK_JUMP_SECONDS:
                get_logger().warning("the clock has jumped", seconds=round(self._ahead_seconds() - ahead))
                ahead = self._ahead_seconds()
                self.beat()  # APScheduler waits for an instant of the old clock
            silent_seconds = self._clock.monotonic_seconds() - self._pulsed_seconds
            if silent_seconds > SILENT_SECONDS:
                what = f"the scheduler has been silent for {silent_seconds:.0f} seconds"
                raise StoreError(what, hint="Start publish run again.")

    def _ahead_seconds(self) -> float:
        """Give how far the wall clock is ahead of the one that never jumps."""
        return self._clock.now().timestamp() - self._clock.monotonic_seconds()

    def beat(self) -> None:
        """Pulse, and say when to pulse next: whoever has learned of an earlier instant calls it, too."""
        with self._pulsing:
            self._pulsed_seconds = self._clock.monotonic_seconds()
            try:
                wanted_at = self._pulse()
            except BaseException as error:
                self._fail(error)
            else:
                self._plan_next(wanted_at)

    def _plan_next(self, wanted_at: datetime | None) -> None:
        if self._stop.is_set():
            return
        now = self._clock.now()
        latest_at = now + timedelta(seconds=PULSE_SECONDS)
        run_at = max(now + SHORTEST_PAUSE, min(wanted_at or latest_at, latest_at))
        # Each time a new job: one that still runs could not be started again.
        self._scheduler.remove_all_jobs()
        self._scheduler.add_job(self.beat, "date", run_date=run_at)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._stop.set()

    def _leave(self) -> None:
        """Wait for the lanes, but not for longer than a stop may take."""
        deadline = self._clock.monotonic_seconds() + LEAVE_SECONDS
        for lane in self._lanes.values():
            lane.wake()
        for lane in self._lanes.values():
            if lane.thread is not None:
                lane.thread.join(max(0.0, deadline - self._clock.monotonic_seconds()))


def _background_scheduler() -> Any:
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.memory import MemoryJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    return BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        timezone="UTC",
    )
