"""Pace: buckets of tokens, and circuits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import State, UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "pace_buckets",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("taken", sa.JSON(), nullable=False),
        sa.Column("slow_level", sa.Integer(), nullable=False),
        sa.Column("held_until", UtcTime(), nullable=True),
        sa.Column("hold_seconds", sa.Float(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "domain", name=op.f("pk_pace_buckets")),
    )
    op.create_table(
        "circuits",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", State(), nullable=False),
        sa.Column("recent", sa.Text(), nullable=False),
        sa.Column("probe_count", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=True),
        sa.Column("probe_at", UtcTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_circuits")),
    )
