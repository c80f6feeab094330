"""Suppressions: standing reasons not to write to an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, literal_column, not_, or_, select

from publisher.domain.subscriber import Suppression
from publisher.store.tables import ALL_DIGESTS, suppressions
from publisher.store.upsert import Insert, dialect_of, insert_into

NEWEST_SUPPRESSIONS = select(suppressions).order_by(
    suppressions.c.suppressed_at.desc(), suppressions.c.address, suppressions.c.digest
)


def in_force(digest: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say whether a suppression holds for a digest: it is about all of them, or about this one."""
    return or_(suppressions.c.digest == ALL_DIGESTS, suppressions.c.digest == digest)


def is_suppressed(address: ColumnElement[str], digest: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say whether there is a standing reason not to write this digest to this address."""
    # One look into the index, which is all it takes. With "this or that" SQLite makes a table of the two each time.
    is_about_others = and_(suppressions.c.digest != ALL_DIGESTS, suppressions.c.digest != digest)
    return exists(literal_column("1")).where(suppressions.c.address == address, not_(is_about_others))


def add_suppression(dialect: str) -> Insert:
    """Record a suppression; the first reason stays."""
    return insert_into(suppressions, dialect).on_conflict_do_nothing(index_elements=["address", "digest"])


def store_suppression(connection: Connection, suppression: Suppression) -> None:
    """Record a suppression."""
    row = {
        "address": suppression.address,
        "digest": ALL_DIGESTS if suppression.digest is None else suppression.digest,
        "reason": suppression.reason,
        "source": suppression.source,
        "suppressed_at": suppression.suppressed_at,
    }
    connection.execute(add_suppression(dialect_of(connection)), row)


def list_suppressions(connection: Connection) -> Sequence[Suppression]:
    """List all suppressions, newest first."""
    return [
        Suppression(
            address=row.address,
            reason=row.reason,
            suppressed_at=row.suppressed_at,
            digest=row.digest or None,
            source=row.source,
        )
        for row in connection.execute(NEWEST_SUPPRESSIONS)
    ]
