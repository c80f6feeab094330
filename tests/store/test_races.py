"""Several processes at one ledger: each thing happens once, whoever comes first; who dies leaves nothing half done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import DeliveryState
from publisher.errors import StoreBusy
from publisher.ports.ledger import AlreadyConsumed, Planned, PlanPost
from publisher.store.open import Store, open_store
from tests.store.scenes import LEASE, NOW, after, approved, claim, finish, new_post, people, plan, planned, rows, start

T = TypeVar("T")
OpenStore = Callable[[], Store]


def at_once(*actions: Callable[[], T]) -> list[T | Exception]:
    """Run all at the same moment; give what each returned or raised."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], T]) -> T | Exception:
        barrier.wait()
        try:
            return action()
        except Exception as error:  # the test looks at it
            return error

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.mark.parametrize("_round", range(5))
def test_two_that_plan_the_same_article_plan_it_once(open_again: OpenStore, _round: int) -> None:
    one, two = open_again(), open_again()
    one.subscribers.save(people(50), NOW)
    first, second = approved(one.ledger), approved(two.ledger)
    results = at_once(lambda: plan(one.ledger, first), lambda: plan(two.ledger, second))
    assert sorted(type(result).__name__ for result in results) == ["AlreadyConsumed", "Planned"]
    assert len(rows(one.ledger)) == 50


def test_two_that_plan_the_same_post_plan_it_once(open_again: OpenStore) -> None:
    one, two = open_again(), open_again()
    post = one.ledger.freeze_post(new_post(), NOW)
    planning = PlanPost(post.id, "mastodon", "@verband", {})
    results = at_once(lambda: one.ledger.plan_post(planning, NOW), lambda: two.ledger.plan_post(planning, NOW))
    assert {type(result) for result in results} == {AlreadyConsumed, Planned}
    assert len(rows(one.ledger)) == 1


def test_workers_share_the_queue_without_overlap(open_again: OpenStore) -> None:
    planned(open_again(), 200)
    workers = [(f"w{number}", open_again().ledger) for number in range(4)]

    def take_all(worker: str, ledger: object) -> Callable[[], Sequence[int]]:
        def run() -> Sequence[int]:
            mine: list[int] = []
            while batch := claim(ledger, worker, limit=7):  # type: ignore[arg-type]
                ids = [claimed.id for claimed in batch]
                mine += sorted(start(ledger, ids, worker))  # type: ignore[arg-type]
            return mine

        return run

    taken = at_once(*(take_all(worker, ledger) for worker, ledger in workers))
    ids = [delivery_id for mine in taken for delivery_id in mine]  # type: ignore[union-attr]
    assert sorted(ids) == list(range(1, 201))


def test_threads_may_share_one_store(store: Store) -> None:
    planned(store, 60)

    def take(worker: str) -> Callable[[], list[int]]:
        return lambda: [claimed.id for claimed in claim(store.ledger, worker, limit=15)]

    taken = at_once(*(take(f"w{number}") for number in range(4)))
    assert sorted(delivery_id for mine in taken for delivery_id in mine) == list(range(1, 61))  # type: ignore[union-attr]


def test_starting_and_recovering_at_once_agree(open_again: OpenStore) -> None:
    """Whoever is first: a delivery that may start is not requeued, one that was requeued does not start."""
    one, two = open_again(), open_again()
    planned(one, 40)
    ids = [claimed.id for claimed in claim(one.ledger)]
    just_in_time = after(LEASE - 0.001)
    started, recovered = at_once(
        lambda: start(one.ledger, ids, at=just_in_time), lambda: two.ledger.recover(after(LEASE)).requeued_count
    )
    assert (len(started), recovered) in {(40, 0), (0, 40)}  # type: ignore[arg-type]


def test_a_worker_that_died_is_taken_over_from(open_again: OpenStore) -> None:
    """Sent, being sent, claimed, queued: after the death each goes on as it must, and nobody is sent to twice."""
    dead = open_again()
    planned(dead, 4)
    ids = [claimed.id for claimed in claim(dead.ledger, "dead", limit=3)]
    start(dead.ledger, ids[:2], "dead")
    finish(dead.ledger, ids[0], Accepted("250 ok"), worker="dead")
    dead.close()
    alive = open_again()
    alive.ledger.recover(after(LEASE))
    assert [row.state for row in rows(alive.ledger)] == [
        DeliveryState.ACCEPTED,
        DeliveryState.UNKNOWN,
        DeliveryState.QUEUED,
        DeliveryState.QUEUED,
    ]
    assert [claimed.id for claimed in claim(alive.ledger, "alive", at=after(LEASE))] == [3, 4]


KILLED_IN_THE_MIDDLE = """
import sys
from tests.store.scenes import NOW, people, plan
from publisher.store.open import open_store
from publisher.store.planning import plan_edition
from publisher.ports.ledger import PlanEdition
store = open_store(sys.argv[1])
with store.database.write() as connection:
    print(plan_edition(connection, PlanEdition(1, "mail", "folder", [], {}), NOW).delivery_count, flush=True)
    sys.stdin.read()
"""


def test_a_process_killed_while_planning_leaves_nothing(path: Path, open_again: OpenStore) -> None:
    store = open_again()
    store.subscribers.save(people(20), NOW)
    edition = approved(store.ledger)
    command = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "20\n"
        process.kill()
    assert rows(store.ledger) == []
    assert plan(store.ledger, edition) == Planned(delivery_count=20)


def test_who_waits_too_long_is_told_to_try_again(path: Path, store: Store) -> None:
    impatient = open_store(path, busy_seconds=0.05)
    with store.database.write(), pytest.raises(StoreBusy, match="another process has held the ledger") as caught:
        impatient.ledger.recover(NOW)
    assert caught.value.exit_code == 4
    assert impatient.ledger.recover(NOW).requeued_count == 0
    impatient.close()


def test_readers_do_not_wait_for_a_writer(path: Path, store: Store) -> None:
    planned(store, 1)
    with store.database.write():
        other = open_store(path, busy_seconds=0.05)
        assert len(rows(other.ledger)) == 1
        other.close()
