"""Claims at hand: in their order, each with a term, and more before they run out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from publisher.domain.delivery import DeliveryKey
from publisher.ports.ledger import ClaimedDelivery
from publisher.workflow.claims import CLAIM_COUNT, OWN_SECONDS, Claims
from tests.workflow.office import MONDAY, StandingClock


class Queue:
    """A ledger that has so many deliveries, and takes some back."""

    def __init__(self, count: int) -> None:
        self.left = [delivery(number) for number in range(count)]
        self.given_back: list[int] = []

    def claim(self, channel: str, *, limit: int, **_: Any) -> Sequence[ClaimedDelivery]:
        taken, self.left = self.left[:limit], self.left[limit:]
        return taken

    def release(self, worker: str, now: Any, *, only: Sequence[int] | None = None) -> int:
        self.given_back += only or ()
        return len(only or ())


def delivery(number: int) -> ClaimedDelivery:
    key = DeliveryKey("hash", "mail", f"p{number}@example.org", 1, "now 1", False)
    return ClaimedDelivery(number, key, 1, "smtp", 0, MONDAY, {}, {})


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def claims(clock: StandingClock, count: int) -> Claims:
    made: Any = Claims(ledger=Queue(count), clock=clock, channel="mail", worker="w", rehearsal=False)  # type: ignore[arg-type]
    made.fetch()
    assert isinstance(made, Claims)
    return made


def test_those_that_come_next_are_shown_in_their_order(clock: StandingClock) -> None:
    some = claims(clock, 4)
    assert [one.id for one in some.take(1)] == [0]
    assert [one.id for one in some.upcoming()] == [1, 2, 3]
    assert [one and one.id for one in (some.after(count) for count in range(4))] == [1, 2, 3, None]
    assert [one.id for one in some.take(9)] == [1, 2, 3]


def test_what_is_at_hand_past_its_time_is_given_back(clock: StandingClock) -> None:
    some = claims(clock, 1)
    clock.forward(seconds=OWN_SECONDS + 1)
    assert some.take(1) == []
    assert some.ledger.given_back == [0]  # type: ignore[attr-defined]
    assert len(some) == 0


def test_it_wants_more_until_the_queue_has_no_more(clock: StandingClock) -> None:
    some = claims(clock, CLAIM_COUNT + 1)
    assert some.wants_more(CLAIM_COUNT + 1)
    assert not some.wants_more(CLAIM_COUNT)
    some.fetch()
    assert not some.wants_more(10 * CLAIM_COUNT)
