"""Which articles an outlet gets: every rule has a case that takes an article and one that leaves it out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.article import Article, Related, Source, Status, content_hash_of
from publisher.domain.digest import Order
from publisher.domain.outlet import Consumed, Outlet
from publisher.domain.selection import OutletRule, resolve_related, select, unknown_related

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAILY = OutletRule(Outlet("digest", "daily"), takes_unnamed=True)
CHAT = OutletRule(Outlet("channel", "chat"))


def article(slug: str = "neue-pumpe", **fields: object) -> Article:
    made = replace(Article(slug=slug, title=slug.title()), **fields)  # type: ignore[arg-type]
    return replace(made, content_hash=content_hash_of(made))


def reasons(articles: list[Article], rule: OutletRule, consumed: dict[str, Consumed] | None = None) -> dict[str, str]:
    return {omission.slug: omission.reason for omission in select(articles, rule, consumed or {}, NOW).left_out}


def chosen(articles: list[Article], rule: OutletRule, consumed: dict[str, Consumed] | None = None) -> list[str]:
    return [one.slug for one in select(articles, rule, consumed or {}, NOW).chosen]


def test_an_article_without_digests_is_for_the_default_digest_only() -> None:
    other = OutletRule(Outlet("digest", "members"))
    assert chosen([article()], DAILY) == ["neue-pumpe"]
    assert reasons([article()], other) == {"neue-pumpe": "not for digest members"}


def test_an_article_with_an_empty_list_of_digests_is_for_none() -> None:
    assert reasons([article(digests=())], DAILY) == {"neue-pumpe": "not for digest daily"}


def test_an_article_without_channels_is_for_none_but_those_with_a_rule() -> None:
    assert chosen([article()], CHAT) == []
    assert chosen([article()], replace(CHAT, takes_all=True)) == ["neue-pumpe"]
    assert chosen([article(tags=("Pumpen",))], replace(CHAT, tags=frozenset({"Pumpen"}))) == ["neue-pumpe"]
    assert chosen([article(channels=("chat",))], CHAT) == ["neue-pumpe"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": Status.DRAFT}, "status is draft"),
        ({"status": Status.HOLD}, "status is hold"),
        ({"publish_after": NOW + timedelta(minutes=1)}, "not before 2026-11-23 06:01 UTC"),
        ({"expires_at": NOW}, "expired at 2026-11-23 06:00 UTC"),
    ],
)
def test_each_reason_to_leave_an_article_out(fields: dict[str, object], reason: str) -> None:
    assert reasons([article(**fields)], DAILY) == {"neue-pumpe": reason}


def test_a_channel_says_that_it_has_had_a_post() -> None:
    had = {"neue-pumpe": Consumed("neue-pumpe", "x")}
    rule = replace(CHAT, takes_all=True)
    assert reasons([article()], rule, had) == {"neue-pumpe": "already in an earlier post"}


def test_times_stand_in_the_zone_of_the_outlet() -> None:
    """Midnight in Berlin is not the evening before, in which UTC has it."""
    midnight = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    rule = replace(DAILY, time_zone=ZoneInfo("Europe/Berlin"))
    assert reasons([article(publish_after=midnight)], rule) == {"neue-pumpe": "not before 2027-01-01 00:00 CET"}


def test_an_embargo_ends_at_its_very_instant() -> None:
    assert chosen([article(publish_after=NOW)], DAILY) == ["neue-pumpe"]


def test_what_was_sent_is_not_sent_again_under_any_name() -> None:
    one = article()
    had = {"alte-pumpe": Consumed("alte-pumpe", one.content_hash)}
    assert reasons([one], DAILY, {"neue-pumpe": Consumed("neue-pumpe", "x")}) == {
        "neue-pumpe": "already in an earlier edition"
    }
    assert reasons([replace(one, replaces="alte-pumpe")], DAILY, had) == {
        "neue-pumpe": 'already in an earlier edition as "alte-pumpe"'
    }
    renamed = reasons([one], DAILY, had)["neue-pumpe"]
    assert renamed == (
        'has the same content as "alte-pumpe", which is in an earlier edition; if it was renamed, '
        'add "replaces: alte-pumpe"'
    )


def test_priority_then_date_then_slug_decide_the_order() -> None:
    articles = [
        article("d"),
        article("c", date=date(2026, 11, 1)),
        article("b", date=date(2026, 11, 20)),
        article("a", date=date(2026, 11, 20)),
        article("e", priority=5),
    ]
    assert chosen(articles, DAILY) == ["e", "a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("priority", ["gepinnt", "wichtig", "neu", "alt", "ohne-datum"]),
        ("newest", ["gepinnt", "neu", "wichtig", "alt", "ohne-datum"]),
        ("oldest", ["gepinnt", "alt", "wichtig", "neu", "ohne-datum"]),
        ("title", ["gepinnt", "alt", "neu", "ohne-datum", "wichtig"]),
    ],
)
def test_each_order_and_pinned_articles_before_it(order: Order, expected: list[str]) -> None:
    articles = [
        article("alt", title="Ämter", date=date(2026, 11, 1)),
        article("wichtig", title="Wärme", date=date(2026, 11, 10), priority=3),
        article("neu", title="Biogas", date=date(2026, 11, 20)),
        article("ohne-datum", title="Öl"),
        article("gepinnt", title="Zuletzt", date=date(2026, 11, 5), pinned=True, priority=-9),
    ]
    assert chosen(articles, replace(DAILY, order=order)) == expected


def test_at_most_so_many_of_one_source_and_any_number_without_one() -> None:
    fair = [article(f"messe-{number}", source=Source("Messe" if number % 2 else "MESSE")) for number in range(4)]
    own = [article(f"selbst-{number}") for number in range(3)]
    rule = replace(DAILY, max_per_source=2)
    assert chosen([*fair, *own], rule) == ["messe-0", "messe-1", "selbst-0", "selbst-1", "selbst-2"]
    assert reasons([*fair, *own], rule) == {
        "messe-2": 'over the maximum of 2 of the source "MESSE", waits for the next edition',
        "messe-3": 'over the maximum of 2 of the source "Messe", waits for the next edition',
    }


def test_the_place_of_one_that_its_source_keeps_out_is_taken_by_the_next() -> None:
    articles = [article("a", source=Source("X")), article("b", source=Source("X")), article("c")]
    assert chosen(articles, replace(DAILY, max_per_source=1, max_articles=2)) == ["a", "c"]


def test_two_files_with_the_same_content_are_not_in_one_edition() -> None:
    twin = replace(article("a"), slug="b")
    assert reasons([article("a"), twin], DAILY) == {"b": 'has the same content as "a"'}


@pytest.mark.parametrize(
    ("count", "skip"),
    [
        (0, "no article is queued"),
        (1, "1 article is queued, and 3 are needed"),
        (2, "2 articles are queued, and 3 are needed"),
        (3, None),
    ],
)
def test_too_few_articles_are_chosen_and_wait(count: int, skip: str | None) -> None:
    articles = [article(f"artikel-{number}") for number in range(count)]
    selection = select(articles, replace(DAILY, min_articles=3), {}, NOW)
    assert (len(selection.chosen), selection.skip) == (count, skip)


QUEUES = st.lists(
    st.builds(
        article,
        slug=st.integers(0, 30).map("artikel-{}".format),
        date=st.none() | st.dates(date(2026, 11, 1), date(2026, 11, 5)),
        priority=st.integers(-1, 1),
        pinned=st.booleans(),
        source=st.none() | st.sampled_from("AB").map(Source),
        status=st.sampled_from([Status.READY, Status.READY, Status.HOLD]),
        digests=st.sampled_from([None, None, ("daily",), ("members",)]),
        publish_after=st.sampled_from([None, None, NOW + timedelta(hours=1)]),
        expires_at=st.sampled_from([None, None, NOW]),
    ),
    max_size=14,
    unique_by=lambda one: one.slug,
)
RULES = st.builds(
    OutletRule,
    outlet=st.just(DAILY.outlet),
    takes_unnamed=st.just(True),
    max_articles=st.none() | st.integers(1, 6),
    min_articles=st.integers(1, 4),
    max_per_source=st.none() | st.integers(1, 3),
    order=st.sampled_from(["priority", "newest", "oldest", "title"]),
)


@given(QUEUES, RULES)
def test_every_article_is_either_chosen_or_has_a_reason(articles: list[Article], rule: OutletRule) -> None:
    selection = select(articles, rule, {}, NOW)
    named = [one.slug for one in selection.chosen] + [omission.slug for omission in selection.left_out]
    assert sorted(named) == sorted(one.slug for one in articles)
    assert all(omission.reason for omission in selection.left_out)


@given(QUEUES, RULES)
def test_an_edition_is_within_its_limits_and_full_if_one_waits_for_room(
    articles: list[Article], rule: OutletRule
) -> None:
    selection = select(articles, rule, {}, NOW)
    sources = Counter(one.source.name for one in selection.chosen if one.source)
    most, most_per_source = rule.max_articles or 99, rule.max_per_source or 99
    assert len(selection.chosen) <= most
    assert all(count <= most_per_source for count in sources.values())
    by_slug = {one.slug: one for one in articles}
    for omission in selection.left_out:
        source = by_slug[omission.slug].source
        if omission.reason.startswith("over the maximum"):
            assert len(selection.chosen) == most or (source and sources[source.name] == most_per_source)
    assert (selection.skip is None) == (len(selection.chosen) >= rule.min_articles)


@given(QUEUES, RULES, st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(articles: list[Article], rule: OutletRule, chance: Random) -> None:
    shuffled = list(articles)
    chance.shuffle(shuffled)
    assert select(articles, rule, {}, NOW).chosen == select(shuffled, rule, {}, NOW).chosen


@given(QUEUES, RULES)
def test_over_all_editions_each_article_that_may_comes_exactly_once(articles: list[Article], rule: OutletRule) -> None:
    """Nothing is passed over for good by a maximum, nor comes twice, until nothing is left to wait for room."""
    had: dict[str, Consumed] = {}
    seen: list[str] = []
    while (selection := select(articles, rule, had, NOW)).chosen:
        seen += [one.slug for one in selection.chosen]
        had |= {one.slug: Consumed(one.slug, one.content_hash) for one in selection.chosen}
    may = [
        one.slug
        for one in articles
        if one.status is Status.READY
        and one.digests != ("members",)
        and one.publish_after is None
        and one.expires_at is None
    ]
    assert sorted(seen) == sorted(may)


def test_related_articles_are_filled_in_from_the_queue() -> None:
    other = article("waermetag", teaser="Ein Tag.", date=date(2026, 11, 1), url="https://example.org/w")
    one = article(related=(Related(slug="waermetag"), Related(slug="fehlt"), Related(title="Anderswo")))
    resolved = resolve_related(one, {"waermetag": other})
    assert [(r.title, r.url, r.date, r.teaser) for r in resolved] == [
        ("Waermetag", "https://example.org/w", date(2026, 11, 1), "Ein Tag."),
        ("Anderswo", None, None, None),
    ]
    assert [slug for _, slug in unknown_related([one], {"waermetag"})] == ["fehlt"]
