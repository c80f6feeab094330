"""When a deferred delivery is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_WAIT_SECONDS = 300  # greylisting lets nobody in before about five minutes (RFC 6647 5, checked 2026-11-23)
LONGEST_WAIT_SECONDS = 4_000  # Postfix's maximal_backoff_time (postconf(5), checked 2026-11-23)
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1: at least 4 to 5 days, checked 2026-11-23
LONGEST_REMOTE_WAIT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How long to wait before another try, at first and at most, and for how long to try at all."""

    first_wait_seconds: float = FIRST_WAIT_SECONDS
    longest_wait_seconds: float = LONGEST_WAIT_SECONDS
    give_up_after: timedelta = GIVE_UP_AFTER


USUAL = RetryRule()


def next_try_at(
    now: datetime, *, attempt_count: int, remote_seconds: float | None, chance: float, rule: RetryRule = USUAL
) -> datetime:
    """Say when to try again after the `attempt_count`-th try was deferred.

    Exponential from the first wait to the longest with full jitter: `chance` is a random number from 0 to 1. The
    remote's own wish is a floor, cut at one day.
    """
    ceiling = min(rule.longest_wait_seconds, rule.first_wait_seconds * 2.0 ** min(attempt_count, 20))
    wait = rule.first_wait_seconds + chance * (ceiling - rule.first_wait_seconds)
    floor = min(remote_seconds or 0.0, LONGEST_REMOTE_WAIT_SECONDS)
    return now + timedelta(seconds=max(wait, floor))


def is_given_up(queued_at: datetime, now: datetime, rule: RetryRule = USUAL) -> bool:
    """Say whether a delivery has been deferred for too long to be tried again."""
    return now - queued_at > rule.give_up_after
