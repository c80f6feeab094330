"""Settle: posts of which it is not known whether they arrived. Repeat them where that is safe, else ask the network.

Where neither is possible, or the network cannot tell, the delivery waits for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.delivery import DeliveryState
from publisher.domain.replay import IN_DOUBT_SINCE, may_replay, settle_at
from publisher.domain.retry import is_given_up
from publisher.errors import ChannelMisconfigured
from publisher.logs import get_logger
from publisher.ports.adapter import Finder, Session
from publisher.ports.ledger import AttemptRow, ClaimedDelivery, FinishedAttempt
from publisher.workflow.application import Application, Channel
from publisher.workflow.seal import Sealer

MAX_AT_ONCE = 200
STAGE_FIND = "find"
STAGE_REPLAY = "replay"

StateCounts = Mapping[DeliveryState, int]


def ask_remotes(app: Application, channels: Iterable[str]) -> StateCounts:
    """Settle what can be settled on these channels; give by state what became of unknown posts.

    A rehearsal has asked nobody, and asks nobody now.
    """
    counts: Counter[DeliveryState] = Counter()
    for name in sorted(channels) if not app.rehearsal else ():
        channel = app.channels[name]
        if channel.settings.enabled and channel.takes_posts:
            session = channel.adapter.open()
            try:
                counts += _settle_channel(app, channel, session)
            except ChannelMisconfigured as error:  # sending meets it again, and tells
                get_logger().warning("not settled", channel=name, error=str(error))
            finally:
                session.close()
    return counts


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is recorded of an unknown delivery; `since` stays as a mark where it may have arrived."""

    outcome: Outcome
    state: DeliveryState
    since: datetime | None = None


def _settle_channel(app: Application, channel: Channel, session: Session) -> Counter[DeliveryState]:
    counts: Counter[DeliveryState] = Counter()
    if not isinstance(session, Finder) and channel.replay_seconds <= 0:
        return counts
    unknown = app.ledger.unknown_posts(channel.name, app.rehearsal, MAX_AT_ONCE)
    notes = _by_delivery(app.ledger.attempts([delivery.id for delivery in unknown]))
    for delivery in unknown:
        if delivery.adapter != channel.adapter_type.name or not _is_due(app, notes[delivery.id]):
            continue
        decision = _decide(app, channel, session, delivery, notes[delivery.id])
        if decision and _record(app, delivery, decision):
            counts[decision.state] += 1
    return counts


def _by_delivery(attempts: Sequence[AttemptRow]) -> Mapping[int, list[AttemptRow]]:
    found: dict[int, list[AttemptRow]] = {}
    for attempt in attempts:
        found.setdefault(attempt.delivery_id, []).append(attempt)
    return found


def _is_due(app: Application, attempts: Sequence[AttemptRow]) -> bool:
    return app.clock.now() >= settle_at(attempts[-1].started_at, len(attempts))


def _decide(
    app: Application, channel: Channel, session: Session, delivery: ClaimedDelivery, attempts: Sequence[AttemptRow]
) -> _Decision | None:
    """Choose: repeat where the network recognises a repeated attempt, else ask it; None where only a person can."""
    now, since = app.clock.now(), in_doubt_since(attempts)
    if may_replay(since, now, channel.replay_seconds) and not is_given_up(
        delivery.queued_at, now, app.settings.retry_rule
    ):
        reason = f"tried again: {channel.network} recognises a repeated attempt"
        return _Decision(Deferred(reason, evidence=Evidence(STAGE_REPLAY)), DeliveryState.QUEUED, since)
    if not isinstance(session, Finder):
        return None
    match _ask(app, channel, session, delivery):
        case Accepted() as found:
            return _Decision(found, DeliveryState.ACCEPTED)
        case Rejected(reason=reason):
            absent = Deferred(f"not there, tried again: {reason}", evidence=Evidence(STAGE_FIND))
            return _Decision(absent, DeliveryState.QUEUED)
        case Deferred(reason=reason) | Unknown(reason=reason):
            unsure = Unknown(reason, Evidence(STAGE_FIND))
            return _Decision(unsure, DeliveryState.UNKNOWN, since)


def in_doubt_since(attempts: Collection[AttemptRow]) -> datetime:
    """Say when the first attempt began that may have arrived; one that the network says is not there counts no more."""
    since: datetime | None = None
    for attempt in attempts:
        if attempt.stage == STAGE_FIND and attempt.outcome == "deferred":
            since = None
        elif attempt.outcome == "unknown" and attempt.stage != STAGE_FIND:
            since = since or attempt.started_at
    return since or min(attempt.started_at for attempt in attempts)


def _ask(app: Application, channel: Channel, session: Finder, delivery: ClaimedDelivery) -> Outcome:
    try:
        return session.find(Sealer(app).seal(delivery))
    except ChannelMisconfigured:
        raise
    except Exception as error:  # an adapter's defect: then nothing is known, as before
        get_logger().exception("adapter failed", channel=channel.name, delivery=delivery.key.text())
        return Unknown(f"the adapter failed: {type(error).__name__}")


def _record(app: Application, delivery: ClaimedDelivery, decision: _Decision) -> bool:
    now = app.clock.now()
    marks: dict[str, Any] = {name: value for name, value in delivery.marks.items() if name != IN_DOUBT_SINCE}
    if decision.since:
        marks[IN_DOUBT_SINCE] = decision.since.isoformat()
    note = FinishedAttempt(delivery.id, decision.outcome, decision.state, now, 0)
    get_logger().info("settled", delivery=delivery.key.text(), state=decision.state.value)
    return app.ledger.settle(note, marks, worker=app.worker, now=now)
