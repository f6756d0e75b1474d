"""Translates the errors of the databases. An error that is not listed here is a bug."""

import sqlite3

from sqlalchemy.engine import ExceptionContext

from bot.domain.errors import BadConfig, StoreBusy

_SQLITE = {
    sqlite3.SQLITE_BUSY: "The database is locked by another program.",
    sqlite3.SQLITE_LOCKED: "The database is locked by another program.",
    sqlite3.SQLITE_READONLY: "The database file cannot be written.",
    sqlite3.SQLITE_IOERR: "The disk with the database cannot be read or written.",
    sqlite3.SQLITE_FULL: "The disk with the database is full.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Stop Dogear and restore a backup.",
    sqlite3.SQLITE_NOTADB: "The database file is damaged. Stop Dogear and restore a backup.",
}

# https://www.postgresql.org/docs/18/errcodes-appendix.html, read in November 2026; a class is the first two characters.
_POSTGRESQL = {
    "08": "The database is away.",
    "25006": "The database takes no changes right now.",
    "40": "The database was busy with the same rows.",
    "53": "The database has no room left.",
    "53100": "The disk with the database is full.",
    "53300": "The database has too many connections.",
    "55P03": "The database is busy with the same rows.",
    "57014": "The database took too long.",
    "57P": "The database is restarting.",
    "58030": "The disk with the database cannot be read or written.",
}
AWAY = "The database is away."
POOLED = (
    "The database is behind a pooler that gives each transaction another session, where Dogear's locks do not hold. "
    "Set pool_mode = session in pgbouncer, or connect to PostgreSQL directly."
)


READ_ONLY = "25006"


def replace(context: ExceptionContext) -> None:
    """Raise the port's error in place of the driver's. Bugs keep the driver's exception."""
    if context.is_pre_ping:
        return  # a dead connection in the pool: SQLAlchemy replaces it, unless this raises
    if "pooling mode" in str(context.original_exception):  # pgbouncer's words
        raise BadConfig([POOLED])
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True  # after a fail-over this may be the old server: connect again
    if getattr(context.original_exception, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        path = context.engine.url.database if context.engine else "The file"
        raise BadConfig([f"{path} is not a SQLite database. Name another file, or restore a backup."])
    sentence = sentence_for(context.original_exception)
    if sentence is None and context.is_disconnect:
        sentence = AWAY
    if sentence is not None:
        raise StoreBusy(sentence) from context.original_exception


def sentence_for(error: BaseException) -> str | None:
    """What went wrong in plain words; None if it is a bug of ours."""
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    state = getattr(error, "sqlstate", None)
    if state is None:
        return AWAY if any(kind.__name__ == "OperationalError" for kind in type(error).__mro__) else None
    return next((_POSTGRESQL[state[:size]] for size in (5, 3, 2) if state[:size] in _POSTGRESQL), None)
