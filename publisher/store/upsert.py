"""INSERT ... ON CONFLICT, which both databases know and standard SQL does not: chosen by dialect here alone."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert_into(table: Table, dialect: str) -> Insert:
    """Begin an INSERT that can say what to do about a row that is there already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def dialect_of(connection: Connection) -> str:
    """Name the dialect a connection speaks."""
    return connection.dialect.name
