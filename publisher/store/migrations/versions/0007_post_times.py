"""Post times: when a channel last had nothing to post at a time of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "post_times",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("passed_at", UtcTime(length=27), nullable=False),
        sa.PrimaryKeyConstraint("channel", "rehearsal", name=op.f("pk_post_times")),
    )
