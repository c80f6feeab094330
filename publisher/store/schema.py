"""The version of the tables: made at the first use, brought up to date, refused when newer than this program."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from publisher.errors import StoreError
from publisher.store.database import Database

# All versions in the order in which they follow on each other; a test compares them with the files in migrations/.
VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")

MIGRATIONS = Path(__file__).with_name("migrations")

_alembic_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

READ_VERSION = select(_alembic_version.c.version_num)


def bring_up_to_date(database: Database) -> None:
    """Make the tables if they are missing or older. Errors: StoreError where they are newer, or not ours."""
    with database.read() as connection:
        version = _read_version(connection, database.where)
    if version != VERSIONS[-1]:
        _upgrade(database)


def _read_version(connection: Connection, where: str) -> str | None:
    """Read the version; None for an empty database."""
    names = inspect(connection).get_table_names()
    if not names:
        return None
    version = connection.execute(READ_VERSION).scalar_one_or_none() if "alembic_version" in names else None
    if version is None:
        raise StoreError(
            f"this database belongs to another program: it has a table {names[0]!r} and no version of ours",
            where=where,
            hint='Name another file in config.toml: [store] path = "publisher.db".',
        )
    if version not in VERSIONS:
        raise StoreError(
            f"a newer version of this program wrote the ledger ({version}; this one knows up to {VERSIONS[-1]})",
            where=where,
            hint='Update the program: "pip install --upgrade publisher-workflow".',
        )
    return str(version)


def _upgrade(database: Database) -> None:
    # Two processes may come here at once: the second one waits, looks again, and finds it done.
    with database.write() as connection:
        if _read_version(connection, database.where) != VERSIONS[-1]:
            run_migrations(connection, VERSIONS[-1])


def run_migrations(connection: Connection, version: str) -> None:
    """Run what is missing up to a version, in the caller's transaction."""
    from alembic import command

    command.upgrade(alembic_config(connection), version)


def alembic_config(connection: Connection):  # type: ignore[no-untyped-def]  # alembic is imported only when needed
    """Make Alembic's settings without a file of settings."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
