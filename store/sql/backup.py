"""The whole database as lines of JSON that both engines can be filled from. Files are not handled here.

    {"dogear": "backup", "format": 1, "schema": "0001", "made_at": "2026-11-24T03:00:00+00:00"}
    {"table": "team", "columns": ["id", "name", "zone"]}
    [1, "default", "UTC"]
    {"end": "team", "rows": 1, "sha256": "…"}                    of the table's rows, with their line ends
    {"end": "backup", "rows": 1, "sha256": "…"}                  of all lines before, with their line ends

Bytes are base64, times ISO 8601 in UTC, short lists JSON lists. Secrets stay encrypted. Search indexes are left out:
each engine builds its own when a backup is restored. So are vectors, which are made again.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from hashlib import sha256
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, LargeBinary, Table, Time, delete, func, insert, literal, select, text
from sqlalchemy.exc import DataError, IntegrityError

from bot.domain.errors import BadBackup, Conflict, StaleSchema
from store.sql.backup_values import row_check
from store.sql.migrate import REVISION
from store.sql.search.index import Index
from store.sql.search.rebuild import read_entry
from store.sql.tables import ENTRY, INSTANCE, METADATA, TEAM, VECTOR, Moment, Words

FORMAT = 1
BATCH = 1000
"""Rows in memory at a time."""

_SAVED = [table for table in METADATA.sorted_tables if table is not VECTOR]

Codec: TypeAlias = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""Writes and reads values of types that JSON does not have."""


def lines(connection: Connection, made_at: datetime) -> Iterator[str]:
    """Everything in the connection's snapshot, with a batch of rows in memory at a time. Raises StoreBusy."""
    whole, rows = sha256(), 0
    for line, is_row in _lines(connection, made_at):
        whole.update(line.encode())
        rows += is_row
        yield line
    yield _line({"end": "backup", "rows": rows, "sha256": whole.hexdigest()})


def _lines(connection: Connection, made_at: datetime) -> Iterator[tuple[str, bool]]:
    yield _line({"dogear": "backup", "format": FORMAT, "schema": REVISION, "made_at": made_at.isoformat()}), False
    for table in _SAVED:
        yield _line({"table": table.name, "columns": [column.name for column in table.columns]}), False
        digest, rows = sha256(), 0
        for line in _rows(connection, table):
            digest.update(line.encode())
            rows += 1
            yield line, True
        yield _line({"end": table.name, "rows": rows, "sha256": digest.hexdigest()}), False


def _rows(connection: Connection, table: Table) -> Iterator[str]:
    writers = [_codec(column)[0] for column in table.columns]
    found = connection.execute(select(table).execution_options(yield_per=BATCH))
    for row in found:
        yield _line([None if value is None else write(value) for write, value in zip(writers, row, strict=True)])


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _codec(column: Column[Any]) -> Codec:
    match column.type:
        case LargeBinary():
            return (lambda value: b64encode(value).decode()), b64decode
        case Moment():
            return datetime.isoformat, datetime.fromisoformat
        case Time():
            return time.isoformat, time.fromisoformat
        case Words():
            return list, tuple
    return (lambda value: value), (lambda value: value)


def check(backup: Iterable[str]) -> None:
    """Raises StaleSchema for a backup of another schema, and BadBackup if it is damaged."""
    source = _Source(backup)
    _check_head(source.next())
    source.end(sum(_checked(table, source) for table in _SAVED))


def _checked(table: Table, source: "_Source") -> int:
    """The number of rows of the table, each of which it accepts."""
    check_row, count = row_check(table), 0
    for row in _rows_of(table, source):
        check_row(row, source.number)
        count += 1
    return count


def key_in(backup: Iterable[str]) -> bytes:
    """The key of the database that the backup is of. Raises BadBackup. It is near the beginning, so little is read."""
    source = _Source(backup)
    head = source.next()
    if not isinstance(head, dict) or head.get("dogear") != "backup":
        raise BadBackup("The file is not a backup of Dogear's.")
    while True:
        line = source.next()
        if isinstance(line, dict) and line.get("table") == INSTANCE.name:
            row = source.next()
            try:
                return b64decode(dict(zip(line["columns"], row, strict=True))[INSTANCE.c.key.name])
            except (KeyError, TypeError, ValueError) as error:
                raise BadBackup("The file does not say of which database it is a backup.") from error


def load(connection: Connection, backup: Iterable[str], index: Index) -> Mapping[str, int]:
    """Fill an empty database from the lines of a backup. Returns the number of rows of each table.

    The lines must have passed `check`. Raises Conflict if the database is not empty; the caller then rolls back.
    """
    if not is_empty(connection):
        raise Conflict("The database is not empty, so nothing was restored.", hint="Name a new one with --database.")
    source = _Source(backup)
    _check_head(source.next())
    connection.execute(delete(INSTANCE))
    loaded = {table.name: _load(connection, table, source) for table in _SAVED}
    source.end(sum(loaded.values()))
    # Advance PostgreSQL's sequences, which are unaware of rows inserted with explicit numbers.
    if connection.dialect.name == "postgresql":
        last = select(func.coalesce(func.max(TEAM.c.id), 0)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(TEAM.name, TEAM.c.id.name)
        connection.execute(select(func.setval(sequence, last + 1, False)))
    for team in connection.scalars(select(TEAM.c.id)).all():
        _reindex(connection, index, team)
    return loaded


def is_empty(connection: Connection) -> bool:
    """Whether the database has no data yet."""
    return not any(
        connection.scalar(select(literal(1)).select_from(table).limit(1)) for table in _SAVED if table is not INSTANCE
    )


def _check_head(head: Any) -> None:
    if not isinstance(head, dict) or head.get("dogear") != "backup":
        raise BadBackup("The file is not a backup of Dogear's.")
    schema = str(head.get("schema"))
    if head.get("format") != FORMAT or schema > REVISION:
        raise StaleSchema(
            f"The backup has format {head.get('format')} and schema {schema}, this program reads format {FORMAT} "
            f"and schema {REVISION}. Install a newer Dogear."
        )
    if schema != REVISION:
        raise StaleSchema(
            f"The backup has schema {schema}, this program reads {REVISION}. Restore it with the Dogear that made it, "
            "then run “dogear migrate” with this one."
        )


def _load(connection: Connection, table: Table, source: "_Source") -> int:
    columns = [column.name for column in table.columns]
    readers = [_codec(column)[1] for column in table.columns]
    rows = _rows_of(table, source)
    count = 0
    while batch := [_values(columns, readers, row) for row in islice(rows, BATCH)]:
        try:
            connection.execute(insert(table), batch)
        except (IntegrityError, DataError) as error:
            raise BadBackup(f"Rows of the table {table.name} of the backup contradict each other.") from error
        count += len(batch)
    return count


def _rows_of(table: Table, source: "_Source") -> Iterator[list[Any]]:
    if source.next() != {"table": table.name, "columns": [column.name for column in table.columns]}:
        raise BadBackup(f"The backup has no table {table.name} where it should be.")
    return source.rows(table.name)


def _values(columns: Sequence[str], readers: Sequence[Callable[[Any], Any]], row: Sequence[Any]) -> dict[str, Any]:
    return {
        name: None if value is None else read(value) for name, read, value in zip(columns, readers, row, strict=True)
    }


class _Source:
    """The lines of a backup in order, and their running checksum."""

    def __init__(self, backup: Iterable[str]) -> None:
        self._lines = iter(backup)
        self._whole = sha256()
        self.number = 0

    def next(self) -> Any:
        line = next(self._lines, "")
        self.number += 1
        if not line.endswith("\n"):
            raise BadBackup(f"The backup ends in line {self.number}: it was cut off.")
        self._last, self._before = line, self._whole.hexdigest()
        self._whole.update(line.encode(errors="replace"))
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise BadBackup(f"Line {self.number} of the backup is damaged.") from None

    def rows(self, table: str) -> Iterator[list[Any]]:
        """The table's rows. At their end raises BadBackup if the checksum differs."""
        digest, count = sha256(), 0
        while isinstance(row := self.next(), list):
            digest.update(self._last.encode(errors="replace"))
            count += 1
            yield row
        if row != {"end": table, "rows": count, "sha256": digest.hexdigest()}:
            raise BadBackup(f"The table {table} of the backup is damaged, before line {self.number}.")

    def end(self, rows: int) -> None:
        last = self.next()
        if last != {"end": "backup", "rows": rows, "sha256": self._before}:
            raise BadBackup("The backup is damaged: its lines are not those that were written.")


def _reindex(connection: Connection, index: Index, team: int) -> None:
    index.create(team)
    listed = select(ENTRY).where(ENTRY.c.team == team, ENTRY.c.retired_at.is_(None)).order_by(ENTRY.c.number)
    last = 0
    while rows := connection.execute(listed.where(ENTRY.c.number > last).limit(BATCH)).all():
        index.add(team, [(row.number, read_entry(row)) for row in rows])
        last = rows[-1].number


def damage(connection: Connection) -> Sequence[str]:
    """Damage that the engine itself finds in its file. Empty on PostgreSQL, which checks its own pages."""
    if connection.dialect.name != "sqlite":
        return ()
    found = [*connection.scalars(text("PRAGMA integrity_check")), *connection.scalars(text("PRAGMA foreign_key_check"))]
    return [str(line) for line in found if line != "ok"]
