"""What is read on SQLite: in one go for those who ask at the same moment, and never so that the loop stands still for it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from bot.domain.errors import NotFound, StoreBusy
from bot.ports import Store, Transaction
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
    def use_case(_: Transaction) -> None:
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
        first = await reader.read(lambda _: "at the same moment")
        second = await reader.read(lambda _: "later")
        on_we_go.set()
        assert await long
        reader.drain()
        return [first, second]

    assert asyncio.run(asked()) == ["at the same moment", "later"]


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
