"""Posts freeze on their own, are replaced until they are planned, and are planned once."""

from __future__ import annotations

import pytest

from publisher.domain.delivery import DeliveryKey, DeliveryState
from publisher.domain.outlet import Consumed, Outlet
from publisher.ports.ledger import AlreadyConsumed, PlanPost
from publisher.store.open import Store
from tests.store.scenes import NOW, new_post, planned_post, rows

MASTODON = Outlet("channel", "mastodon")


def test_a_frozen_post_is_read_back_as_it_was_given(store: Store) -> None:
    given = new_post()
    frozen = store.ledger.freeze_post(given, NOW)
    assert store.ledger.posts() == [frozen]
    assert (frozen.channel, frozen.occurrence, frozen.article) == ("mastodon", "neue-pumpe", given.article)
    assert frozen.content_hash == given.message.content_hash
    assert store.ledger.message(frozen.message_id) == given.message


def test_freezing_again_replaces_one_that_was_not_planned(store: Store) -> None:
    """The new text has another id: whoever was shown the old one cannot plan the new one by mistake."""
    old = store.ledger.freeze_post(new_post(text="old"), NOW)
    new = store.ledger.freeze_post(new_post(text="new"), NOW)
    assert store.ledger.posts() == [new]
    with pytest.raises(AlreadyConsumed):
        store.ledger.plan_post(PlanPost(old.id, "mastodon", "@verband", {}), NOW)
    assert rows(store.ledger) == []


def test_planning_makes_one_delivery_and_consumes_the_article(store: Store) -> None:
    post = planned_post(store.ledger)
    (row,) = rows(store.ledger)
    assert row.key == DeliveryKey(
        post.content_hash, "mastodon", "@verband@social.example", 1, "neue-pumpe", rehearsal=False
    )
    assert (row.state, row.slug, row.edition) == (DeliveryState.QUEUED, "neue-pumpe", None)
    consumed = store.ledger.consumed(MASTODON, rehearsal=False)
    assert consumed == {"neue-pumpe": Consumed("neue-pumpe", "hash of neue-pumpe")}
    assert store.ledger.outlets_of(rehearsal=False) == {"neue-pumpe": (MASTODON,)}
    assert store.ledger.posts()[0].planned_at == NOW


def test_a_planned_post_is_neither_frozen_nor_planned_nor_discarded_again(store: Store) -> None:
    post = planned_post(store.ledger)
    with pytest.raises(AlreadyConsumed):
        store.ledger.freeze_post(new_post(), NOW)
    with pytest.raises(AlreadyConsumed):
        store.ledger.plan_post(PlanPost(post.id, "mastodon", "@verband@social.example", {}), NOW)
    store.ledger.discard_post(post.id)
    assert [found.id for found in store.ledger.posts()] == [post.id]
    assert len(rows(store.ledger)) == 1


def test_a_channel_has_an_article_once_whatever_the_occurrence(store: Store) -> None:
    planned_post(store.ledger)
    again = new_post()
    other = store.ledger.freeze_post(
        type(again)("mastodon", "neue-pumpe 2", again.message, again.article, rehearsal=False), NOW
    )
    with pytest.raises(AlreadyConsumed):
        store.ledger.plan_post(PlanPost(other.id, "mastodon", "@verband@social.example", {}), NOW)
    assert len(rows(store.ledger)) == 1


def test_a_rehearsed_post_takes_nothing_from_the_real_one(store: Store) -> None:
    planned_post(store.ledger, rehearsal=True)
    assert store.ledger.consumed(MASTODON, rehearsal=False) == {}
    planned_post(store.ledger)
    assert [row.key.rehearsal for row in rows(store.ledger)] == [True, False]


def test_a_discarded_post_leaves_nothing(store: Store) -> None:
    post = store.ledger.freeze_post(new_post(), NOW)
    store.ledger.discard_post(post.id)
    assert store.ledger.posts() == []


def test_posts_are_listed_newest_first(store: Store) -> None:
    for slug, rehearsal in (("a", False), ("b", True), ("c", False)):
        store.ledger.freeze_post(new_post(slug, rehearsal=rehearsal), NOW)
    assert [post.article.slug for post in store.ledger.posts()] == ["c", "b", "a"]
    assert [post.article.slug for post in store.ledger.posts(rehearsal=False, limit=1)] == ["c"]
