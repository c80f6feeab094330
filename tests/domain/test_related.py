"""What to read next: the author's list first, then what shares tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.article import Article, Related, Status
from publisher.domain.related import MAX_BY_TAGS, related_lists

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def _article(slug: str, *tags: str, day: int = 1, **changes: object) -> Article:
    article = Article(slug=slug, title=slug.title(), url=f"https://x.example/{slug}", tags=tags)
    return replace(article, date=date(2026, 11, day), **changes)  # type: ignore[arg-type]


def _slugs(
    chosen: list[Article], queued: list[Article], *, had: set[str] | None = None, rule: str = "tags"
) -> list[list[str | None]]:
    lists = related_lists(chosen, [*chosen, *queued], had or set(), NOW, rule=rule)  # type: ignore[arg-type]
    return [[related.slug for related in lists[article.slug]] for article in chosen]


def test_most_shared_tags_first_then_the_newest_and_three_at_most() -> None:
    queued = [
        _article("old-two", "recht", "heizung", day=1),
        _article("one-new", "Heizung", day=20),
        _article("one-old", "heizung", day=2),
        _article("one-older", "heizung", day=1),
        _article("stranger", "sport", day=22),
        _article("untagged", day=22),
    ]
    assert _slugs([_article("a", "Heizung", "Recht")], queued) == [["old-two", "one-new", "one-old"]]


def test_the_authors_list_goes_before() -> None:
    own = _article("a", "x", related=(Related(title="Ein Buch"), Related(slug="b")))
    lists = related_lists([own], [own, _article("b", lang="en"), _article("c", "x")], (), NOW, rule="tags")
    assert [(related.title, related.lang) for related in lists["a"]] == [("Ein Buch", None), ("B", "en")]


def test_only_what_readers_can_find() -> None:
    """Sent by this digest before, or with an address; never a draft, nor what is under embargo or over."""
    queued = [
        _article("no-address", "x", url=None),
        _article("had", "x", url=None, day=2),
        _article("draft", "x", status=Status.DRAFT),
        _article("hold", "x", status=Status.HOLD),
        _article("embargo", "x", publish_after=NOW + timedelta(minutes=1)),
        _article("over", "x", expires_at=NOW),
        _article("open", "x", publish_after=NOW, expires_at=NOW + timedelta(minutes=1)),
    ]
    assert _slugs([_article("a", "x")], queued, had={"had"}) == [["had", "open"]]


def test_nothing_of_the_edition_itself_and_nothing_twice() -> None:
    chosen = [_article("a", "x"), _article("b", "x"), _article("c", "x", related=(Related(slug="r"),))]
    queued = [_article(f"q{number}", "x", day=20 - number) for number in range(4)] + [_article("r", "x", day=28)]
    assert _slugs(chosen, queued) == [["q0", "q1", "q2"], ["q3"], ["r"]]


@pytest.mark.parametrize(("rule", "expected"), [("none", [[]]), ("author", [[]]), ("tags", [["b"]])])
def test_the_rule(rule: str, expected: list[list[str]]) -> None:
    assert _slugs([_article("a", "x")], [_article("b", "x")], rule=rule) == expected
    named = _article("a", related=(Related(slug="b"),))
    assert _slugs([named], [_article("b")], rule=rule) == ([[]] if rule == "none" else [["b"]])


TAGS = st.lists(st.sampled_from(["x", "X", "y", "z"]), max_size=3)


@given(st.lists(TAGS, max_size=5), st.lists(TAGS, max_size=12))
def test_laws(chosen_tags: list[list[str]], queued_tags: list[list[str]]) -> None:
    chosen = [_article(f"c{number}", *tags) for number, tags in enumerate(chosen_tags)]
    queued = [_article(f"q{number}", *tags) for number, tags in enumerate(queued_tags)]
    tags = {article.slug: {tag.lower() for tag in article.tags} for article in queued}
    lists = _slugs(chosen, queued)
    listed = [slug for slugs in lists for slug in slugs]
    assert len(listed) == len(set(listed))
    assert all(len(slugs) <= MAX_BY_TAGS for slugs in lists)
    for article, slugs in zip(chosen, lists, strict=True):
        assert all(tags[str(slug)] & {tag.lower() for tag in article.tags} for slug in slugs)
