"""Which articles to read next: the author's list, or what shares tags."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from publisher.domain.article import Article, Related, Status
from publisher.domain.selection import resolve_related

MAX_BY_TAGS = 3


def related_lists(
    chosen: Sequence[Article],
    queued: Sequence[Article],
    had: Collection[str],
    now: datetime,
    *,
    rule: Literal["author", "tags", "none"],
) -> dict[str, tuple[Related, ...]]:
    """Give by slug what each chosen article of an edition lists as related.

    `had` are the slugs that the digest has had. By tags, an article is listed once in an edition at most, and none that
    the edition itself shows.
    """
    if rule == "none":
        return {article.slug: () for article in chosen}
    known = {article.slug: article for article in queued}
    lists = {article.slug: resolve_related(article, known) for article in chosen}
    if rule == "tags":
        listed = {related.slug for related_ in lists.values() for related in related_ if related.slug}
        _add_by_tags(lists, chosen, _offered(queued, {*listed, *lists}, had, now))
    return lists


def _add_by_tags(lists: dict[str, tuple[Related, ...]], chosen: Sequence[Article], offered: list[Article]) -> None:
    tags = {other.slug: tags_of(other) for other in offered}
    for article in chosen:
        if not article.related:
            found = nearest_by_tags(tags_of(article), offered, tags)
            lists[article.slug] = tuple(as_related(other) for other in found)
            taken = {other.slug for other in found}
            offered = [other for other in offered if other.slug not in taken]


def nearest_by_tags(
    tags: frozenset[str], offered: Iterable[Article], tags_by_slug: Mapping[str, frozenset[str]]
) -> list[Article]:
    """Give up to three articles that share tags: those with most of them first, then in the order offered."""
    sharing: dict[int, list[Article]] = {}
    for other in offered:
        count = len(tags & tags_by_slug[other.slug])
        if count:
            sharing.setdefault(count, []).append(other)
    found = [other for count in sorted(sharing, reverse=True) for other in sharing[count][:MAX_BY_TAGS]]
    return found[:MAX_BY_TAGS]


def tags_of(article: Article) -> frozenset[str]:
    """Give the tags of an article, upper and lower case alike."""
    return frozenset(tag.casefold() for tag in article.tags)


def as_related(other: Article) -> Related:
    """Describe an article as a related one."""
    return Related(
        slug=other.slug, title=other.title, url=other.url, date=other.date, teaser=other.teaser, lang=other.lang
    )


def _offered(
    queued: Sequence[Article], excluded: Collection[str | None], had: Collection[str], now: datetime
) -> list[Article]:
    """Give what readers may be sent to: open to the public now, and either known to them or to be found by a link.

    The newest comes first.
    """
    offered = [
        other
        for other in queued
        if other.slug not in excluded and _is_public(other, now) and (other.url or other.slug in had)
    ]
    return sorted(offered, key=lambda other: (-(other.date or date.min).toordinal(), other.slug))


def _is_public(article: Article, now: datetime) -> bool:
    started = article.publish_after is None or article.publish_after <= now
    ended = article.expires_at is not None and article.expires_at <= now
    return article.status is Status.READY and started and not ended
