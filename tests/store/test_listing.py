"""Lists and counts of deliveries, and the entries of feeds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import DeliveryState
from publisher.ports.ledger import DeliveryFilter
from publisher.store.listing import PAGE_ROWS
from publisher.store.open import Store
from tests.store.scenes import NOW, approved, claim, finish, people, plan, planned, planned_post, rows, start

D = DeliveryState


@pytest.fixture
def busy(store: Store) -> Store:
    """Two real editions of two, one rehearsed; a post; one delivery accepted, one being sent."""
    planned(store, 2, slugs=("a", "b"))
    planned(store, 2, slugs=("c",))
    planned(store, 2, rehearsal=True)
    planned_post(store.ledger, "a")
    first, second = (claimed.id for claimed in claim(store.ledger, limit=2))
    start(store.ledger, [first, second])
    finish(store.ledger, first, Accepted("ok"))
    return store


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7]),
        ({"rehearsal": True}, [5, 6]),
        ({"rehearsal": False}, [1, 2, 3, 4, 7]),
        ({"states": [D.ACCEPTED, D.SENDING]}, [1, 2]),
        ({"states": []}, []),
        ({"channel": "mastodon"}, [7]),
        ({"edition_id": 2}, [3, 4]),
        ({"slug": "a"}, [1, 2, 7]),
        ({"slug": "c", "rehearsal": False}, [3, 4]),
        ({"recipient": "p000000@example.org"}, [1, 3, 5]),
        ({"message_ids": [1]}, [1, 2]),
        ({"limit": 3}, [1, 2, 3]),
        ({"limit": 0}, []),
        ({"states": [D.QUEUED], "limit": 2, "rehearsal": False}, [3, 4]),
    ],
)
def test_filters(busy: Store, fields: dict[str, object], ids: list[int]) -> None:
    assert [row.id for row in rows(busy.ledger, **fields)] == ids


def test_counts_are_by_state_and_leave_out_states_without_any(busy: Store) -> None:
    assert busy.ledger.count_deliveries(DeliveryFilter()) == {D.QUEUED: 5, D.SENDING: 1, D.ACCEPTED: 1}
    assert busy.ledger.count_deliveries(DeliveryFilter(channel="mastodon")) == {D.QUEUED: 1}
    assert busy.ledger.count_deliveries(DeliveryFilter(channel="nowhere")) == {}


def test_a_list_longer_than_a_page_is_whole(store: Store) -> None:
    store.subscribers.save(people(PAGE_ROWS * 2), NOW)
    plan(store.ledger, approved(store.ledger))
    assert len(rows(store.ledger)) == PAGE_ROWS * 2
    assert len(rows(store.ledger, limit=PAGE_ROWS + 1)) == PAGE_ROWS + 1


def test_a_half_read_list_does_not_hold_up_a_writer(store: Store) -> None:
    planned(store, 3)
    listing = store.ledger.deliveries(DeliveryFilter())
    next(listing)
    assert len(claim(store.ledger)) == 3


def test_attempts_of_nothing_are_none(store: Store) -> None:
    assert store.ledger.attempts([]) == []


def test_feed_entries_are_remembered_per_feed(store: Store) -> None:
    feed = "https://example.org/feed.xml"
    assert store.ledger.known_feed_entries(feed, ["1", "2"]) == set()
    for entry in ("1", "3", "1"):
        store.ledger.remember_feed_entry(feed, entry, NOW)
    assert store.ledger.known_feed_entries(feed, ["1", "2", "3"]) == {"1", "3"}
    assert store.ledger.known_feed_entries("https://example.net/", ["1"]) == set()
    assert store.ledger.known_feed_entries(feed, [str(number) for number in range(5000)]) == {"1", "3"}


def test_a_time_without_a_zone_is_a_defect(store: Store) -> None:
    with pytest.raises(Exception, match="a time without a time zone"):
        claim(store.ledger, at=datetime(2026, 11, 23))  # noqa: DTZ001


def test_years_keep_their_order(store: Store) -> None:
    """Times are compared as text: all must have the same width."""
    early, late = datetime(900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    planned(store, 1)
    assert claim(store.ledger, at=early) == []
    assert len(claim(store.ledger, at=late.replace(year=9998))) == 1
