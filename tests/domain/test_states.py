"""The tables of allowed changes are complete, and what is final stays final."""

from __future__ import annotations

from publisher.domain import delivery, edition
from publisher.domain.attempt import Accepted, Deferred, Rejected, Unknown
from publisher.domain.delivery import FINAL_STATES, OPEN_STATES, DeliveryKey, DeliveryState, state_after


def test_every_state_has_a_row() -> None:
    assert set(delivery.ALLOWED_CHANGES) == set(DeliveryState)
    assert set(edition.ALLOWED_CHANGES) == set(edition.EditionState)


def test_nothing_leads_out_of_accepted_and_skipped() -> None:
    for state in (DeliveryState.ACCEPTED, DeliveryState.SKIPPED):
        assert not delivery.ALLOWED_CHANGES[state]


def test_what_was_given_up_or_cancelled_comes_back_only_into_the_queue() -> None:
    for state in (DeliveryState.CANCELLED, DeliveryState.EXPIRED, DeliveryState.REJECTED):
        assert delivery.ALLOWED_CHANGES[state] == {DeliveryState.QUEUED}


def test_unknown_is_left_only_by_a_decision_or_late_evidence() -> None:
    assert delivery.ALLOWED_CHANGES[DeliveryState.UNKNOWN] == {
        DeliveryState.QUEUED,
        DeliveryState.ACCEPTED,
        DeliveryState.REJECTED,
        DeliveryState.SKIPPED,
    }
    assert DeliveryState.UNKNOWN not in FINAL_STATES | OPEN_STATES


def test_a_delivery_is_never_accepted_without_having_been_sending() -> None:
    before = {state for state in DeliveryState if delivery.may_change(state, DeliveryState.ACCEPTED)}
    assert before == {DeliveryState.SENDING, DeliveryState.UNKNOWN}


def test_an_outcome_decides_the_state() -> None:
    outcomes = [Accepted("250 ok"), Deferred("later"), Rejected("no"), Unknown("silence")]
    assert [state_after(outcome).value for outcome in outcomes] == ["accepted", "deferred", "rejected", "unknown"]


def test_each_field_of_the_key_makes_another_delivery() -> None:
    fields = {
        "message_hash": "a",
        "channel": "b",
        "recipient": "c",
        "segment": 1,
        "occurrence": "d",
        "rehearsal": False,
    }
    changed = {
        "message_hash": "z",
        "channel": "z",
        "recipient": "z",
        "segment": 2,
        "occurrence": "z",
        "rehearsal": True,
    }
    keys = {DeliveryKey(**fields).text()}  # type: ignore[arg-type]
    keys |= {DeliveryKey(**{**fields, name: value}).text() for name, value in changed.items()}  # type: ignore[arg-type]
    assert len(keys) == 7
    assert all(len(key) == 40 for key in keys)
