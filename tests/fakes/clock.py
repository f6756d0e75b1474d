"""A clock that stands still until it is told to move, and chance without chance."""

from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
"""A Monday."""


class FakeClock:
    """Implements `bot.ports.clock.Clock`."""

    def __init__(self, moment: datetime = START) -> None:
        self._moment = moment
        self._tokens = count(1)
        self._draws = count()

    def now(self) -> datetime:
        return self._moment

    def advance(self, by: timedelta) -> datetime:
        self._moment += by
        return self._moment

    def random_below(self, limit: int) -> int:
        """0, 1, 2, … and again from 0."""
        return next(self._draws) % limit

    def token(self) -> str:
        return f"token-{next(self._tokens)}"

    def database_time(self, _moment: datetime) -> datetime:
        """Hand this to `open_store`, and a shared database keeps this clock's time too."""
        return self._moment
