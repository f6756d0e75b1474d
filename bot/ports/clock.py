"""The only source of time and chance."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time and chance."""

    def now(self) -> datetime:
        """The moment, aware UTC."""
        ...

    def random_below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1, every one as likely."""
        ...

    def token(self) -> str:
        """A fresh unguessable word of at most 22 characters, letters, digits, `-` and `_`."""
        ...
