"""Time, from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tell the time and wait."""

    def now(self) -> datetime:
        """Give the wall clock as an aware UTC datetime."""
        ...

    def monotonic_seconds(self) -> float:
        """Give seconds that never jump, for deadlines."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait for a few seconds, where a remote has to finish something that cannot wait for the next run."""
        ...
