"""The only source of time and randomness."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time and randomness."""

    def now(self) -> datetime:
        """The current time, aware UTC."""
        ...

    def random_below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1, all equally likely."""
        ...

    def token(self) -> str:
        """A new unguessable token: at most 22 letters, digits, `-` and `_`."""
        ...
