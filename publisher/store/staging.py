"""Saving many subscribers: a batch is staged in temporary tables, then a few set-based statements settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.schema import CreateTable

from publisher.domain.subscriber import Subscriber
from publisher.ports.subscribers import ImportCounts
from publisher.store.tables import Id, UtcTime, subscriber_tags, subscribers, subscriptions
from publisher.store.upsert import Insert, dialect_of, insert_into

BATCH_ROWS = 20_000

_temporary = MetaData()

incoming = Table(
    "incoming",
    _temporary,
    Column("position", Integer, primary_key=True),
    # No key: a batch has each address once already (_merge_same_addresses).
    Column("address", String(254), nullable=False),
    Column("name", Text),
    Column("language", String(35)),
    Column("consent_source", Text),
    Column("consent_at", UtcTime),
    Column("digest_set", Integer, nullable=False),
    Column("tag_set", Integer, nullable=False),
    # Empty while the address is not known.
    Column("subscriber_id", Id),
    prefixes=["TEMPORARY"],
)

# Most people have the same few digests and tags: each combination is stored once and named by a number.
incoming_words = Table(
    "incoming_words",
    _temporary,
    Column("word_set", Integer, primary_key=True, autoincrement=False),
    Column("word", Text, primary_key=True),
    prefixes=["TEMPORARY"],
)

MAKE_STAGING = (CreateTable(incoming, if_not_exists=True), CreateTable(incoming_words, if_not_exists=True))
EMPTY_INCOMING = delete(incoming)
EMPTY_INCOMING_WORDS = delete(incoming_words)
STAGE = insert(incoming)
STAGE_WORDS = insert(incoming_words)

FIND_KNOWN = (
    update(incoming)
    .where(incoming.c.subscriber_id.is_(None))
    .values(subscriber_id=select(subscribers.c.id).where(subscribers.c.address == incoming.c.address).scalar_subquery())
)

# What replaces only if given.
REPLACEABLE = ("name", "language", "consent_source", "consent_at")
_replaced = {name: func.coalesce(incoming.c[name], subscribers.c[name]) for name in REPLACEABLE}


def _lacks_digest() -> ColumnElement[bool]:
    has = exists().where(
        subscriptions.c.digest == incoming_words.c.word, subscriptions.c.subscriber_id == incoming.c.subscriber_id
    )
    return exists().where(incoming_words.c.word_set == incoming.c.digest_set, ~has.correlate(incoming_words, incoming))


def _lacks_tag() -> ColumnElement[bool]:
    has = exists().where(
        subscriber_tags.c.tag == incoming_words.c.word, subscriber_tags.c.subscriber_id == incoming.c.subscriber_id
    )
    return exists().where(incoming_words.c.word_set == incoming.c.tag_set, ~has.correlate(incoming_words, incoming))


# Run before digests and tags are added, so that the number of rows is that of changed subscribers.
UPDATE_CHANGED = (
    update(subscribers)
    .where(
        subscribers.c.id == incoming.c.subscriber_id,
        or_(
            *(_replaced[name].is_distinct_from(subscribers.c[name]) for name in REPLACEABLE),
            _lacks_digest(),
            _lacks_tag(),
        ),
    )
    .values(**_replaced, changed_at=bindparam("now"))
)


def add_unknown(dialect: str) -> Insert:
    """Add those whose address is not known yet, in the order in which they were staged."""
    now = bindparam("now", type_=subscribers.c.added_at.type)
    rows = (
        select(incoming.c.address, *(incoming.c[name] for name in REPLACEABLE), now, now)
        .where(incoming.c.subscriber_id.is_(None))
        .order_by(incoming.c.position)
    )
    columns = ["address", *REPLACEABLE, "added_at", "changed_at"]
    return insert_into(subscribers, dialect).from_select(columns, rows).on_conflict_do_nothing()


def add_subscriptions(dialect: str) -> Insert:
    """Add the digests that they have not had."""
    rows = (
        select(incoming_words.c.word, incoming.c.subscriber_id)
        .join_from(incoming, incoming_words, incoming_words.c.word_set == incoming.c.digest_set)
        .where(true())
        .order_by(incoming.c.subscriber_id)
    )
    return insert_into(subscriptions, dialect).from_select(["digest", "subscriber_id"], rows).on_conflict_do_nothing()


def add_tags(dialect: str) -> Insert:
    """Add the tags that they have not had."""
    rows = (
        select(incoming.c.subscriber_id, incoming_words.c.word)
        .join_from(incoming, incoming_words, incoming_words.c.word_set == incoming.c.tag_set)
        .where(true())
        .order_by(incoming.c.subscriber_id)
    )
    return insert_into(subscriber_tags, dialect).from_select(["subscriber_id", "tag"], rows).on_conflict_do_nothing()


def save_batch(connection: Connection, batch: Sequence[Subscriber], now: datetime) -> ImportCounts:
    """Add or update one batch."""
    merged = _merge_same_addresses(batch)
    dialect = dialect_of(connection)
    _stage(connection, merged)
    connection.execute(FIND_KNOWN)
    changed = connection.execute(UPDATE_CHANGED, {"now": now}).rowcount
    added = connection.execute(add_unknown(dialect), {"now": now}).rowcount
    if added:
        connection.execute(FIND_KNOWN)
    connection.execute(add_subscriptions(dialect))
    connection.execute(add_tags(dialect))
    return ImportCounts(added, changed, len(batch) - added - changed)


def _merge_same_addresses(batch: Sequence[Subscriber]) -> Mapping[str, Subscriber]:
    merged: dict[str, Subscriber] = {}
    for subscriber in batch:
        earlier = merged.get(subscriber.address)
        merged[subscriber.address] = subscriber if earlier is None else _merge(earlier, subscriber)
    return merged


def _merge(earlier: Subscriber, later: Subscriber) -> Subscriber:
    return replace(
        later,
        name=later.name if later.name is not None else earlier.name,
        language=later.language if later.language is not None else earlier.language,
        tags=(*earlier.tags, *later.tags),
        digests=(*earlier.digests, *later.digests),
        consent_source=later.consent_source if later.consent_source is not None else earlier.consent_source,
        consent_at=later.consent_at if later.consent_at is not None else earlier.consent_at,
    )


def _stage(connection: Connection, merged: Mapping[str, Subscriber]) -> None:
    for make in MAKE_STAGING:
        connection.execute(make)
    connection.execute(EMPTY_INCOMING)
    connection.execute(EMPTY_INCOMING_WORDS)
    sets: dict[tuple[str, ...], int] = {}
    # In the order of the index on addresses: each of its pages is then looked at once per batch, not once per row.
    rows = [_staged(position, merged[address], sets) for position, address in enumerate(sorted(merged))]
    words = [{"word_set": number, "word": word} for words, number in sets.items() for word in sorted(set(words))]
    connection.execute(STAGE, rows)
    if words:
        connection.execute(STAGE_WORDS, words)


def _staged(position: int, subscriber: Subscriber, sets: dict[tuple[str, ...], int]) -> dict[str, Any]:
    return {
        "position": position,
        "address": subscriber.address,
        "name": subscriber.name,
        "language": subscriber.language,
        "consent_source": subscriber.consent_source,
        "consent_at": subscriber.consent_at,
        "digest_set": sets.setdefault(subscriber.digests, len(sets)),
        "tag_set": sets.setdefault(subscriber.tags, len(sets)),
    }
