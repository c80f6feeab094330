"""Go ahead: which articles are in an edition that is due so soon that their posts may leave before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from publisher.domain.article import Article
from publisher.domain.outlet import Outlet
from publisher.domain.selection import select
from publisher.workflow.application import Application
from publisher.workflow.prepare import has_readers
from publisher.workflow.withhold import with_waits

LOOK_AHEAD = timedelta(days=31)


def is_made(app: Application, digest: str) -> bool:
    """Say whether a digest ever has editions by itself: posts do not wait for one that never comes."""
    return bool(app.settings.digests[digest].schedule) and has_readers(app, digest)


def ahead(app: Application, articles: Sequence[Article], before: timedelta) -> frozenset[str]:
    """Name the articles that would be in an edition which is due within `before`, by the queue as it is now."""
    now = app.clock.now()
    return frozenset(
        article.slug
        for name, due_at in _next_due(app, now)
        if due_at <= now + before
        for article in _chosen(app, name, articles, due_at)
    )


def next_ahead_at(app: Application, now: datetime, before: timedelta) -> datetime | None:
    """Give the next instant at which posts may go ahead of an edition; None if none is due within a month."""
    return min((due_at - before for _, due_at in _next_due(app, now + before)), default=None)


def _next_due(app: Application, after: datetime) -> Iterator[tuple[str, datetime]]:
    """Give each digest's next due time that is not skipped."""
    for name in app.settings.digests:
        if is_made(app, name):
            dues = app.schedule(name).due_between(after, after + LOOK_AHEAD)
            if (due := next((due for due in dues if due.skip is None), None)) is not None:
                yield name, due.due_at


def _chosen(app: Application, digest: str, articles: Sequence[Article], due_at: datetime) -> Sequence[Article]:
    rule = app.digest_rule(digest)
    if app.settings.digests[digest].approval == "article":
        rule = with_waits(app, rule, articles)
    selection = select(articles, rule, app.ledger.consumed(Outlet("digest", digest), app.rehearsal), due_at)
    return () if selection.skip else selection.chosen
