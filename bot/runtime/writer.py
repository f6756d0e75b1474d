"""The one thread that writes to SQLite: what waits while a transaction is committed goes into the next one together.

A commit costs an fsync, and one for each use case would be the pace of everything. Nobody hears of a result before
it is on the disk.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeAlias, TypeVar

from bot.ports.runner import Failed
from bot.ports.store import Transaction
from bot.runtime.waiting import Waiting, carried_out

T = TypeVar("T")
UseCase = Callable[[Transaction], Any]

MAX_TOGETHER = 128
MAX_TOGETHER_LENGTH = 0.05
"""Seconds after which a transaction takes nothing more, for all that is in it waits for the commit."""


class Groups(Protocol):
    """A store that carries out several use cases in one transaction."""

    def together(self, use_cases: Iterable[UseCase]) -> Sequence[Any]: ...


Writing: TypeAlias = Waiting[Future[Any]]


class GroupWriter:
    """Carries use cases out one after the other and commits them in groups; an idle one waits for nobody."""

    def __init__(self, store: Groups) -> None:
        self._store = store
        self._waiting: SimpleQueue[Writing | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._run, name="dogear-write", daemon=True)
        self._thread.start()

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Once begun it commits or rolls back, also when the caller is cancelled meanwhile."""
        if self._closed:
            raise RuntimeError("what was drained writes no more")
        work: Writing = Waiting(use_case=use_case, result=Future())
        self._waiting.put(work)
        result: T = await asyncio.wrap_future(work.result)
        return result

    def drain(self) -> None:
        """Carry out what waits, and take nothing new."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            if work.result.set_running_or_notify_cancel():
                self._carry_out(work)

    def _carry_out(self, first: Writing) -> None:
        """One transaction. Where it cannot be committed, all that is in it has failed."""
        taken = [first]
        try:
            results = self._store.together(self._use_cases(taken))
        except BaseException as error:  # noqa: BLE001 -- whatever it is, those who wait must hear of it
            results = [Failed(error)] * len(taken)
        for work, result in zip(taken, results, strict=True):
            if isinstance(result, Failed):
                work.result.set_exception(result.error)
            else:
                work.result.set_result(result)

    def _use_cases(self, taken: list[Writing]) -> Iterator[UseCase]:
        """The first one, and what waits by the time that each is done."""
        until = time.monotonic() + MAX_TOGETHER_LENGTH
        yield partial(carried_out, taken[0].use_case)
        while len(taken) < MAX_TOGETHER and time.monotonic() < until:
            work = self._next()
            if work is None:
                return
            taken.append(work)
            yield partial(carried_out, work.use_case)

    def _next(self) -> Writing | None:
        try:
            while (work := self._waiting.get_nowait()) is not None:
                if work.result.set_running_or_notify_cancel():
                    return work
        except Empty:
            return None
        self._waiting.put(None)
        return None
