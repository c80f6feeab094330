"""The rest: whatever happens between an edition and its rest, nobody has two deliveries of it and nobody none."""

from __future__ import annotations

from collections import Counter

import pytest

from publisher.domain.attempt import Accepted, Deferred
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.subscriber import Subscriber
from publisher.errors import UsageError
from publisher.ports.ledger import EditionRow, PlanEdition, Rest
from publisher.store.open import Store
from tests.store.scenes import (
    NOW,
    after,
    approved,
    claim,
    finish,
    people,
    plan,
    planned,
    rows,
    start,
    started,
    states,
    suppression,
)

D, E = DeliveryState, EditionState
NEW = "new@example.org"


def rest_plan(edition: EditionRow, *fixed: str, channel: str = "mail") -> PlanEdition:
    return PlanEdition(edition.id, channel, "folder", fixed, {})


def sent(store: Store, count: int = 2) -> EditionRow:
    for delivery_id in started(store, count):
        finish(store.ledger, delivery_id, Accepted("250 ok"))
    store.ledger.finish_editions(NOW)
    return store.ledger.editions()[0]


def cancelled(store: Store) -> EditionRow:
    """One has it, one was being sent, one had not been started."""
    edition = planned(store, 3)
    first, second, _ = claim(store.ledger)
    start(store.ledger, [first.id, second.id])
    finish(store.ledger, first.id, Accepted("250 ok"))
    assert store.ledger.change_edition(edition.id, E.SENDING, E.CANCELLED, NOW)
    finish(store.ledger, second.id, Deferred("451"), not_before=after(300))
    store.ledger.finish_editions(NOW)
    return edition


def test_new_subscribers_get_what_others_have_had(store: Store) -> None:
    edition = sent(store)
    store.subscribers.save([Subscriber(NEW, digests=("daily",)), Subscriber("w@example.org", digests=("weekly",))], NOW)
    store.subscribers.save(people(4), NOW)
    store.subscribers.suppress(suppression("p000003@example.org"))
    offer = store.ledger.rest_of(rest_plan(edition))
    assert offer == Rest(2, 0)
    assert store.ledger.plan_rest(rest_plan(edition), after(60)) == offer
    assert store.ledger.editions()[0].state is E.SENDING
    claimed = claim(store.ledger, at=after(60))
    assert {each.key.recipient for each in claimed} == {NEW, "p000002@example.org"}
    assert {each.key.message_hash for each in claimed} == {edition.content_hash}
    assert store.ledger.plan_rest(rest_plan(edition), after(61)).count == 0


def test_another_channel_does_not_make_it_new(store: Store) -> None:
    """The channel is part of a delivery's key; who has had an edition has had it over whatever channel."""
    edition = sent(store)
    assert store.ledger.plan_rest(rest_plan(edition, channel="other"), NOW).count == 0
    assert len(rows(store.ledger)) == 2


def test_fixed_recipients_are_counted_once(store: Store) -> None:
    edition = sent(store)
    store.subscribers.save([Subscriber(NEW, digests=("daily",))], NOW)
    more = rest_plan(edition, NEW, "desk@example.org", "p000000@example.org")
    assert store.ledger.rest_of(more) == Rest(2, 0)
    assert store.ledger.plan_rest(more, NOW) == Rest(2, 0)


def test_after_a_cancel_the_rest_is_opened_again(store: Store) -> None:
    edition = cancelled(store)
    assert Counter(states(store.ledger).values()) == {D.ACCEPTED: 1, D.CANCELLED: 2}
    assert store.ledger.rest_of(rest_plan(edition)) == Rest(0, 2)
    assert store.ledger.plan_rest(rest_plan(edition), after(9)) == Rest(0, 2)
    assert len(claim(store.ledger, at=after(9))) == 2
    assert len(rows(store.ledger)) == 3


def test_nothing_changes_where_nobody_is_left(store: Store) -> None:
    edition = sent(store)
    assert store.ledger.plan_rest(rest_plan(edition), NOW).count == 0
    assert store.ledger.editions()[0].state is E.SENT


@pytest.mark.parametrize("state", [E.PAUSED, E.CANCELLED])
def test_what_has_no_rest_is_refused(store: Store, state: EditionState) -> None:
    """A paused one goes on by a resume; one that was cancelled before any attempt has given its articles back."""
    edition = planned(store, 2)
    store.ledger.change_edition(edition.id, E.PLANNED, state, NOW)
    with pytest.raises(UsageError, match=r"is paused|before anything"):
        store.ledger.plan_rest(rest_plan(edition), NOW)
    unplanned = approved(store.ledger, slugs=["other"])
    with pytest.raises(UsageError, match="never planned"):
        store.ledger.rest_of(rest_plan(unplanned))
    assert plan(store.ledger, unplanned).delivery_count == 2
