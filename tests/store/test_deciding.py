"""Deciding: what somebody says about many deliveries is done to just those, and noted with each."""

from __future__ import annotations

import pytest

from publisher.domain.attempt import Accepted, Deferred, Evidence, Rejected, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.replay import IN_DOUBT_SINCE
from publisher.ports.ledger import Decision, DeliveryFilter
from publisher.store.open import Store
from tests.store.scenes import NOW, after, claim, finish, planned, planned_post, rows, start, started, states

D = DeliveryState
RESEND = Decision(D.QUEUED, Deferred("to be sent again", evidence=Evidence("settle")), "anna")
ARRIVED = Decision(D.ACCEPTED, Accepted("it has arrived", evidence=Evidence("settle")), "anna")
SKIP = Decision(D.SKIPPED, Unknown("not again", Evidence("settle")), "anna")


def in_doubt(store: Store, count: int = 2) -> list[int]:
    ids = started(store, count)
    for delivery_id in ids:
        finish(store.ledger, delivery_id, Unknown("silence"))
    return ids


@pytest.mark.parametrize(
    ("decision", "state", "outcome"),
    [(RESEND, D.QUEUED, "deferred"), (ARRIVED, D.ACCEPTED, "accepted"), (SKIP, D.SKIPPED, "unknown")],
)
def test_each_decision_has_its_state_and_its_note(
    store: Store, decision: Decision, state: DeliveryState, outcome: str
) -> None:
    ids = in_doubt(store)
    assert store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN]), decision, after(9)) == 2
    assert set(states(store.ledger).values()) == {state}
    notes = [attempt for attempt in store.ledger.attempts(ids) if attempt.stage == "settle"]
    assert [(note.worker, note.outcome, note.started_at) for note in notes] == [("anna", outcome, after(9))] * 2


def test_only_what_was_chosen_is_decided(store: Store) -> None:
    first, second = in_doubt(store)
    assert store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN], ids=[first]), ARRIVED, NOW) == 1
    assert store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN], ids=[first]), SKIP, NOW) == 0
    late = DeliveryFilter(states=[D.UNKNOWN], changed_until=after(-1))
    assert store.ledger.decide(late, ARRIVED, NOW) == 0
    assert [row.state for row in rows(store.ledger)] == [D.ACCEPTED, D.UNKNOWN]
    assert second


def test_what_is_sent_again_is_due_at_once_and_keeps_its_date(store: Store) -> None:
    """A second copy must be the same message, so that a mail program can tell."""
    ids = in_doubt(store)
    store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN]), RESEND, after(9))
    again = claim(store.ledger, at=after(9))
    assert {claimed.id for claimed in again} == set(ids)
    assert {claimed.queued_at for claimed in again} == {NOW}


def test_what_was_given_up_gets_a_new_term(store: Store) -> None:
    first, second = started(store, 2)
    finish(store.ledger, first, Rejected("550 no"))
    finish(store.ledger, second, Deferred("full"), state=D.EXPIRED)
    assert store.ledger.decide(DeliveryFilter(states=[D.REJECTED, D.EXPIRED]), RESEND, after(9)) == 2
    assert {claimed.queued_at for claimed in claim(store.ledger, at=after(9))} == {after(9)}


@pytest.mark.parametrize(("state", "decision"), [(D.ACCEPTED, RESEND), (D.DEFERRED, ARRIVED), (D.REJECTED, SKIP)])
def test_the_table_of_changes_holds(store: Store, state: DeliveryState, decision: Decision) -> None:
    with pytest.raises(ValueError, match="does not change"):
        store.ledger.decide(DeliveryFilter(states=[state]), decision, NOW)


def test_a_cancelled_edition_gets_nothing_back_into_the_queue(store: Store) -> None:
    in_doubt(store)
    (edition,) = store.ledger.editions()
    store.ledger.change_edition(edition.id, EditionState.SENDING, EditionState.CANCELLED, NOW)
    assert store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN]), RESEND, NOW) == 0
    assert store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN]), ARRIVED, NOW) == 2


def test_a_post_may_be_tried_however_old_its_doubt_is(store: Store) -> None:
    planned_post(store.ledger)
    (post,) = store.ledger.claim("mastodon", worker="w1", limit=9, lease_seconds=9, rehearsal=False, now=NOW)
    start(store.ledger, [post.id])
    store.ledger.mark(post.id, IN_DOUBT_SINCE, NOW.isoformat(), worker="w1")
    store.ledger.mark(post.id, "media", "m1", worker="w1")
    finish(store.ledger, post.id, Unknown("silence"))
    store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN]), RESEND, NOW)
    (again,) = store.ledger.claim("mastodon", worker="w1", limit=9, lease_seconds=9, rehearsal=False, now=NOW)
    assert again.marks == {"media": "m1"}


def test_more_than_fit_into_one_statement(store: Store) -> None:
    planned(store, 1000)
    ids = [claimed.id for claimed in claim(store.ledger, limit=1000)]
    start(store.ledger, ids)
    store.ledger.recover(after(10_000))
    assert store.ledger.decide(DeliveryFilter(states=[D.UNKNOWN]), RESEND, after(10_000)) == 1000
