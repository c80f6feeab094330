"""Which articles an outlet gets now, and why each other one was left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from publisher.domain.article import Article, Related, Status
from publisher.domain.outlet import Consumed, Outlet


@dataclass(frozen=True, slots=True)
class OutletRule:
    """What a digest or a channel takes. `takes_unnamed` is for articles that name no outlet of this kind at all.

    `time_zone` is the one in which reasons name times; without one each time stands in its own.
    """

    outlet: Outlet
    tags: frozenset[str] = frozenset()
    takes_unnamed: bool = False
    takes_all: bool = False
    max_articles: int | None = None
    time_zone: tzinfo | None = None

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
    """The chosen articles in the order in which they appear, and the others with their reasons."""

    chosen: tuple[Article, ...]
    left_out: tuple[Omission, ...]


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
    ordered = in_order(candidates)
    chosen = ordered if rule.max_articles is None else ordered[: rule.max_articles]
    left_out += [
        Omission(article.slug, f"over the maximum of {rule.max_articles} articles, waits for the next edition", True)
        for article in ordered[len(chosen) :]
    ]
    return Selection(tuple(chosen), tuple(left_out))


def in_order(articles: Iterable[Article]) -> list[Article]:
    """Sort by priority (high first), then date (new first, no date last), then slug."""

    def position(article: Article) -> tuple[int, int, str]:
        return (-article.priority, -(article.date or date.min).toordinal(), article.slug)

    return sorted(articles, key=position)


def _reason_to_leave_out(
    article: Article,
    rule: OutletRule,
    consumed: Mapping[str, Consumed],
    known_hashes: Mapping[str, str],
    now: datetime,
) -> Omission | None:
    if not _is_for(article, rule):
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
    former = known_hashes.get(article.content_hash)
    if former:
        hint = (
            f'has the same content as "{former}", which is in {rule.earlier}; if it was renamed, '
            f'add "replaces: {former}"'
        )
        return Omission(article.slug, hint, True)
    return None


def _is_for(article: Article, rule: OutletRule) -> bool:
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
