"""Claims: a channel's deliveries that this worker may try, fetched in batches, each with a term of our own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from publisher.logs import get_logger, logs
from publisher.ports.clock import Clock
from publisher.ports.ledger import ClaimedDelivery, Ledger

# While so many are claimed, nothing else of this channel is done: many would leave its connections waiting.
CLAIM_COUNT = 50
LEASE_SECONDS = 300.0
# After so much of the lease nothing more of a claim is started: clocks differ, and processes are stopped and go on.
OWN_SHARE_OF_LEASE = 0.6
OWN_SECONDS = LEASE_SECONDS * OWN_SHARE_OF_LEASE


@dataclass
class Claims:
    """What is claimed and not started yet. `is_dry` says that the last fetch came to the end of the queue.

    With `message_id` only the deliveries of that message are claimed.
    """

    ledger: Ledger
    clock: Clock
    channel: str
    worker: str
    rehearsal: bool
    message_id: int | None = None
    is_dry: bool = False
    _waiting: deque[tuple[float, ClaimedDelivery]] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, count: int) -> Sequence[ClaimedDelivery]:
        """Take up to so many that are at hand; those whose time has run out are given back."""
        now = self.clock.monotonic_seconds()
        taken: list[ClaimedDelivery] = []
        late: list[ClaimedDelivery] = []
        while self._waiting and len(taken) < count:
            deadline, delivery = self._waiting.popleft()
            (taken if now < deadline else late).append(delivery)
        if late:
            self.ledger.release(self.worker, self.clock.now(), only=[delivery.id for delivery in late])
        return taken

    def upcoming(self) -> Iterator[ClaimedDelivery]:
        """Show all, as they are likely to be taken; they stay where they are."""
        return (delivery for _, delivery in self._waiting)

    def after(self, count: int) -> ClaimedDelivery | None:
        """Show the one that comes after so many of them."""
        return self._waiting[count][1] if count < len(self._waiting) else None

    def wants_more(self, count: int) -> bool:
        """Say whether there may be more to claim, and fewer than so many are at hand."""
        return len(self) < count and not self.is_dry

    def fetch(self) -> None:
        """Claim more, if there are more."""
        self.claim(self.message_id)

    def claim(self, message_id: int | None) -> None:
        """Claim more of one message, or of all."""
        deadline = self.clock.monotonic_seconds() + OWN_SECONDS
        claimed = self.ledger.claim(
            self.channel,
            worker=self.worker,
            limit=CLAIM_COUNT,
            lease_seconds=LEASE_SECONDS,
            rehearsal=self.rehearsal,
            now=self.clock.now(),
            message_id=message_id,
        )
        self.is_dry = len(claimed) < CLAIM_COUNT
        if logs("debug"):
            for delivery in claimed:
                get_logger().debug("claimed", delivery=delivery.key.text(), channel=self.channel)
        self._waiting.extend((deadline, delivery) for delivery in claimed)

    def give_back(self) -> None:
        """Give back what was not started."""
        self._waiting.clear()
        self.ledger.release(self.worker, self.clock.now())
