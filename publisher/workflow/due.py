"""Due: make the edition of a due time, once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.domain.schedule import Due
from publisher.errors import PublisherError
from publisher.intake.queue import QueueReading
from publisher.logs import get_logger
from publisher.workflow.application import Application, Channel
from publisher.workflow.decide import resend_by_rule
from publisher.workflow.freeze import Frozen, FrozenEdition, FrozenPost, freeze_edition, freeze_post
from publisher.workflow.look import skipped_errors
from publisher.workflow.picture import with_memory
from publisher.workflow.plan import plan
from publisher.workflow.preflight import errors_of, look_over
from publisher.workflow.prepare import Drafts, draft_edition, draft_posts, has_readers, no_readers
from publisher.workflow.send import SendReport, due_count, send
from publisher.workflow.settle import ask_remotes

CATCH_UP = timedelta(hours=1)
ABANDONED_AFTER = timedelta(minutes=5)  # between freezing and planning lie seconds, and no person
RECENT_COUNT = 200


@dataclass(frozen=True, slots=True)
class DueEdition:
    """A digest's due time that is here and has no edition yet."""

    digest: str
    due: Due


def due_editions(app: Application, now: datetime) -> tuple[DueEdition, ...]:
    """List the due times of the last hour that have no edition in the ledger.

    One that a crash left frozen but not planned is discarded and made again: nobody has seen it. A young one is just
    being made by another process.
    """
    recent = app.ledger.editions(rehearsal=app.rehearsal, limit=RECENT_COUNT)
    rows = {(row.digest, row.occurrence): row for row in recent}
    items = []
    for name, due in _dues(app, now):
        row = rows.get((name, due.occurrence))
        if row is not None and row.planned_at is None and now - row.frozen_at > ABANDONED_AFTER:
            app.ledger.discard_edition(row.id)
            row = None
        if row is None:
            items.append(DueEdition(name, due))
    return tuple(items)


def _dues(app: Application, now: datetime) -> Iterator[tuple[str, Due]]:
    for name in app.settings.digests:
        for due in app.schedule(name).due_between(now - CATCH_UP, now):
            if due.skip is None:
                yield name, due


def make_due(app: Application, items: tuple[DueEdition, ...], on_problem: Callable[[PublisherError], None]) -> Frozen:
    """Make and plan the editions of these due times, and with them every post that is waiting.

    Files and articles that cannot be taken are told to `on_problem`, and the rest goes on.
    """
    app = with_memory(app)
    reading = app.read_queue()
    for problem in (*reading.errors, *skipped_errors(reading)):
        on_problem(problem)
    editions = [edition for item in items if (edition := _make_edition(app, item, reading, on_problem))]
    posts = [post for channel in app.post_channels for post in _make_posts(app, channel, reading, on_problem)]
    made = Frozen(tuple(editions), tuple(posts))
    planned = plan(app, made)
    if planned.pages_problem:
        on_problem(planned.pages_problem)
    return made


def _make_edition(
    app: Application, item: DueEdition, reading: QueueReading, on_problem: Callable[[PublisherError], None]
) -> FrozenEdition | None:
    if not has_readers(app, item.digest):
        on_problem(no_readers(item.digest))
        return None
    draft, _, problems = draft_edition(app, item.digest, reading)
    for problem in problems:
        on_problem(problem)
    if draft is None:
        get_logger().info("skipped", digest=item.digest, due=item.due.occurrence, reason="no article is queued")
        return None
    faults = errors_of(item.digest, look_over(app, draft))
    for fault in faults:
        on_problem(fault)
    if faults:
        return None
    return freeze_edition(app, draft, Drafts(reading=reading), occurrence=item.due.occurrence)


def _make_posts(
    app: Application, channel: Channel, reading: QueueReading, on_problem: Callable[[PublisherError], None]
) -> Iterator[FrozenPost]:
    drafts, _, problems = draft_posts(app, channel, reading)
    for problem in problems:
        on_problem(problem)
    for draft in drafts:
        if post := freeze_post(app, draft):
            yield post


def send_waiting(app: Application, stop: threading.Event) -> SendReport | None:
    """Settle what is unknown, and send what is queued or due on any channel; None if there is nothing."""
    ask_remotes(app, app.channels)
    resend_by_rule(app, app.channels)
    waiting = [name for name, channel in app.channels.items() if channel.settings.enabled and due_count(app, name)]
    return send(app, waiting, stop=stop) if waiting else None
