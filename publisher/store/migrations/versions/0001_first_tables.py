"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import State, UtcTime

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CLAIMABLE = sa.text("state IN ('queued', 'deferred')")
HELD = sa.text("state IN ('claimed', 'sending')")
DEFERRED = sa.text("state = 'deferred'")


def upgrade() -> None:
    """Make all tables, each after those that it points to."""
    _make_feed_entries()
    _make_messages()
    _make_meta()
    _make_subscribers()
    _make_suppressions()
    _make_editions()
    _make_subscriber_tags()
    _make_subscriptions()
    _make_edition_articles()
    _make_edition_omissions()
    _make_posts()
    _make_consumption()
    _make_deliveries()
    _make_attempts()


def _make_feed_entries() -> None:
    op.create_table(
        "feed_entries",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "entry_id", name=op.f("pk_feed_entries")),
    )


def _make_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("encoded", sa.LargeBinary(), nullable=False),
        sa.Column("frozen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_messages_content_hash")),
        sqlite_autoincrement=True,
    )


def _make_meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )


def _make_subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", ID, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("consent_source", sa.Text(), nullable=True),
        sa.Column("consent_at", UtcTime(), nullable=True),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address", name=op.f("uq_subscribers_address")),
        sqlite_autoincrement=True,
    )


def _make_suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("suppressed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", "digest", name=op.f("pk_suppressions")),
    )
    op.create_index(op.f("ix_suppressions_suppressed_at"), "suppressions", ["suppressed_at"], unique=False)


def _make_editions() -> None:
    op.create_table(
        "editions",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", State(), nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("frozen_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_editions_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint(
            "digest", "number", "revision", "rehearsal", name=op.f("uq_editions_digest_number_revision_rehearsal")
        ),
        sa.UniqueConstraint(
            "digest",
            "occurrence",
            "revision",
            "rehearsal",
            name=op.f("uq_editions_digest_occurrence_revision_rehearsal"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_editions_state", "editions", ["state"], unique=False)
    op.create_index(op.f("ix_editions_message_id"), "editions", ["message_id"], unique=False)


def _make_subscriber_tags() -> None:
    op.create_table(
        "subscriber_tags",
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_subscriber_tags_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "tag", name=op.f("pk_subscriber_tags")),
        sqlite_with_rowid=False,
    )


def _make_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_subscriptions_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", "subscriber_id", name=op.f("pk_subscriptions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"], unique=False)


def _make_edition_articles() -> None:
    op.create_table(
        "edition_articles",
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_edition_articles_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "position", name=op.f("pk_edition_articles")),
    )
    op.create_index(op.f("ix_edition_articles_slug"), "edition_articles", ["slug"], unique=False)


def _make_edition_omissions() -> None:
    op.create_table(
        "edition_omissions",
        sa.Column("edition_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_edition_omissions_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "position", name=op.f("pk_edition_omissions")),
    )


def _make_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("article_hash", sa.Text(), nullable=False),
        sa.Column("edition_id", ID, nullable=True),
        sa.Column("frozen_at", UtcTime(), nullable=False),
        sa.Column("planned_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_posts_edition_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_posts_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("channel", "occurrence", "rehearsal", name=op.f("uq_posts_channel_occurrence_rehearsal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_posts_edition_id"), "posts", ["edition_id"], unique=False)
    op.create_index(op.f("ix_posts_message_id"), "posts", ["message_id"], unique=False)
    op.create_index(op.f("ix_posts_slug"), "posts", ["slug"], unique=False)


def _make_consumption() -> None:
    op.create_table(
        "consumption",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("edition_id", ID, nullable=True),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("consumed_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_consumption_edition_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_consumption_post_id")),
        sa.PrimaryKeyConstraint("outlet", "slug", "rehearsal", name=op.f("pk_consumption")),
    )
    op.create_index(op.f("ix_consumption_edition_id"), "consumption", ["edition_id"], unique=False)
    op.create_index(op.f("ix_consumption_post_id"), "consumption", ["post_id"], unique=False)


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("edition_id", ID, nullable=True),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("subscriber_id", ID, nullable=True),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("prepared", sa.JSON(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("state", State(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("segment >= 1", name=op.f("ck_deliveries_segment_from_one")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_deliveries_edition_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_deliveries_message_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_deliveries_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "message_id", "channel", "recipient", "segment", "occurrence", "rehearsal", name="uq_deliveries_key"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_claimable",
        "deliveries",
        ["channel", "rehearsal", "due_at", "id", "edition_id"],
        unique=False,
        sqlite_where=CLAIMABLE,
        postgresql_where=CLAIMABLE,
    )
    op.create_index(
        "ix_deliveries_deferred",
        "deliveries",
        ["rehearsal", "due_at"],
        unique=False,
        sqlite_where=DEFERRED,
        postgresql_where=DEFERRED,
    )
    op.create_index("ix_deliveries_edition_state", "deliveries", ["edition_id", "state"], unique=False)
    op.create_index(
        "ix_deliveries_held", "deliveries", ["lease_until"], unique=False, sqlite_where=HELD, postgresql_where=HELD
    )
    op.create_index("ix_deliveries_post_id", "deliveries", ["post_id"], unique=False)
    op.create_index("ix_deliveries_recipient", "deliveries", ["recipient"], unique=False)


def _make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("enhanced_code", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("delivery_id", "number", "outcome", "started_at", name="uq_attempts_result"),
        sqlite_autoincrement=True,
    )
