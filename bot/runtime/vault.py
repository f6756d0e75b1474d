"""The platforms' vault over the store, in threads and with the host's keys. Opened only when something is stored."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property

from bot.domain.errors import BadConfig
from bot.domain.ids import PlatformName
from bot.runtime.settings import MAKE_A_KEY, Settings
from store.sql import ExclusiveLock, SqlStore, SqlVault

NO_KEY = f"DOGEAR_VAULT_KEYS is not set, and without a key no secret can be kept. {MAKE_A_KEY}"

KEPT_WITHIN = 15.0
LET_GO_WITHIN = 2.0
"""Seconds for the database to answer about a lock."""
MAX_SILENCE = 10.0
"""Seconds after which a process that does not ask about its lock loses it, as a suspended one does."""


class ThreadedHold:
    """Implements `bot.chat.platform.ExclusiveLock`."""

    def __init__(self, hold: ExclusiveLock) -> None:
        self._hold = hold
        self._silent = False

    async def is_held(self) -> bool:
        """A database that does not answer in time may have given the lock to another process, so it is lost for good."""
        if self._silent:
            return False
        try:
            async with asyncio.timeout(KEPT_WITHIN):
                return await asyncio.to_thread(self._hold.is_held)
        except TimeoutError:
            self._silent = True
            return False

    async def release(self) -> None:
        """Waits only a moment: a session that cannot be closed ends by itself."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LET_GO_WITHIN):
                await asyncio.to_thread(self._hold.release)


class ThreadedVault:
    """Implements `bot.chat.platform.Vault`. Methods for secrets raise BadConfig without a matching key."""

    def __init__(self, store: SqlStore, keys: Sequence[str]) -> None:
        self._store = store
        self._keys = keys

    @cached_property
    def _vault(self) -> SqlVault:
        if not self._keys:
            raise BadConfig([NO_KEY])
        return SqlVault(self._store, self._keys)

    async def acquire(self, platform: PlatformName, name: str) -> ThreadedHold | None:
        taken = await asyncio.to_thread(self._store.acquire, f"{platform}/{name}", MAX_SILENCE)
        return ThreadedHold(taken) if taken else None

    async def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        await asyncio.to_thread(lambda: self._vault.save(platform, name, secret))

    async def load(self, platform: PlatformName, name: str) -> bytes | None:
        return await asyncio.to_thread(lambda: self._vault.load(platform, name))

    async def delete(self, platform: PlatformName, name: str) -> None:
        await asyncio.to_thread(lambda: self._vault.delete(platform, name))

    async def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        return await asyncio.to_thread(lambda: self._vault.compare_and_swap(platform, name, old, new))


def rotate(store: SqlStore, settings: Settings) -> int:
    """Encrypt every secret with the first key. Returns how many there are. Raises BadConfig without a matching key."""
    if not settings.vault_keys:
        raise BadConfig([NO_KEY])
    return SqlVault(store, [key.get_secret_value() for key in settings.vault_keys]).rotate()
