"""Wakes workers when deliveries become due: NOTIFY on PostgreSQL. On SQLite there is only one process."""

from typing import Any

from sqlalchemy import Connection, Engine, text

from bot.domain.errors import StoreBusy
from store.sql.advisory_lock import own_connection
from store.sql.failures import sentence_for

CHANNEL = "dogear_deliveries"


def notify_workers(connection: Connection) -> None:
    """Wake every worker once this transaction commits. Calling it again in the transaction has no effect."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


class Notifications:
    """Listens on its own connection, which it reopens after an error."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for a notification. Raises StoreBusy without a connection.

        A new connection counts as a notification, because earlier ones were missed.
        """
        try:
            return self._heard(seconds)
        except Exception as error:
            self.close()
            if not isinstance(error, StoreBusy) and sentence_for(error) is None:
                raise
            raise StoreBusy("The database cannot wake us.") from error

    def _heard(self, seconds: float) -> bool:
        if self._connection is None:
            self._connection = own_connection(self._engine)
            self._connection.execute(text(f"LISTEN {CHANNEL}"))
            return True
        driver: Any = self._connection.connection.driver_connection
        if any(True for _ in driver.notifies(timeout=seconds, stop_after=1)):
            return True
        self._connection.execute(text("SELECT 1"))  # the server ends silent sessions
        return False

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
