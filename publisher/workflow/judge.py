"""Judge: what an attempt's outcome makes of its delivery, and when a deferred one is tried again."""

from __future__ import annotations

from datetime import datetime

from publisher.domain.attempt import Deferred, Outcome
from publisher.domain.delivery import DeliveryState, state_after
from publisher.domain.retry import is_given_up, next_try_at
from publisher.ports.ledger import ClaimedDelivery, FinishedAttempt
from publisher.workflow.application import Application


def judge(
    app: Application, delivery: ClaimedDelivery, outcome: Outcome, started_at: datetime, duration_ms: int
) -> FinishedAttempt:
    """Make of an outcome what is recorded."""
    if not isinstance(outcome, Deferred):
        return FinishedAttempt(delivery.id, outcome, state_after(outcome), started_at, duration_ms)
    now = app.clock.now()
    rule = app.settings.retry_rule
    if is_given_up(delivery.queued_at, now, rule):
        return FinishedAttempt(delivery.id, outcome, DeliveryState.EXPIRED, started_at, duration_ms)
    not_before = next_try_at(
        now,
        attempt_count=delivery.attempt_count,
        remote_seconds=outcome.retry_after_seconds,
        chance=app.chance(),
        rule=rule,
    )
    return FinishedAttempt(delivery.id, outcome, DeliveryState.DEFERRED, started_at, duration_ms, not_before)


def put_back(delivery: ClaimedDelivery, reason: str, started_at: datetime) -> FinishedAttempt:
    """Record a try that said nothing about the message: it goes back into the queue as it was."""
    return FinishedAttempt(delivery.id, Deferred(reason), DeliveryState.QUEUED, started_at, 0, is_counted=False)
