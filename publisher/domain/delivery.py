"""A delivery: one message to one recipient over one channel, unique by its key."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected


class DeliveryState(StrEnum):
    """Where a delivery stands. `expired` means given up after too many days of deferrals."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


S = DeliveryState

# The only changes there are. A claim that runs out goes back to queued; a send that runs out becomes unknown.
ALLOWED_CHANGES: dict[DeliveryState, frozenset[DeliveryState]] = {
    S.QUEUED: frozenset({S.CLAIMED, S.SKIPPED, S.CANCELLED, S.EXPIRED}),
    S.CLAIMED: frozenset({S.QUEUED, S.SENDING, S.SKIPPED, S.CANCELLED}),
    S.SENDING: frozenset({S.QUEUED, S.ACCEPTED, S.DEFERRED, S.REJECTED, S.UNKNOWN, S.EXPIRED}),
    S.DEFERRED: frozenset({S.CLAIMED, S.SKIPPED, S.CANCELLED, S.EXPIRED}),
    S.UNKNOWN: frozenset({S.QUEUED, S.ACCEPTED, S.REJECTED, S.SKIPPED}),
    S.EXPIRED: frozenset({S.QUEUED}),
    S.REJECTED: frozenset({S.QUEUED}),
    S.SKIPPED: frozenset(),
    S.CANCELLED: frozenset({S.QUEUED}),  # "send to the rest" after a cancel
    S.ACCEPTED: frozenset(),
}

# Nothing more happens to these by itself.
FINAL_STATES = frozenset({S.ACCEPTED, S.REJECTED, S.EXPIRED, S.SKIPPED, S.CANCELLED})
# Work that is still to do, now or later.
OPEN_STATES = frozenset({S.QUEUED, S.CLAIMED, S.SENDING, S.DEFERRED})


# What stands in the place of an address that the team no longer keeps; a number follows, which makes it unique. No
# delivery to it is ever tried again.
REMOVED = "removed:"


def may_change(before: DeliveryState, after: DeliveryState) -> bool:
    """Say whether the table allows this change."""
    return after in ALLOWED_CHANGES[before]


def state_after(outcome: Outcome) -> DeliveryState:
    """Name the state in which an attempt with this outcome leaves its delivery."""
    match outcome:
        case Accepted():
            return S.ACCEPTED
        case Deferred():
            return S.DEFERRED
        case Rejected():
            return S.REJECTED
    return S.UNKNOWN


class DeliveryKey(NamedTuple):
    """What makes a delivery one: all of these, and nothing else. `recipient` is a normalised address or an account.

    `segment` counts from 1; `occurrence` names the edition, post, test or notice, for example "daily/7".
    """

    message_hash: str
    channel: str
    recipient: str
    segment: int
    occurrence: str
    rehearsal: bool

    def text(self) -> str:
        """Give the key as 40 hex digits, the same on every attempt: the idempotency key for remotes that take one."""
        return _key_text(self)


_written = json.JSONEncoder().encode


@lru_cache(maxsize=256)  # asked for several times while one message is made
def _key_text(key: DeliveryKey) -> str:
    before, after = _around_recipient(key.message_hash, key.channel, key.segment, key.occurrence, key.rehearsal)
    digest = before.copy()
    digest.update(f"{_written(key.recipient)}{after}".encode())
    text: str = digest.hexdigest()
    return text[:40]


@lru_cache(maxsize=16)  # the same for all who get one message
def _around_recipient(
    message_hash: str, channel: str, segment: int, occurrence: str, rehearsal: bool
) -> tuple[Any, str]:
    """Write a key's parts as JSON, and cut it where the recipient stands: what is before is hashed already."""
    before, after = [message_hash, channel], [segment, occurrence, rehearsal]
    return hashlib.sha256(f"{_written(before)[:-1]}, ".encode()), f", {_written(after)[1:]}"
