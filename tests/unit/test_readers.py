"""What is read on SQLite: in one go for those who ask at the same moment, and never so that the loop stands still for it."""

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
from bot.runtime import readers
from bot.runtime.readers import GroupReader

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


def reader_of(store: CountingStore, threads: int = 1) -> GroupReader:
    return GroupReader(cast(Store, store), threads)


def told(store: CountingStore, *use_cases: UseCase) -> list[Any]:
    """What each of them hears who ask at the same moment."""

    async def asked() -> list[Any]:
        reader = reader_of(store)
        try:
            return await asyncio.gather(*(reader.read(one) for one in use_cases), return_exceptions=True)
        finally:
            reader.drain()

    return asyncio.run(asked())


def raising(error: Exception) -> UseCase:
    def use_case(*_: Any) -> None:
        raise error

    return use_case


def saying(word: str) -> UseCase:
    return lambda tx: f"{word} in {tx}"


def test_those_who_ask_at_the_same_moment_are_answered_from_one_transaction() -> None:
    assert told(CountingStore(), saying("a"), saying("b"), saying("c")) == ["a in 1", "b in 1", "c in 1"]


def test_what_raises_is_told_to_its_own_and_the_rest_is_read_in_another_transaction() -> None:
    no = NotFound("no")

    assert told(CountingStore(), saying("a"), raising(no), saying("b")) == ["a in 1", no, "b in 2"]


def test_a_database_that_is_away_is_told_to_everybody() -> None:
    heard = told(CountingStore(away=True), saying("a"), saying("b"))

    assert [str(error) for error in heard] == ["away", "away"]


def test_the_loop_goes_on_beside_what_takes_long() -> None:
    async def asked() -> bool:
        reader, on_we_go = reader_of(CountingStore()), threading.Event()
        reading = asyncio.create_task(reader.read(lambda _: on_we_go.wait(10)))
        await asyncio.sleep(0.05)
        on_we_go.set()
        seen = await reading
        reader.drain()
        return seen

    assert asyncio.run(asked()), "whoever read waited in vain for the loop"


def test_what_takes_long_keeps_nobody_else_waiting_asked_before_or_after() -> None:
    async def asked() -> list[str]:
        reader, on_we_go = reader_of(CountingStore(), threads=2), threading.Event()
        long = asyncio.create_task(reader.read(lambda _: on_we_go.wait(10)))
        await asyncio.sleep(0)  # it is asked for, and nothing was handed over yet
        first = await reader.read(lambda _: "at the same moment")
        second = await reader.read(lambda _: "later")
        on_we_go.set()
        assert await long
        reader.drain()
        return [first, second]

    assert asyncio.run(asked()) == ["at the same moment", "later"]


def the_loop_goes_on(reader: GroupReader) -> "asyncio.Future[bool]":
    """Read for a while; whether the loop did anything meanwhile."""
    went_on = threading.Event()
    reading = asyncio.ensure_future(reader.read(lambda _: went_on.wait(0.3)))
    asyncio.get_running_loop().call_later(0.05, went_on.set)
    return reading


def patience(monkeypatch: pytest.MonkeyPatch, aside: float, in_vain: float = 0.0) -> None:
    for name, seconds in (("BEGINNING", 0.0), ("ASIDE", aside), ("MAX_ASIDE", aside), ("IN_VAIN", in_vain)):
        monkeypatch.setattr(readers, name, seconds)


def test_the_loop_stands_aside_for_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> bool:
        reader = reader_of(CountingStore())
        went_on = await the_loop_goes_on(reader)
        reader.drain()
        return went_on

    patience(monkeypatch, aside=5.0)

    assert not asyncio.run(asked())


def test_it_stands_aside_for_nothing_beside_what_is_still_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> bool:
        reader, on_we_go = reader_of(CountingStore(), threads=2), threading.Event()
        patience(monkeypatch, aside=0.01)
        long = asyncio.create_task(reader.read(lambda _: on_we_go.wait(10)))
        await asyncio.sleep(0.05)
        patience(monkeypatch, aside=5.0)
        went_on = await the_loop_goes_on(reader)
        on_we_go.set()
        assert await long
        reader.drain()
        return went_on

    assert asyncio.run(asked())


@pytest.mark.parametrize(("in_vain", "goes_on"), [(60.0, True), (0.0, False)])
def test_where_it_stood_aside_in_vain_it_does_not_for_a_while(
    in_vain: float, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked() -> bool:
        reader = reader_of(CountingStore())
        patience(monkeypatch, aside=0.01, in_vain=in_vain)
        await reader.read(lambda _: time.sleep(0.1))
        await asyncio.sleep(0.05)  # who hears of a read may hear of it before its thread has ended
        patience(monkeypatch, aside=5.0, in_vain=in_vain)
        went_on = await the_loop_goes_on(reader)
        reader.drain()
        return went_on

    assert asyncio.run(asked()) is goes_on


def test_what_no_future_takes_is_told_as_a_bug_and_keeps_nobody_waiting() -> None:
    heard = told(CountingStore(), saying("a"), raising(StopIteration()), saying("b"))

    assert [str(one) for one in heard] == ["a in 1", "a use case went on where there was nothing more", "b in 2"]


def test_where_no_thread_can_be_begun_that_is_told_and_the_next_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> list[Any]:
        reader = reader_of(CountingStore())
        with monkeypatch.context() as now:
            now.setattr(ThreadPoolExecutor, "submit", raising(RuntimeError("no thread")))
            first = await asyncio.gather(reader.read(saying("a")), return_exceptions=True)
        patience(monkeypatch, aside=0.0)
        async with asyncio.timeout(10):
            second = await reader.read(saying("b"))
        reader.drain()
        return [*map(str, first), second]

    assert asyncio.run(asked()) == ["no thread", "b in 1"]


def test_what_was_cancelled_before_its_turn_is_not_carried_out() -> None:
    carried_out: list[str] = []

    async def asked() -> None:
        reader = reader_of(CountingStore())
        tasks = [asyncio.create_task(reader.read(lambda _: carried_out.append("cancelled"))) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await reader.read(lambda _: carried_out.append("kept"))
        reader.drain()

    asyncio.run(asked())

    assert carried_out == ["kept"]


def test_what_was_drained_reads_no_more() -> None:
    async def asked() -> None:
        reader = reader_of(CountingStore())
        reader.drain()
        await reader.read(saying("a"))

    with pytest.raises(RuntimeError):
        asyncio.run(asked())
