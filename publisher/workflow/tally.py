"""What a run has done so far: counted by state, told to whoever watches."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from publisher.domain.delivery import DeliveryState
from publisher.errors import PublisherError
from publisher.ports.clock import Clock
from publisher.workflow.waiting import Wait


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: counts by the state in which attempts left their deliveries, out of `total_count`.

    `per_second` is the rate of attempts so far, `seconds_left` what the rest takes at that rate; None before there is
    one.
    """

    channel: str
    counts: Mapping[DeliveryState, int]
    total_count: int
    per_second: float = 0.0
    seconds_left: float | None = None


@dataclass(slots=True)
class SendReport:
    """What a run did, by the state in which attempts left their deliveries; and channels that stopped, or wait."""

    counts: Counter[DeliveryState] = field(default_factory=Counter)
    stopped: dict[str, PublisherError] = field(default_factory=dict)
    interrupted: bool = False
    waits: Mapping[str, Wait] = field(default_factory=dict)


class Tally:
    """Counts the attempts of all channels of a run."""

    def __init__(self, clock: Clock, total_count: int, on_progress: Callable[[Progress], None]) -> None:
        self.counts = Counter[DeliveryState]()
        self._clock = clock
        self.total_count = total_count
        self._on_progress = on_progress
        self._began_seconds = clock.monotonic_seconds()
        self._lock = threading.Lock()

    def add(self, channel: str, states: Sequence[DeliveryState]) -> None:
        """Count recorded attempts and tell."""
        with self._lock:
            self.counts.update(states)
            self._on_progress(self._progress(channel))

    def _progress(self, channel: str) -> Progress:
        done = self.counts.total()
        elapsed = self._clock.monotonic_seconds() - self._began_seconds
        per_second = done / elapsed if elapsed > 0 else 0.0
        left = max(0, self.total_count - done) / per_second if per_second else None
        return Progress(channel, dict(self.counts), self.total_count, per_second, left)
