"""Send: work off the deliveries of some channels. Claim, journal and fence, hand to the adapter, record.

Each connection of a channel is a lane (`lanes.py`); all lanes of a channel share their commits (`group_commit.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from publisher.ports.ledger import DeliveryFilter
from publisher.ports.wire import WireLog
from publisher.workflow.application import Application, Channel
from publisher.workflow.group_commit import GroupCommit
from publisher.workflow.halt import Halt
from publisher.workflow.lanes import Lane
from publisher.workflow.tally import Progress, SendReport, Tally

__all__ = ["Progress", "SendReport", "due_count", "send"]

# From a signal on: so long for the messages on the wire, then so long for lanes whose connections were cut.
GRACE_SECONDS = 8.0
INTERRUPT_SECONDS = 1.0
_LOOK_SECONDS = 0.1


def send(
    app: Application,
    channels: Collection[str],
    *,
    stop: threading.Event,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    grace_seconds: float = GRACE_SECONDS,
) -> SendReport:
    """Deliver everything that is queued or due on these channels, once; what is deferred stays for the next run.

    Setting `stop` ends it: nothing more is started, what is on the wire is finished for `grace_seconds` and then cut,
    claims that were not started are given back.
    """
    app.ledger.recover(app.clock.now())
    tally = Tally(app.clock, sum(due_count(app, name) for name in channels), on_progress)
    run = _Run(app, [app.channels[name] for name in sorted(channels)], Halt(stop), tally)
    run.go(grace_seconds)
    is_interrupted = stop.is_set() and any(due_count(app, name) for name in channels)
    return SendReport(tally.counts, run.halt.stopped_channels, is_interrupted)


def due_count(app: Application, channel: str) -> int:
    """Count the deliveries of a channel that may be tried now."""
    which = DeliveryFilter(rehearsal=app.rehearsal, channel=channel, due_at=app.clock.now())
    return sum(app.ledger.count_deliveries(which).values())


@dataclass
class _Run:
    """One run over several channels."""

    app: Application
    channels: Sequence[Channel]
    halt: Halt
    tally: Tally
    # SQLite lets one write at a time, and makes others wait in steps of milliseconds: in here they queue.
    writing: threading.Lock = field(default_factory=threading.Lock)

    def go(self, grace_seconds: float) -> None:
        """Start all lanes, wait for them, leave nothing open. Errors: what a lane met that stops everything."""
        channels = [channel for channel in self.channels if channel.settings.enabled]
        wire = self.app.ledger.open_wire(self.app.worker, sum(lane_count(channel) for channel in channels))
        is_settled = False
        try:
            desks = [self._desk(channel, wire) for channel in channels]
            self._work(self._lanes(channels, desks, wire), grace_seconds)
            if not self.halt.is_abandoned:
                self._give_back(desks)
                is_settled = True
        finally:
            wire.close(settled=is_settled)
        if not is_settled:  # the wire log says what became of the lanes that were left behind
            self.app.ledger.recover(self.app.clock.now())
        self.app.ledger.finish_editions(self.app.clock.now())

    def _desk(self, channel: Channel, wire: WireLog) -> GroupCommit:
        return GroupCommit(
            ledger=self.app.ledger,
            clock=self.app.clock,
            channel=channel.name,
            worker=f"{wire.worker}/{channel.name}",
            rehearsal=self.app.rehearsal,
            writing=self.writing,
            on_recorded=self.tally.add,
            is_stopped=lambda: self.halt.is_stopped(channel.name),
            low_count=lane_count(channel),
        )

    def _lanes(self, channels: Sequence[Channel], desks: Sequence[GroupCommit], wire: WireLog) -> Sequence[Lane]:
        places = [pair for pair in zip(channels, desks, strict=True) for _ in range(lane_count(pair[0]))]
        return [
            Lane(self.app, channel, desk, wire.slot(number), self.halt) for number, (channel, desk) in enumerate(places)
        ]

    def _work(self, lanes: Sequence[Lane], grace_seconds: float) -> None:
        """Run the lanes to their end, or for as long as there is time. Errors: the first that stops everything."""
        for lane in lanes:
            lane.start()
        while lanes and not self.halt.is_over:
            lanes = _still_running(lanes)
        lanes = _wait(lanes, grace_seconds)
        for lane in lanes:
            lane.interrupt()
        lanes = _wait(lanes, INTERRUPT_SECONDS)
        self.halt.is_abandoned = bool(lanes)
        if self.halt.error is not None:
            raise self.halt.error

    def _give_back(self, desks: Collection[GroupCommit]) -> None:
        for desk in desks:
            self.app.ledger.release(desk.worker, self.app.clock.now())


def lane_count(channel: Channel) -> int:
    """Say how many connections a channel may open at once."""
    return int(getattr(channel.settings, "connections", 1))


def _still_running(lanes: Sequence[Lane]) -> Sequence[Lane]:
    """Give those that have not ended after a moment."""
    lanes[0].join(_LOOK_SECONDS)
    return [lane for lane in lanes if not lane.join(0)]


def _wait(lanes: Sequence[Lane], seconds: float) -> Sequence[Lane]:
    """Wait for the lanes for at most so long, and give those that have not ended."""
    for _ in range(round(seconds / _LOOK_SECONDS)):
        if not lanes:
            break
        lanes = _still_running(lanes)
    return lanes
