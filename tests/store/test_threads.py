"""A thread in the ledger: one delivery a segment, claimed in order, and never past a hole."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.ports.ledger import ClaimedDelivery, DeliveryFilter, PlanPost, PostRow
from publisher.store.ledger import SqlLedger
from publisher.store.open import Store
from tests.store.scenes import LEASE, NOW, after, finish, new_post, rows, start


def planned_thread(ledger: SqlLedger, count: int = 3, slug: str = "neue-pumpe") -> PostRow:
    row = ledger.freeze_post(new_post(slug, text=slug), NOW)
    planned = ledger.plan_post(PlanPost(row.id, "mastodon", "@verband", {"key": "k"}, segment_count=count), NOW)
    assert planned.delivery_count == count
    return row


def claim(ledger: SqlLedger, worker: str = "w1", seconds: float = 0) -> Sequence[ClaimedDelivery]:
    return ledger.claim("mastodon", worker=worker, limit=100, lease_seconds=LEASE, rehearsal=False, now=after(seconds))


def post_one(ledger: SqlLedger, outcome: Outcome, seconds: float = 0) -> ClaimedDelivery:
    """Claim the one that may be claimed, and finish it like this."""
    (delivery,) = claim(ledger, seconds=seconds)
    assert start(ledger, [delivery.id], at=after(seconds)) == {delivery.id}
    finish(ledger, delivery.id, outcome, at=after(seconds), not_before=after(seconds + 600))
    return delivery


def due_count(ledger: SqlLedger, seconds: float = 0) -> int:
    return sum(ledger.count_deliveries(DeliveryFilter(channel="mastodon", due_at=after(seconds))).values())


def halted_count(ledger: SqlLedger) -> int:
    return sum(ledger.count_deliveries(DeliveryFilter(channel="mastodon", is_halted=True)).values())


def test_one_delivery_for_each_segment_and_each_has_a_key_of_its_own(store: Store) -> None:
    planned_thread(store.ledger)
    found = rows(store.ledger)
    assert [row.key.segment for row in found] == [1, 2, 3]
    assert len({row.key.text() for row in found}) == 3
    assert [row.waits_for for row in found] == [None, 1, 1]


def test_claimed_in_order_with_the_receipts_of_those_before(store: Store) -> None:
    planned_thread(store.ledger)
    first = post_one(store.ledger, Accepted("id-1"))
    second = post_one(store.ledger, Accepted("id-2"))
    third = post_one(store.ledger, Accepted("id-3"))
    assert [delivery.key.segment for delivery in (first, second, third)] == [1, 2, 3]
    assert [delivery.previous for delivery in (first, second, third)] == [(), ("id-1",), ("id-1", "id-2")]
    assert claim(store.ledger) == []


def test_while_one_is_sent_the_next_waits(store: Store) -> None:
    planned_thread(store.ledger)
    (first,) = claim(store.ledger)
    assert claim(store.ledger, "w2") == []
    start(store.ledger, [first.id])
    assert claim(store.ledger, "w2") == []


def test_two_threads_do_not_wait_for_each_other(store: Store) -> None:
    planned_thread(store.ledger)
    planned_thread(store.ledger, slug="zweite")
    assert [delivery.key.segment for delivery in claim(store.ledger)] == [1, 1]


@pytest.mark.parametrize("outcome", [Rejected("no"), Unknown("silence")])
def test_a_hole_stops_the_rest(store: Store, outcome: Outcome) -> None:
    """They stay queued, are shown as waiting, and are not counted as due."""
    planned_thread(store.ledger)
    assert due_count(store.ledger) == 3
    post_one(store.ledger, Accepted("id-1"))
    post_one(store.ledger, outcome)
    assert claim(store.ledger) == []
    assert (due_count(store.ledger), halted_count(store.ledger)) == (0, 1)
    assert [(row.state, row.waits_for) for row in rows(store.ledger)][2] == (DeliveryState.QUEUED, 2)
    others = store.ledger.count_deliveries(DeliveryFilter(channel="mastodon", is_halted=False))
    assert sum(others.values()) == 2


def test_a_deferred_one_holds_the_rest_up_until_it_is_due(store: Store) -> None:
    planned_thread(store.ledger)
    post_one(store.ledger, Deferred("later"))
    assert (due_count(store.ledger), halted_count(store.ledger)) == (0, 0)
    assert claim(store.ledger, seconds=599) == []
    assert due_count(store.ledger, 600) == 3
    assert post_one(store.ledger, Accepted("id-1"), seconds=600).key.segment == 1
    assert post_one(store.ledger, Accepted("id-2"), seconds=600).previous == ("id-1",)


def test_a_vanished_worker_halts_the_thread_where_it_was(store: Store) -> None:
    planned_thread(store.ledger)
    post_one(store.ledger, Accepted("id-1"))
    (second,) = claim(store.ledger)
    start(store.ledger, [second.id])
    store.ledger.recover(after(LEASE + 1))
    assert [row.state.value for row in rows(store.ledger)] == ["accepted", "unknown", "queued"]
    assert claim(store.ledger, seconds=LEASE + 1) == []
