"""Counting by channel reads one index from front to back, and no row."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

NAME = "ix_deliveries_edition_state"


def upgrade() -> None:
    """Make the index again with all columns that are counted by."""
    op.drop_index(NAME, table_name="deliveries")
    op.create_index(NAME, "deliveries", ["edition_id", "state", "channel", "rehearsal", "post_id"])
