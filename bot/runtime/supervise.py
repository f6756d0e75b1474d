"""Restarts a platform that ended, failed or lost its connection, after a pause, and logs it."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta

from bot.chat.platform import ChatPlatform, Core, Vault
from bot.domain.errors import BadConfig, DogearError, StaleSchema
from bot.domain.record import record
from bot.ports.metrics import Metrics
from bot.runtime.health import connection_of

log = logging.getLogger("dogear.supervise")


@record
class RestartBackoff:
    """The pauses of a supervisor. A platform's library reconnects by itself, so we restart it late and rarely: some
    platforms limit how often a bot may connect.
    """

    look: timedelta = timedelta(seconds=5)
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(minutes=1)
    first_silence: timedelta = timedelta(minutes=2)
    longest_silence: timedelta = timedelta(minutes=30)
    steady: timedelta = timedelta(minutes=10)
    """After a run this long, earlier failures no longer count."""
    farewell: timedelta = timedelta(seconds=8)
    """The time a platform has to end when asked to."""


PATIENCE = RestartBackoff()


class Supervisor:
    """Runs one platform. Errors that a restart cannot fix end it: invalid settings, or an outdated database."""

    def __init__(
        self,
        platform: ChatPlatform,
        core: Core,
        vault: Vault,
        metrics: Metrics,
        patience: RestartBackoff = PATIENCE,
        *,
        sending_only: bool = False,
    ) -> None:
        self._platform = platform
        self._run = platform.send_only if sending_only else platform.run
        self._core = core
        self._vault = vault
        self._metrics = metrics
        self._patience = patience
        self._failures = 0

    async def run(self) -> None:
        """Run until cancelled. Raises BadConfig and StaleSchema, and DogearError if the platform does not stop."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            why = await self._once()
            steady = loop.time() - began > self._patience.steady.total_seconds()
            self._failures = 1 if steady else self._failures + 1
            pause = _doubled(self._patience.first_pause, self._failures, self._patience.longest_pause)
            about = {"platform": self._platform.name, "because": why, "seconds": pause.total_seconds()}
            log.warning("a platform is restarted", extra=about)
            self._metrics.count_restart(f"platform {self._platform.name}")
            await asyncio.sleep(pause.total_seconds())

    async def _once(self) -> str:
        """Run the platform once. Returns why it ended."""
        running = asyncio.create_task(self._run(self._core, self._vault))
        watching = asyncio.create_task(self._silent())
        try:
            await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            running.cancel()
            await asyncio.wait({running, watching}, timeout=self._patience.farewell.total_seconds())
        if not running.done():
            raise DogearError(f"{self._platform.name} does not stop, so it cannot be restarted.")
        if running.cancelled():
            return "it was disconnected for too long"
        error = running.exception()
        return "it ended" if error is None else _why(error)

    async def _silent(self) -> None:
        """Return once the platform was disconnected for too long."""
        loop = asyncio.get_running_loop()
        longest = _doubled(self._patience.first_silence, self._failures + 1, self._patience.longest_silence)
        heard = loop.time()
        while loop.time() - heard < longest.total_seconds():
            await asyncio.sleep(self._patience.look.total_seconds())
            if (await connection_of(self._platform)).up:
                heard = loop.time()


def _doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """`first`, doubled for each further time, up to `longest`."""
    return min(first * (1 << min(times - 1, 20)), longest)


def _why(error: BaseException) -> str:
    """The reason for the log. Raises an error that a restart cannot fix.

    The text of a library's exception is left out: it may contain an address with a token.
    """
    for one in _leaves(error):
        if isinstance(one, BadConfig | StaleSchema):
            raise one
    first = next(_leaves(error))
    if isinstance(first, DogearError):
        return str(first)
    last = traceback.extract_tb(first.__traceback__)[-1:]
    where = "".join(f" in {frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in last)
    return f"{type(first).__name__}{where}"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The single exceptions of a group."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error
