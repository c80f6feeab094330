"""What the team is to be told, as the workflow sees it: events first, and the notices that bundle them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
