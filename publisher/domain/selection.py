"""Which articles an outlet gets now, and why each other one was left out."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from publisher.domain.article import Article, Related, Status
from publisher.domain.digest import Order
from publisher.domain.outlet import Consumed, Outlet

NOTHING_QUEUED = "no article is queued"


@dataclass(frozen=True, slots=True)
class OutletRule:
    """What a digest or a channel takes. `takes_unnamed` is for articles that name no outlet of this kind at all.

    `max_per_source` counts articles that name the same source. `waits` has, by slug, why an article waits for a person.
    `time_zone` is the one in which reasons name times; without one each time stands in its own.
    """

    outlet: Outlet
    tags: frozenset[str] = frozenset()
    takes_unnamed: bool = False
    takes_all: bool = False
    max_articles: int | None = None
    min_articles: int = 1
    max_per_source: int | None = None
    order: Order = "priority"
    time_zone: tzinfo | None = None
    waits: Mapping[str, str] = field(default_factory=dict)

    @property
    def earlier(self) -> str:
        """Name what has had an article that is not taken again: planned is enough, whether it was sent or not."""
        return "an earlier edition" if self.outlet.kind == "digest" else "an earlier post"


@dataclass(frozen=True, slots=True)
class Omission:
    """An article that was left out. `waiting` says that it may still come, by itself or by a person's word.

    `concerned` is False where the article was never meant for this outlet.
    """

    slug: str
    reason: str
    waiting: bool
    concerned: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen articles in the order in which they appear, and the others with their reasons.

    `skip` says why this is not enough to be made at a due time; by hand it is made all the same.
    """

    chosen: tuple[Article, ...]
    left_out: tuple[Omission, ...]
    skip: str | None = None


def select(articles: Iterable[Article], rule: OutletRule, consumed: Mapping[str, Consumed], now: datetime) -> Selection:
    """Choose for one outlet. `consumed` is what it has had, by slug; `now` is an aware datetime."""
    candidates: list[Article] = []
    left_out: list[Omission] = []
    known_hashes = {use.content_hash: use.slug for use in consumed.values()}
    for article in articles:
        omission = _reason_to_leave_out(article, rule, consumed, known_hashes, now)
        if omission:
            left_out.append(omission)
        else:
            candidates.append(article)
    chosen, too_many = _within_limits(in_order(candidates, rule.order), rule)
    return Selection(tuple(chosen), (*left_out, *too_many), too_few(len(chosen), rule.min_articles))


def too_few(count: int, minimum: int) -> str | None:
    """Say why an edition of so many articles is not made at its due time, None if it is."""
    if count == 0:
        return NOTHING_QUEUED
    if count >= minimum:
        return None
    are_queued = "1 article is queued" if count == 1 else f"{count} articles are queued"
    return f"{are_queued}, and {minimum} are needed"


def _within_limits(ordered: Iterable[Article], rule: OutletRule) -> tuple[list[Article], list[Omission]]:
    """Take the articles one after the other as long as there is room for them."""
    chosen: list[Article] = []
    left_out: list[Omission] = []
    per_source: Counter[str] = Counter()
    contents: dict[str, str] = {}
    for article in ordered:
        source = article.source.name.casefold() if article.source else ""
        reason = _reason_without_room(article, rule, len(chosen), per_source[source] if source else 0)
        if (twin := contents.get(article.content_hash)) and article.content_hash:
            reason = f'has the same content as "{twin}"'
        if reason:
            left_out.append(Omission(article.slug, reason, waiting=True))
            continue
        chosen.append(article)
        per_source[source] += 1
        contents[article.content_hash] = article.slug
    return chosen, left_out


def _reason_without_room(article: Article, rule: OutletRule, count: int, of_source_count: int) -> str | None:
    if rule.max_per_source is not None and article.source and of_source_count >= rule.max_per_source:
        of_source = f'of the source "{article.source.name}"'
        return f"over the maximum of {rule.max_per_source} {of_source}, waits for the next edition"
    if rule.max_articles is not None and count >= rule.max_articles:
        return f"over the maximum of {rule.max_articles} articles, waits for the next edition"
    return None


def in_order(articles: Iterable[Article], order: Order = "priority") -> list[Article]:
    """Sort: pinned articles first, then by this order; what is equal in it by priority, date (new first) and slug.

    An article without a date comes after those with one.
    """
    key = _KEYS[order]
    return sorted(articles, key=lambda article: (not article.pinned, key(article), _by_priority(article)))


def _by_priority(article: Article) -> tuple[int, int, str]:
    return (-article.priority, _newest_first(article), article.slug)


def _newest_first(article: Article) -> int:
    return -(article.date or date.min).toordinal()


def _oldest_first(article: Article) -> int:
    return (article.date or date.max).toordinal()


def _by_title(article: Article) -> str:
    """Sort umlauts as their vowels: DIN 5007, variant 1."""
    return unicodedata.normalize("NFKD", article.title).encode("ascii", "ignore").decode().casefold()


_KEYS: Mapping[Order, Callable[[Article], Any]] = {
    "priority": _by_priority,
    "newest": _newest_first,
    "oldest": _oldest_first,
    "title": _by_title,
}


def _reason_to_leave_out(
    article: Article,
    rule: OutletRule,
    consumed: Mapping[str, Consumed],
    known_hashes: Mapping[str, str],
    now: datetime,
) -> Omission | None:
    if not is_meant_for(article, rule):
        return Omission(article.slug, f"not for {rule.outlet.kind} {rule.outlet.name}", waiting=False, concerned=False)
    if article.slug in consumed:
        return Omission(article.slug, f"already in {rule.earlier}", False)
    if article.replaces in consumed:
        return Omission(article.slug, f'already in {rule.earlier} as "{article.replaces}"', False)
    if article.status is not Status.READY:
        return Omission(article.slug, f"status is {article.status}", True)
    if article.publish_after and article.publish_after > now:
        return Omission(article.slug, f"not before {_moment(article.publish_after, rule)}", True)
    if article.expires_at and article.expires_at <= now:
        return Omission(article.slug, f"expired at {_moment(article.expires_at, rule)}", False)
    if article.slug in rule.waits:
        return Omission(article.slug, rule.waits[article.slug], True)
    former = known_hashes.get(article.content_hash)
    if former:
        hint = (
            f'has the same content as "{former}", which is in {rule.earlier}; if it was renamed, '
            f'add "replaces: {former}"'
        )
        return Omission(article.slug, hint, True)
    return None


def is_meant_for(article: Article, rule: OutletRule) -> bool:
    """Say whether an outlet is for an article at all, now or later."""
    named = article.digests if rule.outlet.kind == "digest" else article.channels
    if named is not None and rule.outlet.name in named:
        return True
    if rule.takes_all or rule.tags.intersection(article.tags):
        return True
    return named is None and rule.takes_unnamed


def _moment(moment: datetime, rule: OutletRule) -> str:
    shown = moment.astimezone(rule.time_zone) if rule.time_zone else moment
    return f"{shown:%Y-%m-%d %H:%M %Z}"


def resolve_related(article: Article, known: Mapping[str, Article]) -> tuple[Related, ...]:
    """Fill in related articles that are named by slug from the queue; one whose slug is not known is left out."""
    resolved = (_resolve(related, known) for related in article.related)
    return tuple(related for related in resolved if related is not None)


def _resolve(related: Related, known: Mapping[str, Article]) -> Related | None:
    if related.slug is None:
        return related
    other = known.get(related.slug)
    if other is None:
        return related if related.title else None
    return Related(
        slug=other.slug,
        title=related.title or other.title,
        url=related.url or other.url,
        date=related.date or other.date,
        teaser=related.teaser or other.teaser,
        lang=related.lang or other.lang,
    )


def unknown_related(articles: Sequence[Article], known: Collection[str]) -> list[tuple[Article, str]]:
    """List the related slugs that name no article of the queue and stand there without a title."""
    return [
        (article, related.slug)
        for article in articles
        for related in article.related
        if related.slug and not related.title and related.slug not in known
    ]
