"""Which of several mail servers a new connection goes to: by weight, and past those that were away just now."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from publisher.adapters._smtp_settings import Relay
from publisher.ports.clock import Clock

AWAY_SECONDS = 60.0


class RelayChoice:
    """Shared by the sessions of one channel."""

    def __init__(self, relays: Sequence[Relay], clock: Clock) -> None:
        self._relays = relays
        self._clock = clock
        self._credit = dict.fromkeys(relays, 0)
        self._away_until: dict[Relay, float] = {}
        self._lock = threading.Lock()

    def in_order(self) -> Sequence[Relay]:
        """Give all relays, in the order in which a connection should try them; one that is away comes last."""
        with self._lock:
            now = self._clock.monotonic_seconds()
            here = [relay for relay in self._relays if self._away_until.get(relay, now) <= now]
            away = [relay for relay in self._relays if relay not in here]
            if here:
                # Smooth weighted round robin: everyone gains their weight, the richest is taken and pays for all.
                for relay in here:
                    self._credit[relay] += relay.weight
                here.sort(key=lambda relay: self._credit[relay], reverse=True)
                self._credit[here[0]] -= sum(relay.weight for relay in here)
            return [*here, *away]

    def is_away(self, relay: Relay) -> None:
        """Note that a relay could not be reached: new connections avoid it for a minute."""
        with self._lock:
            self._away_until[relay] = self._clock.monotonic_seconds() + AWAY_SECONDS
