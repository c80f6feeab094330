"""Recovery by evidence: what a dead worker's wire log says of the deliveries that were being sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import DeliveryState
from publisher.domain.wire import Stage
from publisher.ports.ledger import Recovered
from publisher.ports.wire import WireLog
from publisher.store.open import Store, open_store
from tests.store.scenes import LEASE, NOW, after, claim, finish, planned, rows, start

D = DeliveryState


def sending(store: Store, stage: Stage | None, receipt: str = "") -> WireLog:
    """A worker with two claims, one of them on the wire as far as this."""
    planned(store, 2)
    log = store.ledger.open_wire("host/1", 1)
    worker = f"{log.worker}/mail"
    first, _ = claim(store.ledger, worker)
    start(store.ledger, [first.id], worker)
    if stage is not None:
        log.slot(0).begin(first.id)
        log.slot(0).note(stage, receipt)
    return log


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        (None, D.QUEUED),
        (Stage.STARTED, D.UNKNOWN),
        (Stage.ENVELOPE, D.QUEUED),
        (Stage.DOT, D.UNKNOWN),
        (Stage.OK, D.ACCEPTED),
        (Stage.NO, D.QUEUED),
    ],
)
def test_a_dead_worker_is_settled_at_once(store: Store, stage: Stage | None, state: DeliveryState) -> None:
    """On the same boot the slot says what happened, and no lease has to run out; every try leaves its attempt."""
    log = sending(store, stage, "250 ok" if stage is Stage.OK else "")
    log.close(settled=False)
    recovered = store.ledger.recover(after(1))
    first, second = rows(store.ledger)
    assert (first.state, second.state) == (state, D.QUEUED)
    assert recovered == Recovered(1 + (state is D.QUEUED), int(state is D.UNKNOWN), int(state is D.ACCEPTED))
    (attempt,) = store.ledger.attempts([first.id])
    assert attempt.outcome == {D.QUEUED: "deferred", D.UNKNOWN: "unknown", D.ACCEPTED: "accepted"}[state]
    assert first.receipt == ("250 ok" if stage is Stage.OK else None)
    assert store.ledger.recover(after(1)) == Recovered(0, 0, 0)


@pytest.mark.parametrize("stage", [None, Stage.ENVELOPE, Stage.DOT, Stage.OK, Stage.NO])
def test_after_a_power_cut_every_one_is_in_doubt(
    path: Path, open_again: Callable[[], Store], stage: Stage | None
) -> None:
    """What was only in memory is not believed on another boot: each that was sending is named."""
    log = sending(open_again(), stage)
    log.close(settled=False)
    rebooted = open_store(path, boot_id=lambda: "another boot")
    assert rebooted.ledger.recover(after(1)) == Recovered(1, 1, 0)
    assert [row.state for row in rows(rebooted.ledger)] == [D.UNKNOWN, D.QUEUED]
    rebooted.close()


def test_without_its_log_a_worker_is_waited_for(store: Store) -> None:
    """The folder is gone, or it was another machine: the lease has to run out, and then it is in doubt."""
    log = sending(store, Stage.OK)
    log.close(settled=True)
    assert store.ledger.recover(after(LEASE - 1)) == Recovered(0, 0, 0)
    assert store.ledger.recover(after(LEASE)) == Recovered(1, 1, 0)


def test_a_living_worker_keeps_what_it_sends(store: Store) -> None:
    """However long a server takes: as long as its process lives, nobody puts its delivery in doubt. What it has only
    claimed goes back after the lease, since the fence keeps it from starting that."""
    log = sending(store, Stage.DOT)
    assert store.ledger.recover(after(10 * LEASE)) == Recovered(1, 0, 0)
    first, _ = rows(store.ledger)
    assert first.state is D.SENDING
    finish(store.ledger, first.id, Accepted("250 late"), worker=f"{log.worker}/mail", at=after(10 * LEASE))
    assert rows(store.ledger)[0].state is D.ACCEPTED
    log.close(settled=True)


def test_only_some_claims_are_given_back(store: Store) -> None:
    planned(store, 3)
    first, second, _ = claim(store.ledger)
    assert store.ledger.release("w1", NOW, only=[first.id, second.id]) == 2
    assert store.ledger.release("w2", NOW, only=[first.id]) == 0
    assert [row.state for row in rows(store.ledger)] == [D.QUEUED, D.QUEUED, D.CLAIMED]
    assert store.ledger.release("w1", NOW, only=[]) == 0
