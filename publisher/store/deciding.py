"""Deciding: what a person, or a rule, says about many deliveries at once, and the note of it with each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, func, insert, or_, select, update

from publisher.domain.attempt import Accepted
from publisher.domain.delivery import DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.replay import IN_DOUBT_SINCE
from publisher.ports.ledger import Decision, DeliveryFilter
from publisher.store.changes import change_deliveries
from publisher.store.chunks import chunked
from publisher.store.finishing import outcome_name, reason_of
from publisher.store.forgetting import is_removed
from publisher.store.listing import conditions
from publisher.store.tables import attempts, deliveries, editions

D = DeliveryState

_these = deliveries.c.id.in_(bindparam("ids", expanding=True))
_not_cancelled = or_(
    deliveries.c.edition_id.is_(None),
    deliveries.c.edition_id.not_in(select(editions.c.id).where(editions.c.state == EditionState.CANCELLED)),
)

_NOTED = ("outcome", "reason", "stage", "reply", "code", "enhanced_code", "relay", "worker", "started_at")
_noted: list[ColumnElement[Any]] = [bindparam(name, type_=attempts.c[name].type).label(name) for name in _NOTED]
NOTE_DECISION = insert(attempts).from_select(
    ["delivery_id", "number", *_NOTED, "duration_ms"],
    select(deliveries.c.id, deliveries.c.attempt_count, *_noted, bindparam("duration_ms", 0)).where(_these),
)

POSTS_AMONG = select(deliveries.c.id, deliveries.c.marks).where(_these, deliveries.c.post_id.is_not(None))
SET_MARKS = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(marks=bindparam("all_marks", type_=deliveries.c.marks.type))
)


def decide(connection: Connection, which: DeliveryFilter, decision: Decision, now: datetime) -> int:
    """Decide about all these deliveries. ValueError where the table does not allow the change."""
    change = _change(which.states or (), decision)
    is_open_to_it = [_not_cancelled, ~is_removed(deliveries.c.recipient)] if decision.after is D.QUEUED else []
    found = select(deliveries.c.id).where(*conditions(which), *is_open_to_it).with_for_update()
    ids = connection.execute(found).scalars().all()
    for some in chunked(ids):
        connection.execute(NOTE_DECISION, {"ids": some, **_note(decision, now)})
        connection.execute(change, {"ids": some, "now": now})
        if decision.after is D.QUEUED:
            _forget_doubt(connection, some)
    return len(ids)


def _change(before: Sequence[DeliveryState] | Any, decision: Decision) -> Update:
    now = bindparam("now", type_=deliveries.c.changed_at.type)
    outcome = decision.outcome
    values: dict[str, Any] = {"changed_at": now, "claimed_by": None, "lease_until": None}
    if isinstance(outcome, Accepted):
        values |= {"receipt": func.coalesce(deliveries.c.receipt, outcome.receipt), "reason": None}
    else:
        values |= {"reason": outcome.reason}
    if decision.after is D.QUEUED:
        # What was given up has had its days: it gets new ones. What is in doubt keeps the date that it was sent with.
        values |= {"due_at": now} if D.UNKNOWN in before else {"due_at": now, "queued_at": now}
    return change_deliveries(before, decision.after).where(_these).values(values)


def _note(decision: Decision, now: datetime) -> dict[str, Any]:
    outcome = decision.outcome
    evidence = outcome.evidence
    return {
        "outcome": outcome_name(outcome),
        "reason": reason_of(outcome),
        "stage": evidence.stage,
        "reply": evidence.reply,
        "code": evidence.code,
        "enhanced_code": evidence.enhanced_code,
        "relay": evidence.relay,
        "worker": decision.by,
        "started_at": now,
    }


def _forget_doubt(connection: Connection, ids: Sequence[int]) -> None:
    """Let posts be tried however long ago they may have arrived: whoever decides has taken that upon themselves."""
    for row in connection.execute(POSTS_AMONG, {"ids": ids}).all():
        if IN_DOUBT_SINCE in row.marks:
            marks = {name: value for name, value in row.marks.items() if name != IN_DOUBT_SINCE}
            connection.execute(SET_MARKS, {"delivery": row.id, "all_marks": marks})
