"""What the team is to be told waits as rows: each event once, a storm folded into one with its count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from publisher.domain.notice import FACTS, Event, NoticeKind
from publisher.store.open import Store

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)


def skipped(about: str = "daily", *, at: datetime = AT, reason: str = "holiday", rehearsal: bool = False) -> Event:
    return Event(NoticeKind.SKIPPED, about, {"due_at": "2026-11-23T07:00+01:00", "reason": reason}, at, rehearsal)


def test_an_event_is_kept_with_its_facts(store: Store, open_again: Callable[[], Store]) -> None:
    assert store.notices.append(skipped(), once=False)
    (row,) = open_again().notices.events(rehearsal=False)
    assert (row.event, row.count, row.first_at, row.is_open, row.notice_id) == (skipped(), 1, AT, True, None)


def test_a_storm_becomes_one_row_with_its_count_and_the_newest_facts(store: Store) -> None:
    for number in range(1000):
        store.notices.append(skipped(at=AT + timedelta(seconds=number), reason=f"number {number}"), once=False)
    (row,) = store.notices.events(rehearsal=False)
    assert (row.count, row.first_at, row.event.facts["reason"]) == (1000, AT, "number 999")


def test_what_is_about_something_else_stands_apart(store: Store) -> None:
    for about in ("daily", "weekly", "daily"):
        store.notices.append(skipped(about), once=False)
    assert {row.event.about: row.count for row in store.notices.events(rehearsal=False)} == {"daily": 2, "weekly": 1}


def test_what_is_told_once_is_not_told_again(store: Store) -> None:
    assert store.notices.append(skipped(), once=True)
    assert not store.notices.append(skipped(at=AT + timedelta(days=400)), once=True)
    assert [(row.count, row.event.happened_at) for row in store.notices.events(rehearsal=False)] == [(1, AT)]


def test_a_rehearsal_keeps_to_itself_and_is_forgotten_alone(store: Store) -> None:
    store.notices.append(skipped(rehearsal=True), once=True)
    assert store.notices.append(skipped(), once=True)
    assert len(store.notices.events(rehearsal=True)) == 1
    store.ledger.clear_rehearsals(AT)
    assert store.notices.events(rehearsal=True) == []
    assert len(store.notices.events(rehearsal=False)) == 1


@pytest.mark.parametrize("kind", NoticeKind)
def test_an_event_without_its_facts_is_a_defect(kind: NoticeKind) -> None:
    with pytest.raises(ValueError, match=sorted(FACTS[kind])[0]):
        Event(kind, "daily", {}, AT, rehearsal=False)
