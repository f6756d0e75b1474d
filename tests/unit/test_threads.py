"""How reads on SQLite are batched, and that the event loop does not wait for a slow one."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import pytest

from bot.domain.errors import NotFound, StoreBusy
from bot.ports.store import Store, Transaction
from bot.runtime import threads
from bot.runtime.threads import BatchReader

UseCase = Callable[[Transaction], Any]


class CountingStore:
    """Its transactions are numbers, counted from 1; with `away` none begins."""

    def __init__(self, *, away: bool = False) -> None:
        self.begun = 0
        self._away = away

    @contextmanager
    def begin(self, *, write: bool) -> Iterator[Transaction]:
        assert not write
        if self._away:
            raise StoreBusy("away")
        self.begun += 1
        yield cast(Transaction, self.begun)


def reader_of(store: CountingStore, count: int = 1) -> BatchReader:
    return BatchReader(cast(Store, store), count)


async def results(store: CountingStore, *use_cases: UseCase) -> list[Any]:
    """What the use cases return, or raise, if they are requested in one turn of the loop."""

    reader = reader_of(store)
    try:
        return await asyncio.gather(*(reader.read(one) for one in use_cases), return_exceptions=True)
    finally:
        reader.drain()


def raising(error: Exception) -> UseCase:
    def use_case(*_: Any) -> None:
        raise error

    return use_case


def saying(word: str) -> UseCase:
    return lambda tx: f"{word} in {tx}"


async def test_reads_of_one_turn_share_a_transaction() -> None:
    assert await results(CountingStore(), saying("a"), saying("b"), saying("c")) == ["a in 1", "b in 1", "c in 1"]


async def test_after_an_error_the_rest_is_read_in_another_transaction() -> None:
    no = NotFound("no")

    assert await results(CountingStore(), saying("a"), raising(no), saying("b")) == ["a in 1", no, "b in 2"]


async def test_every_caller_learns_that_the_database_is_away() -> None:
    received = await results(CountingStore(away=True), saying("a"), saying("b"))

    assert [str(error) for error in received] == ["away", "away"]


async def test_the_loop_continues_beside_a_slow_read() -> None:
    reader, on_we_go = reader_of(CountingStore()), threading.Event()
    reading = asyncio.create_task(reader.read(lambda _: on_we_go.wait(10)))
    await asyncio.sleep(0.05)
    on_we_go.set()
    seen = await reading
    reader.drain()
    assert seen, "the read waited in vain for the loop"


async def test_a_slow_read_delays_no_other_read() -> None:
    reader, on_we_go = reader_of(CountingStore(), count=2), threading.Event()
    long = asyncio.create_task(reader.read(lambda _: on_we_go.wait(10)))
    await asyncio.sleep(0)  # it is requested, and no batch has begun
    first = await reader.read(lambda _: "at the same moment")
    second = await reader.read(lambda _: "later")
    on_we_go.set()
    assert await long
    reader.drain()
    assert [first, second] == ["at the same moment", "later"]


def the_loop_goes_on(reader: BatchReader) -> "asyncio.Future[bool]":
    """Read for a while; whether the loop did anything meanwhile."""
    went_on = threading.Event()
    reading = asyncio.ensure_future(reader.read(lambda _: went_on.wait(0.3)))
    asyncio.get_running_loop().call_later(0.05, went_on.set)
    return reading


def waits(monkeypatch: pytest.MonkeyPatch, wait: float, pause: float = 0.0) -> None:
    for name, seconds in (
        ("START_WAIT", 0.0),
        ("WAIT_PER_READ", wait),
        ("MAX_WAIT", wait),
        ("PAUSE_AFTER_TIMEOUT", pause),
    ):
        monkeypatch.setattr(threads, name, seconds)


async def test_the_loop_blocks_while_a_batch_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    waits(monkeypatch, wait=5.0)

    reader = reader_of(CountingStore())
    went_on = await the_loop_goes_on(reader)
    reader.drain()
    assert not went_on


async def test_the_loop_does_not_block_beside_an_earlier_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, on_we_go = reader_of(CountingStore(), count=2), threading.Event()
    waits(monkeypatch, wait=0.01)
    long = asyncio.create_task(reader.read(lambda _: on_we_go.wait(10)))
    await asyncio.sleep(0.05)
    waits(monkeypatch, wait=5.0)
    went_on = await the_loop_goes_on(reader)
    on_we_go.set()
    assert await long
    reader.drain()
    assert went_on


@pytest.mark.parametrize(("pause", "goes_on"), [(60.0, True), (0.0, False)])
async def test_the_loop_does_not_block_soon_after_a_timeout(
    pause: float, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reader_of(CountingStore())
    waits(monkeypatch, wait=0.01, pause=pause)
    await reader.read(lambda _: time.sleep(0.1))
    await asyncio.sleep(0.05)  # a caller may have its result before the thread has ended
    waits(monkeypatch, wait=5.0, pause=pause)
    went_on = await the_loop_goes_on(reader)
    reader.drain()
    assert went_on is goes_on


async def test_a_stop_iteration_becomes_an_error_of_its_caller() -> None:
    received = await results(CountingStore(), saying("a"), raising(StopIteration()), saying("b"))

    assert [str(one) for one in received] == ["a in 1", "a use case went on where there was nothing more", "b in 2"]


async def test_reads_go_on_after_no_thread_could_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_of(CountingStore())
    with monkeypatch.context() as now:
        now.setattr(ThreadPoolExecutor, "submit", raising(RuntimeError("no thread")))
        first = await asyncio.gather(reader.read(saying("a")), return_exceptions=True)
    waits(monkeypatch, wait=0.0)
    async with asyncio.timeout(10):
        second = await reader.read(saying("b"))
    reader.drain()
    assert [*map(str, first), second] == ["no thread", "b in 1"]


async def test_a_cancelled_read_is_not_run() -> None:
    run: list[str] = []

    reader = reader_of(CountingStore())
    tasks = [asyncio.create_task(reader.read(lambda _: run.append("cancelled"))) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await reader.read(lambda _: run.append("kept"))
    reader.drain()

    assert run == ["kept"]


async def test_a_drained_reader_accepts_no_read() -> None:
    async def asked() -> None:
        reader = reader_of(CountingStore())
        reader.drain()
        await reader.read(saying("a"))

    with pytest.raises(RuntimeError):
        await asked()
