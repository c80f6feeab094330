"""Counting: what the rows say when they are counted one by one."""

from __future__ import annotations

from collections import Counter

import pytest

from publisher.domain.attempt import Accepted, Unknown
from publisher.store.open import Store
from tests.store.scenes import claim, finish, planned, planned_post, rows, start


@pytest.mark.parametrize("rehearsal", [False, True])
def test_by_channel_and_state(store: Store, rehearsal: bool) -> None:
    """Over two editions, one of them tried, two posts, and a rehearsal beside them."""
    planned(store, 4)
    first, second, *_ = [delivery.id for delivery in claim(store.ledger, limit=2)]
    start(store.ledger, [first, second])
    finish(store.ledger, first, Accepted("250"))
    finish(store.ledger, second, Unknown("silence"))
    planned(store, 3, slugs=("zweite",))
    planned(store, 2, rehearsal=True)
    planned_post(store.ledger, "a")
    planned_post(store.ledger, "b")
    planned_post(store.ledger, "a", rehearsal=True)
    expected = Counter((row.key.channel, row.state) for row in rows(store.ledger, rehearsal=rehearsal))
    found = store.figures.by_channel(rehearsal)
    counted = {(channel, state): count for channel, states in found.items() for state, count in states.items()}
    assert counted == expected
    assert len(expected) == (2 if rehearsal else 4)
