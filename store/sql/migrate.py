"""Which schema revision a database has, and how it is upgraded to the one that this program needs.

Importing Alembic takes a second, so it is only used if the revision differs: an empty database gets its tables from
`tables` directly, and a test checks that the migrations produce the same.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    and_,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
)

from bot.domain.errors import BadConfig, StaleSchema, StoreBusy
from bot.domain.ids import WorkspaceRef
from bot.ports.clock import Clock
from store.sql.engine import open_transaction
from store.sql.search import postgres
from store.sql.search.rebuild import rebuild
from store.sql.tables import INSTANCE, METADATA, TEAM, WORKSPACE

REVISION = "0018"
"""The newest migration: the revision that this program reads and writes."""
REINDEXED = "0016"
"""The newest revision since which texts are split into other words: an upgrade from an older one builds every search
index again, by the present code.
"""
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Alembic's own table."""
MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x0D06EA12
"""The number of the advisory lock that replicas take while they create or migrate a schema."""


def prepare(engine: Engine, clock: Clock, *, migrate: bool, alone: WorkspaceRef | None = None) -> None:
    """Create the schema in an empty database, and with `migrate` upgrade an older one. Raises StaleSchema, BadConfig.

    With `alone`, an older database is not upgraded if it has any other workspace than this one, or any other team.
    """
    with open_transaction(engine, write=False) as connection:
        found = revision(connection)
    if found is None:
        found = _create(engine, clock)
    if found == REVISION:
        return
    if int(found) > int(REVISION):
        raise StaleSchema(
            f"The database has schema {found}, this program knows {REVISION} at most. Install a newer Dogear, "
            "or restore the copy that was made before the update."
        )
    if not migrate or (alone is not None and _has_others(engine, alone)):
        raise StaleSchema(f"The database has schema {found}, this program needs {REVISION}. Run “dogear migrate”.")
    if engine.dialect.name == "sqlite":
        copy(engine, found)
    upgrade(engine)


def _has_others(engine: Engine, alone: WorkspaceRef) -> bool:
    """Whether the database has a workspace other than this one, or a team without it."""
    its_own = and_(WORKSPACE.c.platform == alone.platform, WORKSPACE.c.id == alone.id)
    its_team = select(WORKSPACE.c.team).where(its_own, WORKSPACE.c.team.is_not(None))
    others = select(
        or_(
            select(literal(1)).select_from(WORKSPACE).where(~its_own).exists(),
            select(literal(1)).select_from(TEAM).where(TEAM.c.id.not_in(its_team)).exists(),
        )
    )
    with open_transaction(engine, write=False) as connection:
        return bool(connection.scalar(others))


def revision(connection: Connection) -> str | None:
    """The schema's revision; None for an empty database. Raises BadConfig for a database of another program."""
    tables = inspect(connection).get_table_names()
    if VERSION.name in tables:
        found: str | None = connection.scalar(select(VERSION.c.version_num))
        return found
    if tables:
        raise BadConfig(["The database has tables that are not Dogear's. Give Dogear a database of its own."])
    return None


def copy(engine: Engine, name: str) -> Path:
    """Copy a SQLite database to a file next to it, replacing an earlier copy with that name. Raises StoreBusy."""
    path = Path(f"{engine.url.database}.{name}")
    path.unlink(missing_ok=True)
    connection = engine.raw_connection()  # without a transaction, in which SQLite would not copy
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only=0")
        cursor.execute("VACUUM INTO ?", (str(path),))
    except sqlite3.Error as error:
        raise StoreBusy(f"The database could not be copied to {path}, so it was not changed: {error}.") from error
    finally:
        connection.close()
    return path


def _create(engine: Engine, clock: Clock) -> str:
    """Create the tables, unless another process was faster. Returns the revision."""
    with open_transaction(engine, write=True) as connection:
        _wait_for_turn(connection)
        found = revision(connection)
        if found is not None:
            return found
        create_tables(connection)
        connection.execute(insert(INSTANCE).values(id=1, key=clock.token().encode(), boot_epoch=1))
        return REVISION


def create_tables(connection: Connection) -> None:
    """Create the newest schema, as the migrations would."""
    METADATA.create_all(connection, checkfirst=False)
    if connection.dialect.name == "postgresql":
        for statement in postgres.SCHEMA:
            connection.exec_driver_sql(statement)
    VERSION.create(connection)
    connection.execute(insert(VERSION).values(version_num=REVISION))


def upgrade(engine: Engine) -> None:
    """Upgrade the schema to the newest revision in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with open_transaction(engine, write=True) as connection:
        _wait_for_turn(connection)
        config.attributes["connection"] = connection
        before = revision(connection)
        command.upgrade(config, "head")
        if before is not None and before < REINDEXED:
            rebuild(connection)


def _wait_for_turn(connection: Connection) -> None:
    """Replicas that start together create or migrate a schema one after the other. SQLite allows one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
