"""A store of its own for each test, with two guards that no test can forget.

Triggers in the database refuse each change of state that the domain's tables do not allow, whatever statement makes it;
and each statement that runs is compiled for PostgreSQL, too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

from publisher.domain import delivery, edition
from publisher.store.open import Store, open_store

POSTGRESQL = postgresql.dialect()


@pytest.fixture(scope="session", autouse=True)
def _each_statement_compiles_for_postgresql() -> Iterator[None]:
    seen: dict[int, ClauseElement] = {}

    def compile_too(_connection: Any, statement: Any, *_: Any) -> None:
        # INSERT ... ON CONFLICT is made for one dialect at a time: test_statements.py looks at both.
        if isinstance(statement, sqlite.Insert) or not isinstance(statement, ClauseElement):
            return
        if id(statement) not in seen:
            seen[id(statement)] = statement
            statement.compile(dialect=POSTGRESQL)

    event.listen(Engine, "before_execute", compile_too)
    yield
    event.remove(Engine, "before_execute", compile_too)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "template.db"
    open_store(path).close()
    connection = sqlite3.connect(path)
    for table, changes in (("deliveries", delivery.ALLOWED_CHANGES), ("editions", edition.ALLOWED_CHANGES)):
        allowed = ", ".join(f"'{before}>{after}'" for before, afters in changes.items() for after in afters)
        connection.execute(
            f"CREATE TRIGGER guard_{table} BEFORE UPDATE OF state ON {table} "
            f"WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({allowed}) "
            f"BEGIN SELECT RAISE(ABORT, 'a change of state that the table does not allow'); END"
        )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "publisher.db"))


@pytest.fixture
def open_again(path: Path) -> Iterator[Callable[[], Store]]:
    """Open the same file once more, as another process does."""
    stores: list[Store] = []

    def open_one() -> Store:
        stores.append(open_store(path))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(open_again: Callable[[], Store]) -> Store:
    return open_again()
