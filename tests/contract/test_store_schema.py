"""How a database gets its schema, and which ones are refused."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.domain.errors import BadConfig, StaleSchema
from store.sql import migrate, open_store
from store.sql.engine import address, connect, open_transaction
from tests.fakes.clock import FakeClock
from tests.fakes.kept import a_club, a_read_entry
from tests.fakes.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database("template1") as url:
        yield url


def _set_revision(url: str, revision: str) -> None:
    engine = connect(address(url))
    with open_transaction(engine, write=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


_SQLITE_SCHEMA = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
_POSTGRES_SCHEMA = """
    SELECT table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    UNION SELECT 'configuration', cfgname, '' FROM pg_ts_config WHERE cfgname = 'dogear'
    ORDER BY 1, 2, 3"""


def _schema(connection: Connection) -> list[tuple[str, ...]]:
    statement = _SQLITE_SCHEMA if connection.dialect.name == "sqlite" else _POSTGRES_SCHEMA
    return [tuple(" ".join(str(value).split()) for value in row) for row in connection.execute(text(statement))]


def _made_at_once(url: str) -> list[tuple[str, ...]]:
    engine = connect(address(url))
    with open_transaction(engine, write=True) as connection:
        migrate.create_tables(connection)
        schema = _schema(connection)
        connection.get_transaction().rollback()  # type: ignore[union-attr] # begun has begun one
    engine.dispose()
    return schema


def _made_by_migrations(url: str) -> list[tuple[str, ...]]:
    engine = connect(address(url))
    migrate.upgrade(engine)
    with open_transaction(engine, write=False) as connection:
        schema = _schema(connection)
    engine.dispose()
    return schema


def test_the_migrations_make_what_the_tables_say(empty: str) -> None:
    at_once = _made_at_once(empty)

    assert len(at_once) > 20
    assert _unordered(_made_by_migrations(empty)) == _unordered(at_once)


def _unordered(schema: list[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Alembic writes the constraints of a table in another order, and its own table with another spacing."""
    return {
        (*row[:-1], "".join(sorted(row[-1].replace(" ", "").replace(",", ""))))
        for row in schema
        if "alembic" not in row[1]
    }


def test_the_newest_migration_is_the_revision_this_program_needs() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == migrate.REVISION


def _upgraded(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_what_was_noted_of_a_file_by_the_first_schema_is_kept_and_it_is_read_again(empty: str) -> None:
    engine = connect(address(empty))
    with open_transaction(engine, write=True) as connection:
        _upgraded(connection, "0001")
        for statement in (
            "INSERT INTO team (id, name, zone) VALUES (1, 'ours', 'UTC')",
            "INSERT INTO source (team, number, path) VALUES (1, 1, '/lists')",
            """INSERT INTO source_file (team, source, file, size, mtime, entries, duplicates, problems)
                VALUES (1, 1, 'list.md', 7, 8, 9, '[]', '[]')""",
        ):
            connection.execute(text(statement))
    migrate.upgrade(engine)
    with open_transaction(engine, write=False) as connection:
        (row,) = connection.execute(text("SELECT file, entries, digest FROM source_file"))
        held = connection.scalar(text("SELECT count(*) FROM held_change"))
    engine.dispose()

    assert (tuple(row), held) == (("list.md", 9, None), 0)


def test_an_empty_database_gets_the_schema(empty: str, clock: FakeClock) -> None:
    store = open_store(empty, clock)

    assert store.schema() == migrate.REVISION
    a_club(store).add(a_read_entry())
    store.close()


def test_replicas_that_start_together_make_the_schema_once(empty: str) -> None:
    def start(_: int) -> str:
        store = open_store(empty, FakeClock())
        revision = store.schema()
        store.close()
        return revision

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(start, range(3))) == {migrate.REVISION}


def test_a_new_file_that_another_process_begins_with_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "dogear.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # from which SQLite itself turns the next one away at once

    with ThreadPoolExecutor(1) as pool:
        open_club = pool.submit(open_store, f"sqlite:///{path}", FakeClock())
        time.sleep(0.2)
        assert not open_club.done()
        other.rollback()
        other.close()

        assert open_club.result().schema() == migrate.REVISION
        open_club.result().close()


def test_a_newer_schema_is_refused_whoever_asks(url: str, clock: FakeClock) -> None:
    open_store(url, clock).close()
    _set_revision(url, "9999")

    for upgrade in (True, False):
        with pytest.raises(StaleSchema, match=rf"9999.*{migrate.REVISION}"):
            open_store(url, clock, migrate=upgrade)


def test_an_older_schema_is_refused_and_the_remedy_named(url: str, clock: FakeClock) -> None:
    open_store(url, clock).close()
    _set_revision(url, "0000")

    with pytest.raises(StaleSchema, match=rf"0000.*{migrate.REVISION}.*dogear migrate"):
        open_store(url, clock)


def test_an_older_sqlite_database_is_copied_before_it_is_migrated(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "dogear.db"
    store = open_store(f"sqlite:///{path}", clock)
    a_club(store)
    engine = connect(address(f"sqlite:///{path}"))

    copy = migrate.copy(engine, "before")

    engine.dispose()
    store.close()
    copied = open_store(f"sqlite:///{copy}", clock)
    with copied.begin(write=False) as tx:
        assert [team.name for team in tx.teams.all()] == ["ours"]
    copied.close()


def test_a_database_of_another_program_is_refused(empty: str, clock: FakeClock) -> None:
    engine = connect(address(empty))
    with open_transaction(engine, write=True) as connection:
        connection.execute(text("CREATE TABLE theirs (id integer)"))
    engine.dispose()

    with pytest.raises(BadConfig, match="database of its own"):
        open_store(empty, clock)


def test_alembic_is_not_imported_for_a_new_or_a_current_database(tmp_path: Path) -> None:
    program = (
        "import sys; from store.sql import open_store; from tests.fakes.clock import FakeClock\n"
        "for _ in range(2): open_store(sys.argv[1], FakeClock()).close()\n"
        "heavy = {'alembic', 'cryptography', 'store.lists.notes', 'psycopg'} & set(sys.modules)\n"
        "sys.exit(f'{heavy}' if heavy else 0)"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'a.db'}"], check=False, capture_output=True, text=True
    )

    assert (run.returncode, run.stderr) == (0, "")
