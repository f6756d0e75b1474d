"""What only one process may have at a time: an advisory lock on PostgreSQL, anything on SQLite, which has one process."""

from contextlib import suppress

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.domain.errors import StoreBusy
from store.sql import failures
from store.sql.engine import FOUND_OUT
from store.sql.session import lock_number

IDLE_SESSION = 45_000
"""Milliseconds after which PostgreSQL ends the session of a holder that says nothing more, and with it the hold."""
_KEEPALIVE = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
"""By these a holder whose machine is gone is found out within 25 seconds."""


class ExclusiveLock:
    """A hold that lasts while its connection does; on SQLite there is no connection, and it always lasts."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    def is_held(self) -> bool:
        """Whether it is still ours; asking is what keeps it, so ask more often than every 45 seconds."""
        if self._connection is None:
            return True
        try:
            self._connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, StoreBusy):
            return False
        return True

    def release(self) -> None:
        """Another process may have it from now on; nothing is raised, for a session that is broken holds nothing."""
        if self._connection is not None:
            with suppress(SQLAlchemyError, StoreBusy):
                self._connection.close()


def hold(engine: Engine, name: str) -> ExclusiveLock | None:
    """Take the hold of this name; None while another process has it. Raises StoreBusy."""
    if engine.dialect.name == "sqlite":
        return ExclusiveLock(None)
    connection = own_connection(engine)
    try:
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": lock_number(name)})
    except BaseException:
        connection.close()
        raise
    if taken:
        return ExclusiveLock(connection)
    connection.close()
    return None


def own_connection(engine: Engine) -> Connection:
    """A connection beside the pool's, without a transaction that would stay open; it must say something every now and
    then. On PostgreSQL.
    """
    settings = {"idle_session_timeout": IDLE_SESSION, **_KEEPALIVE}
    arguments = {
        "connect_timeout": 3,
        "application_name": "dogear hold",
        **FOUND_OUT,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
    own = create_engine(engine.url, connect_args=arguments, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    event.listen(own, "handle_error", failures.replace)
    return own.connect()
