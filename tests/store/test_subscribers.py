"""Subscribers: saved in batches, added to and never taken from by an import."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from publisher.domain.subscriber import Subscriber
from publisher.ports.subscribers import ImportCounts
from publisher.store.open import Store
from publisher.store.staging import BATCH_ROWS
from tests.store.scenes import NOW, after, people, suppression

CONSENT_AT = datetime(2026, 1, 2, tzinfo=UTC)
ERIKA = Subscriber(
    "erika@example.org", "Erika Müller", "de", ("member", "press"), ("daily", "weekly"), "form", CONSENT_AT
)


def test_a_subscriber_is_found_as_it_was_saved(store: Store) -> None:
    assert store.subscribers.save([ERIKA], NOW) == ImportCounts(added_count=1)
    assert store.subscribers.find("erika@example.org") == ERIKA
    assert store.subscribers.find("nobody@example.org") is None


def test_times_come_back_in_utc(store: Store) -> None:
    berlin = timezone(timedelta(hours=1))
    store.subscribers.save([replace(ERIKA, consent_at=datetime(2026, 1, 2, 1, 30, tzinfo=berlin))], NOW)
    found = store.subscribers.find("erika@example.org")
    assert found is not None
    assert found.consent_at == datetime(2026, 1, 2, 0, 30, tzinfo=UTC)


def test_the_same_again_changes_nothing(store: Store) -> None:
    store.subscribers.save([ERIKA, *people(3)], NOW)
    assert store.subscribers.save([ERIKA, *people(3)], after(1)) == ImportCounts(unchanged_count=4)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Erika Neu"},
        {"language": "en"},
        {"consent_source": "fair"},
        {"consent_at": NOW},
        {"tags": ("board",)},
        {"digests": ("extra",)},
    ],
)
def test_what_is_given_replaces_or_adds(store: Store, change: dict[str, object]) -> None:
    store.subscribers.save([ERIKA, *people(1)], NOW)
    bare = Subscriber(ERIKA.address)
    counts = store.subscribers.save([replace(bare, **change), *people(1)], NOW)  # type: ignore[arg-type]
    assert counts == ImportCounts(changed_count=1, unchanged_count=1)
    wanted = replace(ERIKA, **change)  # type: ignore[arg-type]
    wanted = replace(
        wanted,
        tags=tuple(sorted({*ERIKA.tags, *wanted.tags})),
        digests=tuple(sorted({*ERIKA.digests, *wanted.digests})),
    )
    assert store.subscribers.find(ERIKA.address) == wanted


def test_what_is_not_given_stays(store: Store) -> None:
    store.subscribers.save([ERIKA], NOW)
    assert store.subscribers.save([Subscriber(ERIKA.address)], NOW) == ImportCounts(unchanged_count=1)
    assert store.subscribers.find(ERIKA.address) == ERIKA


def test_the_last_line_wins_for_an_address_given_twice(store: Store) -> None:
    lines = [Subscriber("a@example.org", "First", "de", ("x",), ("daily",)), Subscriber("a@example.org", "Last")]
    assert store.subscribers.save(lines, NOW) == ImportCounts(added_count=1, unchanged_count=1)
    assert store.subscribers.find("a@example.org") == Subscriber("a@example.org", "Last", "de", ("x",), ("daily",))


def test_more_than_one_batch(store: Store) -> None:
    """The second batch meets the first one's people; nothing is lost at the seam."""
    many = people(BATCH_ROWS + 5)
    assert store.subscribers.save(iter(many), NOW) == ImportCounts(added_count=BATCH_ROWS + 5)
    assert store.subscribers.save([*many, Subscriber("new@example.org")], NOW) == ImportCounts(1, 0, BATCH_ROWS + 5)
    assert store.subscribers.count() == BATCH_ROWS + 6


def test_saving_nobody_is_fine(store: Store) -> None:
    assert store.subscribers.save([], NOW) == ImportCounts()


def test_all_come_sorted_by_address_across_pages(store: Store) -> None:
    store.subscribers.save(reversed(people(2001)), NOW)
    assert list(store.subscribers.all()) == people(2001)


def test_all_by_digest_and_tag(store: Store) -> None:
    a = Subscriber("a@example.org", tags=("press",), digests=("daily",))
    b = Subscriber("b@example.org", tags=("press",), digests=("weekly",))
    c = Subscriber("c@example.org", digests=("daily",))
    store.subscribers.save([c, b, a], NOW)
    assert list(store.subscribers.all(digest="daily")) == [a, c]
    assert list(store.subscribers.all(tag="press")) == [a, b]
    assert list(store.subscribers.all(digest="daily", tag="press")) == [a]
    assert (store.subscribers.count(), store.subscribers.count(digest="daily")) == (3, 2)


def test_leaving_one_digest_keeps_the_others(store: Store) -> None:
    store.subscribers.save([ERIKA], NOW)
    assert store.subscribers.remove(ERIKA.address, "daily", NOW)
    assert store.subscribers.find(ERIKA.address) == replace(ERIKA, digests=("weekly",))
    assert not store.subscribers.remove(ERIKA.address, "daily", NOW)


def test_leaving_all_forgets_the_person(store: Store) -> None:
    store.subscribers.save([ERIKA], NOW)
    assert store.subscribers.remove(ERIKA.address, None, NOW)
    assert store.subscribers.find(ERIKA.address) is None
    assert store.subscribers.count(digest="weekly") == 0
    assert not store.subscribers.remove(ERIKA.address, None, NOW)


def test_the_first_reason_of_a_suppression_stays(store: Store) -> None:
    first = suppression("a@example.org")
    store.subscribers.suppress(first)
    store.subscribers.suppress(replace(first, reason="complaint", suppressed_at=after(9)))
    assert store.subscribers.suppressions() == [first]


def test_suppressions_are_listed_newest_first(store: Store) -> None:
    old, new = suppression("a@example.org"), replace(suppression("a@example.org", "daily"), suppressed_at=after(1))
    store.subscribers.suppress(old)
    store.subscribers.suppress(new)
    assert store.subscribers.suppressions() == [new, old]


def test_importing_again_never_lifts_a_suppression(store: Store) -> None:
    store.subscribers.suppress(suppression(ERIKA.address))
    store.subscribers.save([ERIKA], NOW)
    assert [found.address for found in store.subscribers.suppressions()] == [ERIKA.address]
