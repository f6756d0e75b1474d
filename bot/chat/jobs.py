"""Recurring jobs of a platform. The runtime's scheduler runs them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from bot.domain.record import record


@record
class Job:
    """`run` starts immediately and then every `every`, never twice at once. It may return a shorter pause.

    A run is cancelled after `timeout` and started again. If a `vital` job has not succeeded for three intervals, the
    process is not ready.
    """

    name: str
    run: Callable[[], Awaitable[timedelta | None]]
    every: timedelta
    timeout: timedelta = timedelta(minutes=10)
    vital: bool = False


@runtime_checkable
class HasJobs(Protocol):
    """A platform with recurring jobs. They do nothing while the platform is not connected."""

    def jobs(self) -> Sequence[Job]: ...


class Rounds:
    """A job's work, done only while its platform is connected."""

    def __init__(self) -> None:
        self._work: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._round: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def of(self, work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Make `once` do this work while the block runs. Work in progress at its end is cancelled."""
        self._work = work
        try:
            yield
        finally:
            self._work = None
            if self._round is not None:
                self._round.cancel()
                await asyncio.gather(self._round, return_exceptions=True)

    async def once(self) -> None:
        """Do the work once, if there is any."""
        if self._work is None:
            return
        self._round = asyncio.create_task(self._work())
        try:
            await asyncio.wait({self._round})
        finally:
            self._round.cancel()
        if not self._round.cancelled():
            self._round.result()
