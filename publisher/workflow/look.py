"""Look: what the queue holds and what happens to each article, without changing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from publisher.domain.article import Article
from publisher.domain.outlet import Consumed, Outlet
from publisher.domain.selection import OutletRule, Selection, select, unknown_related
from publisher.errors import QueueError
from publisher.intake.queue import QueueReading, SkippedFile
from publisher.workflow.application import Application
from publisher.workflow.withhold import with_waits


@dataclass(frozen=True, slots=True)
class OutletView:
    """What one outlet does with an article: `next` if it takes it in its next edition or post, else why not."""

    outlet: Outlet
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One queued article with what each outlet does with it; outlets that it is not for are left out."""

    article: Article
    outlets: tuple[OutletView, ...]


@dataclass(frozen=True, slots=True)
class QueueView:
    """The whole queue."""

    reading: QueueReading
    articles: tuple[ArticleView, ...]
    warnings: tuple[QueueError, ...]


def look_at_queue(app: Application) -> QueueView:
    """Read the queue and select for every outlet."""
    reading = app.read_queue()
    selections = {rule.outlet: selection for rule, selection in select_for_all(app, reading)}
    views = _by_article(selections)
    articles = tuple(ArticleView(article, tuple(views.get(article.slug, ()))) for article in reading.articles)
    return QueueView(reading, articles, tuple(related_warnings(reading.articles)))


def select_for_all(app: Application, reading: QueueReading) -> Iterable[tuple[OutletRule, Selection]]:
    """Select for every outlet."""
    now = app.clock.now()
    rules = [app.digest_rule(name) for name in app.settings.digests]
    rules += [app.channel_rule(channel) for channel in app.post_channels]
    for rule in rules:
        consumed: Mapping[str, Consumed] = app.ledger.consumed(rule.outlet, app.rehearsal)
        yield rule, select(reading.articles, with_waits(app, rule, reading.articles), consumed, now)


def _by_article(selections: Mapping[Outlet, Selection]) -> dict[str, list[OutletView]]:
    views: dict[str, list[OutletView]] = {}
    for outlet, selection in selections.items():
        for article in selection.chosen:
            state = "waits" if selection.skip else "next"
            views.setdefault(article.slug, []).append(OutletView(outlet, state, selection.skip or ""))
        for omission in selection.left_out:
            if omission.concerned:
                state = "waits" if omission.waiting else "done"
                views.setdefault(omission.slug, []).append(OutletView(outlet, state, omission.reason))
    return views


def related_warnings(articles: Iterable[Article]) -> Iterable[QueueError]:
    """Warn of related slugs that name no article of the queue: they are left out of the list."""
    articles = list(articles)
    known = {article.slug for article in articles}
    for article, slug in unknown_related(articles, known):
        hint = "Correct the slug, or give the related article's title, and its url and date if you like."
        yield QueueError(
            f'"related" names an article that is not in the queue: "{slug}"', where=article.path, hint=hint
        )


def stranger_warnings(reading: QueueReading) -> list[str]:
    """Warn of each document in the queue folder that is no article: nothing happens to it there."""
    return [f'{path}: this is no article; use "publish add {path}"' for path in reading.strangers]


def skipped_errors(reading: QueueReading) -> list[QueueError]:
    """Give every file that was not taken as an error: its reason, and what to do."""
    return [_skipped_error(skipped) for skipped in reading.skipped]


def _skipped_error(skipped: SkippedFile) -> QueueError:
    reason, _, advice = skipped.reason.partition("; ")
    hint = f"{advice[:1].upper()}{advice[1:]}." if advice else _SKIPPED_HINT
    return QueueError(f"skipped: this file {reason}", where=skipped.path, hint=hint)


_SKIPPED_HINT = "Put a finished, plain text file there, or move it out of the queue folder."
