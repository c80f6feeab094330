"""Forgetting: what is finished and old, in batches; nobody gets anything twice because of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Deferred, Rejected
from publisher.domain.delivery import DeliveryState
from publisher.errors import UsageError
from publisher.ports.ledger import Decision, DeliveryFilter, PlanEdition
from publisher.store.open import Store
from tests.store.scenes import NOW, claim, finish, planned, planned_post, rows, start

D = DeliveryState
LATER = NOW + timedelta(days=100)


def sent(store: Store, count: int = 4) -> int:
    """A finished edition: all accepted but the last, which is rejected. Gives its id."""
    edition = planned(store, count)
    ids = [delivery.id for delivery in claim(store.ledger)]
    start(store.ledger, ids)
    for delivery_id in ids[:-1]:
        finish(store.ledger, delivery_id, Accepted("250 p000001@example.org ok"))
    finish(store.ledger, ids[-1], Rejected("550 p000003@example.org is gone"))
    store.ledger.finish_editions(NOW)
    return edition.id


def test_attempts_go_in_batches_and_only_old_ones_of_what_is_finished(store: Store) -> None:
    sent(store, 5)
    assert store.upkeep.forget_attempts(NOW, 100) == 0  # made at that moment, not before it
    assert [store.upkeep.forget_attempts(LATER, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert store.ledger.attempts(range(100)) == []
    assert len(rows(store.ledger)) == 5


def test_attempts_stay_in_their_order_where_ids_come_again(store: Store) -> None:
    """The newest were forgotten, so the next ones get their ids: those of a delivery still stand as they were made."""
    sent(store, 2)
    assert store.upkeep.forget_attempts(LATER, 100) == 2
    planned(store, 1, slugs=("zweite",))
    (delivery,) = claim(store.ledger, limit=1)
    for outcome in (Deferred("451"), Deferred("452"), Accepted("250")):
        start(store.ledger, [delivery.id])
        finish(store.ledger, delivery.id, outcome, not_before=NOW)
        claim(store.ledger, limit=1)
    assert [row.reason for row in store.ledger.attempts([delivery.id])] == ["451", "452", ""]


def test_the_attempts_of_what_is_open_or_in_doubt_stay(store: Store) -> None:
    """When an unknown one may have arrived stands there, and nowhere else."""
    planned(store, 2)
    first, second = [delivery.id for delivery in claim(store.ledger)]
    start(store.ledger, [first, second])
    finish(store.ledger, first, Deferred("451"), not_before=NOW)
    assert store.upkeep.forget_attempts(LATER, 100) == 0
    assert len(store.ledger.attempts([first, second])) == 1


def test_an_address_becomes_a_name_that_stands_for_nobody(store: Store, path: Path) -> None:
    """Each row stays, its key is unique, and nothing of the address is left in the table, nor in its reply."""
    sent(store, 4)
    assert [store.upkeep.forget_addresses(LATER, 3) for _ in range(3)] == [3, 1, 0]
    found = rows(store.ledger)
    assert [row.key.recipient for row in found] == [f"removed:{row.id}" for row in found]
    assert len({row.key.text() for row in found}) == 4
    assert [row.state.value for row in found] == ["accepted"] * 3 + ["rejected"]
    assert not [row for row in found if "@" in f"{row.reason}{row.receipt}{row.url}"]
    with store.database.read() as connection:
        (count,) = connection.exec_driver_sql("SELECT count(subscriber_id) FROM deliveries").one()
    assert count == 0


def test_only_old_and_finished_ones_of_finished_editions(store: Store) -> None:
    planned(store, 3)
    (first, *_) = [delivery.id for delivery in claim(store.ledger)]
    start(store.ledger, [first])
    finish(store.ledger, first, Accepted("250"))
    assert store.upkeep.forget_addresses(LATER, 100) == 0  # the edition goes on
    sent_at = NOW
    assert store.upkeep.forget_addresses(sent_at, 100) == 0


def test_the_account_of_a_post_is_no_address(store: Store) -> None:
    post = planned_post(store.ledger)
    (delivery,) = store.ledger.claim("mastodon", worker="w", limit=1, lease_seconds=60, rehearsal=False, now=NOW)
    start(store.ledger, [delivery.id], "w")
    finish(store.ledger, delivery.id, Accepted("1"), worker="w")
    assert store.upkeep.forget_addresses(LATER, 100) == 0
    assert rows(store.ledger, message_ids={post.message_id})[0].key.recipient == "@verband@social.example"


def test_afterwards_nobody_is_brought_the_rest(store: Store) -> None:
    """Who has had it is not known by address any more: all of them would get it again."""
    edition_id = sent(store, 4)
    how = PlanEdition(edition_id, "mail", "folder", (), {})
    assert store.ledger.rest_of(how).count == 0  # the control: with the addresses nobody is left
    store.upkeep.forget_addresses(LATER, 100)
    for ask in (store.ledger.rest_of, lambda how: store.ledger.plan_rest(how, LATER)):
        with pytest.raises(UsageError, match=r"the addresses of daily/1 were removed \(\[retention\]\)"):
            ask(how)
    assert len(rows(store.ledger)) == 4


def test_what_has_no_address_is_not_tried_again(store: Store) -> None:
    sent(store, 4)
    again = Decision(D.QUEUED, Deferred("again"), "anna")
    which = DeliveryFilter(states=(D.REJECTED,), ids=[row.id for row in rows(store.ledger, states=[D.REJECTED])])
    store.upkeep.forget_addresses(LATER, 100)
    assert store.ledger.decide(which, again, LATER) == 0
    assert [row.state for row in rows(store.ledger, states=[D.QUEUED])] == []
