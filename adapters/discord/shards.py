"""Which shards of the gateway this process has: each is held by one replica at a time, and taken over when that dies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.chat.platform import Hold, Vault
from bot.domain.errors import PlatformUncertain, StoreBusy
from bot.domain.ids import PlatformName

EVERY = 10.0
"""Seconds between two looks at what is held and what is free. With the 45 that a dead holder keeps its hold at most,
a shard is taken over within a minute.
"""

log = logging.getLogger("dogear.discord")


class Shards:
    """`start` opens the gateway for shards that we have just come to hold."""

    def __init__(
        self, vault: Vault, platform: PlatformName, count: int, start: Callable[[tuple[int, ...]], Awaitable[None]]
    ) -> None:
        self._vault = vault
        self._platform = platform
        self._count = count
        self._start = start
        self._held: dict[int, Hold] = {}
        self.looked = False
        """Whether it is known by now which shards are ours."""

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(self._held)

    async def keep(self) -> None:
        """Until cancelled; lets go of everything then. Raises PlatformUncertain when a hold was lost: another replica
        may have the shard now, so this process must stop listening, which it does by ending.
        """
        try:
            while True:
                await self.look()
                await asyncio.sleep(EVERY)
        finally:
            for hold in self._held.values():
                await hold.let_go()

    async def look(self) -> None:
        """Make sure of what we hold, and take what is free."""
        for shard, hold in self._held.items():
            if not await hold.kept():
                raise PlatformUncertain(f"the hold of shard {shard} was lost")
        fresh = tuple([shard for shard in range(self._count) if shard not in self._held and await self._taken(shard)])
        if fresh:
            log.info("shards taken", extra={"shards": fresh, "of": self._count})
            await self._start(fresh)
        self.looked = True

    async def _taken(self, shard: int) -> bool:
        try:
            hold = await self._vault.hold(self._platform, f"shard/{shard}/{self._count}")
        except StoreBusy:
            return False
        if hold is not None:
            self._held[shard] = hold
        return hold is not None
