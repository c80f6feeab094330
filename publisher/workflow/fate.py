"""What became of what a run planned: how much was accepted, why the rest was not, and when that is tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.ports.ledger import DeliveryFilter, EditionRow
from publisher.workflow.application import Application
from publisher.workflow.freeze import Frozen

TROUBLED = (DeliveryState.UNKNOWN, DeliveryState.REJECTED, DeliveryState.EXPIRED, DeliveryState.DEFERRED)
# The reasons of a hundred thousand are not counted: the most frequent one is among the first of them.
MAX_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Fate:
    """Counts by state; the most frequent reason among what was not accepted; when the first of it is tried again."""

    counts: Mapping[DeliveryState, int]
    reason: str = ""
    next_try_at: datetime | None = None

    @property
    def total_count(self) -> int:
        """Count all deliveries."""
        return sum(self.counts.values())

    @property
    def accepted_count(self) -> int:
        """Count those that arrived."""
        return self.counts.get(DeliveryState.ACCEPTED, 0)

    @property
    def is_whole(self) -> bool:
        """Say whether all of it arrived."""
        return 0 < self.accepted_count == self.total_count


@dataclass(frozen=True, slots=True)
class Fates:
    """Fates of a run: of each edition by name, of the posts by channel, of what is still open by channel."""

    editions: Mapping[str, Fate]
    posts: Mapping[str, Fate]
    open: Mapping[str, Fate]

    @property
    def all(self) -> list[Fate]:
        """Give each of them."""
        return [*self.editions.values(), *self.posts.values(), *self.open.values()]


def fates_of(
    app: Application,
    frozen: Frozen,
    planned: Collection[int],
    open_channels: Iterable[str],
    approved: Iterable[EditionRow] = (),
) -> Fates:
    """Look at what was frozen or approved, as far as it was planned, and at what is still open on some channels."""
    posts: dict[str, set[int]] = {}
    for post in frozen.posts:
        if post.row.message_id in planned:
            posts.setdefault(post.row.channel, set()).add(post.row.message_id)
    return Fates(
        editions={
            row.name: fate_of(app, message_ids={row.message_id})
            for row in (*(edition.row for edition in frozen.editions), *approved)
            if row.message_id in planned
        },
        posts={name: fate_of(app, message_ids=ids, channel=name) for name, ids in posts.items()},
        open={name: fate_of(app, channel=name, states=OPEN_STATES) for name in open_channels},
    )


def fate_of(app: Application, **which: Any) -> Fate:
    """Look at the deliveries that a DeliveryFilter with these values keeps."""
    kept = DeliveryFilter(rehearsal=app.rehearsal, **which)
    counts = app.ledger.count_deliveries(kept)
    troubled = [state for state in TROUBLED if counts.get(state)]
    if not troubled:
        return Fate(counts)
    rows = list(app.ledger.deliveries(replace(kept, states=troubled, limit=MAX_COUNTED)))
    reasons = Counter(row.reason for row in rows if row.reason)
    times = [row.not_before for row in rows if row.not_before and row.state is DeliveryState.DEFERRED]
    return Fate(counts, reasons.most_common(1)[0][0] if reasons else "", min(times, default=None))
