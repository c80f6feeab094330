"""Pace as the workflow sees it: tokens, slowdowns and circuits, shared by all processes and kept over a restart.

Rehearsals have none: nothing leaves, so nothing is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from publisher.domain.circuit import CLOSED, Circuit
from publisher.domain.pace import Bucket, PaceRules, Share, Slowdown, Waves


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel stands: its circuit, its own bucket under the name "", and the domains that asked to slow down."""

    circuit: Circuit = CLOSED
    buckets: Mapping[str, Bucket] = field(default_factory=dict)


class Pace(Protocol):
    """How fast channels may send, and whether at all. Each method is one transaction."""

    def standing(self, channel: str) -> Standing:
        """Say how a channel stands."""
        ...

    def circuits(self) -> Mapping[str, Circuit]:
        """Give the circuits of all channels that are not closed, by name."""
        ...

    def change_circuit(
        self, channel: str, change: Callable[[Circuit], Circuit], now: datetime
    ) -> tuple[Circuit, Circuit]:
        """Change a channel's circuit, and give it as it was before and is now."""
        ...

    def share(self, channel: str, rules: PaceRules, domains: Sequence[str], now: datetime) -> Share:
        """Take tokens for these messages, in their order, as far as there are any."""
        ...

    def slow_down(self, channel: str, domain: str, wish_seconds: float | None, now: datetime) -> Slowdown:
        """Slow a domain down, or the whole channel for "", for as long as the remote wishes if it says so."""
        ...

    def forget_slowdowns(self, channel: str, now: datetime) -> None:
        """Let a channel and its domains go on at the pace that the config says."""
        ...

    def put_off(self, channel: str, domain: str, waves: Waves, now: datetime) -> int:
        """Make what waits for this domain due in waves, after those that were put off before; say how many.

        So it is passed over until its time has come, and does not stand before others in the queue.
        """
        ...

    def next_put_off_at(self, channel: str, now: datetime) -> datetime | None:
        """Say when the first of those that were put off is due; None if there are none."""
        ...
