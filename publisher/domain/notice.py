"""A notice: a message to the team itself. Events are told one by one, and a notice bundles those of an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Fact = str | int | None


class NoticeKind(StrEnum):
    """What the team is told about."""

    READY_FOR_APPROVAL = "ready_for_approval"
    APPROVAL_VOIDED = "approval_voided"
    SENT = "sent"
    SKIPPED = "skipped"
    MISSED = "missed"
    HELD = "held"
    CHANNEL_PAUSED = "channel_paused"
    BOUNCES = "bounces"
    EXPIRING = "expiring"
    STOPPED = "stopped"


K = NoticeKind

# Which facts each kind comes with; further ones are kept, and a team's own template may show them. Times are ISO text
# with their offset: "2026-11-23T07:00+01:00".
FACTS: Mapping[NoticeKind, frozenset[str]] = {
    K.READY_FOR_APPROVAL: frozenset({"subject", "content_hash", "due_at"}),
    K.APPROVAL_VOIDED: frozenset({"subject", "reason"}),
    K.SENT: frozenset({"subject", "accepted_count"}),
    K.SKIPPED: frozenset({"due_at", "reason"}),
    K.MISSED: frozenset({"due_at", "reason"}),
    K.HELD: frozenset({"subject", "reason"}),
    K.CHANNEL_PAUSED: frozenset({"reason"}),
    K.BOUNCES: frozenset({"bounced_count", "tried_count"}),
    K.EXPIRING: frozenset({"expires_at"}),
    K.STOPPED: frozenset({"error"}),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the team is to know. `about` names it as commands do: an edition, a digest, a channel.

    ValueError where a fact is missing that its kind comes with: a defect, never a person's mistake.
    """

    kind: NoticeKind
    about: str
    facts: Mapping[str, Fact]
    happened_at: datetime
    rehearsal: bool

    def __post_init__(self) -> None:
        missing = FACTS[self.kind] - set(self.facts)
        if missing:
            raise ValueError(f"a notice of the kind {self.kind} needs the facts {', '.join(sorted(missing))}")
