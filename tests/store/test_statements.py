"""Each statement of the store compiles for both databases; a new one is found by itself."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import UpdateBase

import publisher.store
from publisher.store.figures import COUNT_OTHERS_BY_CHANNEL, COUNT_POSTS, COUNT_WITH_POSTS
from publisher.store.open import Store
from publisher.store.prepared import Prepared
from publisher.store.recovery import HELD_ROWS
from publisher.store.sending import NEXT, RELEASE_CLAIMS, START, claim_those
from publisher.store.tables import deliveries, metadata
from publisher.store.upkeep import COUNT_LOST_CLAIMS
from publisher.store.upsert import Insert
from tests.store.scenes import planned

DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


def _modules() -> Iterator[object]:
    for module in pkgutil.iter_modules(publisher.store.__path__, "publisher.store."):
        if not module.ispkg:
            yield importlib.import_module(module.name)


def _constants() -> dict[str, ClauseElement]:
    return {
        name: value
        for module in _modules()
        for name, value in vars(module).items()
        if isinstance(value, Select | UpdateBase) and not name.startswith("_")
    }


def _functions_of_a_dialect() -> dict[str, Callable[[str], Insert]]:
    return {
        name: function
        for module in _modules()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if list(inspect.signature(function).parameters) == ["dialect"]
    }


CONSTANTS, FUNCTIONS = _constants(), _functions_of_a_dialect()


PREPARED = [
    (module, name) for module in _modules() for name, value in vars(module).items() if isinstance(value, Prepared)
]


def test_they_are_found() -> None:
    assert len(PREPARED) >= 9
    assert len(CONSTANTS) >= 50
    assert set(FUNCTIONS) >= {"add_message", "add_unknown", "add_subscriptions", "add_suppression"}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_a_statement_compiles(name: str, dialect: str) -> None:
    assert str(CONSTANTS[name].compile(dialect=DIALECTS[dialect]))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_an_insert_on_conflict_compiles(name: str, dialect: str) -> None:
    assert "ON CONFLICT" in str(FUNCTIONS[name](dialect).compile(dialect=DIALECTS[dialect]))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("module", "name"), PREPARED)
def test_a_prepared_statement_compiles(module: object, name: str, dialect: str) -> None:
    statement = vars(module)[name]._build(dialect)
    assert str(statement.compile(dialect=DIALECTS[dialect]))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_tables_compile(dialect: str) -> None:
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=DIALECTS[dialect]))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=DIALECTS[dialect]))


def test_postgresql_workers_pass_over_each_others_rows() -> None:
    assert "FOR UPDATE OF deliveries SKIP LOCKED" in str(NEXT.compile(dialect=DIALECTS["postgresql"]))
    assert "FOR UPDATE" not in str(NEXT.compile(dialect=DIALECTS["sqlite"]))


def steps(store: Store, statement: ClauseElement) -> list[str]:
    """How SQLite goes about it."""
    compiled = statement.compile(dialect=DIALECTS["sqlite"])
    with store.database.read() as connection:
        values = tuple("x" for _ in compiled.positiontup or ())
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]


def test_claiming_reads_its_index_and_nothing_else(store: Store) -> None:
    """Without the partial index each claim would read all deliveries."""
    planned(store, 1)
    plan = steps(store, NEXT)
    assert "(channel=? AND rehearsal=? AND due_at<?)" in next(step for step in plan if "deliveries_claimable" in step)
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in plan)


def test_counting_the_deliveries_of_editions_reads_no_row(store: Store) -> None:
    """It goes through one index in its order, and nothing is sorted."""
    planned(store, 1)
    assert steps(store, COUNT_WITH_POSTS) == [
        "SEARCH deliveries USING COVERING INDEX ix_deliveries_edition_state (edition_id>?)"
    ]
    by_rows = select(deliveries.c.channel, func.count()).where(deliveries.c.adapter == "smtp").group_by("channel")
    assert "COVERING" not in " ".join(steps(store, by_rows))  # the control


@pytest.mark.parametrize("statement", [COUNT_POSTS, COUNT_OTHERS_BY_CHANNEL])
def test_counting_posts_reads_the_rows_of_posts_only(store: Store, statement: ClauseElement) -> None:
    """E-mails are many, posts are few: SQLite must not look for these among those."""
    planned(store, 1)
    through = [step for step in steps(store, statement) if " deliveries " in step]
    assert "SEARCH deliveries USING INDEX ix_deliveries_post_id (post_id=?)" in through
    assert not any(step.startswith("SCAN") or "edition_id>" in step for step in through)


@pytest.mark.parametrize("statement", [HELD_ROWS, COUNT_LOST_CLAIMS, RELEASE_CLAIMS])
def test_looking_for_what_is_held_reads_nothing_else(store: Store, statement: ClauseElement) -> None:
    """Workers ask each time they begin and end: they must not go through a million deliveries for a few."""
    planned(store, 1)
    assert "ix_deliveries_held" in steps(store, statement)[0]


CLAIM = claim_those(deliveries.c.id.in_([bindparam(f"id_{number}") for number in range(3)]))


@pytest.mark.parametrize("statement", [CLAIM, START])
def test_a_delivery_is_found_by_its_id(store: Store, statement: ClauseElement) -> None:
    """Not among all that its worker holds."""
    planned(store, 1)
    assert steps(store, statement)[0] == "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid=?)"


def written(store: Store, statement: ClauseElement) -> set[str]:
    """The tables and indexes that SQLite opens for writing."""
    compiled = statement.compile(dialect=DIALECTS["sqlite"])
    values = tuple("x" for _ in compiled.positiontup or ())
    with store.database.read() as connection:
        pages = {row[3] for row in connection.exec_driver_sql(f"EXPLAIN {compiled}", values) if row[1] == "OpenWrite"}
        names = connection.exec_driver_sql("SELECT name, rootpage FROM sqlite_schema").all()
    return {row.name for row in names if row.rootpage in pages}


def test_a_start_leaves_the_index_of_what_is_held_alone(store: Store) -> None:
    """Each message is started: a claim puts it there, and it stays until it is finished."""
    assert "ix_deliveries_held" in written(store, CLAIM)  # the control
    assert written(store, START) >= {"deliveries"}
    assert "ix_deliveries_held" not in written(store, START)


def test_an_attempt_is_numbered_by_its_own_table_alone(store: Store) -> None:
    """With AUTOINCREMENT, SQLite would write one more table for each message."""
    numbered_apart = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    with store.database.read() as connection:
        names = set(connection.exec_driver_sql(numbered_apart).scalars())
    assert {"deliveries", "editions", "messages"} <= names  # the control
    assert "attempts" not in names
