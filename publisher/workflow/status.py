"""Status: what is queued, what is running, what was made, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.domain.edition import EditionState
from publisher.ports.ledger import DeliveryFilter, DeliveryRow, EditionRow, PostRow
from publisher.workflow.application import Application
from publisher.workflow.attention import Attention, what_waits
from publisher.workflow.deadline import due_at_of
from publisher.workflow.look import QueueView, look_at_queue
from publisher.workflow.preview_frozen import changes_of
from publisher.workflow.waiting import Wait, shown_waits
from publisher.workflow.withhold import waiting_articles, waiting_by_rule

LOOK_AHEAD = timedelta(days=8)
MAX_SHOWN_UNKNOWN = 20
# How quickly an edition leaves is measured over the last minute.
PACE_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition with the counts of its deliveries by state."""

    row: EditionRow
    counts: Mapping[DeliveryState, int]

    @property
    def is_running(self) -> bool:
        """Say whether it is not finished: some deliveries are open or in doubt."""
        return any(self.counts.get(state) for state in (*OPEN_STATES, DeliveryState.UNKNOWN))


@dataclass(frozen=True, slots=True)
class PostView:
    """A post with the counts of its deliveries by state."""

    row: PostRow
    counts: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class WaitingView:
    """An edition that waits for approval, or for its time. `changes` are those since the revision before."""

    row: EditionRow
    due_at: datetime | None
    changes: tuple[str, ...]
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class RunningView:
    """An edition on its way: how many are done, how quickly they leave, and how long the rest takes at that pace.

    Both are None while nothing leaves.
    """

    edition: EditionView
    done_count: int
    total_count: int
    per_minute: float | None
    left_seconds: float | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """One screen about everything. `next_runs` has digest and instant, soonest first.

    `attention` is what does not go on by itself, with the command that settles it; `waiting` are the editions and
    `articles` the slugs that wait for approval, with the reason.
    """

    at: datetime
    rehearsal: bool
    queue: QueueView
    next_runs: tuple[tuple[str, datetime], ...]
    running: tuple[RunningView, ...]
    attention: tuple[Attention, ...]
    deliveries: Mapping[DeliveryState, int]
    unknown: tuple[DeliveryRow, ...]
    next_retry_at: datetime | None
    waits: Mapping[str, Wait] = field(default_factory=dict)
    waiting: tuple[WaitingView, ...] = ()
    articles: tuple[tuple[str, str], ...] = ()


def status(app: Application) -> StatusView:
    """Look at everything."""
    queue = look_at_queue(app)
    unknown = DeliveryFilter(rehearsal=app.rehearsal, states=(DeliveryState.UNKNOWN,), limit=MAX_SHOWN_UNKNOWN)
    queue = look_at_queue(app)
    return StatusView(
        at=app.clock.now(),
        rehearsal=app.rehearsal,
        queue=queue,
        next_runs=next_runs(app),
        running=tuple(_running(app, view) for view in edition_views(app, limit=20) if view.is_running),
        attention=what_waits(app, queue),
        deliveries=app.ledger.count_deliveries(DeliveryFilter(rehearsal=app.rehearsal)),
        unknown=tuple(app.ledger.deliveries(unknown)),
        next_retry_at=app.ledger.next_due_at(app.rehearsal),
        waits=shown_waits(app, sorted(app.channels)),
        waiting=tuple(_waiting(app, row) for row in waiting_by_rule(app)),
        articles=tuple(waiting_articles(app, queue.reading.articles)),
    )


def _waiting(app: Application, row: EditionRow) -> WaitingView:
    answers = [answer for answer in app.approvals.answers([row.name]) if answer.content_hash == row.content_hash]
    by = answers[-1].by if answers and row.state is EditionState.APPROVED else None
    return WaitingView(row, due_at_of(app, row), changes_of(app, row), by)


def _running(app: Application, view: EditionView) -> RunningView:
    total = sum(view.counts.values())
    open_count = sum(view.counts.get(state, 0) for state in OPEN_STATES)
    now = app.clock.now()
    window = min(PACE_WINDOW, max(now - (view.row.planned_at or now), timedelta(seconds=1)))
    recent = app.figures.done_count(view.row.id, now - window)
    per_minute = recent * 60 / window.total_seconds() if recent and open_count else None
    left_seconds = open_count * 60 / per_minute if per_minute else None
    return RunningView(view, total - open_count, total, per_minute, left_seconds)


def next_runs(app: Application) -> tuple[tuple[str, datetime], ...]:
    """Give each digest's next due time that is not skipped, within about a week."""
    now = app.clock.now()
    runs: list[tuple[str, datetime]] = []
    for name in app.settings.digests:
        schedule = app.schedule(name)
        dues = schedule.due_between(now, now + LOOK_AHEAD)
        due = next((due for due in dues if due.skip is None), None)
        if due is not None:
            runs.append((name, due.due_at.astimezone(schedule.zone)))
    return tuple(sorted(runs, key=lambda run: run[1]))


def edition_views(app: Application, limit: int | None = None) -> Sequence[EditionView]:
    """List editions, newest first, with the counts of their e-mails."""
    rows = app.ledger.editions(rehearsal=app.rehearsal, limit=limit)
    counts = app.figures.by_edition([row.id for row in rows])
    return [EditionView(row, counts.get(row.id, {})) for row in rows]


def post_views(app: Application, limit: int | None = None) -> Sequence[PostView]:
    """List posts, newest first, with their counts."""
    rows = app.ledger.posts(rehearsal=app.rehearsal, limit=limit)
    counts = app.figures.by_message([row.message_id for row in rows])
    return [PostView(row, counts.get(row.message_id, {})) for row in rows]
