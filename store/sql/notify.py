"""What wakes workers at once when deliveries have become due: NOTIFY on PostgreSQL. On SQLite there is one process."""

from typing import Any

from sqlalchemy import Connection, Engine, text

from bot.domain.errors import StoreBusy
from store.sql.advisory_lock import own_connection
from store.sql.failures import sentence_for

CHANNEL = "dogear_deliveries"


def ring(connection: Connection) -> None:
    """Wake every worker when this transaction is committed; however often it is asked for, it is done once."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


class Bell:
    """Listens on a connection of its own, which is opened anew whenever it was lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def rung(self, seconds: float) -> bool:
        """Wait so long at most; whether somebody rang. Raises StoreBusy if there is no connection.

        A connection that was opened just now counts as a ring, for what came before it was not heard.
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
        self._connection.execute(text("SELECT 1"))  # the server ends sessions that say nothing
        return False

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
