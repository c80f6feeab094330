"""The ledger over SQL: each method is one transaction; what it does stands in the module of its concern."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.domain.audit import AuditNote
from publisher.domain.edition import EditionState
from publisher.domain.message import Message
from publisher.domain.outlet import Consumed, Outlet
from publisher.ports.ledger import (
    AlreadyConsumed,
    AttemptRow,
    ClaimedDelivery,
    Decision,
    DeliveryFilter,
    DeliveryRow,
    EditionRow,
    FinishedAttempt,
    NewEdition,
    NewPost,
    NumberTaken,
    PlanEdition,
    PlanMessage,
    Planned,
    PlannedMessage,
    PlanPost,
    PostRow,
    Recovered,
    Rest,
    StateCounts,
    Syncer,
)
from publisher.ports.wire import WireLog
from publisher.store import (
    consumption,
    deciding,
    editions,
    feeds,
    listing,
    messages,
    planning,
    posts,
    recovery,
    rehearsals,
    rest,
    sending,
    settling,
    singles,
)
from publisher.store.audit import SqlAuditLog
from publisher.store.database import Database
from publisher.store.log_sync import ChoosingSyncer, InlineSyncer
from publisher.store.wire import open_wire_log, read_wire_records


class SqlLedger:
    """`ports.ledger.Ledger` in a database; safe to share between threads. Wire logs lie in a folder of their own."""

    def __init__(self, database: Database, wire_folder: Path, boot_id: str, audit: SqlAuditLog) -> None:
        self._database = database
        self._wire_folder = wire_folder
        self._boot_id = boot_id
        self._audit = audit

    def consumed(self, outlet: Outlet, rehearsal: bool) -> Mapping[str, Consumed]:
        """Give what this outlet has had, by slug."""
        with self._database.read() as connection:
            return consumption.read_consumed(connection, outlet, rehearsal)

    def outlets_of(self, rehearsal: bool) -> Mapping[str, tuple[Outlet, ...]]:
        """Give by slug the outlets that have had it."""
        with self._database.read() as connection:
            return consumption.read_outlets(connection, rehearsal)

    def next_number(self, digest: str, rehearsal: bool) -> int:
        """Give the number of the digest's next edition, from 1."""
        with self._database.read() as connection:
            return editions.read_next_number(connection, digest, rehearsal)

    def freeze_edition(self, edition: NewEdition, now: datetime) -> EditionRow:
        """Store the message and the edition in state frozen. Errors: NumberTaken."""
        with self._database.write(taken=NumberTaken) as connection:
            return editions.freeze_edition(connection, edition, now)

    def change_edition(
        self,
        edition_id: int,
        before: EditionState,
        after: EditionState,
        now: datetime,
        *,
        note: AuditNote | None = None,
    ) -> bool:
        """Change the state if it still is `before`; ValueError where the table does not allow the change."""
        with self._audit.noting() as noting:
            changed = editions.change_edition(noting.connection, edition_id, before, after, now)
            if changed:
                noting.note(note, now)
        return changed

    def discard_edition(self, edition_id: int) -> None:
        """Forget an edition that was never planned, with its message; its number becomes free."""
        with self._database.write() as connection:
            editions.discard_edition(connection, edition_id)

    def freeze_post(self, post: NewPost, now: datetime) -> PostRow:
        """Store the message and the post, in place of one that was never planned. Errors: AlreadyConsumed."""
        with self._database.write() as connection:
            return posts.freeze_post(connection, post, now)

    def discard_post(self, post_id: int) -> None:
        """Forget a post that was never planned, with its message."""
        with self._database.write() as connection:
            posts.discard_post(connection, post_id)

    def plan_edition(self, plan: PlanEdition, now: datetime) -> Planned:
        """Make one delivery per recipient and consume the articles. Errors: AlreadyConsumed, UsageError."""
        with self._database.write(taken=AlreadyConsumed) as connection:
            return planning.plan_edition(connection, plan, now)

    def plan_post(self, plan: PlanPost, now: datetime) -> Planned:
        """Make the delivery and consume the article for the channel. Errors: AlreadyConsumed."""
        with self._database.write(taken=AlreadyConsumed) as connection:
            return planning.plan_post(connection, plan, now)

    def plan_message(self, plan: PlanMessage, now: datetime) -> PlannedMessage:
        """Store a message that belongs to no edition, and make its deliveries, minus suppressions."""
        with self._database.write() as connection:
            return singles.plan_message(connection, plan, now)

    def rest_of(self, plan: PlanEdition) -> Rest:
        """Count who is still to get an edition that was planned before. Errors: UsageError."""
        with self._database.read() as connection:
            return rest.count_rest(connection, plan)

    def plan_rest(self, plan: PlanEdition, now: datetime, *, note: AuditNote | None = None) -> Rest:
        """Plan for those who have no delivery yet, and open again what a cancel ended. Errors: UsageError."""
        with self._audit.noting() as noting:
            made = rest.plan_rest(noting.connection, plan, now)
            if note and made.count:
                noting.note(note.with_details(deliveries=made.count), now)
        return made

    def finish_editions(self, now: datetime) -> Sequence[EditionRow]:
        """Mark as sent what has only final deliveries left; give those."""
        with self._database.write() as connection:
            return editions.finish_editions(connection, now)

    def editions(self, *, rehearsal: bool | None = None, limit: int | None = None) -> Sequence[EditionRow]:
        """List editions, newest first."""
        with self._database.read() as connection:
            return editions.list_editions(connection, rehearsal, limit)

    def edition(self, digest: str, number: int, rehearsal: bool) -> EditionRow | None:
        """Find an edition's newest revision."""
        with self._database.read() as connection:
            return editions.find_edition(connection, digest, number, rehearsal)

    def posts(
        self,
        *,
        rehearsal: bool | None = None,
        limit: int | None = None,
        channel: str | None = None,
        planned_since: datetime | None = None,
    ) -> Sequence[PostRow]:
        """List posts, newest first: of one channel, or planned since a moment."""
        with self._database.read() as connection:
            return posts.list_posts(connection, rehearsal, limit, channel, planned_since)

    def message(self, message_id: int) -> Message:
        """Read a message. Errors: StoreError if its hash is not the one that it was stored with."""
        with self._database.read() as connection:
            return messages.read_message(connection, message_id, self._database.where)

    def recover(self, now: datetime) -> Recovered:
        """Take back what dead workers held: claimed goes back to queued, sending becomes what its evidence says."""
        with (
            read_wire_records(self._wire_folder, self._boot_id) as records,
            self._database.write() as connection,
        ):
            return recovery.recover(connection, records, now)

    def open_wire(self, worker: str, slot_count: int) -> WireLog:
        """Begin a run. Errors: TryAgain if the disk is full, StoreError."""
        return open_wire_log(self._wire_folder, worker, slot_count, self._boot_id)

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
        """Claim up to `limit` deliveries that are queued, or deferred and due, oldest first.

        It need not be durable: what a power cut makes of it is a queue in which they still stand.
        """
        with self._database.write_hot() as hot:
            claimed = sending.claim(
                hot,
                channel,
                worker=worker,
                limit=limit,
                lease_seconds=lease_seconds,
                rehearsal=rehearsal,
                now=now,
                message_id=message_id,
            )
        if all(delivery.key.segment == 1 for delivery in claimed):
            return claimed
        with self._database.read() as connection:
            return sending.with_previous(connection, claimed)

    def exchange(
        self,
        finished: Sequence[FinishedAttempt],
        starting: Sequence[int],
        *,
        worker: str,
        lease_seconds: float,
        now: datetime,
    ) -> frozenset[int]:
        """Record finished attempts and journal new ones, in one durable commit; give those that may start."""
        may_start = self.begin_exchange(finished, starting, worker=worker, lease_seconds=lease_seconds, now=now)
        self._database.log.sync()
        return may_start

    def begin_exchange(
        self,
        finished: Sequence[FinishedAttempt],
        starting: Sequence[int],
        *,
        worker: str,
        lease_seconds: float,
        now: datetime,
    ) -> frozenset[int]:
        """Do the same, but durable only after a sync."""
        with self._database.write_hot() as hot:
            return sending.exchange(hot, finished, starting, worker=worker, lease_seconds=lease_seconds, now=now)

    def open_syncer(self, bell: int | None) -> Syncer:
        """Make what waits for the disk."""
        log = self._database.log
        return InlineSyncer(log) if bell is None else ChoosingSyncer(log, bell)

    def mark(self, delivery_id: int, name: str, value: Any, *, worker: str) -> None:
        """Make durable what a later attempt must know. Errors: StoreError if the right to send has been lost."""
        with self._database.write() as connection:
            sending.write_mark(connection, delivery_id, name, value, worker)

    def release(self, worker: str, now: datetime, *, only: Collection[int] | None = None) -> int:
        """Give back claims of this worker that were not started, all or only these; say how many."""
        with self._database.write() as connection:
            return sending.release(connection, worker, now, only)

    def unknown_posts(self, channel: str, rehearsal: bool, limit: int) -> Sequence[ClaimedDelivery]:
        """List the posts of a channel of which it is not known whether they arrived, oldest first."""
        with self._database.read() as connection:
            return settling.read_unknown(connection, channel, rehearsal, limit)

    def settle(self, decision: FinishedAttempt, marks: Mapping[str, Any], *, worker: str, now: datetime) -> bool:
        """Decide about a delivery that is unknown, and note it; False if it is not unknown any more."""
        with self._database.write() as connection:
            return settling.settle(connection, decision, marks, worker, now)

    def decide(self, which: DeliveryFilter, decision: Decision, now: datetime, *, note: AuditNote | None = None) -> int:
        """Decide about all these deliveries and note it with each; say how many."""
        with self._audit.noting() as noting:
            count = deciding.decide(noting.connection, which, decision, now)
            if note and count:
                noting.note(note.with_details(deliveries=count), now)
        return count

    def count_deliveries(self, which: DeliveryFilter) -> StateCounts:
        """Count deliveries by state."""
        with self._database.read() as connection:
            return listing.count_by_state(connection, which)

    def deliveries(self, which: DeliveryFilter) -> Iterator[DeliveryRow]:
        """List deliveries, oldest first."""
        return listing.walk_deliveries(self._database, which)

    def attempts(self, delivery_ids: Collection[int]) -> Sequence[AttemptRow]:
        """List the attempts of deliveries in the order in which they were made."""
        with self._database.read() as connection:
            return listing.list_attempts(connection, delivery_ids)

    def next_due_at(self, rehearsal: bool) -> datetime | None:
        """Say when the next deferred delivery may be tried again."""
        with self._database.read() as connection:
            return listing.read_next_due_at(connection, rehearsal)

    def clear_rehearsals(self, now: datetime, *, note: AuditNote | None = None) -> int:
        """Forget everything that was only rehearsed; give the number of deliveries."""
        with self._audit.noting() as noting:
            count = rehearsals.clear_rehearsals(noting.connection)
            if note:
                noting.note(note.with_details(deliveries=count), now)
        return count

    def known_feed_entries(self, feed: str, entry_ids: Sequence[str]) -> set[str]:
        """Say which of these entries have been taken from this feed before."""
        with self._database.read() as connection:
            return feeds.read_known_entries(connection, feed, entry_ids)

    def remember_feed_entry(self, feed: str, entry_id: str, now: datetime) -> None:
        """Remember an entry as taken."""
        with self._database.write() as connection:
            feeds.store_feed_entry(connection, feed, entry_id, now)

    def close(self) -> None:
        """Close the store."""
        self._database.close()
