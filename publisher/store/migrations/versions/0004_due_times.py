"""What became of due times, and until when they have been looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import UtcTime

revision = "0004"
down_revision = "0003"

# Editions of due times from before: decided, so that none is made a second time.
FILL = """
INSERT INTO due_times (digest, occurrence, rehearsal, due_at, verdict, reason, is_late, decided_at, edition_id)
SELECT digest, occurrence, rehearsal, frozen_at, 'edition', '', {no}, frozen_at, id
FROM editions WHERE occurrence LIKE 'due %' AND revision = 1
"""

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables, and fill in what is known."""
    op.create_table(
        "due_times",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.Column("edition_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_due_times_edition_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", "occurrence", "rehearsal", name=op.f("pk_due_times")),
    )
    op.create_index(op.f("ix_due_times_edition_id"), "due_times", ["edition_id"])
    op.create_index("ix_due_times_due_at", "due_times", ["rehearsal", "due_at"])
    op.create_table(
        "schedules",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("judged_until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "rehearsal", name=op.f("pk_schedules")),
    )
    op.execute(FILL.format(no="false" if op.get_bind().dialect.name == "postgresql" else "0"))
