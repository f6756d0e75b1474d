"""How long a person waits for the database before they get an answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from bot.domain.errors import StoreBusy

T = TypeVar("T")

MAX_TIMEOUTS = 20
PROBE_EVERY = 1.0
"""Seconds. After 20 timeouts in a row, probe the database once a second instead of queueing work that no one waits for."""


class DeadlineExceeded(StoreBusy):
    """The deadline passed. Work that was started may still complete."""


class Deadline:
    """Bounds the wait for the database to `longest`; None waits for ever."""

    def __init__(self, longest: timedelta | None) -> None:
        self._longest = longest.total_seconds() if longest else None
        self._timeouts = 0
        self._next_probe = 0.0

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`. Raises DeadlineExceeded, and cancels the work, after the deadline; raises StoreBusy
        without starting it while the database does not answer.
        """
        now = asyncio.get_running_loop().time()
        if self._timeouts >= MAX_TIMEOUTS and now < self._next_probe:
            raise StoreBusy("The database does not answer.")
        self._next_probe = now + PROBE_EVERY
        try:
            async with asyncio.timeout(self._longest):
                result = await work()
        except TimeoutError:
            self._timeouts += 1
            raise DeadlineExceeded("The database does not answer.") from None
        self._timeouts = 0
        return result
