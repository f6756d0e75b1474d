"""Recurring work, without a scheduler: the runtime has one for every job of the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from bot.domain.record import record


@record
class Job:
    """`run` starts at once and then every `every`, never twice at the same time. It may return a shorter pause.

    A run is cancelled after `timeout` and started again. While a `vital` job has not succeeded for three intervals,
    the process is not ready.
    """

    name: str
    run: Callable[[], Awaitable[timedelta | None]]
    every: timedelta
    timeout: timedelta = timedelta(minutes=10)
    vital: bool = False


@runtime_checkable
class HasJobs(Protocol):
    """A platform that has recurring work. Its jobs do nothing while the platform is not connected."""

    def jobs(self) -> Sequence[Job]: ...


class Rounds:
    """The work of a job that goes on only while its platform is connected."""

    def __init__(self) -> None:
        self._work: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._round: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def of(self, work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Have `once` do this work while the block lasts; what is under way at its end is cancelled."""
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
