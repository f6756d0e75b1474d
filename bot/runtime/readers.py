"""The threads that read SQLite, and the event loop that stands aside for them.

The driver gives the interpreter away at each step of each statement. A loop that goes on meanwhile takes it, and to get
it back costs a thread more than the step. So what is asked in one turn of the loop is read in one go, for which the loop
waits, though only milliseconds: a slow query, or a disk that stands still, is left to the threads.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

from bot.ports.store import Store, Transaction
from bot.runtime.waiting import Waiting, carried_out

T = TypeVar("T")

BEGINNING = 0.003
ASIDE = 0.001
MAX_ASIDE = 0.01
"""Seconds for which the loop stands aside for the way to a thread and into a transaction, for each use case, and for all of
it. From about a millisecond on, a use case is done sooner beside the loop than before it goes on; to begin takes as long
again where others use the processor's caches.
"""
IN_VAIN = 0.1
"""Seconds for which it does not, where that was not enough: what is slow has a tenth of the loop's time at most."""


Reading: TypeAlias = Waiting["asyncio.Future[Any]"]


class GroupReader:
    """Carries out in one transaction what is asked in one turn of the loop; where that takes long, in one of each thread."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store = store
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "dogear-read")
        self._asked: deque[Reading] = deque()
        self._done: deque[tuple[Reading, Any, BaseException | None]] = deque()
        self._working: list[Future[None]] = []
        self._aside = False
        self._aside_again_at = 0.0

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        loop = asyncio.get_running_loop()
        work = Waiting(use_case=use_case, result=loop.create_future())
        if not self._asked:
            loop.call_soon(self._hand_over)
        self._asked.append(work)
        result: T = await work.result
        return result

    def drain(self) -> None:
        """Wait for what has begun, and take nothing new."""
        self._pool.shutdown(wait=True)

    def _hand_over(self) -> None:
        works, self._asked = self._asked, deque()
        self._working = [thread for thread in self._working if not thread.done()]
        try:
            if not self._working and time.monotonic() >= self._aside_again_at:
                self._stand_aside(works)
            for _ in range(min(len(works), self._threads)):
                self._working.append(self._pool.submit(self._work_off, works))
        except RuntimeError as drained:
            self._done.extend((work, None, drained) for work in works)
            self._tell()

    def _stand_aside(self, works: deque[Reading]) -> None:
        """Let a thread have the interpreter until all is read, or for as long as that may take."""
        longest = min(BEGINNING + ASIDE * len(works), MAX_ASIDE)
        self._aside = True
        try:
            reading = self._pool.submit(self._work_off, works)
            reading.result(longest)
        except TimeoutError:
            self._working.append(reading)
            self._aside_again_at = time.monotonic() + IN_VAIN
        finally:
            self._aside = False
            self._tell()

    def _work_off(self, works: deque[Reading]) -> None:
        """In a thread: carry out what is left of them, beside others who do."""
        while works:
            self._in_one_transaction(works)

    def _in_one_transaction(self, works: deque[Reading]) -> None:
        """Until one of them raises: nobody knows what is left of the transaction then."""
        work = None
        try:
            with self._store.begin(write=False) as tx:
                while (work := _next(works)) is not None:
                    self._note(work, carried_out(work.use_case, tx), None)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, who waits must hear of it
            failed = work or _next(works)
            if failed is not None:
                self._note(failed, None, error)

    def _note(self, work: Reading, result: Any, error: BaseException | None) -> None:
        """Have the loop told. One that stands aside looks by itself, after it has ceased to: nothing is overlooked."""
        self._done.append((work, result, error))
        if not self._aside:
            work.result.get_loop().call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        while self._done:
            work, result, error = self._done.popleft()
            if work.result.done():
                continue
            if error is None:
                work.result.set_result(result)
            else:
                work.result.set_exception(error)


def _next(works: deque[Reading]) -> Reading | None:
    """The next one for which somebody still waits."""
    while works:
        try:
            work = works.popleft()
        except IndexError:
            return None
        if not work.result.cancelled():
            return work
    return None
