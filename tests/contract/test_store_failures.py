"""What cannot be done now is StoreBusy with a plain sentence; no exception of a driver leaves the store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from bot.domain.errors import BadConfig, StoreBusy
from store.sql import SqlStore, engine, open_store
from store.sql.failures import AWAY, sentence_for
from tests.fakes.clock import FakeClock
from tests.fakes.kept import a_club, a_read_entry
from tests.fakes.postgres import Postgres


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a SQLite database goes that waits for nobody."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0)
    return tmp_path / "dogear.db"


@pytest.fixture
def on_file(path: Path, clock: FakeClock) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{path}", clock)
    yield store
    store.close()


def _write(store: SqlStore) -> None:
    with store.begin(write=True) as tx:
        tx.teams.add("ours", "UTC")


def test_a_database_locked_by_another_program_is_busy_and_free_again_later(on_file: SqlStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked by another program"):
            _write(on_file)
        other.execute("ROLLBACK")

    _write(on_file)


def test_a_full_disk_is_busy_loses_nothing_and_leaves_reading_possible(on_file: SqlStore) -> None:
    club = a_club(on_file)
    club.add(a_read_entry("Kept"))
    pages = "PRAGMA max_page_count=1"  # SQLite takes it as: no more than there are now
    event.listen(on_file._engine, "checkout", lambda connection, *_: connection.execute(pages).close())

    with pytest.raises(StoreBusy, match="full"):
        club.add(*(a_read_entry("Large", "x" * 10_000) for _ in range(10)))

    with on_file.begin(write=False) as tx:
        assert tx.entries.count(club.team) == 1


def test_a_database_that_may_not_be_written_is_busy(on_file: SqlStore) -> None:
    forbidden = "PRAGMA query_only=1"
    event.listen(on_file._engine, "before_cursor_execute", lambda _, cursor, *__: cursor.execute(forbidden))

    with pytest.raises(StoreBusy, match="cannot be written"):
        _write(on_file)


def test_a_folder_that_is_not_there_is_named(path: Path, clock: FakeClock) -> None:
    under_a_file = path / "folder" / "dogear.db"
    path.write_text("a file")

    with pytest.raises(BadConfig, match="folder"):
        open_store(f"sqlite:///{under_a_file}", clock)


def test_a_file_that_is_no_database_is_named(path: Path, clock: FakeClock) -> None:
    path.write_text("This is a reading list, not a database. " * 100)

    with pytest.raises(BadConfig, match=r"dogear\.db"):
        open_store(f"sqlite:///{path}", clock)


def test_a_connection_that_cannot_be_set_up_is_closed(path: Path) -> None:
    path.write_text("This is a reading list, not a database. " * 100)

    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            engine._set_up(connection, None)
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_a_path_that_is_a_folder_cannot_be_opened(path: Path, clock: FakeClock) -> None:
    path.mkdir()

    with pytest.raises(StoreBusy, match="cannot be opened"):
        open_store(f"sqlite:///{path}", clock)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_be_used_is_refused_with_what_can(url: str, clock: FakeClock) -> None:
    with pytest.raises(BadConfig, match="sqlite:///PATH or postgresql://"):
        open_store(url, clock)


def test_a_server_that_is_not_there_is_away(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(StoreBusy, match="The database is away"):
        open_store(f"postgres://postgres:secret@/none?host={tmp_path}", clock)


def test_a_server_that_ends_our_connections_is_away_and_back_later(postgres: Postgres, clock: FakeClock) -> None:
    with postgres.database() as url:
        store = open_store(url, clock)
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dogear'"

        def fail() -> None:
            with store.begin(write=True) as tx:
                tx.teams.all()
                postgres.execute(end)
                tx.teams.all()

        with pytest.raises(StoreBusy, match="database is"):
            fail()
        postgres.execute(end)
        _write(store)
        store.close()


def test_a_server_that_takes_no_changes_is_busy(postgres: Postgres, clock: FakeClock) -> None:
    with postgres.database() as url:
        store = open_store(url, clock)
        store._engine.dispose()
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())

        with pytest.raises(StoreBusy, match="takes no changes"):
            _write(store)
        store.close()


def test_more_threads_than_connections_wait_and_then_are_told(
    postgres: Postgres, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POOL", 1)
    monkeypatch.setattr(engine, "POOL_TIMEOUT", 0.01)
    with postgres.database() as url:
        store = open_store(url, clock)
        with store.begin(write=False), pytest.raises(StoreBusy, match="too much to do"), store.begin(write=False):
            pass
        store.close()


def test_a_reader_that_writes_is_a_bug_on_both_engines(store: SqlStore) -> None:
    def write_while_reading() -> None:
        with store.begin(write=False) as tx:
            tx.teams.add("ours", "UTC")

    with pytest.raises(StoreBusy):
        write_while_reading()

    with store.begin(write=False) as tx:
        assert tx.teams.all() == []


def test_a_failed_transaction_leaves_nothing(store: SqlStore) -> None:
    def fail() -> None:
        with store.begin(write=True) as tx:
            tx.teams.add("ours", "UTC")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with store.begin(write=False) as tx:
        assert tx.teams.all() == []


def test_a_transaction_has_one_moment(url: str, clock: FakeClock) -> None:
    store = open_store(url, clock, database_time=clock.database_time)
    with store.begin(write=False) as tx:
        before = tx.now()
        clock.advance(clock.now() - before.replace(year=2000))
        assert tx.now() == before
    store.close()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (psycopg.OperationalError("the connection is lost"), AWAY),
        (psycopg.ProgrammingError("cannot adapt type"), None),
        (psycopg.InterfaceError("cursor closed"), None),
    ],
)
def test_of_errors_without_a_code_only_a_lost_connection_is_not_a_bug(
    error: psycopg.Error, sentence: str | None
) -> None:
    assert sentence_for(error) == sentence
