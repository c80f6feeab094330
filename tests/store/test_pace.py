"""Pace in the store: kept over a restart, shared by processes, and what is passed over stands before nobody."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from publisher.domain.attempt import Deferred
from publisher.domain.circuit import CLOSED, Circuit, CircuitState
from publisher.domain.pace import EVERY_DOMAIN, Bucket, Limits, PaceRules, Waves, share_out
from publisher.domain.subscriber import Subscriber
from publisher.store.open import Store
from tests.store.scenes import NOW, after, approved, claim, finish, plan, planned_post, rows, start, suppression

RULES = PaceRules(Limits(per_minute=10), {"slow.example": Limits(per_minute=2), EVERY_DOMAIN: Limits(per_minute=5)})


def test_a_restart_does_not_fill_the_bucket(store: Store, open_again: Callable[[], Store]) -> None:
    assert store.pace.share("mail", RULES, ["slow.example"] * 3, NOW).is_granted == (True, True, False)
    store.close()
    again = open_again()
    share = again.pace.share("mail", RULES, ["slow.example", "other.example"], after(1))
    assert share.is_granted == (False, True)
    assert again.pace.share("mail", RULES, ["slow.example"], after(62)).is_granted == (True,)


def test_channels_do_not_share(store: Store) -> None:
    store.pace.share("mail", RULES, ["slow.example"] * 2, NOW)
    assert store.pace.share("other", RULES, ["slow.example"], NOW).is_granted == (True,)


@pytest.mark.parametrize("round_", range(3))
def test_two_processes_share_one_bucket(store: Store, open_again: Callable[[], Store], round_: int) -> None:
    """Both ask at the same time, again and again: together they never get more than the limit."""
    granted: list[bool] = []
    rules = PaceRules(Limits(per_hour=40))

    def ask(one: Store) -> None:
        for _ in range(15):
            granted.extend(one.pace.share("mail", rules, ["a.example", "b.example"], NOW).is_granted)

    threads = [threading.Thread(target=ask, args=(one,)) for one in (store, open_again())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(granted) == {True: 40, False: 20}


class Forgetful:
    """The control: each process counts for itself."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}


def test_counting_for_oneself_is_found_out() -> None:
    granted: list[bool] = []
    for own in (Forgetful(), Forgetful()):
        share = share_out(own.buckets, PaceRules(Limits(per_hour=40)), ["a.example"] * 30, NOW)
        granted.extend(share.is_granted)
    assert Counter(granted)[True] > 40


def test_old_full_buckets_are_dropped(store: Store) -> None:
    """Every domain that was ever written to has a row for two hours, not for ever."""
    store.pace.share("mail", RULES, [f"d{number}.example" for number in range(5)], NOW)
    store.pace.share("mail", RULES, ["new.example"], after(3 * 3600))
    with store.database.read() as connection:
        names = connection.exec_driver_sql("SELECT domain FROM pace_buckets ORDER BY domain").scalars().all()
    assert names == ["", "new.example"]


def test_a_slowdown_is_seen_by_everybody(store: Store, open_again: Callable[[], Store]) -> None:
    store.pace.slow_down("mail", "slow.example", 300.0, NOW)
    standing = open_again().pace.standing("mail")
    assert standing.buckets["slow.example"].slowdown.held_until == after(300)
    assert store.pace.share("mail", PaceRules(), ["slow.example", "a.example"], NOW).is_granted == (False, True)
    store.pace.forget_slowdowns("mail", NOW)
    assert store.pace.share("mail", PaceRules(), ["slow.example"], NOW).is_granted == (True,)


# ------------------------------------------------------------------------------------------------------- circuits


def test_a_circuit_is_kept_and_shared(store: Store, open_again: Callable[[], Store]) -> None:
    assert store.pace.circuits() == {}
    before, now = store.pace.change_circuit("mail", lambda circuit: circuit.pause("anna", NOW), NOW)
    assert (before, now.state) == (CLOSED, CircuitState.PAUSED)
    assert open_again().pace.circuits() == {"mail": Circuit(CircuitState.PAUSED, "", 0, NOW, None, now.reason, "anna")}
    assert open_again().pace.standing("mail").circuit == now
    store.pace.change_circuit("mail", lambda circuit: CLOSED, NOW)
    assert store.pace.circuits() == {}


def test_faults_of_two_processes_are_counted_together(store: Store, open_again: Callable[[], Store]) -> None:
    for one in (store, open_again(), store, open_again(), store):
        _, circuit = one.pace.change_circuit("mail", lambda circuit: circuit.after_fault("no way", NOW), NOW)
    assert circuit.state is CircuitState.OPEN
    assert circuit.probe_at == after(60)


def test_only_one_process_probes(store: Store, open_again: Callable[[], Store]) -> None:
    store.pace.change_circuit("mail", lambda circuit: circuit.after_fault("no", NOW, opens_at_once=True), NOW)

    def probe(circuit: Circuit) -> Circuit:
        return circuit.probe(after(60)) if circuit.may_probe(after(60)) else circuit

    changed = []
    for one in (store, open_again()):
        before, now = one.pace.change_circuit("mail", probe, after(60))
        changed.append(before != now)
    assert changed == [True, False]


def test_a_channel_that_is_paused_starts_nothing_that_was_claimed_before(store: Store) -> None:
    """Between the claim and the start: so a pause takes effect within one message a connection, in every process."""
    people_of(store, {"a.example": 3})
    first, second, third = [delivery.id for delivery in claim(store.ledger)]
    assert start(store.ledger, [first]) == {first}
    store.pace.change_circuit("mail", lambda circuit: circuit.pause("anna", NOW), NOW)
    assert start(store.ledger, [second]) == frozenset()
    store.pace.change_circuit("other", lambda circuit: circuit.pause("anna", NOW), NOW)
    store.pace.change_circuit("mail", lambda circuit: CLOSED, NOW)
    assert start(store.ledger, [second, third]) == {second, third}


# ------------------------------------------------------------------------------------------------------- putting off


def people_of(store: Store, counts: dict[str, int]) -> None:
    """An edition to so many people at each domain, in this order: it is planned by address."""
    store.subscribers.save(
        [
            Subscriber(f"p{place}{number:04}@{domain}", digests=("daily",))
            for place, (domain, count) in enumerate(counts.items())
            for number in range(count)
        ],
        NOW,
    )
    plan(store.ledger, approved(store.ledger))


def test_what_is_put_off_stands_before_nobody(store: Store) -> None:
    """A thousand people of a slow domain come first in the queue: after one look the others are at the front."""
    people_of(store, {"slow.example": 1_000, "other.example": 50})
    assert {delivery.key.recipient.partition("@")[2] for delivery in claim(store.ledger)} == {"slow.example"}
    store.ledger.release("w1", NOW)
    assert store.pace.put_off("mail", "slow.example", Waves(after(60), 60.0, 100), NOW) == 1_000
    others = claim(store.ledger)
    assert len(others) == 50
    assert {delivery.key.recipient.partition("@")[2] for delivery in others} == {"other.example"}
    assert {row.not_before for row in rows(store.ledger, states=["queued"])} == {
        after(60 + wave * 60) for wave in range(10)
    }
    for wave in range(10):
        due = claim(store.ledger, at=after(60 + wave * 60), limit=1_000)
        assert len(due) == 100
    assert claim(store.ledger, at=after(86_400)) == []


def test_more_are_put_off_behind_those_before(store: Store) -> None:
    people_of(store, {"slow.example": 5})
    store.pace.put_off("mail", "slow.example", Waves(after(10), 10.0, 2), NOW)
    store.subscribers.save([Subscriber(f"n{number}@slow.example", digests=("weekly",)) for number in range(3)], NOW)
    plan(store.ledger, approved(store.ledger, digest="weekly", slugs=("andere",)))
    assert store.pace.put_off("mail", "slow.example", Waves(after(10), 10.0, 2), NOW) == 3
    assert [len(claim(store.ledger, at=after(seconds))) for seconds in (0, 10, 20, 30, 40, 50, 60)] == [
        *(0, 2, 2, 1, 2, 1, 0)
    ]


def test_only_what_waits_for_this_domain_is_put_off(store: Store) -> None:
    """Not what another worker holds, what is deferred until later, other channels, rehearsals, or a longer name."""
    people_of(store, {"slow.example": 3, "very-slow.example": 1, "sub.slow.example": 1})
    held, deferred = claim(store.ledger, limit=2)
    start(store.ledger, [deferred.id])
    finish(store.ledger, deferred.id, Deferred("later"), not_before=after(3_600))
    planned_post(store.ledger)
    before = {row.id: row.state for row in rows(store.ledger)}
    assert store.pace.put_off("mail", "slow.example", Waves(after(60), 60.0, 10), NOW) == 1
    assert {row.id: row.state for row in rows(store.ledger)} == before
    assert len(claim(store.ledger)) == 2
    assert len(claim(store.ledger, at=after(60))) == 1
    assert len(claim(store.ledger, at=after(3_600))) == 1
    assert held.id not in {delivery.id for delivery in claim(store.ledger, at=after(9_999))}


def test_who_is_suppressed_meanwhile_gets_nothing(store: Store) -> None:
    people_of(store, {"slow.example": 1})
    store.pace.put_off("mail", "slow.example", Waves(after(60), 60.0, 10), NOW)
    store.subscribers.suppress(suppression("p00000@slow.example"))
    (claimed,) = claim(store.ledger, at=after(60))
    assert start(store.ledger, [claimed.id], at=after(60)) == frozenset()
    assert [row.state.value for row in rows(store.ledger)] == ["skipped"]


def test_each_is_put_off_once_however_many_there_are(store: Store) -> None:
    """The work grows with the number of people, not with its square: a second look finds nothing to put off."""
    people_of(store, {"slow.example": 3_000})
    waves = Waves(after(60), timedelta(minutes=1).total_seconds(), 50)
    assert store.pace.put_off("mail", "slow.example", waves, NOW) == 3_000
    assert store.pace.put_off("mail", "slow.example", waves, NOW) == 0
