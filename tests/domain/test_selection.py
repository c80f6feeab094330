"""Which articles an outlet gets: every rule has a case that takes an article and one that leaves it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.article import Article, Related, Status, content_hash_of
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


@given(st.integers(0, 12), st.integers(1, 12))
def test_every_article_is_either_chosen_or_has_a_reason(count: int, maximum: int) -> None:
    articles = [article(f"artikel-{number}", priority=number % 3) for number in range(count)]
    selection = select(articles, replace(DAILY, max_articles=maximum), {}, NOW)
    assert len(selection.chosen) == min(count, maximum)
    named = {one.slug for one in selection.chosen} | {omission.slug for omission in selection.left_out}
    assert named == {one.slug for one in articles}


def test_related_articles_are_filled_in_from_the_queue() -> None:
    other = article("waermetag", teaser="Ein Tag.", date=date(2026, 11, 1), url="https://example.org/w")
    one = article(related=(Related(slug="waermetag"), Related(slug="fehlt"), Related(title="Anderswo")))
    resolved = resolve_related(one, {"waermetag": other})
    assert [(r.title, r.url, r.date, r.teaser) for r in resolved] == [
        ("Waermetag", "https://example.org/w", date(2026, 11, 1), "Ein Tag."),
        ("Anderswo", None, None, None),
    ]
    assert [slug for _, slug in unknown_related([one], {"waermetag"})] == ["fehlt"]
