"""Planning: one delivery per recipient, in one transaction, minus whom we must not write to."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.domain.delivery import DeliveryKey, DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.outlet import Consumed, Outlet
from publisher.domain.subscriber import Subscriber
from publisher.errors import UsageError
from publisher.ports.ledger import AlreadyConsumed, PlanEdition, Planned
from publisher.store.open import Store, open_store
from tests.store.scenes import NOW, approved, new_edition, people, plan, planned, rows, suppression

DAILY = Outlet("digest", "daily")


def recipients(store: Store) -> list[str]:
    return [row.key.recipient for row in rows(store.ledger)]


def test_each_subscriber_of_the_digest_gets_one_delivery(store: Store) -> None:
    store.subscribers.save([*people(3), Subscriber("else@example.org", digests=("weekly",))], NOW)
    edition = approved(store.ledger)
    assert plan(store.ledger, edition) == Planned(delivery_count=3)
    found = rows(store.ledger)
    assert [row.key for row in found] == [
        DeliveryKey(edition.content_hash, "mail", person.address, 1, "daily/1", rehearsal=False) for person in people(3)
    ]
    assert {(row.state, row.adapter, row.edition, row.queued_at) for row in found} == {
        (DeliveryState.QUEUED, "folder", "daily/1", NOW)
    }


def test_the_articles_are_consumed_and_the_edition_is_planned(store: Store) -> None:
    edition = planned(store, slugs=("a", "b"))
    assert store.ledger.consumed(DAILY, rehearsal=False) == {
        "a": Consumed("a", "hash of a"),
        "b": Consumed("b", "hash of b"),
    }
    assert store.ledger.outlets_of(rehearsal=False) == {"a": (DAILY,), "b": (DAILY,)}
    (row,) = store.ledger.editions()
    assert (row.id, row.state, row.planned_at) == (edition.id, EditionState.PLANNED, NOW)


def test_an_article_that_was_consumed_meanwhile_stops_the_whole_plan(store: Store) -> None:
    """Another process was faster: nothing of this plan may be left."""
    planned(store, slugs=("b",))
    late = approved(store.ledger, slugs=("a", "b"))
    with pytest.raises(AlreadyConsumed):
        plan(store.ledger, late)
    assert {row.edition for row in rows(store.ledger)} == {"daily/1"}
    assert set(store.ledger.consumed(DAILY, rehearsal=False)) == {"b"}
    assert store.ledger.editions()[0].state is EditionState.APPROVED


def test_planning_twice_changes_nothing(store: Store) -> None:
    edition = planned(store)
    with pytest.raises(AlreadyConsumed):
        plan(store.ledger, edition)
    assert len(rows(store.ledger)) == 3


def test_only_an_approved_edition_is_planned(store: Store) -> None:
    edition = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    with pytest.raises(UsageError, match="daily/1 is frozen, and only an approved edition is planned"):
        plan(store.ledger, edition)
    store.ledger.discard_edition(edition.id)
    with pytest.raises(UsageError, match="it was discarded"):
        plan(store.ledger, edition)


@pytest.mark.parametrize("digest", [None, "daily"])
def test_a_suppressed_address_is_left_out_and_counted(store: Store, digest: str | None) -> None:
    store.subscribers.save(people(3), NOW)
    store.subscribers.suppress(suppression("p000001@example.org", digest))
    store.subscribers.suppress(suppression("fixed@example.org", digest))
    store.subscribers.suppress(suppression("nobody@example.org", digest))
    counts = plan(store.ledger, approved(store.ledger), ["fixed@example.org", "other@example.org"])
    assert counts == Planned(delivery_count=3, suppressed_count=2)
    assert recipients(store) == ["p000000@example.org", "p000002@example.org", "other@example.org"]


def test_a_suppression_for_another_digest_does_not_count(store: Store) -> None:
    store.subscribers.save(people(1), NOW)
    store.subscribers.suppress(suppression("p000000@example.org", "weekly"))
    assert plan(store.ledger, approved(store.ledger)) == Planned(delivery_count=1)


def test_a_fixed_recipient_who_also_subscribes_gets_one(store: Store) -> None:
    store.subscribers.save(people(2), NOW)
    fixed = ["p000001@example.org", "chef@example.org", "chef@example.org"]
    assert plan(store.ledger, approved(store.ledger), fixed) == Planned(delivery_count=3)
    assert recipients(store) == ["p000000@example.org", "p000001@example.org", "chef@example.org"]


def test_a_removed_subscriber_gets_none(store: Store) -> None:
    store.subscribers.save(people(3), NOW)
    store.subscribers.remove("p000000@example.org", "daily", NOW)
    store.subscribers.remove("p000001@example.org", None, NOW)
    plan(store.ledger, approved(store.ledger))
    assert recipients(store) == ["p000002@example.org"]


def test_a_rehearsal_uses_up_nothing(store: Store) -> None:
    planned(store, rehearsal=True)
    assert store.ledger.consumed(DAILY, rehearsal=False) == {}
    planned(store)
    assert [row.key.rehearsal for row in rows(store.ledger)] == [True] * 3 + [False] * 3


def test_clearing_rehearsals_forgets_them_and_nothing_else(store: Store) -> None:
    planned(store, rehearsal=True)
    real = planned(store)
    before = rows(store.ledger, rehearsal=False)
    assert store.ledger.clear_rehearsals(NOW) == 3
    assert rows(store.ledger) == before
    assert [edition.id for edition in store.ledger.editions()] == [real.id]
    assert store.ledger.message(real.message_id).content_hash == real.content_hash
    assert store.ledger.outlets_of(rehearsal=True) == {}
    assert store.ledger.clear_rehearsals(NOW) == 0


ADDRESSES = [f"p{number}@example.org" for number in range(6)]
some = st.sets(st.sampled_from(ADDRESSES))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subscribed=some, elsewhere=some, fixed=some, everywhere=some, here=some, other=some, removed=some)
def test_who_gets_it(template: Path, **who: set[str]) -> None:
    """Subscribers and fixed recipients, each once, minus the suppressed and the removed."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(shutil.copy(template, Path(folder) / "publisher.db"))
        for digest, addresses in (("daily", who["subscribed"]), ("weekly", who["elsewhere"])):
            store.subscribers.save([Subscriber(address, digests=(digest,)) for address in sorted(addresses)], NOW)
        for digest, addresses in ((None, who["everywhere"]), ("daily", who["here"]), ("weekly", who["other"])):
            for address in addresses:
                store.subscribers.suppress(suppression(address, digest))
        for address in who["removed"]:
            store.subscribers.remove(address, "daily", NOW)
        counts = plan(store.ledger, approved(store.ledger), sorted(who["fixed"]))
        wanted = (who["subscribed"] - who["removed"]) | who["fixed"]
        suppressed = who["everywhere"] | who["here"]
        found = recipients(store)
        store.close()
    assert sorted(found) == sorted(wanted - suppressed)
    assert counts == Planned(len(wanted - suppressed), len(wanted & suppressed))


def test_what_the_adapter_prepared_comes_with_the_claim(store: Store) -> None:
    store.subscribers.save([Subscriber("p@example.org", "Erika", "de", digests=("daily",))], NOW)
    edition = approved(store.ledger)
    store.ledger.plan_edition(PlanEdition(edition.id, "mail", "smtp", ["f@example.org"], {"rkey": ["ü", 1]}), NOW)
    person, fixed = store.ledger.claim("mail", worker="w", limit=9, lease_seconds=9, rehearsal=False, now=NOW)
    assert (person.prepared, person.marks, person.adapter) == ({"rkey": ["ü", 1]}, {}, "smtp")
    assert (person.digest, person.subscriber_name, person.subscriber_language) == ("daily", "Erika", "de")
    assert (fixed.digest, fixed.subscriber_name, fixed.subscriber_language) == ("daily", None, None)
