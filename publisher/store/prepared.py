"""Statements for the hot path: compiled once, then run on the driver's own cursor, a row at a time.

Measured 2026-11-23: SQLAlchemy takes about 80 microseconds to execute a statement, SQLite about 6 to run one of these.
An UPDATE of many rows at once by a table of values takes it longer than one by one. Where all rows are given the same,
a list of fifty ids takes a third less (2026-11-29): each run has its price, and so has each value that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

from sqlalchemy import JSON, BindParameter, Column, ColumnElement, Connection, Dialect, Float, bindparam, literal_column
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import replacement_traverse

Values = dict[str, Any]

_Write = Callable[[Any], Any] | None

# A statement is written for each number of ids up to this one; SQLite's driver keeps the last 128 that it has run.
MAX_IDS = 64
_ID_NAMES = [intern(f"id_{number}") for number in range(MAX_IDS)]


@dataclass(frozen=True, slots=True)
class Hot:
    """A cursor of the driver in an open transaction, and the dialect that it speaks."""

    dialect: Dialect
    cursor: Any

    @classmethod
    def of(cls, connection: Connection) -> Hot:
        """Make one for a transaction of SQLAlchemy's."""
        return cls(connection.dialect, connection.connection.cursor())


def given(name: str, like: Column[Any]) -> BindParameter[Any]:
    """Stand for a value that is given with each row, of the type of a column."""
    return bindparam(name, type_=like.type)


class Prepared:
    """One statement with named values, written for each dialect at its first use.

    `build` takes the dialect's name; `returns` are the columns of its result. `shared` values are the same for all
    rows of a call. No value may have the name of a column that is set: SQLAlchemy keeps those names for its own.
    """

    def __init__(self, build: Callable[[str], ClauseElement], returns: Sequence[ColumnElement[Any]] = ()) -> None:
        self._build = build
        self._returns = returns
        self._compiled: dict[str, _Compiled] = {}

    def change(self, hot: Hot, rows: Sequence[Values], **shared: Any) -> int:
        """Run it for each row and say how many rows it changed."""
        if not rows:
            return 0
        compiled = self._for(hot, shared)
        hot.cursor.executemany(compiled.text, compiled.arrange_all(shared, rows))
        return int(hot.cursor.rowcount)

    def change_each(self, hot: Hot, rows: Sequence[Values], **shared: Any) -> list[int]:
        """Run it for each row and say for each how many rows it changed.

        An UPDATE that returns its rows would take SQLite half as long again (measured 2026-11-29).
        """
        if not rows:
            return []
        compiled = self._for(hot, shared)
        counts = []
        for row in compiled.arrange_all(shared, rows):
            hot.cursor.execute(compiled.text, row)
            counts.append(hot.cursor.rowcount)
        return counts

    def read(self, hot: Hot, rows: Sequence[Values], **shared: Any) -> list[list[Any]]:
        """Run it for each row and give what it returns."""
        if not rows:
            return []
        compiled = self._for(hot, shared)
        found: list[list[Any]] = []
        for row in compiled.arrange_all(shared, rows):
            hot.cursor.execute(compiled.text, row)
            found += [compiled.decode(one) for one in hot.cursor.fetchall()]
        return found

    def _for(self, hot: Hot, shared: Values) -> _Compiled:
        name = hot.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            compiled = self._compiled[name] = _Compiled(self._build(name), self._returns, shared.keys(), hot.dialect)
        return compiled


class PreparedForIds:
    """One statement for all rows of these ids: `build` is given the condition that they meet."""

    def __init__(self, build: Callable[[ColumnElement[bool]], ClauseElement], column: Column[int]) -> None:
        self._build = build
        self._column = column
        self._sized: dict[int, Prepared] = {}

    def change(self, hot: Hot, ids: Sequence[int], **shared: Any) -> int:
        """Run it and say how many rows it changed."""
        changed_count = 0
        for start in range(0, len(ids), MAX_IDS):
            some = ids[start : start + MAX_IDS]
            changed_count += self._for(len(some)).change(hot, [dict(zip(_ID_NAMES, some, strict=False))], **shared)
        return changed_count

    def _for(self, count: int) -> Prepared:
        prepared = self._sized.get(count)
        if prepared is None:
            is_one = self._column.in_([bindparam(name, type_=self._column.type) for name in _ID_NAMES[:count]])
            prepared = self._sized[count] = Prepared(lambda _: self._build(is_one))
        return prepared


class _Compiled:
    """The text for one dialect, and how each value is written and read there."""

    def __init__(
        self,
        statement: ClauseElement,
        returns: Sequence[ColumnElement[Any]],
        shared: Collection[str],
        dialect: Dialect,
    ) -> None:
        compiled = _with_literals(statement, dialect).compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        places = list(compiled.positiontup or binds)
        writers = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        # Without positions, the driver takes values by their names.
        self._names = None if compiled.positiontup is not None else places
        self._constants = [_constant(binds[name], writers[name]) for name in places]
        wanted = [(place, name, writers[name]) for place, name in enumerate(places) if binds[name].required]
        self._shared = _Slots([slot for slot in wanted if slot[1] in shared])
        self._own = _Slots([slot for slot in wanted if slot[1] not in shared])
        readers = [_reader(column, dialect) for column in returns]
        self._readers = [(index, read) for index, read in enumerate(readers) if read is not None]

    def arrange_all(self, shared: Values, rows: Sequence[Values]) -> list[Any]:
        """Give each row in the form that the dialect's driver wants."""
        begun = self._shared.put(self._constants.copy(), shared)  # what is the same in all rows
        arranged = [self._own.put(begun.copy(), row) for row in rows]
        return arranged if self._names is None else [dict(zip(self._names, row, strict=True)) for row in arranged]

    def decode(self, row: Sequence[Any]) -> list[Any]:
        """Read a row as the driver gives it."""
        decoded = list(row)
        for index, read in self._readers:
            decoded[index] = read(decoded[index])
        return decoded


def _reader(column: ColumnElement[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(column.type, Float):
        return None  # as the driver gives it
    read = column.type.dialect_impl(dialect).result_processor(dialect, None)
    if read is None or not isinstance(column.type, JSON):
        return read
    # Most of what is kept as JSON is empty in most rows.
    return lambda text: {} if text == "{}" else read(text)


def _with_literals(statement: Any, dialect: Dialect) -> ClauseElement:
    """Write constants into the text: they are states and numbers of ours, and giving them anew with each row costs."""

    def literal(part: Any, **_: Any) -> Any:
        if not isinstance(part, BindParameter) or part.required or part.expanding or part.effective_value is None:
            return None
        write = part.type.dialect_impl(dialect).literal_processor(dialect)
        return None if write is None else literal_column(write(part.effective_value), part.type)

    written: ClauseElement = replacement_traverse(statement, {}, literal)  # type: ignore[call-overload]
    return written


def _constant(bind: BindParameter[Any], write: _Write) -> Any:
    if bind.required:
        return None
    return bind.effective_value if write is None else write(bind.effective_value)


class _Slots:
    """Where in a row values stand; some are written in a form of their own."""

    def __init__(self, slots: Sequence[tuple[int, str, _Write]]) -> None:
        # Interned, as are the names that values are given by: so they are found without being compared.
        self._plain = [(place, intern(name)) for place, name, write in slots if write is None]
        self._written = [(place, intern(name), write) for place, name, write in slots if write is not None]

    def put(self, row: list[Any], values: Values) -> list[Any]:
        """Put values into a row."""
        for place, name in self._plain:
            row[place] = values[name]
        for place, name, write in self._written:
            row[place] = write(values[name])
        return row
