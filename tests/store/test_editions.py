"""Editions and their messages: frozen once, changed only as the table says, forgotten only before planning."""

from __future__ import annotations

import sqlite3
from itertools import product
from pathlib import Path

import pytest

from publisher.domain.attempt import Accepted, Rejected, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState, may_change
from publisher.domain.outlet import Outlet
from publisher.errors import StoreError
from publisher.ports.ledger import ArticleUse, LeftOut, NumberTaken
from publisher.store.changes import change_deliveries, change_editions
from publisher.store.open import Store
from tests.store.scenes import (
    NOW,
    after,
    approved,
    claim,
    email,
    finish,
    new_edition,
    plan,
    planned,
    rows,
    start,
    states,
)

E = EditionState


def test_a_frozen_edition_is_read_back_as_it_was_given(store: Store) -> None:
    edition = store.ledger.freeze_edition(new_edition(store.ledger, slugs=("b", "a")), NOW)
    assert store.ledger.editions() == [edition]
    assert store.ledger.edition("daily", 1, rehearsal=False) == edition
    assert (edition.name, edition.state, edition.frozen_at, edition.planned_at) == ("daily/1", E.FROZEN, NOW, None)
    assert edition.articles == (ArticleUse("b", "hash of b"), ArticleUse("a", "hash of a"))
    assert edition.left_out == (LeftOut("entwurf", "its status is draft"),)


def test_its_message_is_read_back_byte_for_byte(store: Store) -> None:
    edition = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    message = store.ledger.message(edition.message_id)
    assert message.encoded == email("daily 1 neue-pumpe").encoded
    assert message.content_hash == edition.content_hash


@pytest.mark.parametrize("value", ["replace(encoded, 'pumpe', 'lampe')", "CAST(encoded AS TEXT)", "x'00'"])
def test_a_message_that_was_tampered_with_is_not_given_out(store: Store, path: Path, value: str) -> None:
    edition = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    with sqlite3.connect(path) as other:
        other.execute(f"UPDATE messages SET encoded = {value}")
    other.close()
    with pytest.raises(StoreError, match="its content hash differs"):
        store.ledger.message(edition.message_id)


def test_a_message_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no message 99"):
        store.ledger.message(99)


def test_numbers_count_from_one_per_digest_and_apart_for_rehearsals(store: Store) -> None:
    for digest, rehearsal, number in [
        ("daily", False, 1), ("daily", False, 2), ("daily", True, 1), ("weekly", False, 1),
    ]:  # fmt: skip
        edition = new_edition(store.ledger, digest=digest, rehearsal=rehearsal)
        assert store.ledger.freeze_edition(edition, NOW).number == number


def test_a_number_is_taken_once(store: Store) -> None:
    store.ledger.freeze_edition(new_edition(store.ledger, number=1), NOW)
    with pytest.raises(NumberTaken):
        store.ledger.freeze_edition(new_edition(store.ledger, number=1, slugs=["other"]), NOW)
    assert [edition.articles[0].slug for edition in store.ledger.editions()] == ["neue-pumpe"]


@pytest.mark.parametrize(("before", "to"), list(product(E, E)))
def test_only_changes_of_the_table_can_be_asked_for(store: Store, before: EditionState, to: EditionState) -> None:
    """A change that the table does not allow is a defect, whatever the edition's state."""
    edition = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    if may_change(before, to):
        assert store.ledger.change_edition(edition.id, before, to, NOW) is (before is E.FROZEN)
    else:
        with pytest.raises(ValueError, match="does not change from"):
            store.ledger.change_edition(edition.id, before, to, NOW)


def test_an_update_of_states_cannot_be_built_against_the_table() -> None:
    with pytest.raises(ValueError, match="a delivery does not change from accepted to queued"):
        change_deliveries([DeliveryState.REJECTED, DeliveryState.ACCEPTED], DeliveryState.QUEUED)
    with pytest.raises(ValueError, match="an edition does not change from skipped to sent"):
        change_editions([E.SKIPPED], E.SENT)


def test_a_discarded_edition_leaves_nothing_and_frees_its_number(store: Store, path: Path) -> None:
    edition = approved(store.ledger)
    store.ledger.discard_edition(edition.id)
    assert store.ledger.editions() == []
    assert store.ledger.next_number("daily", rehearsal=False) == 1
    with sqlite3.connect(path) as other:
        left = [other.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in CHILDREN]
    other.close()
    assert left == [0, 0, 0]


CHILDREN = ("messages", "edition_articles", "edition_omissions")


def test_ids_are_never_given_twice(store: Store) -> None:
    """Whoever still holds the id of a discarded edition or message must not get another one for it."""
    first = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    store.ledger.discard_edition(first.id)
    second = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    assert second.id > first.id
    assert second.message_id > first.message_id


def test_a_planned_edition_cannot_be_discarded(store: Store) -> None:
    edition = planned(store)
    store.ledger.discard_edition(edition.id)
    assert [found.state for found in store.ledger.editions()] == [E.PLANNED]


def test_a_message_stays_while_another_edition_has_it(store: Store) -> None:
    """A rehearsal and the real thing are often the same bytes."""
    real = store.ledger.freeze_edition(new_edition(store.ledger), NOW)
    rehearsed = store.ledger.freeze_edition(new_edition(store.ledger, rehearsal=True), NOW)
    assert rehearsed.message_id == real.message_id
    store.ledger.discard_edition(rehearsed.id)
    assert store.ledger.message(real.message_id).content_hash == real.content_hash


def test_the_first_start_makes_it_sending_and_the_last_result_sent(store: Store) -> None:
    edition = planned(store, 2)
    first, second = [delivery.id for delivery in claim(store.ledger)]
    start(store.ledger, [first])
    assert store.ledger.editions()[0].state is E.SENDING
    finish(store.ledger, first, Accepted("250 ok"))
    assert store.ledger.finish_editions(after(1)) == []
    start(store.ledger, [second])
    finish(store.ledger, second, Rejected("550 no"))
    finished = store.ledger.finish_editions(after(2))
    assert [(done.id, done.state, done.sent_at) for done in finished] == [(edition.id, E.SENT, after(2))]
    assert store.ledger.finish_editions(after(3)) == []


def test_an_unknown_delivery_keeps_its_edition_open(store: Store) -> None:
    planned(store, 1)
    (delivery,) = claim(store.ledger)
    start(store.ledger, [delivery.id])
    finish(store.ledger, delivery.id, Unknown("silence after the dot"))
    assert store.ledger.finish_editions(NOW) == []
    assert store.ledger.editions()[0].state is E.SENDING


def test_an_edition_without_recipients_is_sent_at_once(store: Store) -> None:
    edition = approved(store.ledger)
    assert plan(store.ledger, edition).delivery_count == 0
    assert [done.state for done in store.ledger.finish_editions(NOW)] == [E.SENT]


def test_a_cancel_before_any_attempt_releases_the_articles(store: Store) -> None:
    edition = planned(store, 2)
    claim(store.ledger, limit=1)
    assert store.ledger.change_edition(edition.id, E.PLANNED, E.CANCELLED, NOW)
    assert store.ledger.consumed(Outlet("digest", "daily"), rehearsal=False) == {}
    assert set(states(store.ledger).values()) == {DeliveryState.CANCELLED}
    again = approved(store.ledger)
    assert plan(store.ledger, again).delivery_count == 2


def test_a_cancel_after_an_attempt_keeps_the_articles_consumed(store: Store) -> None:
    edition = planned(store, 2)
    first, _ = claim(store.ledger)
    start(store.ledger, [first.id])
    finish(store.ledger, first.id, Accepted("250 ok"))
    store.ledger.release("w1", NOW)
    assert store.ledger.change_edition(edition.id, E.SENDING, E.CANCELLED, NOW)
    assert set(store.ledger.consumed(Outlet("digest", "daily"), rehearsal=False)) == {"neue-pumpe"}
    assert claim(store.ledger) == []
    assert [row.state for row in rows(store.ledger)] == [DeliveryState.ACCEPTED, DeliveryState.CANCELLED]


def test_editions_are_listed_newest_first_and_limited(store: Store) -> None:
    for rehearsal in (False, False, True):
        store.ledger.freeze_edition(new_edition(store.ledger, rehearsal=rehearsal), NOW)
    assert [(row.number, row.rehearsal) for row in store.ledger.editions()] == [(1, True), (2, False), (1, False)]
    assert [row.number for row in store.ledger.editions(rehearsal=False, limit=1)] == [2]
    assert store.ledger.edition("daily", 9, rehearsal=False) is None
