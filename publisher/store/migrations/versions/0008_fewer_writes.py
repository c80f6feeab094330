"""Fewer writes for each message: no table of SQLite's own numbers attempts; what is held is found by its worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import UtcTime

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_WORKER = sa.text("claimed_by IS NOT NULL")


def upgrade() -> None:
    """Make the index again, and on SQLite the table."""
    op.drop_index("ix_deliveries_held", "deliveries")
    op.create_index(
        "ix_deliveries_held", "deliveries", ["claimed_by"], sqlite_where=HAS_WORKER, postgresql_where=HAS_WORKER
    )
    if op.get_bind().dialect.name == "sqlite":  # elsewhere nothing but a sequence numbers the rows
        _make_attempts_again()


def _make_attempts_again() -> None:
    op.rename_table("attempts", "attempts_before")
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
        sa.Column("started_at", UtcTime(length=27), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("delivery_id", "number", "outcome", "started_at", name="uq_attempts_result"),
    )
    op.execute("INSERT INTO attempts SELECT * FROM attempts_before ORDER BY id")
    op.drop_table("attempts_before")
