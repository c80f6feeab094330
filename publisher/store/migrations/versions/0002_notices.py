"""What the team is told: events, and the notices that bundle them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import UtcTime

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Make the tables, each after those that it points to."""
    _make_notices()
    _make_events()
    _make_messages()


def _make_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sqlite_autoincrement=True,
    )


def _make_events() -> None:
    op.create_table(
        "notice_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("happened_at", UtcTime(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("open_key", sa.Text(), nullable=True),
        sa.Column("told_once", sa.Boolean(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("notice_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_notice_events_notice_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_events")),
        sa.UniqueConstraint("open_key", "rehearsal", name=op.f("uq_notice_events_open_key_rehearsal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notice_events_notice_id"), "notice_events", ["notice_id"])
    op.create_index(
        "ix_notice_events_open", "notice_events", ["rehearsal", "id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def _make_messages() -> None:
    op.create_table(
        "notice_messages",
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_notice_messages_notice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_notice_messages_message_id")),
        sa.PrimaryKeyConstraint("notice_id", "message_id", name=op.f("pk_notice_messages")),
    )
    op.create_index(op.f("ix_notice_messages_message_id"), "notice_messages", ["message_id"])
