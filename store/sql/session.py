"""One open transaction as the nouns see it: statements, the moment, fresh numbers. No noun is here."""

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
"""How notes are read from their Markdown."""
DatabaseTime: TypeAlias = Callable[[datetime], datetime]
"""What the clock shows when the database's own clock shows a moment; another one where a test moves the clock."""

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_LOCK = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")
"""In the order of the numbers, so that two transactions do not each hold what the other waits for."""

INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def lock_number(name: str) -> int:
    """The number by which PostgreSQL knows an advisory lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Session:
    """A transaction's connection and what every noun needs of it."""

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
        """The transaction's own moment: the database's clock where several machines share it."""
        if self._now is None:
            self._now = self._clock() if self.engine == "sqlite" else self._transaction_time()
        return self._now

    def _transaction_time(self) -> datetime:
        moment = self.connection.scalar(select(func.transaction_timestamp(type_=DateTime(timezone=True))))
        assert moment is not None
        return self._database_time(moment)

    def lock(self, names: Collection[str]) -> None:
        """On SQLite there is nothing to wait for: it has one writer."""
        if names and self.engine == "postgresql":
            self.connection.execute(_LOCK, {"numbers": sorted({lock_number(name) for name in names})})

    def rows(self, statement: Executable, **values: Any) -> Sequence[AnyRow]:
        """Every row; `values` are those of a statement that was built before."""
        return self.connection.execute(statement, values).all()

    def quickly(self, statement: FastRows, **values: Any) -> Sequence[Any]:
        """As `rows` for what is asked at every turn."""
        return statement.rows(self.connection, **values)

    def row(self, statement: Executable, **values: Any) -> AnyRow | None:
        return self.connection.execute(statement, values).first()

    def value(self, statement: Executable, **values: Any) -> Any:
        """The first column of the first row, None if there is none."""
        return self.connection.execute(statement, values).scalar()

    def change(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None, **values: Any) -> int:
        """Carry out a change, once for each of `rows` if there are any; how many rows an update touched.

        `values` are those of a statement that was built before.
        """
        if rows is not None and not rows:
            return 0
        return self.connection.execute(statement, rows or values).rowcount

    def change_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """As `change` for very many rows, whose values must be as the driver takes them.

        SQLAlchemy's own way handles each value of each row in Python: for 100,000 entries five times the
        work of the database.
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

    def spelled(self, statement: Select[Any]) -> tuple[str, tuple[Any, ...]]:
        """A query of texts and numbers as SQL with `?` and its parameters, to stand inside a statement of our own."""
        compiled = statement.compile(dialect=self.connection.dialect, compile_kwargs={"render_postcompile": True})
        values = compiled.params
        parameters = (values[name] for name in compiled.positiontup or ())
        return str(compiled), tuple(storable(value) if isinstance(value, str) else value for value in parameters)

    def one_of(self, key: Sequence[ColumnElement[Any]], rows: Sequence[Sequence[Any]]) -> ColumnElement[bool]:
        """Whether the columns are those of one of the rows, which are of numbers and texts.

        SQLite looks up in an index what a query gives, and holds a list of rows against every row of the table.
        """
        if self.engine != "sqlite":
            return tuple_(*key).in_([tuple(row) for row in rows])
        columns = ", ".join(f"json_extract(value, '$[{number}]')" for number, _ in enumerate(key))
        given = text(f"SELECT {columns} FROM json_each(:given)")  # noqa: S608 -- nothing of it comes from outside
        return tuple_(*key).in_(given.bindparams(given=json.dumps([list(row) for row in rows])))

    def insert(self, table: Table) -> Any:
        """An INSERT with the engine's own ON CONFLICT, which both spell alike."""
        return INSERTS[self.engine](table)

    def take(self, team: int, noun: str, count: int = 1) -> int:
        """The first of `count` fresh numbers of the team for a noun; others wait for them until we commit."""
        statement = self.insert(COUNTER).values(team=team, noun=noun, last=count)
        statement = statement.on_conflict_do_update(
            index_elements=["team", "noun"], set_={"last": COUNTER.c.last + statement.excluded.last}
        )
        last: int = self.value(statement.returning(COUNTER.c.last))
        return last - count + 1
