"""Several use cases in one transaction: each is whole or nothing, and none is done before all are on the disk."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.domain.errors import Conflict, StoreBusy
from bot.ports.runner import Failed
from bot.ports.store import Transaction
from bot.runtime.threads import ThreadRunner
from store.sql import SqlStore, open_store
from tests.fakes.clock import FakeClock

UseCase = Callable[[Transaction], Any]


def adding(name: str, error: Exception | None = None) -> UseCase:
    def use_case(tx: Transaction) -> str:
        tx.teams.add(name, "UTC")
        if error is not None:
            raise error
        return name

    return use_case


def names(store: SqlStore) -> list[str]:
    with store.begin(write=False) as tx:
        return [team.name for team in tx.teams.all()]


def test_what_raises_rolls_back_alone_and_the_others_stand(store: SqlStore) -> None:
    error = Conflict("no")

    first, failed, last = store.together([adding("a"), adding("b", error), adding("c")])

    assert (first, last) == ("a", "c")
    assert isinstance(failed, Failed)
    assert failed.error is error
    assert names(store) == ["a", "c"]


def test_each_sees_what_those_before_it_did(store: SqlStore) -> None:
    _, seen = store.together([adding("a"), lambda tx: [team.name for team in tx.teams.all()]])

    assert seen == ["a"]


def test_a_commit_that_fails_keeps_nothing_of_any(store: SqlStore) -> None:
    def fail(_connection: Connection) -> None:
        raise StoreBusy("no commit today")

    event.listen(store._engine, "commit", fail)
    with pytest.raises(StoreBusy, match="no commit today"):
        store.together([adding("a"), adding("b")])
    event.remove(store._engine, "commit", fail)

    assert names(store) == []


@pytest.fixture
def on_file(tmp_path: Path, clock: FakeClock) -> Iterator[SqlStore]:
    with closing(open_store(f"sqlite:///{tmp_path / 'dogear.db'}", clock)) as open_club:
        yield open_club


async def written(store: SqlStore, *use_cases: UseCase) -> list[Any]:
    """What each of them hears who ask at the same moment."""

    runner = ThreadRunner(store, readers=1, writers=1)
    try:
        return await asyncio.gather(*(runner.write(one) for one in use_cases), return_exceptions=True)
    finally:
        runner.drain()


async def test_whoever_asks_at_the_same_moment_gets_their_own_answer(on_file: SqlStore) -> None:
    error = Conflict("no")

    heard = await written(on_file, *(adding(str(n), error if n % 7 == 3 else None) for n in range(300)))

    assert heard == [error if n % 7 == 3 else str(n) for n in range(300)]
    assert names(on_file) == sorted(str(n) for n in range(300) if n % 7 != 3)


async def test_a_failing_commit_is_told_to_everybody_and_the_next_one_is_made(on_file: SqlStore) -> None:
    left = [StoreBusy("no commit now")]

    def fail_once(_connection: Connection) -> None:
        if left:
            raise left.pop()

    event.listen(on_file._engine, "commit", fail_once)
    heard = await written(on_file, *(adding(str(n)) for n in range(300)))

    failed = [answer for answer in heard if isinstance(answer, StoreBusy)]
    assert failed
    assert names(on_file) == sorted(answer for answer in heard if isinstance(answer, str))


async def test_a_disk_that_fills_up_in_the_middle_keeps_what_was_said_to_be_kept_and_no_more(on_file: SqlStore) -> None:
    await written(on_file, adding("first"))
    limit = "PRAGMA max_page_count=130"
    event.listen(on_file._engine, "checkout", lambda connection, *_: connection.execute(limit).close())

    heard = await written(on_file, *(adding(f"{n:03}{'x' * 3000}") for n in range(100)))

    kept = [answer for answer in heard if isinstance(answer, str)]
    assert any(isinstance(answer, StoreBusy) for answer in heard)
    assert sorted(names(on_file)) == sorted(["first", *kept])
    with closing(on_file._engine.raw_connection()) as connection:
        assert connection.cursor().execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_what_was_cancelled_before_its_turn_is_not_carried_out(on_file: SqlStore) -> None:
    runner = ThreadRunner(on_file, readers=1, writers=1)
    tasks = [asyncio.create_task(runner.write(adding(str(n)))) for n in range(3)]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await runner.write(adding("kept"))
    runner.drain()

    assert names(on_file) == ["kept"]


WRITER = """
import asyncio, sys
from bot.runtime.clock import SystemClock
from bot.runtime.threads import ThreadRunner
from store.sql import open_store

async def main():
    runner = ThreadRunner(open_store(sys.argv[1], SystemClock()), readers=1, writers=1)

    async def add(name):
        await runner.write(lambda tx: tx.teams.add(name, "UTC"))
        print(name, flush=True)

    for n in range(1000):
        await asyncio.gather(*(add(f"{n}/{m}") for m in range(40)))

asyncio.run(main())
"""


@pytest.mark.parametrize("told", [60, 333])
def test_what_was_said_to_be_kept_before_a_kill_is_kept(tmp_path: Path, told: int) -> None:
    url = f"sqlite:///{tmp_path / 'dogear.db'}"
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline().strip() for _ in range(told)]
        os.kill(writer.pid, signal.SIGKILL)
        heard += [line.strip() for line in writer.stdout.read().splitlines() if line.strip()]

    store = open_store(url, FakeClock())
    assert len(heard) >= told
    assert set(heard) <= set(names(store))
    store.close()
