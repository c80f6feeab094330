"""The wire log: what each connection is doing just now, noted in memory that outlives the process but not the boot.

It costs no commit, so it can be written for every step of every message. After a crash of the process it says which of
the deliveries that were *sending* had left, had not left, or may have left (`domain/wire.py`).
"""

from __future__ import annotations

from typing import Protocol

from publisher.domain.wire import Stage


class WireSlot(Protocol):
    """One connection's place; used by one thread at a time."""

    def begin(self, delivery_id: int) -> None:
        """Note that this delivery is handed to the adapter: from here on it may have been taken."""
        ...

    def note(self, stage: Stage, receipt: str = "") -> None:
        """Note how far it has come, and the remote's words where it has taken it."""
        ...

    @property
    def stage(self) -> Stage:
        """Say how far it has come."""
        ...


class WireLog(Protocol):
    """One run's slots. For as long as it is open, other processes know that this worker lives."""

    @property
    def worker(self) -> str:
        """Give the name under which this run claims: it leads back to the log."""
        ...

    def slot(self, number: int) -> WireSlot:
        """Give one of the slots, counted from 0."""
        ...

    def close(self, *, settled: bool) -> None:
        """End the run. What is not `settled` in the ledger is kept for the next `recover`."""
        ...
