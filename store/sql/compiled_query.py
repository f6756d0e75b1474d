"""Fast paths for queries that are so frequent and quick that SQLAlchemy's overhead dominates.

On SQLite they run as SQL that was compiled once: five rows by key took 360 µs through SQLAlchemy and take 30 µs now. On
PostgreSQL they go through SQLAlchemy, because the network costs more than both.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Select, text
from sqlalchemy.dialects import sqlite

from bot.domain.errors import StoreBusy
from store.sql import failures

_SQLITE: Any = sqlite.dialect(paramstyle="named")


def fetched(connection: Connection, statement: str, parameters: Any) -> list[Any]:
    """The rows of plain SQL on SQLite, as tuples. Raises StoreBusy like every other statement."""
    driver: Any = connection.connection.driver_connection
    try:
        rows: list[Any] = driver.execute(statement, parameters).fetchall()
    except sqlite3.Error as error:
        sentence = failures.sentence_for(error)
        if sentence is None:
            raise
        raise StoreBusy(sentence) from error
    return rows


class FastRows:
    """A SELECT or SQL text, built once per engine, with named parameters.

    On SQLite a SELECT converts its parameters by the types of its columns. SQL text passes them to the driver
    unchanged: texts must be `storable`, and times are not possible.
    """

    def __init__(self, *, sqlite: Executable, postgresql: Executable) -> None:
        compiled: Any = sqlite.compile(dialect=_SQLITE)  # type: ignore[attr-defined] # every statement has it
        self._spelled = str(compiled)
        self._fixed: Mapping[str, Any] = {k: v for k, v in compiled.params.items() if v is not None}
        self._taken = list(_processors(compiled))
        self._read = _reader(sqlite) if isinstance(sqlite, Select) else None
        self._postgresql = postgresql

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """Every row: of a SELECT with names and types, of SQL text as a tuple."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._postgresql, values).all()
        given = {**self._fixed, **values}
        for name, processor in self._taken:
            given[name] = processor(given[name])
        rows = fetched(connection, self._spelled, given)
        return [self._read(row) for row in rows] if self._read else rows


def once(statement: Select[Any]) -> FastRows:
    """A statement for both engines, built once."""
    return FastRows(sqlite=statement, postgresql=statement)


def these(statement: Select[Any], column: ColumnElement[int]) -> FastRows:
    """The rows of the statement whose column has one of the numbers in `:numbers`, a JSON list."""
    listed = text("SELECT value FROM json_each(:numbers)")
    array = text("ANY (ARRAY (SELECT CAST(json_array_elements_text(CAST(:numbers AS json)) AS integer)))")
    return FastRows(sqlite=statement.where(column.in_(listed)), postgresql=statement.where(column == array))


def _processors(compiled: Any) -> Iterator[tuple[str, Any]]:
    """The functions that convert a parameter for the driver, where needed."""
    for name, parameter in compiled.binds.items():
        processor = parameter.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
        if processor:
            yield name, processor


def _reader(statement: Select[Any]) -> Any:
    """Converts a tuple of the driver to a named row with the columns' types."""
    columns = list(statement.selected_columns)
    names = [column.name for column in columns]
    named: Any = namedtuple("named", names)  # type: ignore[misc] # noqa: PYI024 -- its columns are the statement's
    processors = [column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None) for column in columns]
    to_process = [(at, processor) for at, processor in enumerate(processors) if processor]

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for at, processor in to_process:
            values[at] = processor(values[at])
        return named._make(values)

    return read
