"""Articles gathered by tag, under headings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.article import Article
from publisher.domain.sections import in_sections


def _article(slug: str, *tags: str) -> Article:
    return Article(slug=slug, title=slug, tags=tags)


def _shown(articles: list[Article], *tags: str) -> list[tuple[str | None, list[str]]]:
    return [(section.heading, [a.slug for a in section.articles]) for section in in_sections(articles, tags)]


def test_the_order_of_tags_counts_and_the_rest_comes_last() -> None:
    articles = [_article("a"), _article("b", "recht", "technik"), _article("c", "Technik"), _article("d", "Recht")]
    assert _shown(articles, "Technik", "Sport", "Recht") == [("Technik", ["b", "c"]), ("Recht", ["d"]), (None, ["a"])]


def test_without_sections_all_are_in_one() -> None:
    assert _shown([_article("a", "x"), _article("b")]) == [(None, ["a", "b"])]


def test_a_tag_that_is_named_twice_counts_once() -> None:
    assert _shown([_article("a", "x")], "X", "x") == [("X", ["a"])]


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), min_size=1), st.lists(st.sampled_from("abAB")))
def test_every_article_is_in_one_section_and_none_is_empty(tags: list[list[str]], sections: list[str]) -> None:
    articles = [_article(str(number), *own) for number, own in enumerate(tags)]
    made = in_sections(articles, sections)
    assert sorted(a.slug for section in made for a in section.articles) == sorted(a.slug for a in articles)
    assert all(section.articles for section in made)
    assert all([a.slug for a in s.articles] == sorted((a.slug for a in s.articles), key=int) for s in made)
