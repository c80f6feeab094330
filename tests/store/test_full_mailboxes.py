"""A mailbox that is full for five messages within thirty days gets no more; each message counts once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from publisher.domain.attempt import Deferred, Evidence, Outcome, Rejected
from publisher.store.open import Store
from tests.store.scenes import NOW, approved, claim, finish, people, plan, start

FULL = Evidence("recipient", "mailbox full", 452, "4.2.2")
FULL_FOR_GOOD = Evidence("recipient", "mailbox full", 552)
BLOCKED = Evidence("recipient", "blocked", 550, "5.7.1")


def one_message(store: Store, outcome: Outcome, at: datetime, *, tries: int = 1, rehearsal: bool = False) -> None:
    """An edition to one person, which ends so, as often as it is tried."""
    store.subscribers.save(people(1), NOW)
    plan(store.ledger, approved(store.ledger, slugs=[f"a{at:%m%d}"], rehearsal=rehearsal))
    for number in range(tries):
        then = at + timedelta(minutes=number)
        for claimed in claim(store.ledger, at=then, rehearsal=rehearsal):
            start(store.ledger, [claimed.id], at=then)
            is_last = number == tries - 1 and isinstance(outcome, Deferred)
            finish(store.ledger, claimed.id, outcome, at=then, not_before=at + timedelta(days=99) if is_last else then)


def suppressed(store: Store) -> list[tuple[str, str]]:
    return [(each.address, each.reason) for each in store.subscribers.suppressions()]


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


@pytest.mark.parametrize("outcome", [Deferred("full", evidence=FULL), Rejected("full", evidence=FULL_FOR_GOOD)])
def test_five_messages(store: Store, outcome: Outcome) -> None:
    for number in range(4):
        one_message(store, outcome, day(number), tries=3)
    assert suppressed(store) == []
    one_message(store, outcome, day(29))
    assert suppressed(store) == [("p000000@example.org", "mailbox full")]


def test_what_is_long_ago_does_not_count(store: Store) -> None:
    for number in range(0, 60, 8):
        one_message(store, Rejected("full", evidence=FULL_FOR_GOOD), day(number))
    assert suppressed(store) == []


@pytest.mark.parametrize(
    ("outcome", "rehearsal"), [(Rejected("no", evidence=BLOCKED), False), (Rejected("full", evidence=FULL), True)]
)
def test_policy_and_rehearsals_never_suppress(store: Store, outcome: Outcome, rehearsal: bool) -> None:
    for number in range(9):
        one_message(store, outcome, day(number), rehearsal=rehearsal)
    assert suppressed(store) == []
