"""The tables of the ledger, for SQLite and PostgreSQL alike.

States are text: the domain says which there are and which changes are allowed. Times are UTC (`UtcTime`). A message is
stored once per content hash, so that a delivery's `message_id` stands for the hash in its key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime: `timestamptz` on PostgreSQL, else text of one fixed width, which sorts as time does."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Write an aware datetime. ValueError where the time zone is missing: a defect, never a person's mistake."""
        return _in_utc_or_none if dialect.name == "postgresql" else _utc_text

    def process_literal_param(self, value: datetime | None, dialect: Dialect) -> str:
        """Refuse: a time is always given as a value."""
        raise NotImplementedError("a time is not written into a statement")

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Read it back as an aware UTC datetime."""
        return _in_utc_or_none if dialect.name == "postgresql" else _read_utc


def _in_utc_or_none(moment: datetime | None) -> datetime | None:
    return None if moment is None else _in_utc(moment)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a time zone: {moment!r}")
    return moment.astimezone(UTC)


@lru_cache(maxsize=64)  # many rows have the same
def _read_utc(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@lru_cache(maxsize=64)  # one moment is written for many rows
def _utc_text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    in_utc = moment if moment.tzinfo is UTC else _in_utc(moment)
    # Without the "+00:00" that isoformat ends with.
    return in_utc.isoformat("T", "microseconds")[:26] + "Z"


class State(TypeDecorator[str]):
    """A state's word. Drivers differ in how they write an enum, so they are given plain text."""

    impl = String(16)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Write the bare word."""
        return _bare_word


def _bare_word(state: str | None) -> str | None:
    return None if state is None else str(state)


# Ids of 64 bits; SQLite numbers a row by itself only for INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# `sqlite_autoincrement`: an id that was once given is not given again, since a worker may still hold what it stood for.
# SQLite writes a table of its own for that at each insert: `attempts` goes without.
# `sqlite_with_rowid=False`: the table is nothing but its key.


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("content_hash", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("encoded", LargeBinary, nullable=False),
    Column("frozen_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

editions = Table(
    "editions",
    metadata,
    _id(),
    Column("digest", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", State, nullable=False),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False, index=True),
    Column("frozen_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("planned_at", UtcTime),
    Column("sent_at", UtcTime),
    # Who froze it by hand, what it was rendered from, and why it is held or was cancelled.
    Column("frozen_by", Text),
    Column("source_hash", String(64)),
    Column("reason", Text),
    UniqueConstraint("digest", "number", "revision", "rehearsal"),
    UniqueConstraint("digest", "occurrence", "revision", "rehearsal"),
    # Each claim and each start asks which editions are stopped.
    Index("ix_editions_state", "state"),
    sqlite_autoincrement=True,
)

edition_articles = Table(
    "edition_articles",
    metadata,
    Column("edition_id", Id, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("slug", Text, nullable=False, index=True),
    Column("content_hash", Text, nullable=False),
)

# What became of each due time: its key decides between two processes. An edition that is discarded opens it again.
due_times = Table(
    "due_times",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("occurrence", Text, primary_key=True),
    Column("rehearsal", Boolean, primary_key=True),
    Column("due_at", UtcTime, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("edition_id", Id, ForeignKey("editions.id", ondelete="CASCADE"), index=True),
    Index("ix_due_times_due_at", "rehearsal", "due_at"),
)

# Until when a digest's due times have been looked at: so what falls into a standstill is not forgotten, and what lies
# before a digest's first day is not called missed.
schedules = Table(
    "schedules",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("rehearsal", Boolean, primary_key=True),
    Column("judged_until", UtcTime, nullable=False),
)

# When a channel last had nothing to post at a time of its own.
post_times = Table(
    "post_times",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("rehearsal", Boolean, primary_key=True),
    Column("passed_at", UtcTime, nullable=False),
)

edition_omissions = Table(
    "edition_omissions",
    metadata,
    Column("edition_id", Id, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False, index=True),
    Column("slug", Text, nullable=False, index=True),
    Column("article_hash", Text, nullable=False),
    Column("edition_id", Id, ForeignKey("editions.id", ondelete="SET NULL"), index=True),
    Column("frozen_at", UtcTime, nullable=False),
    Column("planned_at", UtcTime),
    UniqueConstraint("channel", "occurrence", "rehearsal"),
    sqlite_autoincrement=True,
)

subscribers = Table(
    "subscribers",
    metadata,
    _id(),
    Column("address", String(254), nullable=False, unique=True),
    Column("name", Text),
    Column("language", String(35)),
    Column("consent_source", Text),
    Column("consent_at", UtcTime),
    Column("added_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("subscriber_id", Id, primary_key=True),
    ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], ondelete="CASCADE"),
    Index("ix_subscriptions_subscriber_id", "subscriber_id"),
    sqlite_with_rowid=False,
)

subscriber_tags = Table(
    "subscriber_tags",
    metadata,
    Column("subscriber_id", Id, primary_key=True),
    Column("tag", Text, primary_key=True),
    ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

ALL_DIGESTS = ""

suppressions = Table(
    "suppressions",
    metadata,
    Column("address", String(254), primary_key=True),
    # Empty where it holds for all digests: a key cannot hold NULL.
    Column("digest", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("suppressed_at", UtcTime, nullable=False, index=True),
)

# A partial index is used only where the query repeats its condition word for word, so each condition stands here once.
CLAIMABLE = text("state IN ('queued', 'deferred')")
HELD = text("state IN ('claimed', 'sending')")
# What is held, and the few in doubt whose worker may still come back with evidence (recovery.py). Ask for HELD as well.
HAS_WORKER = text("claimed_by IS NOT NULL")
DEFERRED = text("state = 'deferred'")
OPEN = text("closed_at IS NULL")

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    # The key (domain/delivery.py); its text is computed from these, never stored.
    Column("message_id", Id, ForeignKey("messages.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("segment", Integer, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    # Where it comes from: an edition and its digest, or a post.
    Column("edition_id", Id, ForeignKey("editions.id")),
    Column("post_id", Id, ForeignKey("posts.id")),
    Column("digest", Text),
    # No foreign key: a delivery outlives its subscriber. Empty for fixed recipients.
    Column("subscriber_id", Id),
    Column("adapter", Text, nullable=False),
    Column("prepared", JSON, nullable=False),
    Column("marks", JSON, nullable=False),
    Column("state", State, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    # When it may be tried: the place in the queue. Later than queued_at only after a deferral.
    Column("due_at", UtcTime, nullable=False),
    Column("claimed_by", Text),
    Column("lease_until", UtcTime),
    Column("receipt", Text),
    Column("url", Text),
    Column("reason", Text),
    UniqueConstraint(
        "message_id", "channel", "recipient", "segment", "occurrence", "rehearsal", name="uq_deliveries_key"
    ),
    CheckConstraint("segment >= 1", name="segment_from_one"),
    # claim: the next that are due, of one channel. The last column lets it pass over a paused edition without reading
    # the rows themselves.
    Index(
        "ix_deliveries_claimable",
        "channel",
        "rehearsal",
        "due_at",
        "id",
        "edition_id",
        sqlite_where=CLAIMABLE,
        postgresql_where=CLAIMABLE,
    ),
    # Neither its column nor its condition speaks of what changes between claim and start, so that a start leaves it
    # alone. HELD as the condition would not do: SQLite takes an entry out and puts it back wherever the state changes.
    Index("ix_deliveries_held", "claimed_by", sqlite_where=HAS_WORKER, postgresql_where=HAS_WORKER),
    Index("ix_deliveries_deferred", "rehearsal", "due_at", sqlite_where=DEFERRED, postgresql_where=DEFERRED),
    # Each change of state writes this one: so it is as narrow as counting allows (figures.py).
    Index("ix_deliveries_edition_state", "edition_id", "state"),
    Index("ix_deliveries_post_id", "post_id"),
    Index("ix_deliveries_recipient", "recipient"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    Column("delivery_id", Id, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("code", Integer),
    Column("enhanced_code", Text, nullable=False),
    Column("relay", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    # Recording the same result again changes nothing.
    UniqueConstraint("delivery_id", "number", "outcome", "started_at", name="uq_attempts_result"),
    # No `sqlite_autoincrement`: once the newest attempts are forgotten, their ids may come again. Nothing keeps such an
    # id; it only tells the order of the attempts that are there, and a new one is always above all of them.
)

pace_buckets = Table(
    "pace_buckets",
    metadata,
    Column("channel", Text, primary_key=True),
    # Empty for the bucket of the whole channel: a key cannot hold NULL.
    Column("domain", Text, primary_key=True),
    Column("taken", JSON, nullable=False),
    Column("slow_level", Integer, nullable=False),
    Column("held_until", UtcTime),
    Column("hold_seconds", Float, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

circuits = Table(
    "circuits",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("state", State, nullable=False),
    Column("recent", Text, nullable=False),
    Column("probe_count", Integer, nullable=False),
    Column("since", UtcTime),
    Column("probe_at", UtcTime),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

consumption = Table(
    "consumption",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("rehearsal", Boolean, primary_key=True),
    Column("content_hash", Text, nullable=False),
    Column("edition_id", Id, ForeignKey("editions.id"), index=True),
    Column("post_id", Id, ForeignKey("posts.id"), index=True),
    Column("consumed_at", UtcTime, nullable=False),
)

feed_entries = Table(
    "feed_entries",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("taken_at", UtcTime, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    _id(),
    Column("rehearsal", Boolean, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

notice_events = Table(
    "notice_events",
    metadata,
    _id(),
    Column("kind", String(32), nullable=False),
    Column("about", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("happened_at", UtcTime, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    # What a later event is folded into: emptied when a notice is made, but for what is told once in all.
    Column("open_key", Text),
    Column("told_once", Boolean, nullable=False),
    # Set when a notice was made, or when nobody wanted to know.
    Column("closed_at", UtcTime),
    Column("notice_id", Id, ForeignKey("notices.id", ondelete="SET NULL"), index=True),
    UniqueConstraint("open_key", "rehearsal"),
    Index("ix_notice_events_open", "rehearsal", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    sqlite_autoincrement=True,
)

notice_messages = Table(
    "notice_messages",
    metadata,
    Column("notice_id", Id, ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id"), primary_key=True, index=True),
)

# What is sealed is text, kept as it was sealed: its time and its details, too.
audit = Table(
    "audit",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("about", Text, nullable=False, index=True),
    Column("content_hash", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# What people answered about articles and editions. An answer is bound to a content hash, and never changes.
approvals = Table(
    "approvals",
    metadata,
    _id(),
    Column("about", Text, nullable=False, index=True),
    Column("content_hash", String(64), nullable=False),
    Column("verdict", State, nullable=False),
    Column("answered_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("answered_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
