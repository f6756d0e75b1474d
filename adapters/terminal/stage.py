"""What the terminal asks of the program around it: time, and that the club's own work gets done between lines."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.card import Card
from bot.domain.ids import AccountRef


class Stage(Protocol):
    """Where the chat takes place. Every method may raise StoreBusy."""

    def now(self) -> datetime:
        """The moment, aware UTC, as the whole program sees it."""
        ...

    async def zone(self, account: AccountRef) -> str:
        """The IANA zone in which the core tells this person the time."""
        ...

    async def settle(self) -> None:
        """Let the ticker and the deliveries run until nothing is due any more."""
        ...

    async def advance(self, by: timedelta) -> None:
        """Let time pass; whatever falls due on the way happens, in order."""
        ...

    async def sync(self) -> Card:
        """Read the list again and say what changed."""
        ...
