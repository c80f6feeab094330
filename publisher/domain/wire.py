"""How far a message has come on the wire: what a connection notes in memory, and what that says after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from publisher.domain.delivery import DeliveryState


class Stage(IntEnum):
    """What one connection is doing with the delivery that it has noted."""

    IDLE = 0  # nothing
    STARTED = 1  # handed to an adapter that has not said more: it may have been taken
    ENVELOPE = 2  # the adapter has begun and vouches that nothing can have been taken yet
    DOT = 3  # what completes the message is being written: it may have been taken
    OK = 4  # the remote has taken it
    NO = 5  # the remote has not taken it


_DOUBTFUL = frozenset({Stage.STARTED, Stage.DOT})


@dataclass(frozen=True, slots=True)
class WireMark:
    """One connection's note: which delivery, how far, and the remote's words where it has taken it."""

    delivery_id: int
    stage: Stage
    receipt: str = ""


def state_after_crash(mark: WireMark | None) -> DeliveryState:
    """Say what becomes of a delivery that was *sending* when its worker ended.

    None means that no connection had come to this delivery. The marks must be those of that worker, and of the same
    boot of the same machine: what was only in memory does not outlive a power cut.
    """
    if mark is not None and mark.stage in _DOUBTFUL:
        return DeliveryState.UNKNOWN
    if mark is not None and mark.stage is Stage.OK:
        return DeliveryState.ACCEPTED
    return DeliveryState.QUEUED
