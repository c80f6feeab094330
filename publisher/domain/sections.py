"""The sections of an edition: articles gathered by tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from publisher.domain.article import Article


@dataclass(frozen=True, slots=True)
class Section:
    """Articles under one heading; without one, `heading` is None: the rest, or an edition without sections."""

    heading: str | None
    articles: tuple[Article, ...]


def in_sections(articles: Iterable[Article], tags: Sequence[str]) -> list[Section]:
    """Put each article under the first of these tags that it has; the rest comes last. Empty sections are left out."""
    by_tag: dict[str, list[Article]] = {tag.casefold(): [] for tag in tags}
    rest: list[Article] = []
    for article in articles:
        own = {tag.casefold() for tag in article.tags}
        place = next((found for tag, found in by_tag.items() if tag in own), rest)
        place.append(article)
    headings = {tag.casefold(): tag for tag in reversed(tags)}
    sections = [Section(headings[tag], tuple(found)) for tag, found in by_tag.items() if found]
    return [*sections, Section(None, tuple(rest))] if rest else sections
