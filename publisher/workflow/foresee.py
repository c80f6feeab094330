"""Foresee: which runs come next, and what would go out. Nothing is changed."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import islice

from publisher.domain.article import Article
from publisher.domain.outlet import Consumed, Outlet
from publisher.domain.schedule import Due
from publisher.domain.selection import select
from publisher.errors import UsageError
from publisher.intake.queue import QueueReading
from publisher.workflow.application import Application, Channel
from publisher.workflow.make_posts import last_passed_at, recent_posts, released
from publisher.workflow.prepare import has_readers, select_posts
from publisher.workflow.waiting import quiet_end
from publisher.workflow.withhold import with_waits

# Farther than the next 29 February: a schedule may name it.
LOOK_AHEAD = timedelta(days=366 * 9)
MAX_PLANNED = 500  # posts of one day, at most, that a channel's limits look back at


@dataclass(frozen=True, slots=True)
class Run:
    """A due time to come. `articles` are the slugs that would go out if nothing changed; `skip` says why none do.

    `posts` counts by channel the posts that go with it. `change` says what a clock change does to it, if anything;
    `quiet_until` when its e-mails leave, where the channel is quiet at that time.
    """

    digest: str
    due: Due
    zone: tzinfo
    articles: tuple[str, ...]
    skip: str | None
    change: str | None
    quiet_until: datetime | None = None
    posts: Mapping[str, int] = field(default_factory=dict)

    @property
    def local(self) -> datetime:
        """Give the instant as clocks show it then; in a spring gap that is not the time of the schedule."""
        return self.due.due_at.astimezone(self.zone)


def next_runs(app: Application, count: int, digests: Collection[str] = ()) -> tuple[Run, ...]:
    """Give the next runs of these digests, or of all, soonest first. Errors: UsageError for an unknown digest."""
    reading = app.read_queue()
    runs = [_runs_of(app, name, reading.articles) for name in known_digests(app, digests)]
    found = islice(heapq.merge(*runs, key=lambda run: (run.due.due_at, run.digest)), count)
    return tuple(_with_posts(app, found, reading))


def _with_posts(app: Application, runs: Iterable[Run], reading: QueueReading) -> Iterator[Run]:
    """Add the posts: all that wait go with the first edition, or each with its own, as the channel has it."""
    waiting = [
        (channel, {article.slug for article in select_posts(app, channel, reading).chosen})
        for channel in app.post_channels
        if app.post_times(channel).schedule is None
    ]
    for run in runs:
        counts = {}
        for channel, slugs in waiting:
            leave = set(slugs) if app.post_times(channel).is_plain else slugs.intersection(run.articles)
            if leave and run.skip is None:
                counts[channel.name] = len(leave)
                slugs.difference_update(leave)
        yield replace(run, posts=counts)


@dataclass(frozen=True, slots=True)
class PostToCome:
    """A post that waits for its time."""

    channel: str
    article: str
    at: datetime
    zone: tzinfo

    @property
    def local(self) -> datetime:
        """Give the instant as clocks show it then."""
        return self.at.astimezone(self.zone)


def next_posts(app: Application, count: int, reading: QueueReading | None = None) -> tuple[PostToCome, ...]:
    """Give the next posts whose time is known, soonest first: those of channels with times of their own or gaps."""
    reading = reading or app.read_queue()
    posts = [_posts_of(app, channel, reading) for channel in app.post_channels]
    return tuple(islice(heapq.merge(*posts, key=lambda post: (post.at, post.channel)), count))


def _posts_of(app: Application, channel: Channel, reading: QueueReading) -> Iterator[PostToCome]:
    times, at = app.post_times(channel), app.clock.now()
    if times.is_plain:
        return
    planned, passed_at = list(recent_posts(app, channel, times, at)), last_passed_at(app, channel, times)
    for article in released(app, select_posts(app, channel, reading).chosen, times, reading.articles):
        next_at = times.next_at(planned, at, passed_at)
        if next_at is None:
            return
        yield PostToCome(channel.name, article.slug, next_at, times.zone)
        planned, at = [next_at, *planned][:MAX_PLANNED], next_at


def known_digests(app: Application, digests: Collection[str]) -> Sequence[str]:
    """Give these digests, or all, in the order of the config. Errors: UsageError for an unknown one."""
    from publisher.config.explain import nearest_hint

    known = list(app.settings.digests)
    for name in digests:
        if name not in known:
            raise UsageError(f'there is no digest "{name}"', hint=nearest_hint(name, known) if known else "")
    return [name for name in known if not digests or name in digests]


def _runs_of(app: Application, name: str, articles: Iterable[Article]) -> Iterator[Run]:
    """Make one edition after the other in thought, each with what those before it have left."""
    now, schedule, waiting = app.clock.now(), app.schedule(name), list(articles)
    rule = app.digest_rule(name)
    if app.settings.digests[name].approval == "article":
        rule = with_waits(app, rule, waiting)
    had = dict(app.ledger.consumed(Outlet("digest", name), app.rehearsal))
    channel = app.channels[app.settings.digests[name].channel]
    nobody = None if has_readers(app, name) else "nobody gets it yet"
    for due in schedule.due_between(now, now + LOOK_AHEAD):
        skip, chosen = due.skip or nobody, tuple[Article, ...]()
        if skip is None:
            selection = select(waiting, rule, had, due.due_at)
            skip, chosen = selection.skip, () if selection.skip else selection.chosen
            had |= {article.slug: Consumed(article.slug, article.content_hash) for article in chosen}
            may_come = {omission.slug for omission in selection.left_out if omission.waiting}
            waiting = [article for article in waiting if article.slug in may_come or selection.skip]
        slugs = tuple(article.slug for article in chosen)
        change = schedule.clock_change(due.local)
        yield Run(name, due, schedule.zone, slugs, skip, change, quiet_end(app, channel, due.due_at))
