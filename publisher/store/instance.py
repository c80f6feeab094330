"""What belongs to one installation: its own secret, kept beside what it protects."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, bindparam, select

from publisher.store.database import Database
from publisher.store.tables import meta
from publisher.store.upsert import Insert, dialect_of, insert_into

ENTRY = "instance_secret"
SECRET_BYTES = 32

READ_META = select(meta.c.value).where(meta.c.name == bindparam("name"))


def add_meta(dialect: str) -> Insert:
    """Store a value; the first one stays."""
    return insert_into(meta, dialect).on_conflict_do_nothing(index_elements=["name"])


def read_instance_secret(database: Database) -> str:
    """Read the secret; make it at the first use, once even if two ask at the same time."""
    with database.read() as connection:
        found = _read(connection)
    if found is not None:
        return found
    with database.write() as connection:
        row = {"name": ENTRY, "value": secrets.token_hex(SECRET_BYTES)}
        connection.execute(add_meta(dialect_of(connection)), row)
        return _read(connection) or row["value"]


def _read(connection: Connection) -> str | None:
    value: str | None = connection.execute(READ_META, {"name": ENTRY}).scalar_one_or_none()
    return value
