"""Tidy: forget what the team does not want to keep for ever. In batches, so that sending never waits for long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.logs import get_logger
from publisher.workflow.application import Application

BATCH_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class TidyReport:
    """What was forgotten; None where the config says that it is kept."""

    attempt_count: int | None
    address_count: int | None


def tidy(app: Application, stop: threading.Event) -> TidyReport:
    """Forget by the rules of `[retention]`; setting `stop` ends it after the batch at hand."""
    rules, now = app.settings.document.retention, app.clock.now()
    report = TidyReport(
        attempt_count=_forget(app.upkeep.forget_attempts, rules.attempts_days, now, stop),
        address_count=_forget(app.upkeep.forget_addresses, rules.addresses_days, now, stop),
    )
    if report.attempt_count or report.address_count:
        get_logger().info("tidied", attempts=report.attempt_count, addresses=report.address_count)
    return report


def _forget(
    forget: Callable[[datetime, int], int], days: int | None, now: datetime, stop: threading.Event
) -> int | None:
    if days is None:
        return None
    before, count = now - timedelta(days=days), 0
    while not stop.is_set():
        forgotten = forget(before, BATCH_ROWS)
        count += forgotten
        if forgotten < BATCH_ROWS:
            break
    return count
