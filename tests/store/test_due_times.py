"""Due times: each is decided once, together with its edition, and what a wrong clock has decided can be undone."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.domain.due_time import Verdict
from publisher.domain.edition import EditionState
from publisher.ports.due_times import AlreadyDecided, DueTime
from publisher.ports.ledger import EditionRow, NumberTaken
from publisher.store.open import Store, open_store
from tests.store.scenes import NOW, after, new_edition

LATER = timedelta(hours=1)


def due(at: datetime = NOW, digest: str = "daily", rehearsal: bool = False) -> DueTime:
    return DueTime(digest, f"due {at:%Y-%m-%dT%H:%M}", at, rehearsal)


def freeze(store: Store, at: datetime = NOW, **fields: object) -> EditionRow:
    edition = new_edition(store.ledger, **fields)  # type: ignore[arg-type]
    wanted = due(at, edition.digest, edition.rehearsal)
    return store.due_times.freeze(wanted, replace(edition, occurrence=wanted.occurrence), NOW, is_late=False)


def test_an_edition_and_its_due_time_are_one_row_each(store: Store) -> None:
    row = freeze(store)
    (decided,) = store.due_times.due_times(False)
    assert (decided.due, decided.verdict, decided.edition_id) == (due(), Verdict.EDITION, row.id)
    assert store.due_times.decided("daily", False, NOW) == {"due 2026-11-23T07:00"}
    (open_edition,) = store.due_times.open_editions(False)
    assert open_edition.row == row


def test_a_due_time_is_decided_once(store: Store) -> None:
    """Whatever comes second finds it decided, and changes nothing."""
    assert store.due_times.decide(due(), Verdict.SKIPPED, "holiday: Fronleichnam", NOW, is_late=False)
    assert not store.due_times.decide(due(), Verdict.MISSED, "too late", NOW, is_late=True)
    with pytest.raises(AlreadyDecided):
        freeze(store)
    assert store.ledger.editions() == []
    (row,) = store.due_times.due_times(False)
    assert (row.verdict, row.reason) == (Verdict.SKIPPED, "holiday: Fronleichnam")
    freeze(store, rehearsal=True)  # a rehearsal has due times of its own
    freeze(store, digest="weekly")


def test_a_number_that_is_taken_leaves_the_due_time_open(store: Store) -> None:
    freeze(store)
    with pytest.raises(NumberTaken):
        freeze(store, NOW + LATER, number=1)
    assert len(store.due_times.due_times(False)) == 1


def test_a_discarded_edition_opens_its_due_time_again(store: Store) -> None:
    store.ledger.discard_edition(freeze(store).id)
    assert store.due_times.due_times(False) == []
    freeze(store)


def test_two_processes_that_freeze_at_once(store: Store, path: object) -> None:
    """The key decides: one edition, and the other is told so."""
    other = open_store(str(path))
    results: list[object] = []
    barrier = threading.Barrier(2)

    def run(one: Store, number: int) -> None:
        barrier.wait()
        try:
            results.append(freeze(one, number=number))
        except (AlreadyDecided, NumberTaken) as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(one, number)) for number, one in enumerate((store, other), start=1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sum(isinstance(result, EditionRow) for result in results) == 1
    assert len(store.ledger.editions()) == len(store.due_times.due_times(False)) == 1


def test_what_was_looked_at_is_remembered(store: Store) -> None:
    assert store.due_times.begin("daily", False, NOW) == NOW
    assert store.due_times.begin("daily", False, NOW + LATER) == NOW
    store.due_times.advance("daily", False, after(60))
    store.due_times.advance("daily", False, after(30))
    assert store.due_times.begin("daily", False, NOW) == after(60)
    store.due_times.forget_others(["weekly"], False)
    assert store.due_times.begin("daily", False, after(90)) == after(90)


def test_a_clock_that_was_ahead_is_undone(store: Store) -> None:
    """Missed times that are still to come are open again; an edition stays, and so does what lies before."""
    store.due_times.begin("daily", False, NOW)
    store.due_times.decide(due(NOW), Verdict.MISSED, "off", NOW, is_late=True)
    store.due_times.decide(due(NOW + LATER), Verdict.MISSED, "off", NOW, is_late=True)
    freeze(store, NOW + 2 * LATER)
    store.due_times.advance("daily", False, NOW + 5 * LATER)
    assert store.due_times.turn_back("daily", False, after(60)) == 1
    assert store.due_times.begin("daily", False, NOW) == after(60)
    assert store.due_times.decided("daily", False, NOW) == {"due 2026-11-23T07:00", "due 2026-11-23T09:00"}


def test_an_edition_that_was_not_planned_in_time_is_missed(store: Store) -> None:
    row = freeze(store)
    assert not store.due_times.miss_edition(row.id, EditionState.APPROVED, "too late", NOW)
    assert store.due_times.miss_edition(row.id, EditionState.FROZEN, "too late", NOW)
    (decided,) = store.due_times.due_times(False)
    assert (decided.verdict, decided.reason, decided.edition_id) == (Verdict.MISSED, "too late", row.id)
    assert [edition.state for edition in store.ledger.editions()] == [EditionState.MISSED]
    assert store.due_times.open_editions(False) == []


def test_another_processs_writing_is_seen(store: Store, path: object) -> None:
    """Once, and not again until there is more of it."""
    assert store.changes.seen()
    assert not store.changes.seen()
    with_other = open_store(str(path))
    with_other.due_times.begin("daily", False, NOW)
    with_other.close()
    assert store.changes.seen()
    assert not store.changes.seen()


def test_clearing_rehearsals_opens_their_due_times(store: Store) -> None:
    freeze(store, rehearsal=True)
    freeze(store)
    store.due_times.begin("daily", True, NOW)
    store.ledger.clear_rehearsals(NOW)
    assert store.due_times.due_times(True) == []
    assert len(store.due_times.due_times(False)) == 1
    assert store.due_times.begin("daily", True, after(5)) == after(5)
