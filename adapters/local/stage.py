"""The time of a chat without a network, and what happens in it."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.card import Card
from bot.domain.ids import AccountRef


class Stage(Protocol):
    """The environment of the chat. Every method may raise StoreBusy."""

    def now(self) -> datetime:
        """The program's current time, aware UTC."""
        ...

    async def zone(self, account: AccountRef) -> str:
        """The IANA zone that the core uses for this person."""
        ...

    async def settle(self) -> None:
        """Run the ticker and the deliveries until nothing is due."""
        ...

    async def advance(self, by: timedelta) -> None:
        """Let time pass. Everything that becomes due happens in order."""
        ...

    async def sync(self) -> Card:
        """Read the list again and show what changed."""
        ...
