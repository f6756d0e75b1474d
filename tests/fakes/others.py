"""What a private chat must leave as it was: every row that is not its own, and the schema."""

import json
from contextlib import closing
from typing import Any

from sqlalchemy import text

from bot.service.teams import PRIVATE_TEAM
from store.sql import open_store
from store.sql.engine import address, connect, open_transaction
from tests.fakes.clock import FakeClock

_SQLITE = "SELECT name, sql FROM sqlite_master"
_POSTGRESQL = """
    SELECT table_name || '.' || column_name, data_type || is_nullable FROM information_schema.columns
    WHERE table_schema = 'public'
    UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"""


def rows(url: str) -> dict[str, list[Any]]:
    """Every row by table, but for the team of private chats and what belongs to it."""
    with closing(open_store(url, FakeClock())) as store:
        with store.begin(write=False) as tx:
            team = tx.teams.by_name(PRIVATE_TEAM)
        lines = [json.loads(line) for line in store.backup()]
    found: dict[str, list[Any]] = {}
    columns: list[str] = []
    table = ""
    for line in lines:
        if isinstance(line, list):
            row = dict(zip(columns, line, strict=True))
            if not _is_its_own(table, row, None if team is None else team.id):
                found[table].append(line)
        elif "table" in line:
            table, columns = line["table"], line["columns"]
            found[table] = []
    return {name: sorted(lines, key=str) for name, lines in found.items()}


def _is_its_own(table: str, row: dict[str, Any], team: int | None) -> bool:
    if table == "invocation":
        return str(row["id"]).startswith("terminal:")
    return team is not None and (row.get("team") == team or (table == "team" and row["id"] == team))


def schema(url: str) -> dict[str, str]:
    """What is declared in the database, by name, but for the search tables of the team of private chats."""
    with closing(open_store(url, FakeClock())) as store, store.begin(write=False) as tx:
        team = tx.teams.by_name(PRIVATE_TEAM)
    engine = connect(address(url))
    with open_transaction(engine, write=False) as connection:
        statement = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL
        declared = {str(name): str(sql) for name, sql in connection.execute(text(statement))}
    engine.dispose()
    its_own = f"search_{team.id}" if team else "none"
    return {name: sql for name, sql in declared.items() if name != its_own and not name.startswith(f"{its_own}_")}
