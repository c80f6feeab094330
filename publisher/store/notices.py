"""What the team is to be told, over SQL: events that wait for a notice, each folded into the one like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    Text,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.notice import Event, NoticeKind
from publisher.ports.ledger import PlanMessage
from publisher.ports.notices import EventRow, Finished, NoticePlan, NoticeRow
from publisher.store.chunks import chunked
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.singles import plan_message
from publisher.store.tables import OPEN, deliveries, editions, notice_events, notice_messages, notices
from publisher.store.upsert import Insert, dialect_of, insert_into

LIST_EVENTS = (
    select(notice_events)
    .where(notice_events.c.rehearsal == bindparam("rehearsal"))
    .order_by(notice_events.c.happened_at.desc(), notice_events.c.id.desc())
)


LIST_OPEN_EVENTS = (
    select(notice_events).where(OPEN, notice_events.c.rehearsal == bindparam("rehearsal")).order_by(notice_events.c.id)
)
CLOSE_EVENT = (
    update(notice_events)
    .where(OPEN, notice_events.c.id == bindparam("event"))
    .values(
        closed_at=bindparam("now", type_=notice_events.c.closed_at.type),
        notice_id=bindparam("notice"),
        # What is told once keeps its key, so that it is never kept again.
        open_key=case((notice_events.c.told_once, notice_events.c.open_key), else_=null()),
    )
)
ADD_NOTICE = insert(notices)
ADD_NOTICE_MESSAGE = insert(notice_messages)

_of_notice = notice_events.c.notice_id == notices.c.id
LIST_NOTICES = (
    select(
        notices.c.id,
        notices.c.made_at,
        select(func.coalesce(func.sum(notice_events.c.event_count), 0))
        .where(_of_notice)
        .scalar_subquery()
        .label("event_count"),
    )
    .where(notices.c.rehearsal == bindparam("rehearsal"))
    .order_by(notices.c.id.desc())
)
MESSAGES_OF_NOTICE = select(notice_messages.c.message_id).where(notice_messages.c.notice_id == bindparam("notice_id"))
COUNT_DELIVERIES_OF_NOTICES = (
    select(notice_messages.c.notice_id, deliveries.c.state, func.count().label("delivery_count"))
    .join(deliveries, deliveries.c.message_id == notice_messages.c.message_id)
    .where(
        notice_messages.c.notice_id.in_(bindparam("notice_ids", expanding=True)),
        deliveries.c.occurrence == literal("notice ") + cast(notice_messages.c.notice_id, Text),
    )
    .group_by(notice_messages.c.notice_id, deliveries.c.state)
)

# Editions of due times only: whoever says "publish now" sees the figures at once.
FINISHED_AND_UNTOLD = (
    select(editions)
    .where(
        editions.c.state.in_([EditionState.SENDING, EditionState.SENT]),
        editions.c.rehearsal == bindparam("rehearsal"),
        editions.c.occurrence.startswith("due "),
        or_(
            editions.c.sent_at.is_(None),
            editions.c.sent_at >= bindparam("since", type_=editions.c.sent_at.type),
        ),
        ~exists().where(
            notice_events.c.rehearsal == editions.c.rehearsal,
            notice_events.c.open_key
            == literal("once sent ") + editions.c.digest + literal("/") + cast(editions.c.number, Text),
        ),
    )
    .order_by(editions.c.id)
)


def fold_event(dialect: str) -> Insert:
    """Keep an event, or count up the one like it that waits; the newest facts count."""
    row = insert_into(notice_events, dialect)
    return row.on_conflict_do_update(
        index_elements=["open_key", "rehearsal"],
        set_={
            "event_count": notice_events.c.event_count + 1,
            "facts": row.excluded.facts,
            "happened_at": row.excluded.happened_at,
        },
    )


def add_event_once(dialect: str) -> Insert:
    """Keep an event unless it was ever kept."""
    return insert_into(notice_events, dialect).on_conflict_do_nothing(index_elements=["open_key", "rehearsal"])


class SqlNotices:
    """The notices port over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, event: Event, *, once: bool) -> bool:
        """See the port."""
        with self._database.write() as connection:
            return append_event(connection, event, once=once)

    def events(self, *, rehearsal: bool, limit: int | None = None) -> Sequence[EventRow]:
        """See the port."""
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(LIST_EVENTS.limit(limit), {"rehearsal": rehearsal})]

    def open_events(self, *, rehearsal: bool) -> Sequence[EventRow]:
        """See the port."""
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(LIST_OPEN_EVENTS, {"rehearsal": rehearsal})]

    def close(self, events: Collection[EventRow], now: datetime) -> None:
        """See the port."""
        with self._database.write() as connection:
            _close(connection, [row.id for row in events], None, now)

    def make(
        self, events: Collection[EventRow], plans: Sequence[NoticePlan], *, rehearsal: bool, now: datetime
    ) -> NoticeRow | None:
        """See the port."""
        try:
            with self._database.write() as connection:
                return _make(connection, [row.id for row in events], plans, rehearsal=rehearsal, now=now)
        except _TakenElsewhere:
            return None

    def notices(self, *, rehearsal: bool, limit: int | None = None) -> Sequence[NoticeRow]:
        """See the port."""
        with self._database.read() as connection:
            rows = connection.execute(LIST_NOTICES.limit(limit), {"rehearsal": rehearsal}).all()
            counts = _delivery_counts(connection, [row.id for row in rows])
            return [NoticeRow(row.id, row.made_at, row.event_count, counts.get(row.id, {})) for row in rows]

    def notice_messages(self, notice_id: int) -> frozenset[int]:
        """See the port."""
        with self._database.read() as connection:
            return frozenset(connection.execute(MESSAGES_OF_NOTICE, {"notice_id": notice_id}).scalars())

    def finished(self, since: datetime, *, rehearsal: bool) -> Sequence[Finished]:
        """See the port."""
        with self._database.read() as connection:
            rows = connection.execute(FINISHED_AND_UNTOLD, {"since": since, "rehearsal": rehearsal})
            return [
                Finished(row.id, f"{row.digest}/{row.number}", row.subject, row.planned_at, row.sent_at) for row in rows
            ]


class _TakenElsewhere(Exception):
    """Another process has made a notice of one of these events."""


def append_events(connection: Connection, events: Sequence[Event]) -> None:
    """Keep events in the transaction of what they tell of."""
    for event in events:
        append_event(connection, event, once=False)


def append_event(connection: Connection, event: Event, *, once: bool) -> bool:
    """Keep an event in the caller's transaction; False if it was to be told once and was."""
    row = {
        "kind": event.kind.value,
        "about": event.about,
        "facts": dict(event.facts),
        "event_count": 1,
        "first_at": event.happened_at,
        "happened_at": event.happened_at,
        "rehearsal": event.rehearsal,
        "open_key": f"{'once ' if once else ''}{event.kind.value} {event.about}",
        "told_once": once,
    }
    statement = add_event_once if once else fold_event
    return connection.execute(statement(dialect_of(connection)), row).rowcount == 1


def _event(row: AnyRow) -> EventRow:
    event = Event(NoticeKind(row.kind), row.about, row.facts, row.happened_at, row.rehearsal)
    return EventRow(row.id, event, row.event_count, row.first_at, row.closed_at is None, row.notice_id)


def _close(connection: Connection, event_ids: Sequence[int], notice_id: int | None, now: datetime) -> None:
    """Close events. Errors: _TakenElsewhere if one of them is closed, where they are closed for a notice."""
    rows = [{"event": event_id, "notice": notice_id, "now": now} for event_id in event_ids]
    if rows and connection.execute(CLOSE_EVENT, rows).rowcount < len(rows) and notice_id is not None:
        raise _TakenElsewhere


def _make(
    connection: Connection, event_ids: Sequence[int], plans: Sequence[NoticePlan], *, rehearsal: bool, now: datetime
) -> NoticeRow:
    made = connection.execute(ADD_NOTICE.returning(notices.c.id), {"rehearsal": rehearsal, "made_at": now})
    notice_id: int = made.scalar_one()
    _close(connection, event_ids, notice_id, now)
    count = 0
    for plan in plans:
        planned = plan_message(connection, _plan_message(plan, notice_id, rehearsal=rehearsal), now)
        connection.execute(ADD_NOTICE_MESSAGE, {"notice_id": notice_id, "message_id": planned.message_id})
        count += planned.delivery_count
    return NoticeRow(notice_id, now, len(event_ids), {DeliveryState.QUEUED: count})


def _plan_message(plan: NoticePlan, notice_id: int, *, rehearsal: bool) -> PlanMessage:
    return PlanMessage(
        message=plan.message,
        digest=None,
        channel=plan.channel,
        adapter=plan.adapter,
        occurrence=f"notice {notice_id}",
        recipients=plan.recipients,
        prepared=plan.prepared,
        rehearsal=rehearsal,
    )


def _delivery_counts(connection: Connection, notice_ids: Sequence[int]) -> Mapping[int, dict[DeliveryState, int]]:
    counts: defaultdict[int, dict[DeliveryState, int]] = defaultdict(dict)
    for some in chunked(notice_ids):
        for row in connection.execute(COUNT_DELIVERIES_OF_NOTICES, {"notice_ids": some}):
            counts[row.notice_id][DeliveryState(row.state)] = row.delivery_count
    return counts
