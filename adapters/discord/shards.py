"""Which shards of the gateway this process holds. Each is held by one replica at a time, and taken over when that one
dies.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.chat.platform import ExclusiveLock, Vault
from bot.domain.errors import PlatformUncertain, StoreBusy
from bot.domain.ids import PlatformName

EVERY = 4.0
"""Seconds between two checks of the locks. A suspended replica loses its lock after 10 seconds of silence, so its shard is
taken over within 15; one whose machine is gone, within half a minute.
"""
MAX_UNANSWERED = 1350
"""Checks without an answer from the database until we stop serving a shard: an hour and a half. No other replica can take
it meanwhile, and people get "try again later". Two replicas serve it only if the others reach the database and we do not.
"""
MAX_DENIED = 15
"""Checks for which we keep serving a shard whose lock another session has: it may be our own lost session, which the
database ends within 25 seconds. Two replicas do no harm, because the first one to answer an interaction wins.
"""

log = logging.getLogger("dogear.discord")


class Shards:
    """`start` opens the gateway for shards that we just acquired."""

    def __init__(
        self, vault: Vault, platform: PlatformName, count: int, start: Callable[[tuple[int, ...]], Awaitable[None]]
    ) -> None:
        self._vault = vault
        self._platform = platform
        self._count = count
        self._start = start
        self._held: dict[int, ExclusiveLock] = {}
        self._lost: dict[int, int] = {}
        """For each shard that we receive, the number of checks in a row in which its lock was lost."""
        self._denied: dict[int, int] = {}
        """For each shard, the number of checks in a row in which another session had the lock."""
        self.looked = False
        """Whether the database answered the last check."""

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._held)

    async def keep(self) -> None:
        """Hold the shards until cancelled, then release them. Raises PlatformUncertain after losing a lock: another
        replica has the shard or may have it, so this process must stop receiving it, which it does by ending.
        """
        try:
            while True:
                await self.look()
                await asyncio.sleep(EVERY)
        finally:
            await asyncio.gather(*(hold.release() for hold in self._held.values()))

    async def look(self) -> None:
        """Renew our locks and acquire free ones. While the database does not answer, nothing changes."""
        kept = await asyncio.gather(*(hold.is_held() for hold in self._held.values()))
        lost = [shard for shard, ours in zip(self._held, kept, strict=True) if not ours]
        self._lost = {shard: self._lost.get(shard, 0) + 1 for shard in lost}
        self._denied = {shard: looks for shard, looks in self._denied.items() if shard in lost}
        fresh: list[int] = []
        try:
            for shard in lost:
                await self._take_again(shard)
            for shard in range(self._count):
                fresh += [shard] if shard not in self._held and await self._taken(shard) else []
            self.looked = True
        except StoreBusy as error:
            self._go_on_unsure(error)
        if fresh:
            log.info("shards taken", extra={"shards": fresh, "of": self._count})
            await self._start(tuple(fresh))

    async def _take_again(self, shard: int) -> None:
        """The lock is lost with its session, but the shard is still ours unless another replica has taken it."""
        hold = await self._hold(shard)
        if hold is not None:
            log.info("a shard is held again", extra={"shard": shard})
            await self._held[shard].release()
            self._held[shard] = hold
            del self._lost[shard]
            return
        self._denied[shard] = self._denied.get(shard, 0) + 1
        if self._denied[shard] > MAX_DENIED:
            raise PlatformUncertain(f"the hold of shard {shard} was lost")

    async def _taken(self, shard: int) -> bool:
        hold = await self._hold(shard)
        if hold is not None:
            self._held[shard] = hold
        return hold is not None

    async def _hold(self, shard: int) -> ExclusiveLock | None:
        return await self._vault.acquire(self._platform, f"shard/{shard}/{self._count}")

    def _go_on_unsure(self, error: StoreBusy) -> None:
        self.looked = False
        self._denied.clear()
        log.warning("it is not known which shards are ours: %s", error)
        for shard, looks in self._lost.items():
            if looks > MAX_UNANSWERED:
                raise PlatformUncertain(f"the hold of shard {shard} was lost, and the database does not answer")
