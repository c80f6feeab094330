"""A due time of a digest: what becomes of it is decided once, and remembered.

It is known by its digest and its local calendar time (`cadence.Due.occurrence`), never by an instant: so neither a
change of the clocks nor a second process makes it come twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

# An edition that is made later than this after its due time is marked as late.
LATE_AFTER = timedelta(minutes=1)


class Verdict(StrEnum):
    """What became of a due time. What became of its edition is the edition's own state."""

    EDITION = "edition"
    SKIPPED = "skipped"
    MISSED = "missed"


def is_late(due_at: datetime, now: datetime) -> bool:
    """Say whether this is so long after the due time that it is marked."""
    return now - due_at > LATE_AFTER


def is_missed(due_at: datetime, now: datetime, catch_up: timedelta) -> bool:
    """Say whether it is too late to do by itself what was due."""
    return now - due_at > catch_up
