"""Creates engines from database URLs, and controls how their transactions begin."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from stat import S_ISDIR
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool

from bot.domain import address as addresses
from bot.domain.errors import BadConfig, StoreBusy
from store.sql import failures
from store.sql.search.stems import indexed_with_stems

BUSY_TIMEOUT = 2000
"""Milliseconds that SQLite waits for another process. Our own threads take turns in the runtime."""
STATEMENT_TIMEOUT = 60_000
IDLE_TIMEOUT = 30_000
"""Milliseconds after which PostgreSQL ends a statement, and the transaction of a frozen client."""
POOL_TIMEOUT = 3.0
"""Seconds."""
FOUND_OUT = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""Settings of libpq that detect a dead PostgreSQL host within 25 seconds, 15 during a query."""
POOL = 8
"""Connections to PostgreSQL. SQLite has one for each thread."""


def address(url: str) -> URL:
    """The database's URL with our driver. Raises BadConfig if it is invalid or unsupported."""
    scheme = addresses.scheme(url)
    if scheme is None or "://" not in url:
        raise BadConfig([f"{_USAGE} What is set is not a URL."])
    if scheme == "sqlite":
        return _file(url)
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _server(url)
    raise BadConfig([f"{_USAGE} “{scheme}” is not supported."])


_USAGE = "The database must be sqlite:///PATH or postgresql://USER@HOST/NAME."
_ENCODE = "In its user and password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25."
_SERVER = re.compile(
    r"(?P<before>[a-z+]+://(?:[\w.~!$&'()*+,;=%-]*(?::[^@]*)?@)?)"
    r"(?P<hosts>(?:[\w.-]*|%2f[\w.%-]*|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?(?:,[\w.-]+(?::[0-9]{0,5})?)*)"
    r"(?P<after>(?:/[^?@]*)?(?:\?[^@]*)?)",
    re.IGNORECASE,
)
"""One @ at most, and no special characters outside the password. Otherwise it is unclear where the password ends, and
the driver's error would quote a part of it as the name of something else.
"""


def _server(url: str) -> URL:
    """A URL as libpq reads it, which may name several hosts or the folder of a socket."""
    parts = _SERVER.fullmatch(url)
    if not parts:
        raise BadConfig([f"The database's address cannot be read. {_ENCODE} {_USAGE}"])
    if find_spec("psycopg") is None:
        raise BadConfig(
            ["PostgreSQL needs a package that is not here. Install it: pip install 'dogear-club[postgres]'"]
        )
    hosts = parts["hosts"]
    is_plain = "," not in hosts and "%" not in hosts
    parsed = make_url(url if is_plain else parts["before"] + (parts["after"] or "/"))
    from psycopg.pq import Conninfo

    known = [option.keyword.decode() for option in Conninfo.get_defaults()]
    for name in parsed.query:
        if name not in known:
            meant = get_close_matches(name, known, 1)
            named = f"“{name}”" if re.fullmatch(r"[a-z_]{2,40}", name) else "an option"
            ask = f" Did you mean {meant[0]}?" if meant else f" {_ENCODE}"
            raise BadConfig([f"PostgreSQL does not know {named} after the ? of the database's address.{ask}"])
    if not is_plain:
        parsed = parsed.update_query_pairs([("host", unquote(host)) for host in hosts.split(",")])
    return parsed.set(drivername="postgresql+psycopg")


def _file(url: str) -> URL:
    parsed = make_url(url) if url.startswith("sqlite:///") else None
    if parsed is None or not parsed.database:
        raise BadConfig([f"{_USAGE} What is set names no file."])
    if parsed.database == ":memory:":
        raise BadConfig([f"{_USAGE} A database in memory would be another one for every thread."])
    path = Path(parsed.database)
    hidden = not addresses.is_strict(url)
    database, folder = ("(not shown)", "(not shown)") if hidden else (parsed.database, path.parent)
    try:
        there = S_ISDIR(path.parent.stat().st_mode)  # is_dir() returns False without permission on Python 3.14
    except PermissionError:
        raise BadConfig([f"{folder} {_UNWRITABLE}"]) from None
    except (OSError, ValueError):  # ValueError: the name has a null character
        there = False
    if not there:
        raise BadConfig([f"The folder {folder} for the database {database} does not exist."])
    # SQLite writes a journal beside its file, so the folder must be writable too.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise BadConfig([f"{folder} {_UNWRITABLE}"])
    if os.path.exists(path) and not os.access(path, os.W_OK):  # noqa: PTH110 -- pathlib's raises for a name too long
        raise BadConfig([f"{database} {_UNWRITABLE}"])
    return parsed


_UNWRITABLE = "cannot be written, and the database must be: fix its owner or its mount."


def connect(url: URL) -> Engine:
    """An engine for `open_transaction`. Opens no connection yet."""
    engine = _sqlite(url) if url.drivername == "sqlite" else _postgresql(url)
    event.listen(engine, "handle_error", failures.replace)
    return engine


def _options(*, write: bool) -> dict[str, Any]:
    """How a transaction on PostgreSQL begins.

    A reader sees one snapshot. A writer sees what others committed before each of its statements, which makes it
    correct to wait for a row and then read it.
    """
    if write:
        return {"isolation_level": "READ COMMITTED"}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _sqlite(url: URL) -> Engine:
    """The connection that was returned last is reused first: its caches are warm."""
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT / 1000, "isolation_level": None}, pool_use_lifo=True
    )
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    try:
        _keep_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-4000"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.create_function("spelled_out", -1, indexed_with_stems, deterministic=True)
    except BaseException:
        connection.close()  # the pool does not own a connection before it is set up
        raise


def _keep_ahead(connection: Any) -> None:
    """Keep the write-ahead log across connections. SQLite does not wait by itself for another process that starts with
    a new file at the same moment (https://www.sqlite.org/c3ref/busy_handler.html, 2026-11).
    """
    until = time.monotonic() + BUSY_TIMEOUT / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


_WRITES = "writes"


def _begin(connection: Connection, *, write: bool) -> None:
    """Begin a transaction. A reader may not write, as on PostgreSQL: SQLite would allow it until two readers try.

    Not a listener for the engine's "begin" event: with one, SQLAlchemy fires an event for each statement too. A
    reader's BEGIN touches no file, so it has no errors to translate.
    """
    driver: Any = connection.connection.driver_connection
    if connection.info.get(_WRITES) is not write:  # readers and writers share the connections
        driver.execute(f"PRAGMA query_only={int(not write)}")
        connection.info[_WRITES] = write
    if write:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        driver.execute("BEGIN")


def _postgresql(url: URL) -> Engine:
    settings = {
        "timezone": "UTC",
        "statement_timeout": STATEMENT_TIMEOUT,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
        "synchronous_commit": "on",
    }
    arguments = {"connect_timeout": 3, "application_name": "dogear", **FOUND_OUT}
    engine = create_engine(
        url, connect_args=arguments, pool_size=POOL, max_overflow=0, pool_timeout=POOL_TIMEOUT, pool_pre_ping=True
    )
    set_for_sessions(engine, settings)
    return engine


def set_for_sessions(engine: Engine, settings: Mapping[str, object]) -> None:
    """Set these options in every session. libpq's `options` would do it too, but pgbouncer refuses them."""
    calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())

    def set_all(connection: Any, _record: object) -> None:
        connection.execute(f"SELECT {calls}").close()
        if not connection.autocommit:
            connection.commit()

    event.listen(engine, "connect", set_all)


def refuse_transaction_pooling(engine: Engine) -> None:
    """Raise BadConfig if a pooler gives each transaction another session: locks would hold for no one.

    Such a pooler hands the session that one client has just left to the next client.
    """
    process = text("SELECT pg_backend_pid()")
    beside = create_engine(engine.url, connect_args={"connect_timeout": 3, **FOUND_OUT}, poolclass=NullPool)
    event.listen(beside, "handle_error", failures.replace)
    with engine.connect() as one, beside.connect() as other:
        first = one.scalar(process)
        one.rollback()
        if other.scalar(process) != first and one.scalar(process) == first:
            return
    raise BadConfig([failures.POOLED])


@contextmanager
def open_transaction(engine: Engine, *, write: bool) -> Iterator[Connection]:
    """A connection in a transaction that commits when the block succeeds. Raises StoreBusy."""
    try:
        connection = engine.connect()
    except PoolTimeoutError as error:
        raise StoreBusy("The database has too much to do.") from error
    on_sqlite = engine.dialect.name == "sqlite"
    with connection if on_sqlite else connection.execution_options(**_options(write=write)), connection.begin():
        if on_sqlite:
            _begin(connection, write=write)
        yield connection


class RolledBack(StoreBusy):
    """The engine itself rolled back the whole transaction, including every savepoint."""


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A savepoint that rolls back alone if the block raises. Raises RolledBack if the whole transaction is gone.

    SQLite rolls everything back if the disk is full or unreadable. The next statement would then begin, and commit, its
    own transaction.
    """
    connection.exec_driver_sql("SAVEPOINT part")
    try:
        yield
    except BaseException as error:
        if not _open(connection):
            raise RolledBack(str(error)) from error
        connection.exec_driver_sql("ROLLBACK TO part")
        connection.exec_driver_sql("RELEASE part")
        raise
    connection.exec_driver_sql("RELEASE part")


def _open(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(getattr(driver, "in_transaction", True))
