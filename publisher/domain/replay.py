"""Unknown deliveries: when one may be tried again by itself, and when the remote may be asked about one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from publisher.domain.retry import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS

# So much before the remote forgets, we stop repeating: a picture may have to be uploaded first.
MARGIN_SECONDS = 300

# The mark on a delivery that is tried again although it may have arrived: the time of the first such attempt.
IN_DOUBT_SINCE = "in_doubt_since"


def may_replay(in_doubt_since: datetime, now: datetime, replay_seconds: float) -> bool:
    """Say whether the remote still recognises a repeated attempt and makes nothing new."""
    return (now - in_doubt_since).total_seconds() + MARGIN_SECONDS <= replay_seconds


def is_too_late(marks: Mapping[str, Any], now: datetime, replay_seconds: float) -> bool:
    """Say whether a delivery that may have arrived must not be tried any more: the remote could make it twice."""
    since = marks.get(IN_DOUBT_SINCE)
    return since is not None and not may_replay(datetime.fromisoformat(since), now, replay_seconds)


# An unknown delivery whose channel says "resend" is sent again at once so many times, and then once in a while.
RESEND_AT_ONCE_COUNT = 3


def resend_at(unknown_since: datetime, attempt_count: int) -> datetime:
    """Say when an unknown delivery is sent again by the rule `on_unknown = "resend"`."""
    if attempt_count <= RESEND_AT_ONCE_COUNT:
        return unknown_since
    return unknown_since + timedelta(seconds=LONGEST_WAIT_SECONDS)


def settle_at(last_attempt_at: datetime, attempt_count: int) -> datetime:
    """Say when an unknown delivery is looked at: at once after the first attempt, then from five minutes to an hour."""
    if attempt_count <= 1:
        return last_attempt_at
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempt_count - 2, 10))
    return last_attempt_at + timedelta(seconds=wait)
