"""Why: where an article is, where it was left out, and what would happen to it now. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from publisher.domain.article import Article, slug_of, split_file_stem
from publisher.domain.delivery import DeliveryState
from publisher.domain.outlet import Outlet
from publisher.errors import PublisherError, UsageError
from publisher.intake.queue import QueueReading
from publisher.ports.ledger import DeliveryFilter
from publisher.ports.whereabouts import InEdition, InPost
from publisher.workflow.application import Application
from publisher.workflow.look import OutletView, select_for_all
from publisher.workflow.prepare import errors_of_file, path_name

RECENT_COUNT = 30


@dataclass(frozen=True, slots=True)
class PostMade:
    """A post of the article with the counts of its deliveries, and its address where the network told one."""

    post: InPost
    counts: Mapping[DeliveryState, int]
    url: str | None


@dataclass(frozen=True, slots=True)
class OutletWhy:
    """One outlet: what would happen `now` (None if the article is not in the queue), and what has happened."""

    outlet: Outlet
    now: OutletView | None
    editions: tuple[InEdition, ...] = ()
    left_out: tuple[InEdition, ...] = ()
    posts: tuple[PostMade, ...] = ()


@dataclass(frozen=True, slots=True)
class WhyView:
    """An article at every outlet. Without `article` it is not in the queue, or its file has `problems`."""

    slug: str
    article: Article | None
    outlets: tuple[OutletWhy, ...]
    problems: tuple[PublisherError, ...] = field(default=())


def why(app: Application, name: str) -> WhyView:
    """Look an article up by its slug or its file. Errors: UsageError if neither queue nor ledger knows it."""
    reading = app.read_queue()
    article = _find(name, reading.articles)
    problems = () if article else tuple(errors_of_file(name, reading))
    slug = article.slug if article else slug_of(split_file_stem(path_name(name))[1])
    views = _views_now(app, reading, slug) if article else {}
    made = [(post.channel, _made(app, slug, post)) for post in app.whereabouts.posts_of(slug, app.rehearsal)]
    editions = app.whereabouts.editions_with(slug, app.rehearsal)
    left_out = app.whereabouts.editions_without(slug, app.rehearsal, recent_count=RECENT_COUNT)
    if not (article or problems or made or editions or left_out):
        raise _unknown(name, reading)
    outlets = [*views, *(Outlet("digest", one.digest) for one in (*editions, *left_out))]
    outlets += [Outlet("channel", channel) for channel, _ in made]
    return WhyView(
        slug,
        article,
        tuple(
            OutletWhy(
                outlet,
                views.get(outlet),
                tuple(one for one in editions if outlet == Outlet("digest", one.digest)),
                tuple(one for one in left_out if outlet == Outlet("digest", one.digest)),
                tuple(post for channel, post in made if outlet == Outlet("channel", channel)),
            )
            for outlet in dict.fromkeys(outlets)
        ),
        problems,
    )


def _find(name: str, articles: Iterable[Article]) -> Article | None:
    wanted = path_name(name)
    return next((one for one in articles if wanted in (one.slug, path_name(one.path))), None)


def _views_now(app: Application, reading: QueueReading, slug: str) -> dict[Outlet, OutletView]:
    """Say what each outlet does with the article now; those that it is not for, too."""
    views = {}
    for rule, selection in select_for_all(app, reading):
        state, reason = "waits" if selection.skip else "next", selection.skip or ""
        for omission in selection.left_out:
            if omission.slug == slug:
                state, reason = "waits" if omission.waiting else "done", omission.reason
                state = state if omission.concerned else "not meant"
        views[rule.outlet] = OutletView(rule.outlet, state, reason)
    return views


def _made(app: Application, slug: str, post: InPost) -> PostMade:
    wanted = DeliveryFilter(rehearsal=app.rehearsal, message_ids=(post.message_id,))
    urls = [row.url for row in app.ledger.deliveries(wanted) if row.url]
    return PostMade(post, app.ledger.count_deliveries(wanted), urls[0] if urls else None)


def _unknown(name: str, reading: QueueReading) -> UsageError:
    from publisher.config.explain import nearest_hint

    known = [article.slug for article in reading.articles]
    hint = nearest_hint(path_name(name), known) if known else "The queue holds no article."
    return UsageError(f'neither the queue nor the ledger knows an article "{name}"', hint=hint)
