"""What the team is to be told, as the workflow sees it: events first, and the notices that bundle them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from publisher.domain.delivery import DeliveryState
from publisher.domain.message import Message
from publisher.domain.notice import Event


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it stands in the ledger, folded with those like it that came before its notice was made.

    `event` is the newest of them, `first_at` the time of the first. `is_open` until a notice was made, or nobody
    wanted to know.
    """

    id: int
    event: Event
    count: int
    first_at: datetime
    is_open: bool
    notice_id: int | None


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """One message of a notice and where it goes: addresses of an e-mail channel, or a chat channel's own account."""

    message: Message
    channel: str
    adapter: str
    recipients: Sequence[str]
    prepared: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as it stands in the ledger, with what became of its deliveries."""

    id: int
    made_at: datetime
    event_count: int
    deliveries: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class Finished:
    """An edition of a due time about which the team may have to be told. `sent_at` is None while it is on its way."""

    id: int
    name: str
    subject: str
    planned_at: datetime | None
    sent_at: datetime | None


class Notices(Protocol):
    """Events and notices. Each method is one transaction."""

    def append(self, event: Event, *, once: bool) -> bool:
        """Keep an event for the next notice. One of the same kind about the same thing that waits is counted up.

        With `once` nothing happens where one was kept before, however long ago; False if so.
        """
        ...

    def events(self, *, rehearsal: bool, limit: int | None = None) -> Sequence[EventRow]:
        """List events, newest first."""
        ...

    def open_events(self, *, rehearsal: bool) -> Sequence[EventRow]:
        """List the events that wait for a notice, oldest first."""
        ...

    def close(self, events: Collection[EventRow], now: datetime) -> None:
        """Let events go that nobody wants to be told about."""
        ...

    def make(
        self, events: Collection[EventRow], plans: Sequence[NoticePlan], *, rehearsal: bool, now: datetime
    ) -> NoticeRow | None:
        """Make one notice of these events, and its deliveries; None if another process took one of the events."""
        ...

    def notices(self, *, rehearsal: bool, limit: int | None = None) -> Sequence[NoticeRow]:
        """List notices, newest first."""
        ...

    def notice_messages(self, notice_id: int) -> frozenset[int]:
        """Give the ids of a notice's messages."""
        ...

    def finished(self, since: datetime, *, rehearsal: bool) -> Sequence[Finished]:
        """List the editions of due times that were sent since then, or are being sent, and not told as sent."""
        ...
