"""Claim, start, finish: who may send what, and what is recorded about it."""

from __future__ import annotations

import pytest

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.delivery import DeliveryKey, DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.subscriber import Subscriber
from publisher.errors import StoreError
from publisher.ports.ledger import AttemptRow, FinishedAttempt
from publisher.store.open import Store
from tests.store.scenes import (
    LEASE,
    NOW,
    after,
    approved,
    claim,
    finish,
    people,
    plan,
    planned,
    planned_post,
    rows,
    start,
    started,
    states,
    suppression,
)

D = DeliveryState
E = EditionState

P0 = "p000000@example.org"


def only_state(store: Store) -> DeliveryState:
    (row,) = rows(store.ledger)
    return row.state


# Claiming


def test_claims_come_oldest_first_and_only_once(store: Store) -> None:
    planned(store, 5)
    first, second, third = claim(store.ledger, "w1", limit=2), claim(store.ledger, "w2", limit=2), claim(store.ledger)
    names = [[claimed.key.recipient[:7] for claimed in batch] for batch in (first, second, third)]
    assert names == [["p000000", "p000001"], ["p000002", "p000003"], ["p000004"]]
    assert claim(store.ledger) == []
    assert [row.claimed_by for row in rows(store.ledger)] == ["w1", "w1", "w2", "w2", "w1"]


def test_a_claim_has_the_whole_key(store: Store) -> None:
    edition = planned(store, 1)
    (claimed,) = claim(store.ledger)
    assert claimed.key == DeliveryKey(edition.content_hash, "mail", P0, 1, "daily/1", rehearsal=False)
    assert (claimed.message_id, claimed.attempt_count, claimed.queued_at) == (edition.message_id, 0, NOW)
    assert claimed.subscriber_name == "Name 0"


def test_channels_and_rehearsals_are_claimed_apart(store: Store) -> None:
    planned(store, 1, rehearsal=True)
    planned_post(store.ledger)
    assert claim(store.ledger) == []
    assert len(claim(store.ledger, rehearsal=True)) == 1
    (post,) = store.ledger.claim("mastodon", worker="w", limit=9, lease_seconds=9, rehearsal=False, now=NOW)
    assert (post.key.recipient, post.digest, post.subscriber_name) == ("@verband@social.example", None, None)


@pytest.mark.parametrize("to", [E.PAUSED, E.CANCELLED])
def test_a_stopped_edition_is_passed_over(store: Store, to: EditionState) -> None:
    stopped = planned(store, 2)
    going = approved(store.ledger, slugs=["other"])
    plan(store.ledger, going)
    store.ledger.change_edition(stopped.id, E.PLANNED, to, NOW)
    assert {claimed.key.occurrence for claimed in claim(store.ledger)} == {"daily/2"}


def test_a_deferred_delivery_is_claimed_when_it_is_due(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Deferred("451 later"), not_before=after(300))
    assert store.ledger.next_due_at(rehearsal=False) == after(300)
    assert store.ledger.next_due_at(rehearsal=True) is None
    assert rows(store.ledger)[0].not_before == after(300)
    assert claim(store.ledger, at=after(299)) == []
    (again,) = claim(store.ledger, at=after(300))
    assert (again.id, again.attempt_count) == (delivery_id, 1)
    assert store.ledger.next_due_at(rehearsal=False) is None


def test_a_paused_edition_is_not_waited_for(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Deferred("451 later"), not_before=after(300))
    (edition,) = store.ledger.editions()
    store.ledger.change_edition(edition.id, E.SENDING, E.PAUSED, NOW)
    assert store.ledger.next_due_at(rehearsal=False) is None


def test_released_claims_can_be_claimed_by_others(store: Store) -> None:
    planned(store, 3)
    first, *_ = claim(store.ledger, "w1", limit=2)
    claim(store.ledger, "w2", limit=1)
    start(store.ledger, [first.id], "w1")
    assert store.ledger.release("w1", NOW) == 1
    assert list(states(store.ledger).values()) == [D.SENDING, D.QUEUED, D.CLAIMED]
    assert len(claim(store.ledger, "w3")) == 1


# Starting: the fence


def test_what_starts_is_journalled_before_it_is_sent(store: Store) -> None:
    (delivery_id,) = started(store)
    (row,) = rows(store.ledger)
    assert (row.id, row.state, row.attempt_count, row.claimed_by) == (delivery_id, D.SENDING, 1, "w1")


def test_nobody_starts_twice(store: Store) -> None:
    (delivery_id,) = started(store)
    assert start(store.ledger, [delivery_id]) == frozenset()


def test_many_are_claimed_in_one_go(store: Store) -> None:
    """More than one statement takes: each of them once, and all with the claim's own values."""
    planned(store, 200)
    claimed = claim(store.ledger, limit=150)
    assert len({delivery.id for delivery in claimed}) == 150
    assert len(claim(store.ledger, "w2", limit=150)) == 50
    with store.database.read() as connection:
        held = connection.exec_driver_sql("SELECT claimed_by, state, count(*) FROM deliveries GROUP BY 1, 2").all()
    assert sorted(tuple(row) for row in held) == [("w1", "claimed", 150), ("w2", "claimed", 50)]


def test_only_its_own_worker_starts_it(store: Store) -> None:
    planned(store, 1)
    (claimed,) = claim(store.ledger, "w1")
    assert start(store.ledger, [claimed.id], "w2") == frozenset()
    assert start(store.ledger, [claimed.id], "w1") == {claimed.id}


def test_a_lease_that_ran_out_starts_nothing(store: Store) -> None:
    planned(store, 1)
    (claimed,) = claim(store.ledger)
    assert start(store.ledger, [claimed.id], at=after(LEASE)) == frozenset()
    assert only_state(store) is D.CLAIMED


@pytest.mark.parametrize("digest", [None, "daily"])
def test_an_address_suppressed_meanwhile_is_skipped(store: Store, digest: str | None) -> None:
    planned(store, 2)
    ids = [claimed.id for claimed in claim(store.ledger)]
    store.subscribers.suppress(suppression(P0, digest))
    assert start(store.ledger, ids) == {ids[1]}
    first, second = rows(store.ledger)
    assert (first.state, first.reason, first.claimed_by) == (D.SKIPPED, "the address is suppressed", None)
    assert second.state is D.SENDING


@pytest.mark.parametrize("digest", [None, "daily"])
def test_a_subscriber_who_left_meanwhile_is_skipped(store: Store, digest: str | None) -> None:
    planned(store, 1)
    (claimed,) = claim(store.ledger)
    store.subscribers.remove(P0, digest, NOW)
    assert start(store.ledger, [claimed.id]) == frozenset()
    (row,) = rows(store.ledger)
    assert (row.state, row.reason) == (D.SKIPPED, "no longer subscribed")


def test_leaving_another_digest_changes_nothing(store: Store) -> None:
    store.subscribers.save([Subscriber(P0, digests=("weekly",))], NOW)
    planned(store, 1)
    (claimed,) = claim(store.ledger)
    store.subscribers.remove(P0, "weekly", NOW)
    store.subscribers.suppress(suppression(P0, "weekly"))
    assert start(store.ledger, [claimed.id]) == {claimed.id}


@pytest.mark.parametrize("to", [E.PAUSED, E.CANCELLED])
def test_an_edition_stopped_meanwhile_starts_nothing_more(store: Store, to: EditionState) -> None:
    edition = planned(store, 2)
    first, second = claim(store.ledger)
    start(store.ledger, [first.id])
    store.ledger.change_edition(edition.id, E.SENDING, to, NOW)
    assert start(store.ledger, [second.id]) == frozenset()
    kept_back = D.CLAIMED if to is E.PAUSED else D.CANCELLED
    assert list(states(store.ledger).values()) == [D.SENDING, kept_back]


def test_a_suppression_of_an_account_does_not_stop_posts(store: Store) -> None:
    planned_post(store.ledger)
    store.subscribers.suppress(suppression("@verband@social.example"))
    (post,) = store.ledger.claim("mastodon", worker="w1", limit=9, lease_seconds=9, rehearsal=False, now=NOW)
    assert start(store.ledger, [post.id]) == {post.id}


# Finishing


EVIDENCE = Evidence("data", "250 2.0.0 queued as 7", 250, "2.0.0", "mx.example.org")


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (Accepted("", None, EVIDENCE), (None, None, None)),
        (Accepted("<id@x>", None, EVIDENCE), ("<id@x>", None, None)),
        (Deferred("later"), (None, None, "later")),
        (Rejected("never"), (None, None, "never")),
        (Unknown("who knows"), (None, None, "who knows")),
    ],
)
def test_what_an_outcome_does_not_have_is_not_there(
    store: Store, outcome: Outcome, left: tuple[str | None, str | None, str | None]
) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, outcome, at=after(1))
    (row,) = rows(store.ledger)
    assert (row.receipt, row.url, row.reason) == left


def test_an_accepted_delivery_keeps_its_receipt_and_its_attempt(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Accepted("<id@x>", "https://x.example/1", EVIDENCE), at=after(1))
    (row,) = rows(store.ledger)
    assert (row.state, row.receipt, row.url, row.reason) == (D.ACCEPTED, "<id@x>", "https://x.example/1", None)
    assert (row.claimed_by, row.changed_at) == (None, after(1))
    assert store.ledger.attempts([delivery_id]) == [
        AttemptRow(
            delivery_id, 1, "accepted", "", "data", "250 2.0.0 queued as 7", 250, "2.0.0", "mx.example.org", "w1",
            after(1), 12,
        )
    ]  # fmt: skip


def test_every_try_leaves_an_attempt(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Deferred("451 busy"), not_before=after(10))
    claim(store.ledger, "w2", at=after(10))
    start(store.ledger, [delivery_id], "w2", at=after(10))
    finish(store.ledger, delivery_id, Unknown("silence"), worker="w2", at=after(11))
    attempts = store.ledger.attempts([delivery_id])
    assert [(a.number, a.outcome, a.reason, a.worker) for a in attempts] == [
        (1, "deferred", "451 busy", "w1"),
        (2, "unknown", "silence", "w2"),
    ]
    assert rows(store.ledger)[0].reason == "silence"


def test_finishing_and_starting_are_one_exchange(store: Store) -> None:
    planned(store, 2)
    first, second = (claimed.id for claimed in claim(store.ledger))
    start(store.ledger, [first])
    done = FinishedAttempt(first, Accepted("ok"), D.ACCEPTED, NOW, 1)
    assert store.ledger.exchange([done], [second], worker="w1", lease_seconds=LEASE, now=NOW) == {second}
    assert list(states(store.ledger).values()) == [D.ACCEPTED, D.SENDING]


def test_recording_the_same_result_again_changes_nothing(store: Store) -> None:
    (delivery_id,) = started(store)
    for _ in range(2):
        finish(store.ledger, delivery_id, Accepted("ok"))
    assert len(store.ledger.attempts([delivery_id])) == 1
    assert only_state(store) is D.ACCEPTED


def test_too_many_deferrals_expire(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Deferred("451 busy"), state=D.EXPIRED)
    assert only_state(store) is D.EXPIRED
    assert claim(store.ledger, at=after(10**6)) == []


def test_a_misconfigured_channel_puts_it_back_into_the_queue(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Deferred("535 login refused"), state=D.QUEUED)
    assert [claimed.id for claimed in claim(store.ledger)] == [delivery_id]


def test_a_state_that_the_table_does_not_allow_is_refused(store: Store) -> None:
    (delivery_id,) = started(store)
    with pytest.raises(ValueError, match="does not change from sending to cancelled"):
        finish(store.ledger, delivery_id, Deferred("?"), state=D.CANCELLED)
    assert store.ledger.attempts([delivery_id]) == []


def test_a_delivery_that_was_forgotten_meanwhile_is_no_error(store: Store) -> None:
    planned(store, 1, rehearsal=True)
    (claimed,) = claim(store.ledger, rehearsal=True)
    start(store.ledger, [claimed.id])
    store.ledger.clear_rehearsals(NOW)
    finish(store.ledger, claimed.id, Accepted("captured"))
    assert rows(store.ledger) == []


# Hard bounces


def test_an_address_that_is_gone_is_suppressed_with_the_result(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Rejected("550 5.1.1 no such user", recipient_gone=True), at=after(1))
    (found,) = store.subscribers.suppressions()
    assert (found.address, found.digest, found.reason) == (P0, None, "hard bounce")
    assert (found.source, found.suppressed_at) == (f"delivery {delivery_id}", after(1))


def test_other_rejections_suppress_nobody(store: Store) -> None:
    (delivery_id,) = started(store)
    finish(store.ledger, delivery_id, Rejected("552 5.3.4 too big"))
    assert store.subscribers.suppressions() == []


def test_a_rehearsal_suppresses_nobody(store: Store) -> None:
    planned(store, 1, rehearsal=True)
    (claimed,) = claim(store.ledger, rehearsal=True)
    start(store.ledger, [claimed.id])
    finish(store.ledger, claimed.id, Rejected("550 5.1.1", recipient_gone=True))
    assert store.subscribers.suppressions() == []


def test_an_account_that_is_gone_is_no_address(store: Store) -> None:
    planned_post(store.ledger)
    (post,) = store.ledger.claim("mastodon", worker="w1", limit=9, lease_seconds=9, rehearsal=False, now=NOW)
    start(store.ledger, [post.id])
    finish(store.ledger, post.id, Rejected("410 gone", recipient_gone=True))
    assert store.subscribers.suppressions() == []


# Recovery: a worker vanishes


def test_what_was_only_claimed_goes_back_into_the_queue(store: Store) -> None:
    planned(store, 2)
    claim(store.ledger)
    assert store.ledger.recover(after(LEASE - 1)).requeued_count == 0
    recovered = store.ledger.recover(after(LEASE))
    assert (recovered.requeued_count, recovered.unknown_count) == (2, 0)
    assert len(claim(store.ledger, "w2", at=after(LEASE))) == 2


def test_what_was_being_sent_becomes_unknown_and_is_never_claimed_again(store: Store) -> None:
    delivery_id, other_id = started(store, 2)
    recovered = store.ledger.recover(after(LEASE))
    assert (recovered.requeued_count, recovered.unknown_count) == (0, 2)
    assert [row.state for row in rows(store.ledger)] == [D.UNKNOWN, D.UNKNOWN]
    assert len(store.ledger.attempts([other_id])) == 1
    assert claim(store.ledger, "w2", at=after(10**6)) == []
    (attempt,) = store.ledger.attempts([delivery_id])
    assert (attempt.outcome, attempt.worker, attempt.number) == ("unknown", "w1", 1)
    assert "vanished" in attempt.reason
    assert store.ledger.recover(after(LEASE)).unknown_count == 0


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Accepted("250 ok"), D.ACCEPTED), (Rejected("550 no"), D.REJECTED), (Unknown("silence"), D.UNKNOWN)],
)
def test_late_evidence_beats_doubt(store: Store, outcome: Accepted | Rejected | Unknown, state: DeliveryState) -> None:
    """The worker was only slow: what it saw settles what was given up as unknown."""
    (delivery_id,) = started(store)
    store.ledger.recover(after(LEASE))
    finish(store.ledger, delivery_id, outcome, at=after(LEASE + 5))
    assert only_state(store) is state
    assert len(store.ledger.attempts([delivery_id])) == 2


def test_a_late_deferral_is_recorded_and_settles_nothing(store: Store) -> None:
    (delivery_id,) = started(store)
    store.ledger.recover(after(LEASE))
    finish(store.ledger, delivery_id, Deferred("451"), at=after(LEASE + 5), not_before=after(100))
    assert only_state(store) is D.UNKNOWN
    assert [a.outcome for a in store.ledger.attempts([delivery_id])] == ["unknown", "deferred"]


def test_a_late_result_never_overwrites_another_worker(store: Store) -> None:
    """w1 started nothing, its claim was taken back, w2 has the delivery now."""
    planned(store, 1)
    (claimed,) = claim(store.ledger, "w1")
    store.ledger.recover(after(LEASE))
    claim(store.ledger, "w2", at=after(LEASE))
    start(store.ledger, [claimed.id], "w2", at=after(LEASE))
    finish(store.ledger, claimed.id, Accepted("late"), worker="w1", at=after(LEASE + 1))
    (row,) = rows(store.ledger)
    assert (row.state, row.claimed_by, row.receipt) == (D.SENDING, "w2", None)
    assert [a.worker for a in store.ledger.attempts([claimed.id])] == ["w1"]


def test_another_worker_does_not_settle_an_unknown(store: Store) -> None:
    (delivery_id,) = started(store)
    store.ledger.recover(after(LEASE))
    finish(store.ledger, delivery_id, Accepted("?"), worker="w2", at=after(LEASE + 1))
    assert only_state(store) is D.UNKNOWN


# Marks


def test_marks_are_there_at_the_next_attempt(store: Store) -> None:
    (delivery_id,) = started(store)
    store.ledger.mark(delivery_id, "media", {"id": 7}, worker="w1")
    store.ledger.mark(delivery_id, "dot", True, worker="w1")
    finish(store.ledger, delivery_id, Deferred("503"), not_before=after(1))
    (again,) = claim(store.ledger, at=after(1))
    assert again.marks == {"media": {"id": 7}, "dot": True}


def test_who_lost_the_right_to_send_cannot_mark(store: Store) -> None:
    """The mark comes before the step that cannot be taken back: no mark, no step."""
    (delivery_id,) = started(store)
    store.ledger.recover(after(LEASE))
    with pytest.raises(StoreError, match="no longer held by w1"):
        store.ledger.mark(delivery_id, "dot", True, worker="w1")
    with pytest.raises(StoreError, match="no longer held by w2"):
        store.ledger.mark(delivery_id, "dot", True, worker="w2")


def test_a_large_batch_starts_and_finishes(store: Store) -> None:
    store.subscribers.save(people(2500), NOW)
    plan(store.ledger, approved(store.ledger))
    ids = [claimed.id for claimed in claim(store.ledger, limit=2500)]
    assert len(start(store.ledger, ids)) == 2500
    done = [FinishedAttempt(delivery_id, Accepted("ok"), D.ACCEPTED, NOW, 1) for delivery_id in ids]
    store.ledger.exchange(done, [], worker="w1", lease_seconds=LEASE, now=NOW)
    assert len(store.ledger.attempts(ids)) == 2500
    assert set(states(store.ledger).values()) == {D.ACCEPTED}
