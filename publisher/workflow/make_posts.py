"""Make posts: what waits for a channel is fitted, frozen and planned, when that channel may post.

Who may post what and when follows from the ledger; `Course` only remembers when it is worth while to look again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from publisher.domain.article import Article
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.post_times import PostTimes
from publisher.domain.selection import is_meant_for
from publisher.ports.ledger import DeliveryFilter
from publisher.workflow.application import Application, Channel
from publisher.workflow.freeze import freeze_post
from publisher.workflow.go_ahead import ahead, is_made, next_ahead_at
from publisher.workflow.make import Course, Queue
from publisher.workflow.plan import plan_post
from publisher.workflow.prepare import PostDraft, add_pictures, draft_posts, fit_posts, select_posts
from publisher.workflow.withhold import with_waits

# An article that nobody's edition has is noticed this much after it came into the queue, at the latest.
LOOK_AT_QUEUE = timedelta(minutes=10)
# While an edition goes out whose posts follow it.
LOOK_AT_EDITION = timedelta(seconds=5)
_ENDED = (EditionState.SENT, EditionState.CANCELLED)


def make_posts(app: Application, queue: Queue, course: Course, *, is_digest_due: bool) -> int:
    """Plan every post that may go out now; say how many. One that cannot be made is told, and the rest goes on."""
    return sum(_make_for(app, channel, queue, course, is_digest_due) for channel in app.post_channels)


def _make_for(app: Application, channel: Channel, queue: Queue, course: Course, is_digest_due: bool) -> int:
    times, now = app.post_times(channel), app.clock.now()
    if times.is_plain:
        return _make_all(app, channel, queue, course) if is_digest_due else 0
    if not is_digest_due and now < course.post_at.get(channel.name, now):
        return 0
    waiting: Sequence[Article] = ()
    passed_at = last_passed_at(app, channel, times)
    if times.room(recent_posts(app, channel, times, now), now, passed_at) != 0:
        waiting = select_posts(app, channel, queue.read()).chosen
    # Asked again after it is known what the channel has had: another process has either used this time up by now, or
    # will take the same article, which only one of the two gets.
    planned = list(recent_posts(app, channel, times, now))
    room = times.room(planned, now, passed_at)
    ready = released(app, waiting, times, queue.read().articles) if waiting else []
    count = sum(1 for _ in islice(_plan_each(app, channel, ready, course), room))
    if not ready and room and times.repeat_after is not None:
        count = _repeat(app, channel, queue, course, times.repeat_after)
    if times.schedule is not None and room and not (ready or count):
        app.due_times.pass_channel(channel.name, app.rehearsal, now)
        passed_at = now
    planned = [now] * count + planned
    at = times.next_at(planned, now, passed_at) or now + LOOK_AT_QUEUE
    course.post_at[channel.name] = _look_at(app, times, at, now, waiting_count=len(waiting) - len(ready))
    return count


def last_passed_at(app: Application, channel: Channel, times: PostTimes) -> datetime | None:
    """Say when the channel last had nothing to post at a time of its own, if it has such times."""
    return None if times.schedule is None else app.due_times.channel_passed_at(channel.name, app.rehearsal)


def recent_posts(app: Application, channel: Channel, times: PostTimes, now: datetime) -> Sequence[datetime]:
    """Give when the channel's latest posts were planned, newest first, as far back as its times ask for."""
    since = now - max(times.gap, timedelta(days=2))
    return app.whereabouts.posted_at(channel.name, app.rehearsal, since)


def _look_at(app: Application, times: PostTimes, at: datetime, now: datetime, *, waiting_count: int) -> datetime:
    """Say when there may be something to do for a channel again, which may post `at` a time."""
    if at > now:
        return at
    if times.before is not None:
        return min(next_ahead_at(app, now, times.before) or now + LOOK_AT_QUEUE, now + LOOK_AT_QUEUE)
    follows_closely = waiting_count and (times.after == "end" or times.after_accepted is not None)
    return now + (LOOK_AT_EDITION if follows_closely else LOOK_AT_QUEUE)


def _make_all(app: Application, channel: Channel, queue: Queue, course: Course) -> int:
    drafts, _, problems = draft_posts(app, channel, queue.read())
    for problem in problems:
        course.problem(problem)
    return sum(_plan(app, draft) for draft in drafts)


def _plan_each(app: Application, channel: Channel, articles: Sequence[Article], course: Course) -> Iterator[Article]:
    """Plan one post after the other, as far as the caller asks for; give those that were planned."""
    for article in articles:
        drafts, problems = fit_posts(app, channel, [article])
        whole, picture_problems = add_pictures(app, channel, drafts)
        for problem in (*problems, *picture_problems):
            course.problem(problem)
        if not all(_plan(app, draft) for draft in whole):
            return  # another process is at it
        yield from (article for _ in whole)


def _repeat(app: Application, channel: Channel, queue: Queue, course: Course, after: timedelta) -> int:
    """Post an evergreen article once more, that whose last post is longest ago; say how many."""
    now, articles = app.clock.now(), queue.read().articles
    rule = with_waits(app, app.channel_rule(channel), articles)
    last: list[tuple[datetime, int, Article]] = []
    for article in articles:
        if not article.evergreen or article.slug in rule.waits:
            continue
        if is_meant_for(article, rule) and article.is_open(now):
            made = [
                post for post in app.whereabouts.posts_of(article.slug, app.rehearsal) if post.channel == channel.name
            ]
            times = [post.planned_at for post in made if post.planned_at is not None]
            if times and max(times) + after <= now:
                last.append((max(times), len(times), article))
    for _, made_count, article in sorted(last, key=lambda one: (one[0], one[2].slug)):
        drafts, problems = fit_posts(app, channel, [article])
        whole, picture_problems = add_pictures(app, channel, drafts)
        for problem in (*problems, *picture_problems):
            course.problem(problem)
        if whole:
            return int(_plan(app, whole[0], number=made_count + 1))
    return 0


def _plan(app: Application, draft: PostDraft, number: int = 1) -> bool:
    post = freeze_post(app, draft, number)
    return post is not None and plan_post(app, post.row) is not None


def released(
    app: Application, articles: Sequence[Article], times: PostTimes, queued: Sequence[Article]
) -> list[Article]:
    """Give the articles whose posts may go out, as far as their editions matter; `queued` is the whole queue."""
    if times.schedule is not None or not articles:
        return list(articles)
    is_far_enough = _far_enough(app, times)
    digests = [app.digest_rule(name) for name in app.settings.digests if is_made(app, name)]
    goes_ahead = frozenset[str]() if times.before is None else ahead(app, queued, times.before)
    had = app.ledger.outlets_of(app.rehearsal)
    ready = []
    for article in articles:
        is_in_edition = any(outlet.kind == "digest" for outlet in had.get(article.slug, ()))
        waits_for_one = article.slug not in goes_ahead and any(is_meant_for(article, rule) for rule in digests)
        if is_far_enough(article.slug) if is_in_edition else not waits_for_one:
            ready.append(article)
    return ready


def _far_enough(app: Application, times: PostTimes) -> Callable[[str], bool]:
    if times.after == "start" and times.after_accepted is None:
        return lambda slug: True
    return lambda slug: any(
        edition.state in _ENDED or _has_accepted(app, edition.id, times.after_accepted)
        for edition in app.whereabouts.editions_with(slug, app.rehearsal)
    )


def _has_accepted(app: Application, edition_id: int, wanted_count: int | None) -> bool:
    if wanted_count is None:
        return False
    accepted = DeliveryFilter(edition_id=edition_id, states=(DeliveryState.ACCEPTED,))
    return app.ledger.count_deliveries(accepted).get(DeliveryState.ACCEPTED, 0) >= wanted_count
