"""The store: a database that has our schema, and the transactions over it."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select

from bot.domain.address import is_strict, shown
from bot.domain.errors import BadBackup, StoreBusy
from bot.domain.ids import WorkspaceRef
from bot.domain.notes import NoteBlock
from bot.ports.clock import Clock
from bot.ports.runner import Failed
from store.sql import backup
from store.sql.advisory_lock import ExclusiveLock, hold
from store.sql.engine import POOL, RolledBack, address, begun, connect, savepoint
from store.sql.migrate import REVISION, prepare, revision
from store.sql.notify import Bell
from store.sql.session import DatabaseTime, Tree
from store.sql.tables import INSTANCE
from store.sql.transaction import SqlTransaction

T = TypeVar("T")

SQLITE_READERS = 4
MAX_TREES = 500
"""Of notes that are kept as they were last read from their Markdown."""


@lru_cache(maxsize=MAX_TREES)
def _tree(markdown: str) -> tuple[NoteBlock, ...]:
    """Imported when the first notes are loaded: many a run loads none. The same notes are shown again and again."""
    from store.lists.notes import tree

    return tree(markdown)


def open_store(
    url: str,
    clock: Clock,
    *,
    migrate: bool = False,
    alone: WorkspaceRef | None = None,
    tree: Tree = _tree,
    database_time: DatabaseTime | None = None,
) -> "SqlStore":
    """Open the database at `url` (`sqlite:///PATH` or `postgresql://…`), giving an empty one the present schema.

    An older schema is brought up to date with `migrate` (of a SQLite file a copy is kept beside it), else refused. With
    `alone` it is refused as well if any other workspace or team than this workspace's is in the database.
    On PostgreSQL a transaction's moment is the server's as `database_time` turns it, by default by the clock's
    `offset` if it has one; on SQLite it is the clock's. Raises BadConfig, StaleSchema and StoreBusy.
    """
    engine = connect(address(url))
    try:
        prepare(engine, clock, migrate=migrate, alone=alone)
    except StoreBusy as busy:
        engine.dispose()
        raise StoreBusy(_at_start(url, busy)) from busy.__cause__
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, clock, tree, database_time or (lambda moment: moment + _offset(clock)))


def is_made(url: str) -> bool:
    """Whether there is a database of ours, of whatever version; makes none. Raises BadConfig, StoreBusy."""
    at = address(url)
    if at.drivername == "sqlite" and not os.path.exists(at.database or ""):  # noqa: PTH110 -- pathlib's raises for a name too long
        return False
    engine = connect(at)
    try:
        with begun(engine, write=False) as connection:
            return revision(connection) is not None
    finally:
        engine.dispose()


def _at_start(url: str, busy: StoreBusy) -> str:
    """Where the database was looked for, what it said, and what to do: at the start a wrong address is likely.

    The driver quotes parts of the address, so its words are left out if it is not certain which part is the password.
    """
    reasons = str(busy.__cause__ or "").strip().splitlines()
    if not is_strict(url):
        said = " (more is shown if each special character in the address is written as % and its code)"
    else:
        said = f" ({reasons[0]})" if reasons else ""
    return f"{busy} Looked for at {shown(url)}{said}. Correct that address or mend the place, and start again."


def _offset(clock: Clock) -> timedelta:
    """How far a person has moved the clock; a clock that cannot be moved need not say."""
    offset: timedelta = getattr(clock, "offset", timedelta())
    return offset


class SqlStore:
    """The port's Store. It may be used by any number of threads, each in its own transaction."""

    def __init__(self, engine: Engine, clock: Clock, tree: Tree, database_time: DatabaseTime) -> None:
        self._engine = engine
        self._clock = clock
        self._tree = tree
        self._database_time = database_time

    @staticmethod
    def warm() -> None:
        """Have ready what would be loaded while somebody waits for a search."""
        from store.sql.search.spelling import warm

        warm()

    @contextmanager
    def begin(self, *, write: bool) -> Iterator[SqlTransaction]:
        with begun(self._engine, write=write) as connection:
            yield self._transaction(connection)

    def together(self, use_cases: Iterable[Callable[[SqlTransaction], Any]]) -> list[Any]:
        """Carry out the use cases, one after the other as they come, and commit them together: the results in order.

        To each it is a transaction of its own. One that raises rolls back alone, and `Failed` stands for its result.
        Raises, and nothing is kept of any of them, where the whole cannot be committed.
        """
        with begun(self._engine, write=True) as connection:
            return [self._part(connection, use_case) for use_case in use_cases]

    def _part(self, connection: Connection, use_case: Callable[[SqlTransaction], Any]) -> Any:
        try:
            with savepoint(connection):
                return use_case(self._transaction(connection))
        except RolledBack:
            raise
        except Exception as error:  # noqa: BLE001 -- whoever asked for it is told, and nobody else
            return Failed(error)

    def _transaction(self, connection: Connection) -> SqlTransaction:
        return SqlTransaction(connection, tree=self._tree, now=self._clock.now, database_time=self._database_time)

    @property
    def readers(self) -> int:
        """How many threads may read at a time."""
        return SQLITE_READERS if self._engine.dialect.name == "sqlite" else POOL // 2

    @property
    def writers(self) -> int:
        """How many threads may write at a time: on SQLite they would only wait for each other."""
        return 1 if self._engine.dialect.name == "sqlite" else POOL // 2

    def bell(self) -> Bell | None:
        """What rings when another process has made deliveries due; None where there is no other."""
        return None if self._engine.dialect.name == "sqlite" else Bell(self._engine)

    def acquire(self, name: str) -> ExclusiveLock | None:
        """Take what only one process may have; None while another has it. Raises StoreBusy."""
        return hold(self._engine, name)

    needs = REVISION
    """The revision of the schema that this program reads and writes."""

    def schema(self) -> str:
        """The revision of the database's schema."""
        with begun(self._engine, write=False) as connection:
            return revision(connection) or ""

    def is_empty(self) -> bool:
        """Whether nothing was ever put into the database."""
        with begun(self._engine, write=False) as connection:
            return backup.is_empty(connection)

    def key(self) -> bytes:
        """Made with the database and the same in its backups, and so in a database that was restored from one."""
        with begun(self._engine, write=False) as connection:
            key: bytes = connection.scalars(select(INSTANCE.c.key)).one()
            return key

    @staticmethod
    def key_in(lines: Iterable[str]) -> bytes:
        """The key of the database that a backup is of; raises BadBackup. Only the first lines are read."""
        return backup.key_in(lines)

    def backup(self) -> Iterator[str]:
        """Everything as it is at this moment, as lines that `restore` reads on either engine; others go on writing."""
        with begun(self._engine, write=False) as connection:
            yield from backup.lines(connection, self._clock.now())

    def restore(self, read: Callable[[], Iterable[str]], then: Callable[[SqlTransaction], T]) -> tuple[int, T]:
        """Fill an empty database from a backup and carry out `then`, all in one transaction: how many rows, and what
        `then` gave. `read` gives the lines from the first on, and is asked twice: they are checked before a row is kept.

        Raises BadBackup, StaleSchema, Conflict if the database is not empty, and StoreBusy; nothing is kept then.
        """
        backup.check(read())
        with self.begin(write=True) as tx:
            rows = backup.load(tx.connection, read(), tx.index)
            done = then(tx)
            damage = backup.damage(tx.connection)
            if damage:
                raise BadBackup(f"What was restored is not whole: {damage[0]}.")
        return sum(rows.values()), done

    def close(self) -> None:
        """Give up every connection."""
        self._engine.dispose()
