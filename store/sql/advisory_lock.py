"""Locks for one process at a time: advisory locks on PostgreSQL. On SQLite there is only one process."""

from contextlib import suppress

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.domain.errors import StoreBusy
from store.sql import failures
from store.sql.engine import FOUND_OUT, set_for_sessions
from store.sql.session import lock_number

MAX_SILENCE = 45.0
"""Seconds of silence after which PostgreSQL ends the holder's session, and with it the lock."""
_KEEPALIVE = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
"""TCP settings that detect a holder whose machine is gone within 25 seconds."""


class ExclusiveLock:
    """A lock that lasts as long as its connection. On SQLite there is no connection, and it is always held."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    def is_held(self) -> bool:
        """Whether we still hold it. Asking keeps the session alive, so ask more often than its longest silence."""
        if self._connection is None:
            return True
        try:
            self._connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, StoreBusy):
            return False
        return True

    def release(self) -> None:
        """Release the lock before this returns: the server may take a while to notice a closed connection. Raises
        nothing: a broken session holds no lock.
        """
        if self._connection is not None:
            with suppress(SQLAlchemyError, StoreBusy):
                self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
            with suppress(SQLAlchemyError, StoreBusy):
                self._connection.close()


def hold(engine: Engine, name: str, max_silence: float = MAX_SILENCE) -> ExclusiveLock | None:
    """Take the lock with this name; None while another process holds it. Raises StoreBusy.

    A holder that does not ask for `max_silence` seconds loses it, as one that is suspended does.
    """
    if engine.dialect.name == "sqlite":
        return ExclusiveLock(None)
    connection = own_connection(engine, max_silence)
    try:
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": lock_number(name)})
    except BaseException:
        connection.close()
        raise
    if taken:
        return ExclusiveLock(connection)
    connection.close()
    return None


def own_connection(engine: Engine, max_silence: float = MAX_SILENCE) -> Connection:
    """A connection outside the pool and without an open transaction. It must be used every now and then. On PostgreSQL."""
    settings = {"idle_session_timeout": round(max_silence * 1000), **_KEEPALIVE}
    arguments = {"connect_timeout": 3, "application_name": "dogear hold", **FOUND_OUT}
    own = create_engine(engine.url, connect_args=arguments, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    set_for_sessions(own, settings)
    event.listen(own, "handle_error", failures.replace)
    return own.connect()
