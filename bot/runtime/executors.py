"""Worker threads for use cases: SQLite has one that writes and four that read, PostgreSQL as many as its pool."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from bot.ports.store import Store, Transaction
from bot.runtime.readers import GroupReader
from bot.runtime.waiting import carried_out
from bot.runtime.writer import Groups, GroupWriter

T = TypeVar("T")


class GroupingStore(Store, Groups, Protocol):
    """What the executors need of a store."""


class Executors:
    """Implements `bot.ports.Runner`. Twelve threads of BEGIN IMMEDIATE wait on each other, one writer does not."""

    def __init__(self, store: GroupingStore, *, readers: int, writers: int) -> None:
        self._reader = GroupReader(store, readers) if writers == 1 else Pool(store, readers, "dogear-read")
        self._writer = GroupWriter(store) if writers == 1 else Pool(store, writers, "dogear-write")

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        return await self._reader.read(use_case)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Once begun it commits or rolls back, also when the caller is cancelled meanwhile."""
        return await self._writer.write(use_case)

    def drain(self) -> None:
        """Wait for what has begun, and take nothing new."""
        self._reader.drain()
        self._writer.drain()


class Pool:
    """Threads that carry out each use case in a transaction of its own, for they wait for a server and not for each other."""

    def __init__(self, store: Store, threads: int, name: str) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(threads, name)

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._carry_out, use_case, False)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._carry_out, use_case, True)

    def _carry_out(self, use_case: Callable[[Transaction], T], write: bool) -> T:
        with self._store.begin(write=write) as tx:
            return carried_out(use_case, tx)

    def drain(self) -> None:
        self._threads.shutdown(wait=True)
