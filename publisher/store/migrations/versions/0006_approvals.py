"""Approvals, and what an edition that waits for one has to know."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import State, UtcTime

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and make the table."""
    op.add_column("editions", sa.Column("frozen_by", sa.Text(), nullable=True))
    op.add_column("editions", sa.Column("source_hash", sa.String(length=64), nullable=True))
    op.add_column("editions", sa.Column("reason", sa.Text(), nullable=True))
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("verdict", State(length=16), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answered_at", UtcTime(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_approvals_about"), "approvals", ["about"])
