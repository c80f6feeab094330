"""Subscribers and suppressions over SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, func, select, update

from publisher.domain.audit import AuditNote
from publisher.domain.subscriber import Subscriber, Suppression
from publisher.ports.subscribers import ImportCounts
from publisher.store.audit import SqlAuditLog
from publisher.store.chunks import chunked
from publisher.store.database import Database
from publisher.store.rows import AnyRow
from publisher.store.staging import BATCH_ROWS, save_batch
from publisher.store.suppressions import list_suppressions, store_suppression
from publisher.store.tables import subscriber_tags, subscribers, subscriptions

PAGE_ROWS = 1000

FIND_SUBSCRIBER = select(subscribers).where(subscribers.c.address == bindparam("address"))

# One page by address, so that nothing stays open between two pages.
SUBSCRIBERS_PAGE = (
    select(subscribers)
    .where(subscribers.c.address > bindparam("after_address"))
    .order_by(subscribers.c.address)
    .limit(PAGE_ROWS)
)
DIGESTS_OF_SUBSCRIBERS = (
    select(subscriptions.c.subscriber_id, subscriptions.c.digest)
    .where(subscriptions.c.subscriber_id.in_(bindparam("ids", expanding=True)))
    .order_by(subscriptions.c.digest)
)
TAGS_OF_SUBSCRIBERS = (
    select(subscriber_tags.c.subscriber_id, subscriber_tags.c.tag)
    .where(subscriber_tags.c.subscriber_id.in_(bindparam("ids", expanding=True)))
    .order_by(subscriber_tags.c.tag)
)

WITH_DIGEST = exists().where(
    subscriptions.c.digest == bindparam("digest"), subscriptions.c.subscriber_id == subscribers.c.id
)
WITH_TAG = exists().where(
    subscriber_tags.c.tag == bindparam("tag"), subscriber_tags.c.subscriber_id == subscribers.c.id
)

COUNT_SUBSCRIBERS = select(func.count()).select_from(subscribers)
COUNT_SUBSCRIPTIONS = (
    select(func.count()).select_from(subscriptions).where(subscriptions.c.digest == bindparam("digest"))
)

# Digests and tags go along; deliveries made so far stay.
REMOVE_SUBSCRIBER = delete(subscribers).where(subscribers.c.address == bindparam("address"))
_id_of_address = select(subscribers.c.id).where(subscribers.c.address == bindparam("address")).scalar_subquery()
REMOVE_SUBSCRIPTION = delete(subscriptions).where(
    subscriptions.c.digest == bindparam("digest"), subscriptions.c.subscriber_id == _id_of_address
)
TOUCH_SUBSCRIBER = (
    update(subscribers).where(subscribers.c.address == bindparam("known_address")).values(changed_at=bindparam("now"))
)


class SqlSubscribers:
    """`ports.subscribers.Subscribers` in a database; safe to share between threads."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def save(self, subscribers: Iterable[Subscriber], now: datetime, *, note: AuditNote | None = None) -> ImportCounts:
        """Add or update, in batches, each batch one transaction, memory flat however many there are."""
        counts, remaining = ImportCounts(), iter(subscribers)
        # A batch is complete before its transaction begins: reading a slow file never holds the ledger.
        batch = list(islice(remaining, BATCH_ROWS))
        while batch:
            try:
                following = list(islice(remaining, BATCH_ROWS))
            except BaseException:
                self._save_last(batch, counts, now, note)
                raise
            if not following:
                return self._save_last(batch, counts, now, note)
            with self._database.write() as connection:
                counts += save_batch(connection, batch, now)
            batch = following
        return counts

    def _save_last(
        self, batch: Sequence[Subscriber], before: ImportCounts, now: datetime, note: AuditNote | None
    ) -> ImportCounts:
        with self._audit.noting() as noting:
            counts = before + save_batch(noting.connection, batch, now)
            if note:
                noting.note(note.with_details(**asdict(counts)), now)
        return counts

    def remove(self, address: str, digest: str | None, now: datetime, *, note: AuditNote | None = None) -> bool:
        """Take a subscriber out of one digest, or out of all; False if not there."""
        with self._audit.noting() as noting:
            removed = _remove(noting.connection, address, digest, now)
            if removed:
                noting.note(note, now)
        return removed

    def find(self, address: str) -> Subscriber | None:
        """Find one by normalised address."""
        with self._database.read() as connection:
            rows = connection.execute(FIND_SUBSCRIBER, {"address": address}).all()
            found = _with_words(connection, rows)
        return found[0] if found else None

    def all(self, *, digest: str | None = None, tag: str | None = None) -> Iterator[Subscriber]:
        """Go through all, by address."""
        statement, values = SUBSCRIBERS_PAGE, {"after_address": "", "digest": digest, "tag": tag}
        if digest is not None:
            statement = statement.where(WITH_DIGEST)
        if tag is not None:
            statement = statement.where(WITH_TAG)
        return self._pages(statement, {name: value for name, value in values.items() if value is not None})

    def _pages(self, statement: Select[Any], values: dict[str, str]) -> Iterator[Subscriber]:
        while True:
            with self._database.read() as connection:
                page = _with_words(connection, connection.execute(statement, values).all())
            yield from page
            if len(page) < PAGE_ROWS:
                return
            values = {**values, "after_address": page[-1].address}

    def count(self, *, digest: str | None = None) -> int:
        """Count them."""
        with self._database.read() as connection:
            if digest is None:
                return int(connection.execute(COUNT_SUBSCRIBERS).scalar_one())
            return int(connection.execute(COUNT_SUBSCRIPTIONS, {"digest": digest}).scalar_one())

    def suppress(self, suppression: Suppression) -> None:
        """Record a suppression; the first reason stays."""
        with self._database.write() as connection:
            store_suppression(connection, suppression)

    def suppressions(self) -> Sequence[Suppression]:
        """List all suppressions, newest first."""
        with self._database.read() as connection:
            return list_suppressions(connection)


def _remove(connection: Connection, address: str, digest: str | None, now: datetime) -> bool:
    if digest is None:
        return connection.execute(REMOVE_SUBSCRIBER, {"address": address}).rowcount > 0
    removed = connection.execute(REMOVE_SUBSCRIPTION, {"address": address, "digest": digest}).rowcount > 0
    if removed:
        connection.execute(TOUCH_SUBSCRIBER, {"known_address": address, "now": now})
    return removed


def _with_words(connection: Connection, rows: Sequence[AnyRow]) -> list[Subscriber]:
    digests: dict[int, list[str]] = defaultdict(list)
    tags: dict[int, list[str]] = defaultdict(list)
    for ids in chunked([row.id for row in rows]):
        for row in connection.execute(DIGESTS_OF_SUBSCRIBERS, {"ids": ids}):
            digests[row.subscriber_id].append(row.digest)
        for row in connection.execute(TAGS_OF_SUBSCRIBERS, {"ids": ids}):
            tags[row.subscriber_id].append(row.tag)
    return [
        Subscriber(
            address=row.address,
            name=row.name,
            language=row.language,
            tags=tuple(tags[row.id]),
            digests=tuple(digests[row.id]),
            consent_source=row.consent_source,
            consent_at=row.consent_at,
        )
        for row in rows
    ]
