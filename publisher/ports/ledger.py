"""The ledger as the workflow sees it: the only memory of what was made, planned, tried and what came of it.

Every method is one transaction and may be repeated. Times are aware UTC. `rehearsal` separates what was only rehearsed:
it is part of the key of editions, posts, deliveries and consumption. A `note` goes into the audit log, in the same
transaction, if the method changed anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from publisher.domain.attempt import Outcome
from publisher.domain.audit import AuditNote
from publisher.domain.delivery import DeliveryKey, DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.message import Message
from publisher.domain.outlet import Consumed, Outlet
from publisher.ports.wire import WireLog


@dataclass(frozen=True, slots=True)
class ArticleUse:
    """An article in an edition or a post, with the content hash that it had when it was frozen."""

    slug: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a queued article is not in an edition, in plain words."""

    slug: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewEdition:
    """An edition to freeze. `number` is what the message was rendered with: it must still be free.

    `frozen_by` is who froze it by hand; `source_hash` covers all that it was rendered from.
    `occurrence` is unique in a digest: "due 2026-11-23T07:00" for a due time, "now 7" for a manual edition.
    """

    digest: str
    number: int
    occurrence: str
    subject: str
    message: Message
    articles: Sequence[ArticleUse]
    left_out: Sequence[LeftOut]
    rehearsal: bool
    revision: int = 1
    frozen_by: str | None = None
    source_hash: str | None = None

    @property
    def name(self) -> str:
        """Name it as commands do: `daily/7`."""
        return f"{self.digest}/{self.number}"

    @property
    def content_hash(self) -> str:
        """Give its message's."""
        return self.message.content_hash


@dataclass(frozen=True, slots=True)
class EditionRow:
    """A frozen edition as it stands in the ledger. `reason` says why it is held or was cancelled, if that is known."""

    id: int
    digest: str
    number: int
    revision: int
    occurrence: str
    subject: str
    state: EditionState
    message_id: int
    content_hash: str
    rehearsal: bool
    frozen_at: datetime
    planned_at: datetime | None
    articles: tuple[ArticleUse, ...]
    left_out: tuple[LeftOut, ...] = ()
    sent_at: datetime | None = None
    frozen_by: str | None = None
    source_hash: str | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """Name it as commands do: `daily/7`."""
        return f"{self.digest}/{self.number}"


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to freeze."""

    channel: str
    occurrence: str
    message: Message
    article: ArticleUse
    rehearsal: bool
    edition_id: int | None = None


@dataclass(frozen=True, slots=True)
class PostRow:
    """A frozen post as it stands in the ledger."""

    id: int
    channel: str
    occurrence: str
    message_id: int
    content_hash: str
    rehearsal: bool
    frozen_at: datetime
    planned_at: datetime | None
    article: ArticleUse
    edition_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlanEdition:
    """How to plan an approved edition: one delivery per subscriber of the digest and per fixed address."""

    edition_id: int
    channel: str
    adapter: str
    fixed_recipients: Sequence[str]
    prepared: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanPost:
    """How to plan a frozen post: one delivery of each segment to the channel's own account.

    A repeat consumes nothing: the channel has had its article.
    """

    post_id: int
    adapter: str
    account: str
    prepared: Mapping[str, Any]
    segment_count: int = 1
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class PlanMessage:
    """A message for a few people, outside any edition: a test or a notice. Nothing is consumed, no number used up.

    `occurrence` is unique in time: "test 2026-11-23T07:00:00.000000". `digest` is None for a notice, which no
    suppression is about.
    """

    message: Message
    digest: str | None
    channel: str
    adapter: str
    occurrence: str
    recipients: Sequence[str]
    prepared: Mapping[str, Any]
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """What planning such a message made; suppressed recipients are left out."""

    message_id: int
    delivery_count: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning made. `suppressed_count` are those left out because of a suppression."""

    delivery_count: int
    suppressed_count: int = 0


class AlreadyConsumed(Exception):
    """Another process has planned one of these articles for this outlet: nothing was planned."""


class NumberTaken(Exception):
    """Another process has frozen an edition with this number or occurrence: render again with the next."""


class ClaimedDelivery(NamedTuple):
    """A delivery that a worker may try, with what it needs to fill the placeholders.

    `digest` is None for posts; `subscriber_name` and `subscriber_language` also for fixed recipients. `previous` are
    the receipts of the earlier segments of its thread.
    """

    id: int
    key: DeliveryKey
    message_id: int
    adapter: str
    attempt_count: int
    queued_at: datetime
    prepared: Mapping[str, Any]
    marks: Mapping[str, Any]
    digest: str | None = None
    subscriber_name: str | None = None
    subscriber_language: str | None = None
    previous: tuple[str, ...] = ()


class FinishedAttempt(NamedTuple):
    """One try and what came of it. `not_before` is when a deferred delivery may be tried again.

    `state` follows from the outcome, except that a deferral too many becomes `expired`. An attempt that is not counted
    was trouble on the way: it makes no later wait longer.
    """

    delivery_id: int
    outcome: Outcome
    state: DeliveryState
    started_at: datetime
    duration_ms: int
    not_before: datetime | None = None
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as it is shown. `waits_for` is the first segment of its thread that is not there yet, if any."""

    id: int
    key: DeliveryKey
    adapter: str
    state: DeliveryState
    attempt_count: int
    queued_at: datetime
    changed_at: datetime
    not_before: datetime | None = None
    claimed_by: str | None = None
    receipt: str | None = None
    url: str | None = None
    reason: str | None = None
    edition: str | None = None
    slug: str | None = None
    waits_for: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as it is shown."""

    delivery_id: int
    number: int
    outcome: str
    reason: str
    stage: str
    reply: str
    code: int | None
    enhanced_code: str
    relay: str
    worker: str
    started_at: datetime
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of what workers held that ended or whose claims ran out."""

    requeued_count: int
    unknown_count: int
    accepted_count: int = 0


StateCounts = Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to show or count; None means any. `due_at` keeps those that may be tried at that time.

    `is_halted` keeps the segments of threads that wait for a decision about an earlier one, or all but those.
    `changed_until` keeps those that have not changed since, `changed_since` those that have.
    """

    rehearsal: bool | None = None
    states: Collection[DeliveryState] | None = None
    channel: str | None = None
    edition_id: int | None = None
    slug: str | None = None
    recipient: str | None = None
    limit: int | None = None
    message_ids: Collection[int] | None = None
    due_at: datetime | None = None
    is_halted: bool | None = None
    ids: Collection[int] | None = None
    changed_until: datetime | None = None
    changed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody has decided about deliveries; noted with each of them as an attempt.

    `by` is a person's login name, or the rule that decided.
    """

    after: DeliveryState
    outcome: Outcome
    by: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Who is still to get an edition: recipients without a delivery of it, and deliveries that a cancel ended."""

    new_count: int
    cancelled_count: int

    @property
    def count(self) -> int:
        """Give the number of all of them."""
        return self.new_count + self.cancelled_count


class Syncer(Protocol):
    """Makes durable what is committed, while whoever has committed it goes on. Belongs to one thread."""

    def begin(self) -> None:
        """Begin to make durable all that has been committed by now. It may be done at once. Errors: as below."""
        ...

    def done_count(self) -> int:
        """Say how many of those begun are done: the first so many.

        Errors: the ledger's; then what was committed since the last one may be gone after a power cut.
        """
        ...

    def close(self) -> None:
        """End it; what is begun is not waited for."""
        ...


class Ledger(Protocol):
    """What was made, planned, tried, and what came of it."""

    # Articles

    def consumed(self, outlet: Outlet, rehearsal: bool) -> Mapping[str, Consumed]:
        """Give what this outlet has had, by slug."""
        ...

    def outlets_of(self, rehearsal: bool) -> Mapping[str, tuple[Outlet, ...]]:
        """Give by slug the outlets that have had it."""
        ...

    # Editions and posts

    def next_number(self, digest: str, rehearsal: bool) -> int:
        """Give the number of the digest's next edition, from 1."""
        ...

    def freeze_edition(self, edition: NewEdition, now: datetime) -> EditionRow:
        """Store the message and the edition in state frozen. Errors: NumberTaken."""
        ...

    def change_edition(
        self,
        edition_id: int,
        before: EditionState,
        after: EditionState,
        now: datetime,
        *,
        note: AuditNote | None = None,
    ) -> bool:
        """Change the state if it still is `before`; ValueError where the table does not allow the change.

        A cancel takes along what has not started yet, and gives the articles back if nothing was ever tried.
        """
        ...

    def discard_edition(self, edition_id: int) -> None:
        """Forget an edition that was never planned, with its message; its number becomes free."""
        ...

    def freeze_post(self, post: NewPost, now: datetime) -> PostRow:
        """Store the message and the post. The same channel and occurrence replaces one that was never planned.

        Errors: AlreadyConsumed if it has been planned.
        """
        ...

    def discard_post(self, post_id: int) -> None:
        """Forget a post that was never planned, with its message."""
        ...

    def plan_edition(self, plan: PlanEdition, now: datetime) -> Planned:
        """Make one delivery per recipient, minus suppressions, and consume the articles, in one transaction.

        The edition must be approved; it is planned afterwards. Errors: AlreadyConsumed (nothing changed).
        """
        ...

    def plan_post(self, plan: PlanPost, now: datetime) -> Planned:
        """Make the deliveries and consume the article for the channel, in one transaction. Errors: AlreadyConsumed."""
        ...

    def plan_message(self, plan: PlanMessage, now: datetime) -> PlannedMessage:
        """Store a message that belongs to no edition, and make its deliveries, minus suppressions."""
        ...

    def rest_of(self, plan: PlanEdition) -> Rest:
        """Count who is still to get an edition that was planned before: the same `plan_rest` would bring."""
        ...

    def plan_rest(self, plan: PlanEdition, now: datetime, *, note: AuditNote | None = None) -> Rest:
        """Plan deliveries for recipients who have none of this edition, and open again what a cancel ended.

        Errors: UsageError if the edition is not one that was planned, is paused, or was cancelled before any attempt.
        """
        ...

    def finish_editions(self, now: datetime) -> Sequence[EditionRow]:
        """Mark as sent what has only final deliveries left (unknown ones wait for a person); give those."""
        ...

    def editions(self, *, rehearsal: bool | None = None, limit: int | None = None) -> Sequence[EditionRow]:
        """List editions, newest first."""
        ...

    def edition(self, digest: str, number: int, rehearsal: bool) -> EditionRow | None:
        """Find an edition's newest revision."""
        ...

    def posts(
        self,
        *,
        rehearsal: bool | None = None,
        limit: int | None = None,
        channel: str | None = None,
        planned_since: datetime | None = None,
    ) -> Sequence[PostRow]:
        """List posts, newest first: of one channel, or planned since a moment."""
        ...

    def message(self, message_id: int) -> Message:
        """Read a message. Errors: MessageGone; StoreError if its hash is not the one that it was stored with."""
        ...

    # Sending

    def recover(self, now: datetime) -> Recovered:
        """Take back what dead workers held: claimed goes back to queued, sending becomes what its evidence says.

        A worker is dead once its wire log is closed, or, where it left none, when its lease ran out. Without evidence
        sending becomes unknown.
        """
        ...

    def open_wire(self, worker: str, slot_count: int) -> WireLog:
        """Begin a run: give it a name to claim by, and slots for its connections."""
        ...

    def claim(
        self,
        channel: str,
        *,
        worker: str,
        limit: int,
        lease_seconds: float,
        rehearsal: bool,
        now: datetime,
        message_id: int | None = None,
    ) -> Sequence[ClaimedDelivery]:
        """Claim up to `limit` deliveries that are queued, or deferred and due, oldest first; of one message if named.

        A segment of a thread is claimed only once all earlier ones are accepted.
        """
        ...

    def exchange(
        self,
        finished: Sequence[FinishedAttempt],
        starting: Sequence[int],
        *,
        worker: str,
        lease_seconds: float,
        now: datetime,
    ) -> frozenset[int]:
        """Record finished attempts and journal new ones as sending, in one durable commit; give those that may start.

        The fence is in the same statement: a delivery may start only while this worker's lease holds, its recipient is
        not suppressed and its edition is neither paused nor cancelled. A newly suppressed one becomes skipped.
        """
        ...

    def begin_exchange(
        self,
        finished: Sequence[FinishedAttempt],
        starting: Sequence[int],
        *,
        worker: str,
        lease_seconds: float,
        now: datetime,
    ) -> frozenset[int]:
        """Do the same, seen by everybody at once, but durable only when a sync that begins after it is done."""
        ...

    def open_syncer(self, bell: int | None) -> Syncer:
        """Make what waits for the disk. Each time it is done it writes an octet to `bell`, a descriptor of a socket.

        Without a bell, `begin` waits.
        """
        ...

    def mark(self, delivery_id: int, name: str, value: Any, *, worker: str) -> None:
        """Make durable what a later attempt must know."""
        ...

    def release(self, worker: str, now: datetime, *, only: Collection[int] | None = None) -> int:
        """Give back claims of this worker that were not started, all or only these; say how many."""
        ...

    def unknown_posts(self, channel: str, rehearsal: bool, limit: int) -> Sequence[ClaimedDelivery]:
        """List the posts of a channel of which it is not known whether they arrived, oldest first."""
        ...

    def settle(self, decision: FinishedAttempt, marks: Mapping[str, Any], *, worker: str, now: datetime) -> bool:
        """Decide about a delivery that is unknown, and note it as an attempt; False if it is not unknown any more.

        `marks` replaces its marks. A decision of the state unknown only leaves the note.
        """
        ...

    def decide(self, which: DeliveryFilter, decision: Decision, now: datetime, *, note: AuditNote | None = None) -> int:
        """Decide about all these deliveries and note it with each; say how many. `states` must name where they stand.

        What goes back into the queue is due at once; those of a cancelled edition are left as they are. ValueError
        where the table does not allow the change.
        """
        ...

    def count_deliveries(self, which: DeliveryFilter) -> StateCounts:
        """Count deliveries by state."""
        ...

    def deliveries(self, which: DeliveryFilter) -> Iterator[DeliveryRow]:
        """List deliveries, oldest first."""
        ...

    def attempts(self, delivery_ids: Collection[int]) -> Sequence[AttemptRow]:
        """List the attempts of deliveries in the order in which they were made."""
        ...

    def next_due_at(self, rehearsal: bool) -> datetime | None:
        """Say when the next deferred delivery may be tried again."""
        ...

    # The rest

    def clear_rehearsals(self, now: datetime, *, note: AuditNote | None = None) -> int:
        """Forget everything that was only rehearsed; give the number of deliveries."""
        ...

    def known_feed_entries(self, feed: str, entry_ids: Sequence[str]) -> set[str]:
        """Say which of these entries have been taken from this feed before."""
        ...

    def remember_feed_entry(self, feed: str, entry_id: str, now: datetime) -> None:
        """Remember an entry as taken."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...
