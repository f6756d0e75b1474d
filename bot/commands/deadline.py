"""How long whoever asked is kept waiting for the database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from bot.domain.errors import StoreBusy

T = TypeVar("T")

MAX_IN_VAIN = 20
EVERY = 1.0
"""After so many waits in vain the database is asked once in so many seconds: what nobody takes would pile up."""


class DeadlineExceeded(StoreBusy):
    """It was waited for long enough. What had begun by then may still be done."""


class Deadline:
    """Waits at most `longest`; without it, for ever."""

    def __init__(self, longest: timedelta | None) -> None:
        self._longest = longest.total_seconds() if longest else None
        self._in_vain = 0
        self._again_at = 0.0

    async def of(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work comes to; raises GaveUp and cancels it if that takes too long, StoreBusy if it is not begun."""
        now = asyncio.get_running_loop().time()
        if self._in_vain >= MAX_IN_VAIN and now < self._again_at:
            raise StoreBusy("The database gives no answer.")
        self._again_at = now + EVERY
        try:
            async with asyncio.timeout(self._longest):
                result = await work()
        except TimeoutError:
            self._in_vain += 1
            raise DeadlineExceeded("The database gives no answer.") from None
        self._in_vain = 0
        return result
