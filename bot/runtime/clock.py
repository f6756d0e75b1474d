"""The system clock and randomness: the only module that reads either."""

import secrets
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Implements `bot.ports.Clock`. `offset` is how far a person has moved it (always zero outside the terminal)."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def move_to(self, moment: datetime) -> None:
        """Continue from this time (aware)."""
        self.offset += moment - self.now()

    def random_below(self, limit: int) -> int:
        return secrets.randbelow(limit)

    def token(self) -> str:
        return secrets.token_urlsafe(12)
