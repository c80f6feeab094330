"""Group commit: one durable commit for what all connections of a channel bring, however many have come by then.

Each lane brings the attempt that it has finished and the delivery that it wants to start, and waits until both are
durable. Whoever comes first leads: it commits for all that wait, while the next ones gather. See
`docs/decisions/0002-group-commit.md`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from publisher.domain.delivery import DeliveryState
from publisher.ports.clock import Clock
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt, Ledger

CLAIM_COUNT = 100
LEASE_SECONDS = 300.0
# After so much of the lease nothing more of a claim is started: clocks differ, and processes are stopped and go on.
OWN_SHARE_OF_LEASE = 0.6
# From its start on a delivery is held for longer than any adapter takes for one message.
SENDING_LEASE_SECONDS = 1_200.0


@dataclass(slots=True)
class Ticket:
    """What one lane brings, and where it waits. `may_start` is the answer."""

    finished: FinishedAttempt | None
    starting: int | None
    gate: threading.Lock
    may_start: bool = False
    is_done: bool = False

    def wait(self) -> None:
        """Wait until somebody opens the gate: it is done, or it is our turn to lead."""
        self.gate.acquire()


@dataclass
class GroupCommit:
    """One channel's claims and commits. `writing` is shared by all who write to the ledger in this process."""

    ledger: Ledger
    clock: Clock
    channel: str
    worker: str
    rehearsal: bool
    writing: threading.Lock
    on_recorded: Callable[[str, Sequence[DeliveryState]], None]
    is_stopped: Callable[[], bool]
    low_count: int = 0
    _claimed: deque[tuple[float, ClaimedDelivery]] = field(default_factory=deque)
    _waiting: list[Ticket] = field(default_factory=list)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _has_leader: bool = False
    _error: BaseException | None = None

    def take(self) -> ClaimedDelivery | None:
        """Give the next delivery that is claimed; None if there is none, and then an exchange may bring more."""
        now = self.clock.monotonic_seconds()
        while True:
            try:
                deadline, delivery = self._claimed.popleft()
            except IndexError:
                return None
            if now < deadline:
                return delivery
            self._give_back(delivery)

    def exchange(self, finished: FinishedAttempt | None, starting: int | None) -> bool:
        """Return when what is finished is recorded, and say whether the other may start: it is journalled then.

        Errors: whatever the ledger raises, for everyone who comes after, too: what cannot be recorded is not sent.
        """
        gate = threading.Lock()
        gate.acquire()
        ticket = Ticket(finished, starting, gate)
        with self._mutex:
            self._waiting.append(ticket)
            leads = not self._has_leader
            self._has_leader = True
        if not leads:
            ticket.wait()
        if not ticket.is_done:
            self._lead()
        if self._error is not None:
            raise self._error
        return ticket.may_start

    def mark(self, delivery_id: int, name: str, value: Any) -> None:
        """Make durable what a later attempt must know. Errors: StoreError if the right to send has been lost."""
        with self.writing:
            self.ledger.mark(delivery_id, name, value, worker=self.worker)

    def _lead(self) -> None:
        """Commit for all that wait, then hand on."""
        with self._mutex:
            tickets, self._waiting = self._waiting, []
        try:
            if self._error is None:
                self._commit(tickets)
        except BaseException as error:
            self._error = error
        with self._mutex:
            successor = self._waiting[0] if self._waiting else None
            self._has_leader = successor is not None
        if successor is not None:
            successor.gate.release()
        for ticket in tickets:
            ticket.is_done = True
            ticket.gate.release()

    def _commit(self, tickets: Sequence[Ticket]) -> None:
        finished = [ticket.finished for ticket in tickets if ticket.finished is not None]
        starting = [ticket.starting for ticket in tickets if ticket.starting is not None]
        with self.writing:
            if finished or starting:
                started = self.ledger.exchange(
                    finished,
                    starting,
                    worker=self.worker,
                    lease_seconds=SENDING_LEASE_SECONDS,
                    now=self.clock.now(),
                )
                for ticket in tickets:
                    ticket.may_start = ticket.starting in started
            if len(self._claimed) <= self.low_count and not self.is_stopped():
                self._claim()
        if finished:
            self.on_recorded(self.channel, [attempt.state for attempt in finished])

    def _claim(self) -> None:
        deadline = self.clock.monotonic_seconds() + LEASE_SECONDS * OWN_SHARE_OF_LEASE
        claimed = self.ledger.claim(
            self.channel,
            worker=self.worker,
            limit=CLAIM_COUNT,
            lease_seconds=LEASE_SECONDS,
            rehearsal=self.rehearsal,
            now=self.clock.now(),
        )
        self._claimed.extend((deadline, delivery) for delivery in claimed)

    def _give_back(self, delivery: ClaimedDelivery) -> None:
        with self.writing:
            self.ledger.release(self.worker, self.clock.now(), only=[delivery.id])
