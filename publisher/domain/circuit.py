"""A channel's circuit: it opens after repeated faults on the way, so that a broken way does not use up deliveries.

A fault says nothing of the message or its recipient: the server cannot be reached or encrypted to, refuses our login or
all our mail, or falls silent again and again. While the circuit is open nothing is sent but one delivery now and then,
to find out whether the way is free again; that one closes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.refusal import Fault, fault_of

FAULTS_IN_A_ROW = 5
RECENT_COUNT = 20
MAX_RECENT_FAULTS = 10  # more than half of the recent ones
FIRST_PROBE_SECONDS = 60.0
LONGEST_PROBE_SECONDS = 3_600.0
# Before a message: connecting, encrypting and logging in, in the words of the adapters.
_ON_THE_WAY = frozenset({"connect", "connection", "encryption", "login"})
_FAULT, _ANSWER = "-", "+"


class CircuitState(StrEnum):
    """Closed: all goes. Open: paused by itself. Paused: by a person, until a person says so."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"


C = CircuitState


@dataclass(frozen=True, slots=True)
class Circuit:
    """Where a channel stands. `recent` are the last attempts, newest last: "-" for a fault, "+" for an answer.

    `probe_at` is when one delivery may be tried while it is open; `by` says who paused it.
    """

    state: CircuitState = C.CLOSED
    recent: str = ""
    probe_count: int = 0
    since: datetime | None = None
    probe_at: datetime | None = None
    reason: str = ""
    by: str = ""

    @property
    def is_clean(self) -> bool:
        """Say whether an answer changes nothing that matters."""
        return self.state is C.CLOSED and _FAULT not in self.recent

    def after_answer(self) -> Circuit:
        """Note that the remote has answered. A pause by a person stays."""
        if self.state is C.PAUSED:
            return self
        if self.state is C.OPEN:
            return CLOSED
        return replace(self, recent=_newest(self.recent, _ANSWER))

    def after_fault(self, reason: str, now: datetime, *, opens_at_once: bool = False) -> Circuit:
        """Note a fault; the last of several opens the circuit, one while it is open puts the next probe off."""
        noted = replace(self, recent=_newest(self.recent, _FAULT))
        if self.state is C.PAUSED:
            return self
        if self.state is C.OPEN:
            return replace(noted, reason=reason)
        if not (opens_at_once or _is_too_much(noted.recent)):
            return noted
        return replace(noted, state=C.OPEN, since=now, probe_at=now + _wait(0), reason=reason, by="")

    def may_probe(self, now: datetime) -> bool:
        """Say whether one delivery may be tried now. A clock that was set back puts no probe off for longer."""
        if self.state is not C.OPEN or self.probe_at is None:
            return False
        return now >= self.probe_at or self.probe_at - now > _wait(self.probe_count)

    def probe(self, now: datetime) -> Circuit:
        """Begin a probe: the next one is due later, each time twice as late, whatever becomes of this one."""
        count = self.probe_count + 1
        return replace(self, probe_count=count, probe_at=now + _wait(count))

    def pause(self, by: str, now: datetime) -> Circuit:
        """Pause until a person says otherwise."""
        return Circuit(C.PAUSED, since=now, reason=f"paused by {by}", by=by)

    @property
    def waits_seconds(self) -> float:
        """Say for how long a delivery waits that has met a fault."""
        return _wait(self.probe_count).total_seconds()


CLOSED = Circuit()


def is_fault(outcome: Outcome) -> bool:
    """Say whether an outcome is about the way, not about the message or its recipient."""
    match outcome:
        case Unknown():
            return True
        case Deferred():
            return is_on_the_way(outcome)
        case Rejected():
            return is_refusal_of_all(outcome)
    return False


def is_on_the_way(outcome: Outcome) -> bool:
    """Say whether the message was not even offered: its delivery loses nothing by it."""
    return isinstance(outcome, Deferred) and outcome.evidence.stage in _ON_THE_WAY


def is_refusal_of_all(outcome: Outcome) -> bool:
    """Say whether a mail server does not want our mail: one such refusal may be chance, many in a row are not."""
    return isinstance(outcome, Rejected) and fault_of(outcome.evidence) is Fault.POLICY


def is_answer(outcome: Outcome) -> bool:
    """Say whether the remote has said something about this message."""
    return isinstance(outcome, Accepted) or not is_fault(outcome)


def _newest(recent: str, sign: str) -> str:
    return (recent + sign)[-RECENT_COUNT:]


def _is_too_much(recent: str) -> bool:
    return recent.endswith(_FAULT * FAULTS_IN_A_ROW) or recent.count(_FAULT) > MAX_RECENT_FAULTS


def _wait(probe_count: int) -> timedelta:
    return timedelta(seconds=min(FIRST_PROBE_SECONDS * 2.0 ** min(probe_count, 20), LONGEST_PROBE_SECONDS))
