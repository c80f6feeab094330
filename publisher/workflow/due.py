"""Due: make the edition of a due time, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from publisher.domain.cadence import Due, due_between, parse_cadence
from publisher.intake.queue import QueueReading
from publisher.logs import get_logger
from publisher.workflow.application import Application
from publisher.workflow.freeze import Frozen, FrozenEdition, freeze_edition, freeze_post
from publisher.workflow.plan import plan
from publisher.workflow.prepare import Drafts, draft_edition, draft_posts
from publisher.workflow.send import SendReport, due_count, send

CATCH_UP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DueEdition:
    """A digest's due time that is here and has no edition yet."""

    digest: str
    due: Due


def due_editions(app: Application, now: datetime) -> tuple[DueEdition, ...]:
    """List the due times of the last hour that have no planned edition in the ledger.

    One that a crash left frozen but not planned is discarded and made again: nobody has seen it.
    """
    rows = {(row.digest, row.occurrence): row for row in app.ledger.editions(rehearsal=app.rehearsal)}
    items = []
    for name, due in _dues(app, now):
        row = rows.get((name, due.occurrence))
        if row is not None and row.planned_at is None:
            app.ledger.discard_edition(row.id)
        if row is None or row.planned_at is None:
            items.append(DueEdition(name, due))
    return tuple(items)


def _dues(app: Application, now: datetime) -> Iterator[tuple[str, Due]]:
    for name, digest in app.settings.digests.items():
        zone = ZoneInfo(digest.time_zone or app.settings.organisation.time_zone)
        for text in digest.schedule:
            for due in due_between(parse_cadence(text), zone, now - CATCH_UP, now):
                yield name, due


def make_due(app: Application, items: tuple[DueEdition, ...]) -> Frozen:
    """Make and plan the editions of these due times, and with them every post that is waiting."""
    reading = app.read_queue()
    editions = [edition for item in items if (edition := _make_edition(app, item, reading))]
    drafts = [draft for channel in app.post_channels for draft in draft_posts(app, channel, reading)[0]]
    posts = [post for draft in drafts if (post := freeze_post(app, draft))]
    made = Frozen(tuple(editions), tuple(posts))
    plan(app, made)
    return made


def _make_edition(app: Application, item: DueEdition, reading: QueueReading) -> FrozenEdition | None:
    draft, _ = draft_edition(app, item.digest, reading)
    if draft is None:
        get_logger().info("skipped", digest=item.digest, due=item.due.occurrence, reason="no article is queued")
        return None
    return freeze_edition(app, draft, Drafts(reading=reading), occurrence=item.due.occurrence)


def send_waiting(app: Application, stop: threading.Event) -> SendReport | None:
    """Send what is queued or due on any channel; None if there is nothing."""
    waiting = [name for name, channel in app.channels.items() if channel.settings.enabled and due_count(app, name)]
    return send(app, waiting, stop=stop) if waiting else None
