"""Worker threads for use cases: SQLite has one that writes and four that read, PostgreSQL as many as its pool."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from bot.ports import Store, Transaction
from bot.runtime.readers import GroupReader
from bot.runtime.writer import Groups, GroupWriter

T = TypeVar("T")

SQLITE_READERS = 4


class GroupingStore(Store, Groups, Protocol):
    """What the executors need of a store."""


class Executors:
    """Implements `bot.ports.Runner`. Twelve threads of BEGIN IMMEDIATE wait on each other, one writer does not."""

    def __init__(self, store: GroupingStore, *, readers: int, writers: int) -> None:
        self._store = store
        self._readers = ThreadPoolExecutor(readers, "dogear-read")
        self._writers = ThreadPoolExecutor(writers, "dogear-write")
        self._reader = GroupReader(store, readers) if writers == 1 else None
        self._writer = GroupWriter(store) if writers == 1 else None

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        if self._reader is not None:
            return await self._reader.read(use_case)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._carry_out, use_case, False)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Once begun it commits or rolls back, also when the caller is cancelled meanwhile."""
        if self._writer is not None:
            return await self._writer.write(use_case)
        return await asyncio.get_running_loop().run_in_executor(self._writers, self._carry_out, use_case, True)

    def _carry_out(self, use_case: Callable[[Transaction], T], write: bool) -> T:
        with self._store.begin(write=write) as tx:
            return use_case(tx)

    def drain(self) -> None:
        """Wait for what has begun, and take nothing new."""
        self._readers.shutdown(wait=True)
        self._writers.shutdown(wait=True)
        if self._reader is not None:
            self._reader.drain()
        if self._writer is not None:
            self._writer.drain()
