"""The store: a database with our schema, and its transactions."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Connection, Engine, delete, select, text, update

from bot.domain.address import is_strict, shown
from bot.domain.errors import BadBackup, StoreBusy
from bot.domain.ids import InvocationId, WorkspaceRef
from bot.domain.notes import NoteBlock
from bot.ports.clock import Clock
from bot.ports.runner import Failed
from bot.ports.vectors import Model
from store.sql import backup
from store.sql.advisory_lock import MAX_SILENCE, ExclusiveLock, hold
from store.sql.edits import SqlEdits
from store.sql.engine import POOL, RolledBack, address, connect, open_transaction, refuse_transaction_pooling, savepoint
from store.sql.entries import SqlEntries
from store.sql.ledger import SqlLedger
from store.sql.linked_pages import SqlLinkedPages
from store.sql.meetings import SqlMeetings
from store.sql.migrate import REVISION, VERSION, prepare, revision
from store.sql.notify import Notifications
from store.sql.personal import SqlPersonal
from store.sql.readings import SqlReadings
from store.sql.schedules import SqlSchedules
from store.sql.search.find import SqlSearch
from store.sql.search.index import Index
from store.sql.search.postgres import PostgresIndex
from store.sql.search.spelling import Spelling
from store.sql.search.sqlite import SqliteIndex
from store.sql.search.synonyms import SqlSynonyms
from store.sql.search.vectors import Memory, SqlVectors
from store.sql.session import DatabaseTime, Session, Tree
from store.sql.sqlite_file import FileWatch, create_private, lock_for_server
from store.sql.tables import INSTANCE, INVOCATION
from store.sql.takeaways import SqlTakeaways
from store.sql.teams import SqlTeams
from store.sql.web_keys import SqlWebKeys

T = TypeVar("T")

SQLITE_READERS = 4
MAX_TREES = 500
"""Notes kept in memory as parsed from their Markdown."""


class SqlInvocations:
    def __init__(self, work: Session) -> None:
        self._work = work

    def claim(self, id: InvocationId) -> bool:
        statement = self._work.insert(INVOCATION).values(id=id, answer="", at=self._work.now())
        return self._work.row(statement.on_conflict_do_nothing().returning(INVOCATION.c.id)) is not None

    def saved_answer(self, id: InvocationId) -> str | None:
        answer: str | None = self._work.value(select(INVOCATION.c.answer).where(INVOCATION.c.id == id))
        return answer

    def save(self, id: InvocationId, answer: str) -> None:
        self._work.change(update(INVOCATION).where(INVOCATION.c.id == id).values(answer=answer))

    def delete_before(self, moment: datetime) -> None:
        self._work.change(delete(INVOCATION).where(INVOCATION.c.at < moment))


class SqlTransaction(Session):
    """Implements the port's Transaction. Each noun is created on first use."""

    memory: Memory | None = None
    """The vectors in memory; None without a model."""

    def schema(self) -> str:
        found: str = self.value(select(VERSION.c.version_num))
        return found

    @cached_property
    def index(self) -> Index:
        return SqliteIndex(self) if self.engine == "sqlite" else PostgresIndex(self)

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self, self.index)

    @cached_property
    def teams(self) -> SqlTeams:
        return SqlTeams(self, self.index)

    @cached_property
    def entries(self) -> SqlEntries:
        return SqlEntries(self, self.index, self._spelling)

    @cached_property
    def edits(self) -> SqlEdits:
        return SqlEdits(self)

    @cached_property
    def readings(self) -> SqlReadings:
        return SqlReadings(self)

    @cached_property
    def takeaways(self) -> SqlTakeaways:
        return SqlTakeaways(self, self.index)

    @cached_property
    def search(self) -> SqlSearch:
        return SqlSearch(self, self.index, self._spelling, self.memory)

    @cached_property
    def vectors(self) -> SqlVectors:
        return SqlVectors(self, self.memory)

    @cached_property
    def synonyms(self) -> SqlSynonyms:
        return SqlSynonyms(self)

    @cached_property
    def schedules(self) -> SqlSchedules:
        return SqlSchedules(self)

    @cached_property
    def meetings(self) -> SqlMeetings:
        return SqlMeetings(self)

    @cached_property
    def personal(self) -> SqlPersonal:
        return SqlPersonal(self)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self)

    @cached_property
    def linked_pages(self) -> SqlLinkedPages:
        return SqlLinkedPages(self)

    @cached_property
    def web_keys(self) -> SqlWebKeys:
        return SqlWebKeys(self)

    @cached_property
    def invocations(self) -> SqlInvocations:
        return SqlInvocations(self)


@lru_cache(maxsize=MAX_TREES)
def _tree(markdown: str) -> tuple[NoteBlock, ...]:
    """Imported when the first notes are loaded: many runs load none. Cached, because the same notes are shown
    repeatedly.
    """
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
    """Open the database at `url` (`sqlite:///PATH` or `postgresql://…`). An empty one gets the current schema.

    With `migrate`, an older schema is upgraded (a SQLite file is copied first); without it StaleSchema is raised. With
    `alone` it is also raised if the database has any other workspace or team. On PostgreSQL a transaction's time is the
    server's, mapped by `database_time`, which defaults to adding the clock's `offset`; on SQLite it is the clock's.
    Raises BadConfig, StaleSchema and StoreBusy.
    """
    at = address(url)
    file = Path(at.database or "") if at.drivername == "sqlite" else None
    if file is not None:
        create_private(file)
    engine = connect(at)
    try:
        if file is None:
            refuse_transaction_pooling(engine)
        prepare(engine, clock, migrate=migrate, alone=alone)
    except StoreBusy as busy:
        engine.dispose()
        raise StoreBusy(_at_start(url, busy)) from busy.__cause__
    except BaseException:
        engine.dispose()
        raise
    # A person may have moved the clock; one that cannot be moved has no offset.
    by_clock = database_time or (lambda moment: moment + getattr(clock, "offset", timedelta()))
    return SqlStore(engine, clock, tree, by_clock, file)


def exists(url: str) -> bool:
    """Whether our database exists there, in any version. Creates none. Raises BadConfig, StoreBusy."""
    at = address(url)
    if at.drivername == "sqlite" and not os.path.exists(at.database or ""):  # noqa: PTH110 -- pathlib's raises for a name too long
        return False
    engine = connect(at)
    try:
        with open_transaction(engine, write=False) as connection:
            return revision(connection) is not None
    finally:
        engine.dispose()


def _at_start(url: str, busy: StoreBusy) -> str:
    """The error with the address and the fix: on startup a wrong address is likely.

    The driver quotes parts of the address, so its message is left out if it is unclear which part is the password.
    """
    reasons = str(busy.__cause__ or "").strip().splitlines()
    if not is_strict(url):
        said = " (more is shown if each special character in the address is written as % and its code)"
    else:
        said = f" ({reasons[0]})" if reasons else ""
    return f"{busy} Looked for at {shown(url)}{said}. Fix the address or the database, and start again."


class SqlStore:
    """Implements the port's Store. Any number of threads may use it, each in its own transaction."""

    def __init__(
        self, engine: Engine, clock: Clock, tree: Tree, database_time: DatabaseTime, file: Path | None = None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._tree = tree
        self._database_time = database_time
        self._file = file
        self._watch: FileWatch | None = None
        self._memory: Memory | None = None
        self.trouble = ""

    def serve_alone(self) -> IO[bytes] | None:
        """The lock of the one process that serves a SQLite database, and the start of the watch over its file. None on
        PostgreSQL. Raises BadConfig if another process serves it.
        """
        if self._file is None:
            return None
        lock = lock_for_server(self._file)
        self._watch = FileWatch(self._file, self.key())
        return lock

    def check(self) -> str:
        """What keeps the database from saving, empty if nothing does. To a file in trouble nothing is written: it would
        be lost. Raises StoreBusy if PostgreSQL is away.
        """
        self.trouble = self._watch.trouble() if self._watch else self._read_only()
        return self.trouble

    def _read_only(self) -> str:
        if self._file is not None:
            return ""
        with open_transaction(self._engine, write=False) as connection:
            read_only = connection.scalar(
                text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool")
            )
        return "The database is read-only: a replica, or set so. Connect to the primary server." if read_only else ""

    def _refuse_lost(self) -> None:
        if self._watch is not None and self.trouble:
            raise StoreBusy(self.trouble)

    @staticmethod
    def warm() -> None:
        """Load in advance what the first search would wait for."""
        from store.sql.search.spelling import warm

        warm()

    @contextmanager
    def begin(self, *, write: bool) -> Iterator[SqlTransaction]:
        if write:
            self._refuse_lost()
        with open_transaction(self._engine, write=write) as connection:
            yield self._transaction(connection)

    def together(self, use_cases: Iterable[Callable[[SqlTransaction], Any]]) -> list[Any]:
        """Run the use cases one after the other and commit them together. Returns the results in order.

        To each use case it is a transaction of its own: one that raises rolls back alone, and its result is `Failed`.
        If the whole cannot be committed, this raises and nothing is saved.
        """
        self._refuse_lost()
        with open_transaction(self._engine, write=True) as connection:
            return [self._part(connection, use_case) for use_case in use_cases]

    def _part(self, connection: Connection, use_case: Callable[[SqlTransaction], Any]) -> Any:
        try:
            with savepoint(connection):
                return use_case(self._transaction(connection))
        except RolledBack:
            raise
        except Exception as error:  # noqa: BLE001 -- only its own caller gets the error
            return Failed(error)

    def _transaction(self, connection: Connection) -> SqlTransaction:
        tx = SqlTransaction(connection, tree=self._tree, now=self._clock.now, database_time=self._database_time)
        tx.memory = self._memory
        return tx

    def use_model(self, model: Model) -> None:
        """Search by meaning too, with the vectors of this model."""
        self._memory = Memory(model)

    @property
    def readers(self) -> int:
        """How many threads may read at a time."""
        return SQLITE_READERS if self._engine.dialect.name == "sqlite" else POOL // 2

    @property
    def writers(self) -> int:
        """How many threads may write at a time. On SQLite more would only wait for each other."""
        return 1 if self._engine.dialect.name == "sqlite" else POOL // 2

    def notifications(self) -> Notifications | None:
        """Notifications of other processes about due deliveries; None if there are no other processes."""
        return None if self._engine.dialect.name == "sqlite" else Notifications(self._engine)

    def acquire(self, name: str, max_silence: float = MAX_SILENCE) -> ExclusiveLock | None:
        """Take a lock between processes; None while another has it. Raises StoreBusy.

        It is lost after `max_silence` seconds in which no one asks whether it is held.
        """
        return hold(self._engine, name, max_silence)

    needs = REVISION
    """The schema revision that this program reads and writes."""

    def schema(self) -> str:
        """The database's schema revision."""
        with open_transaction(self._engine, write=False) as connection:
            return revision(connection) or ""

    def is_empty(self) -> bool:
        """Whether the database has no data yet."""
        with open_transaction(self._engine, write=False) as connection:
            return backup.is_empty(connection)

    def key(self) -> bytes:
        """Identifies the database. It is in its backups, so a restored database has the same key."""
        with open_transaction(self._engine, write=False) as connection:
            key: bytes = connection.scalars(select(INSTANCE.c.key)).one()
            return key

    @staticmethod
    def key_in(lines: Iterable[str]) -> bytes:
        """The key of the database that a backup is of. Raises BadBackup. Reads only the first lines."""
        return backup.key_in(lines)

    def backup(self) -> Iterator[str]:
        """A snapshot of everything, as lines that `restore` reads on either engine. Others can write meanwhile."""
        with open_transaction(self._engine, write=False) as connection:
            yield from backup.lines(connection, self._clock.now())

    def restore(self, read: Callable[[], Iterable[str]], then: Callable[[SqlTransaction], T]) -> tuple[int, T]:
        """Fill an empty database from a backup and run `then`, in one transaction. Returns the number of rows and the
        result.

        `read` returns the lines from the start, and is called twice: they are checked before a row is saved. Raises
        BadBackup, StaleSchema, Conflict if the database is not empty, and StoreBusy; nothing is saved then.
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
        """Close every connection."""
        self._engine.dispose()
