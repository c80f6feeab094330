"""The pulse: what the scheduler tells of itself. Its threads write it, those who watch read it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Pulse:
    """When it last looked what there is to do, in aware UTC, and the last error if it lasts. `is_alive` asks for it."""

    beat_at: datetime | None = None
    beat_count: int = 0
    failed_count: int = 0
    error: str = ""
    is_alive: Callable[[], bool] = lambda: True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self, now: datetime) -> None:
        """Note that it looks now."""
        with self._lock:
            self.beat_at = now
            self.beat_count += 1

    def note(self, error: str) -> None:
        """Note how a piece of work ended: by an error, or well where this is empty."""
        with self._lock:
            self.error = error
            self.failed_count += bool(error)

    def silent_since(self, now: datetime, allowed: timedelta) -> datetime | None:
        """Say since when it has not looked, if that is longer than allowed."""
        with self._lock:
            return self.beat_at if self.beat_at is not None and now - self.beat_at > allowed else None
