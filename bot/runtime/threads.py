"""The threads in which use cases run, and what is batched for them.

A use case is a function of one transaction. The event loop never runs one itself: a stalled disk would stop every
answer. It hands use cases to threads and awaits their results.

    SQLite                                                         PostgreSQL

    read() ─┐ one turn of the loop    4 threads,                   read()  ──▶ pool of threads ──▶ one read transaction
    read() ─┼──▶ one batch ─────────▶ one read transaction         write() ──▶ pool of threads ──▶ one write transaction
    read() ─┘                         per thread

    write() ─┐ while another batch    1 thread,                    Threads there wait for a server, not for each other,
    write() ─┼ commits ──▶ one batch  one write transaction        so nothing is batched.
    write() ─┘                        and one commit

What is batched. Reads that are requested in one turn of the event loop run in one transaction: to begin one, and to wake
a thread, costs more than a typical read. Writes that arrive while a batch is being committed form the next batch: a commit
costs an fsync, and one for each use case would limit all writes to the pace of the disk.

What bounds the wait. While a batch of reads runs, the event loop blocks: SQLite's driver releases the interpreter lock at
every step of a statement, and if the loop took it each time, every step would cost a thread switch. The loop blocks for
3 ms plus 1 ms per use case, 10 ms at most. Then it continues, and more threads help with the rest of the batch. A batch of
writes accepts no more after 50 ms or 128 use cases, and the loop never blocks for it.

What happens when the disk stalls. The loop blocks for 10 ms at most, then not at all for the next 100 ms, nor while an
earlier batch is still being read: it loses a tenth of its time at most. Callers wait for their result, or until they cancel.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from bot.domain.record import record
from bot.ports.runner import Failed
from bot.ports.store import Store, Transaction

T = TypeVar("T")
F = TypeVar("F")
Item = TypeVar("Item")
Result = TypeVar("Result")
UseCase: TypeAlias = Callable[[Transaction], Any]

START_WAIT = 0.003
WAIT_PER_READ = 0.001
MAX_WAIT = 0.01
"""Seconds for which the loop blocks: to wake a thread and begin a transaction, for each use case, and in all. A read of more
than about a millisecond is done sooner beside the loop; the start takes longer where others use the processor's caches.
"""
PAUSE_AFTER_TIMEOUT = 0.1
"""Seconds for which the loop does not block after a batch took longer than that."""
MAX_BATCH = 128
MAX_BATCH_SECONDS = 0.05
"""Use cases in a batch of writes, and seconds for which it accepts more: all of them wait for its commit."""


class BatchingStore(Store, Protocol):
    """What `ThreadRunner` needs of a store."""

    def together(self, use_cases: Iterable[UseCase]) -> Sequence[Any]:
        """Run the use cases in one write transaction; one that raises rolls back alone, and is `Failed` in the results."""
        ...


class ThreadRunner:
    """Implements `bot.ports.runner.Runner`. With one writer, which means SQLite, reads and writes are batched."""

    def __init__(self, store: BatchingStore, *, readers: int, writers: int) -> None:
        self._reader = BatchReader(store, readers) if writers == 1 else UnbatchedThreads(store, readers, "dogear-read")
        self._writer = BatchWriter(store) if writers == 1 else UnbatchedThreads(store, writers, "dogear-write")

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        return await self._reader.read(use_case)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Once started it commits or rolls back, even if the caller is cancelled."""
        return await self._writer.write(use_case)

    def drain(self) -> None:
        """Wait for running use cases, and accept no new ones."""
        self._reader.drain()
        self._writer.drain()


@record
class Job(Generic[F]):
    """A use case, and the future that its caller awaits."""

    use_case: UseCase
    result: F


def run_use_case(use_case: Callable[[Transaction], T], tx: Transaction) -> T:
    """Run the use case. Raises RuntimeError for a StopIteration, which a future does not accept: its caller would wait
    forever.
    """
    try:
        return use_case(tx)
    except StopIteration as error:
        raise RuntimeError("a use case went on where there was nothing more") from error


class UnbatchedThreads:
    """Threads that run each use case in its own transaction."""

    def __init__(self, store: Store, threads: int, name: str) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(threads, name)

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, use_case, False)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, use_case, True)

    def _run(self, use_case: Callable[[Transaction], T], write: bool) -> T:
        with self._store.begin(write=write) as tx:
            return run_use_case(use_case, tx)

    def drain(self) -> None:
        self._threads.shutdown(wait=True)


Read: TypeAlias = Job["asyncio.Future[Any]"]


class BatchReader:
    """Reads everything requested in one turn of the loop in one transaction, while the loop blocks for a moment."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store = store
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "dogear-read")
        self._requested: deque[Read] = deque()
        """Requested in this turn of the loop."""
        self._finished: deque[tuple[Read, Any, BaseException | None]] = deque()
        """Results that are not delivered yet."""
        self._running: list[Future[None]] = []
        """Threads that work on earlier batches."""
        self._blocking = False
        self._may_block_at = 0.0

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        loop = asyncio.get_running_loop()
        job = Job(use_case=use_case, result=loop.create_future())
        if not self._requested:
            loop.call_soon(self._start_batch)
        self._requested.append(job)
        result: T = await job.result
        return result

    def drain(self) -> None:
        """Wait for running use cases, and accept no new ones."""
        self._pool.shutdown(wait=True)

    def _start_batch(self) -> None:
        batch, self._requested = self._requested, deque()
        self._running = [thread for thread in self._running if not thread.done()]
        try:
            if not self._running and time.monotonic() >= self._may_block_at:
                self._block_for(batch)
            for _ in range(min(len(batch), self._threads)):
                self._running.append(self._pool.submit(self._read_all, batch))
        except RuntimeError as error:  # drained, or no thread can be started
            self._finished.extend((job, None, error) for job in batch)
            self._deliver()

    def _block_for(self, batch: deque[Read]) -> None:
        """Leave the interpreter to one thread until the batch is read, or the time is over."""
        seconds = min(START_WAIT + WAIT_PER_READ * len(batch), MAX_WAIT)
        self._blocking = True
        try:
            reading = self._pool.submit(self._read_all, batch)
            reading.result(seconds)
        except TimeoutError:
            self._running.append(reading)
            self._may_block_at = time.monotonic() + PAUSE_AFTER_TIMEOUT
        finally:
            self._blocking = False
            self._deliver()

    def _read_all(self, batch: deque[Read]) -> None:
        """In a thread: read the rest of the batch, together with other threads."""
        while batch:
            self._read_in_one_transaction(batch)

    def _read_in_one_transaction(self, batch: deque[Read]) -> None:
        """Stop after a use case that raises: the transaction may be unusable then."""
        job = None
        try:
            with self._store.begin(write=False) as tx:
                while (job := _next(batch)) is not None:
                    self._finish(job, run_use_case(job.use_case, tx), None)
        except BaseException as error:  # noqa: BLE001 -- the caller waits for a result, whatever was raised
            failed = job or _next(batch)
            if failed is not None:
                self._finish(failed, None, error)

    def _finish(self, job: Read, result: Any, error: BaseException | None) -> None:
        """Wake the loop for the result. A blocked loop delivers it by itself, after it has reset `_blocking`."""
        self._finished.append((job, result, error))
        if not self._blocking:
            job.result.get_loop().call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        while self._finished:
            job, result, error = self._finished.popleft()
            if job.result.done():
                continue
            if error is None:
                job.result.set_result(result)
            else:
                job.result.set_exception(error)


def _next(batch: deque[Read]) -> Read | None:
    """The next one whose caller still waits."""
    while batch:
        try:
            job = batch.popleft()
        except IndexError:  # another thread was faster
            return None
        if not job.result.cancelled():
            return job
    return None


Write: TypeAlias = Job[Future[Any]]


class BatchWriter:
    """Writes in one thread. What arrives during a commit is committed together afterwards."""

    def __init__(self, store: BatchingStore) -> None:
        self._store = store
        self._requested: SimpleQueue[Write | None] = SimpleQueue()
        """None ends the thread."""
        self._closed = False
        self._thread = Thread(target=self._run, name="dogear-write", daemon=True)
        self._thread.start()

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Returns after the commit. Once started it commits or rolls back, even if the caller is cancelled."""
        if self._closed:
            raise RuntimeError("what was drained writes no more")
        job: Write = Job(use_case=use_case, result=Future())
        self._requested.put(job)
        result: T = await asyncio.wrap_future(job.result)
        return result

    def drain(self) -> None:
        """Write what was requested, and accept nothing new."""
        if not self._closed:
            self._closed = True
            self._requested.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._requested.get()) is not None:
            if job.result.set_running_or_notify_cancel():
                self._write_batch(job)

    def _write_batch(self, first: Write) -> None:
        """If the transaction cannot be committed, every use case in it fails."""
        batch = [first]
        try:
            results = self._store.together(self._use_cases(batch))
        except BaseException as error:  # noqa: BLE001 -- the callers wait for a result, whatever was raised
            results = [Failed(error)] * len(batch)
        for job, result in zip(batch, results, strict=True):
            if isinstance(result, Failed):
                job.result.set_exception(result.error)
            else:
                job.result.set_result(result)

    def _use_cases(self, batch: list[Write]) -> Iterator[UseCase]:
        """The first one, then whatever has arrived when each is done. Adds them to the batch."""
        until = time.monotonic() + MAX_BATCH_SECONDS
        yield partial(run_use_case, batch[0].use_case)
        while len(batch) < MAX_BATCH and time.monotonic() < until:
            job = self._next()
            if job is None:
                return
            batch.append(job)
            yield partial(run_use_case, job.use_case)

    def _next(self) -> Write | None:
        """The next one whose caller still waits; None if there is none right now."""
        try:
            while (job := self._requested.get_nowait()) is not None:
                if job.result.set_running_or_notify_cancel():
                    return job
        except Empty:
            return None
        self._requested.put(None)
        return None


class Batcher(Generic[Item, Result]):
    """On the event loop: passes on together the items that arrived while the previous batch was running."""

    def __init__(self, run_batch: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]) -> None:
        """`run_batch` returns one result per item, or raises for all of them."""
        self._run_batch = run_batch
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await result

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                results = await self._run_batch([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 -- each caller gets it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        self._running = None
