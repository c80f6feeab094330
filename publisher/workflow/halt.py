"""Halt: who is to stop, and why. A signal stops everything, a misconfigured channel itself, a failure all at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from publisher.errors import PublisherError


@dataclass
class Halt:
    """What a run's crews look at before each message. `stop` is the caller's: it is only looked at."""

    stop: threading.Event
    stopped_channels: dict[str, PublisherError] = field(default_factory=dict)
    error: BaseException | None = None
    is_abandoned: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_stopped(self, channel: str) -> bool:
        """Say whether this channel, or everything, is to stop now."""
        return self.is_over or channel in self.stopped_channels

    @property
    def is_over(self) -> bool:
        """Say whether everything is to stop now."""
        return self.error is not None or self.stop.is_set()

    def stop_channel(self, channel: str, error: PublisherError) -> None:
        """Note that a channel cannot go on; its deliveries stay queued."""
        with self._lock:
            self.stopped_channels.setdefault(channel, error)

    def fail(self, error: BaseException) -> None:
        """Stop everything; the first error is the one that is raised in the end."""
        with self._lock:
            if self.error is None:
                self.error = error
