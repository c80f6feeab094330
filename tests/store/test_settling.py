"""Settling: what is unknown is listed with all that a repeated attempt needs, and each is decided once."""

from __future__ import annotations

from publisher.domain.attempt import Accepted, Deferred, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.store.open import Store
from tests.store.scenes import NOW, after, planned, rows
from tests.store.test_threads import claim, planned_thread, post_one

D = DeliveryState


def unknown(store: Store) -> ClaimedDelivery:
    """The second segment of a thread, of which nobody knows whether it arrived."""
    planned_thread(store.ledger)
    post_one(store.ledger, Accepted("id-1"))
    post_one(store.ledger, Unknown("silence"))
    (found,) = store.ledger.unknown_posts("mastodon", False, 10)
    return found


def settle(store: Store, attempt: FinishedAttempt, marks: dict[str, object] | None = None) -> bool:
    return store.ledger.settle(attempt, marks or {}, worker="w2", now=after(60))


def test_listed_with_key_marks_and_what_came_before(store: Store) -> None:
    found = unknown(store)
    assert (found.key.segment, found.previous, found.prepared, found.attempt_count) == (2, ("id-1",), {"key": "k"}, 1)
    assert store.ledger.unknown_posts("mastodon", True, 10) == []
    assert store.ledger.unknown_posts("mail", False, 10) == []


def test_queued_again_with_a_note_and_its_mark(store: Store) -> None:
    found = unknown(store)
    assert settle(store, FinishedAttempt(found.id, Deferred("again"), D.QUEUED, after(60), 0), {"since": "7:00"})
    (again,) = claim(store.ledger, seconds=60)
    assert (again.id, again.marks) == (found.id, {"since": "7:00"})
    notes = [(note.outcome, note.reason) for note in store.ledger.attempts([found.id])]
    assert notes == [("unknown", "silence"), ("deferred", "again")]


def test_accepted_after_all_and_the_thread_goes_on(store: Store) -> None:
    found = unknown(store)
    assert settle(store, FinishedAttempt(found.id, Accepted("id-2", "https://a.example/2"), D.ACCEPTED, after(60), 0))
    row = rows(store.ledger)[1]
    assert (row.state, row.receipt, row.url, row.reason) == (D.ACCEPTED, "id-2", "https://a.example/2", None)
    (third,) = claim(store.ledger, seconds=60)
    assert third.previous == ("id-1", "id-2")


def test_decided_once(store: Store) -> None:
    found = unknown(store)
    decision = FinishedAttempt(found.id, Accepted("id-2"), D.ACCEPTED, after(60), 0)
    assert settle(store, decision)
    assert not settle(store, FinishedAttempt(found.id, Deferred("again"), D.QUEUED, after(61), 0))
    assert rows(store.ledger)[1].state is D.ACCEPTED


def test_a_note_alone_changes_nothing_else(store: Store) -> None:
    found = unknown(store)
    assert settle(store, FinishedAttempt(found.id, Unknown("not yet"), D.UNKNOWN, after(60), 0), {"x": 1})
    assert store.ledger.unknown_posts("mastodon", False, 10) == [found]
    assert len(store.ledger.attempts([found.id])) == 2


def test_emails_are_never_among_them(store: Store) -> None:
    """Nobody but a person decides whether an e-mail is sent again."""
    planned(store, 1)
    (delivery,) = store.ledger.claim("mail", worker="w1", limit=9, lease_seconds=60.0, rehearsal=False, now=NOW)
    store.ledger.exchange([], [delivery.id], worker="w1", lease_seconds=60.0, now=NOW)
    store.ledger.recover(after(61))
    assert rows(store.ledger)[0].state is D.UNKNOWN
    assert store.ledger.unknown_posts("mail", False, 10) == []
