"""Send: work off the deliveries of some channels. Claim, journal and fence, hand to the adapter, record.

Each channel has a crew (`crew.py`), one thread with all the connections that the channel may open.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field

from publisher.domain.pace import PaceRules
from publisher.errors import SendingStopped, StoreError
from publisher.logs import get_logger
from publisher.ports.ledger import DeliveryFilter
from publisher.ports.wire import WireLog
from publisher.workflow.application import Application, Channel
from publisher.workflow.crew import Crew
from publisher.workflow.guard import Guard
from publisher.workflow.halt import Halt
from publisher.workflow.paced_claims import PacedClaims
from publisher.workflow.restored import refuse_while_restored
from publisher.workflow.tally import Progress, SendReport, Tally
from publisher.workflow.waiting import waits

__all__ = ["Progress", "SendReport", "due_count", "send"]

# From a signal on: so long for the messages on the wire, then so long for crews whose connections were cut.
GRACE_SECONDS = 8.0
INTERRUPT_SECONDS = 1.0
_LOOK_SECONDS = 0.1
# Sending makes few cycles: what it drops goes at once without the collector.
ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000
# With fewer to send than this, one last collection before would cost more than it saves.
MANY = 1_000


def send(
    app: Application,
    channels: Collection[str],
    *,
    stop: threading.Event,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    grace_seconds: float = GRACE_SECONDS,
    message_id: int | None = None,
    asked_for: Collection[int] | None = None,
) -> SendReport:
    """Deliver everything that is queued or due on these channels, once; what is deferred stays for the next run.

    Setting `stop` ends it: nothing more is started, what is on the wire is finished for `grace_seconds` and then cut,
    claims that were not started are given back. With `message_id` only the deliveries of that message go out.
    `asked_for` are messages that a person wants out now: quiet hours do not hold them, and a channel that has paused
    itself is tried once. None where nobody stands by.

    Errors: SendingStopped if the ledger fails, TryAgain if its disk is full; what was sent until then is known.
    """
    if message_id is None:
        refuse_while_restored(app)
    recover(app)
    tally = Tally(app.clock, sum(due_count(app, name, message_id) for name in channels), on_progress)
    run = _Run(app, [app.channels[name] for name in sorted(channels)], Halt(stop), tally, message_id, asked_for)
    try:
        run.go(grace_seconds)
    except StoreError as error:
        hint = f"{error.hint} Then run the same command again: it goes on with the rest.".lstrip()
        raise SendingStopped(error.what, where=error.where, hint=hint) from error
    is_interrupted = stop.is_set() and any(due_count(app, name, message_id) for name in channels)
    return SendReport(tally.counts, run.halt.stopped_channels, is_interrupted, waits(app, sorted(channels)))


def recover(app: Application) -> None:
    """Take back what dead workers held."""
    recovered = app.ledger.recover(app.clock.now())
    if recovered.requeued_count or recovered.unknown_count or recovered.accepted_count:
        get_logger().warning("recovered", **asdict(recovered))


def due_count(app: Application, channel: str, message_id: int | None = None) -> int:
    """Count the deliveries of a channel, or of one message there, that may be tried now."""
    messages = None if message_id is None else {message_id}
    which = DeliveryFilter(rehearsal=app.rehearsal, channel=channel, due_at=app.clock.now(), message_ids=messages)
    return sum(app.ledger.count_deliveries(which).values())


@dataclass
class _Run:
    """One run over several channels."""

    app: Application
    channels: Sequence[Channel]
    halt: Halt
    tally: Tally
    message_id: int | None = None
    asked_for: Collection[int] | None = None
    # SQLite lets one write at a time, and makes others wait in steps of milliseconds: in here they queue.
    writing: threading.Lock = field(default_factory=threading.Lock)

    def go(self, grace_seconds: float) -> None:
        """Start all crews, wait for them, leave nothing open. Errors: what a crew met that stops everything."""
        with unburdened() if self.tally.total_count >= MANY else nullcontext():
            self._go(grace_seconds)

    def _go(self, grace_seconds: float) -> None:
        channels = [channel for channel in self.channels if channel.settings.enabled]
        wire = self.app.ledger.open_wire(self.app.worker, sum(connection_count(channel) for channel in channels))
        is_settled = False
        try:
            claims = [self._claims(channel, wire) for channel in channels]
            self._work(self._crews(channels, claims, wire), grace_seconds)
            if not self.halt.is_abandoned:
                for some in claims:
                    some.give_back()
                is_settled = True
        finally:
            wire.close(settled=is_settled)
        if not is_settled:  # the wire log says what became of the connections that were left behind
            recover(self.app)
        self.app.ledger.finish_editions(self.app.clock.now())

    def _claims(self, channel: Channel, wire: WireLog) -> PacedClaims:
        return PacedClaims(
            ledger=self.app.ledger,
            clock=self.app.clock,
            channel=channel.name,
            worker=f"{wire.worker}/{channel.name}",
            rehearsal=self.app.rehearsal,
            message_id=self.message_id,
            pace=self.app.pace,
            guard=Guard(self.app, channel, self.halt, self.writing, self.asked_for),
            rules=PaceRules() if self.app.rehearsal else channel.settings.pace_rules(),
        )

    def _crews(self, channels: Sequence[Channel], claims: Sequence[PacedClaims], wire: WireLog) -> Sequence[Crew]:
        crews, first = [], 0
        for channel, some in zip(channels, claims, strict=True):
            count = connection_count(channel)
            slots = [wire.slot(number) for number in range(first, first + count)]
            crews.append(Crew(self.app, channel, some, slots, self.halt, self.writing, self.tally.add))
            first += count
        return crews

    def _work(self, crews: Sequence[Crew], grace_seconds: float) -> None:
        """Run the crews to their end, or for as long as there is time. Errors: the first that stops everything."""
        for crew in crews:
            crew.start()
        while crews and not self.halt.is_over:
            crews = _still_running(crews)
        crews = _wait(crews, grace_seconds)
        for crew in crews:
            crew.interrupt()
        crews = _wait(crews, INTERRUPT_SECONDS)
        self.halt.is_abandoned = bool(crews)
        if self.halt.error is not None:
            raise self.halt.error


@dataclass
class _Collector:
    """Python's collector of cycles, and how many runs want it to be quiet: a process sends over several channels."""

    run_count: int = 0
    thresholds: tuple[int, int, int] = (0, 0, 0)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def quieten(self) -> None:
        """Keep it from looking through the whole program again and again (docs/decisions/0006)."""
        with self.lock:
            self.run_count += 1
            if self.run_count == 1:
                self.thresholds = gc.get_threshold()
                gc.collect()  # what making the edition has left behind
                gc.freeze()
                gc.set_threshold(max(self.thresholds[0], ALLOCATIONS_BETWEEN_COLLECTIONS), *self.thresholds[1:])

    def let_go(self) -> None:
        """After the last of the runs it is as it was before the first."""
        with self.lock:
            self.run_count -= 1
            if self.run_count == 0:
                gc.set_threshold(*self.thresholds)
                gc.unfreeze()


_collector = _Collector()


@contextmanager
def unburdened() -> Iterator[None]:
    """Send without Python's collector in between."""
    _collector.quieten()
    try:
        yield
    finally:
        _collector.let_go()


def connection_count(channel: Channel) -> int:
    """Say how many connections a channel may open at once."""
    return int(getattr(channel.settings, "connections", 1))


def _still_running(crews: Sequence[Crew]) -> Sequence[Crew]:
    """Give those that have not ended after a moment."""
    crews[0].join(_LOOK_SECONDS)
    return [crew for crew in crews if not crew.join(0)]


def _wait(crews: Sequence[Crew], seconds: float) -> Sequence[Crew]:
    """Wait for the crews for at most so long, and give those that have not ended."""
    for _ in range(round(seconds / _LOOK_SECONDS)):
        if not crews:
            break
        crews = _still_running(crews)
    return crews
