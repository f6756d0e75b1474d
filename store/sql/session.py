"""One open transaction for the nouns: statements, the current time, new numbers. No noun is here."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, DateTime, Executable, Row, Select, Table, func, select, text, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.notes import NoteBlock
from store.sql.compiled_query import FastRows
from store.sql.tables import COUNTER, storable

Tree: TypeAlias = Callable[[str], tuple[NoteBlock, ...]]
"""Parses notes from Markdown."""
DatabaseTime: TypeAlias = Callable[[datetime], datetime]
"""Maps the database's time to the clock's. They differ if a test moves the clock."""

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_LOCK = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")
"""Locks in the order of their numbers, so that two transactions cannot deadlock."""

INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def lock_number(name: str) -> int:
    """The number of a PostgreSQL advisory lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Session:
    """A transaction's connection, and what every noun needs of it."""

    def __init__(
        self, connection: Connection, *, tree: Tree, now: Callable[[], datetime], database_time: DatabaseTime
    ) -> None:
        self.connection = connection
        self.tree = tree
        self.engine = connection.dialect.name
        self._clock = now
        self._database_time = database_time
        self._now: datetime | None = None

    def now(self) -> datetime:
        """The transaction's time: the database's clock if several machines share the database."""
        if self._now is None:
            self._now = self._clock() if self.engine == "sqlite" else self._transaction_time()
        return self._now

    def _transaction_time(self) -> datetime:
        moment = self.connection.scalar(select(func.transaction_timestamp(type_=DateTime(timezone=True))))
        assert moment is not None
        return self._database_time(moment)

    def lock(self, names: Collection[str]) -> None:
        """SQLite needs no locks: it has one writer."""
        if names and self.engine == "postgresql":
            self.connection.execute(_LOCK, {"numbers": sorted({lock_number(name) for name in names})})

    def rows(self, statement: Executable, **values: Any) -> Sequence[AnyRow]:
        """Every row. `values` are the parameters of a prebuilt statement."""
        return self.connection.execute(statement, values).all()

    def fast_rows(self, statement: FastRows, **values: Any) -> Sequence[Any]:
        """As `rows`, for the most frequent queries."""
        return statement.rows(self.connection, **values)

    def row(self, statement: Executable, **values: Any) -> AnyRow | None:
        return self.connection.execute(statement, values).first()

    def value(self, statement: Executable, **values: Any) -> Any:
        """The first column of the first row; None without a row."""
        return self.connection.execute(statement, values).scalar()

    def change(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> int:
        """Run a change, once for each of `rows` if given. Returns the number of rows that an update touched.

        `values` are the parameters of a prebuilt statement.
        """
        if rows is not None and not rows:
            return 0
        return self.connection.execute(statement, rows or values).rowcount

    def change_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """As `change` for very many rows, whose values must be as the driver takes them.

        SQLAlchemy processes each value in Python, which takes five times as long as the database for 100,000 entries.
        """
        if not rows:
            return
        compiled = statement.compile(dialect=self.connection.dialect)  # type: ignore[attr-defined] # every ClauseElement
        order = compiled.positiontup
        parameters = rows if order is None else [*map(itemgetter(*order), rows)]
        self.connection.exec_driver_sql(str(compiled), parameters)

    def bound(self, column: ColumnElement[Any], value: Any) -> Any:
        """The value as the driver takes it."""
        processor = column.type.dialect_impl(self.connection.dialect).bind_processor(self.connection.dialect)
        return processor(value) if processor else value

    def sql_of(self, statement: Select[Any]) -> tuple[str, tuple[Any, ...]]:
        """A query of texts and numbers as SQL with `?` and its parameters, to embed in other SQL."""
        compiled = statement.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        values = compiled.params
        parameters = (values[name] for name in compiled.positiontup or ())
        return str(compiled), tuple(storable(value) if isinstance(value, str) else value for value in parameters)

    def one_of(self, key: Sequence[ColumnElement[Any]], rows: Sequence[Sequence[Any]]) -> ColumnElement[bool]:
        """Whether the columns equal one of the rows, which contain numbers and texts.

        SQLite uses an index for the result of a query, but compares a list of rows with every row of the table.
        """
        if self.engine != "sqlite":
            return tuple_(*key).in_([tuple(row) for row in rows])
        columns = ", ".join(f"json_extract(value, '$[{number}]')" for number, _ in enumerate(key))
        given = text(f"SELECT {columns} FROM json_each(:given)")  # noqa: S608 -- contains no input from outside
        return tuple_(*key).in_(given.bindparams(given=json.dumps([list(row) for row in rows])))

    def insert(self, table: Table) -> Any:
        """An INSERT with the engine's own ON CONFLICT, which both spell alike."""
        return INSERTS[self.engine](table)

    def take(self, team: int, noun: str, count: int = 1) -> int:
        """Reserve `count` new numbers of the team for a noun. Returns the first; others wait until we commit."""
        statement = self.insert(COUNTER).values(team=team, noun=noun, last=count)
        statement = statement.on_conflict_do_update(
            index_elements=["team", "noun"], set_={"last": COUNTER.c.last + statement.excluded.last}
        )
        last: int = self.value(statement.returning(COUNTER.c.last))
        return last - count + 1
