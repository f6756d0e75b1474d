"""What a worker does when the database fails: with the results of its attempts, and with its own going on."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

import pytest

import bot.runtime.worker
from bot.domain.delivery import Durations
from bot.domain.errors import StoreError
from bot.domain.notice import Host
from bot.ports.metrics import Metrics
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.worker import CONCURRENT, Worker
from bot.service.ledger import Attempt, WorkBatch
from tests.fakes.clock import FakeClock
from tests.fakes.records import NOW, a_delivery, a_message
from tests.unit.test_supervise import Counted

T = TypeVar("T")
ATTEMPT = timedelta(milliseconds=20)


class Broken:
    """Fails `failures` times, each time after longer than an attempt lasts, as after a freeze; then notes nothing."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def write(self, use_case: Callable[[Transaction], T]) -> list[Any]:
        if self.failures:
            self.failures -= 1
            await asyncio.sleep(2 * ATTEMPT.total_seconds())
            raise StoreError("The connection is gone.")
        return []


async def noted(runner: Broken) -> Any:
    nobody = cast(Any, None)
    worker = Worker(cast(Runner, runner), {}, Host(), Durations(attempt=ATTEMPT), FakeClock(), cast(Metrics, nobody))
    return await worker._note_all([Attempt(delivery=a_delivery(), result=a_message("1"))])


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.runtime.worker, "RESULT_AGAIN", 0.005)


async def test_a_worker_that_was_frozen_notes_its_result_over_a_new_connection() -> None:
    assert await noted(Broken(failures=1)) == []


async def test_a_database_that_stays_away_is_let_be_in_the_end() -> None:
    with pytest.raises(StoreError):
        await noted(Broken(failures=100))


class Asked:
    """Raises what it is given, one for each time that it is asked what is due; what comes after that is awaited."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.again = asyncio.Event()

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        if not self._errors:
            self.again.set()
            raise StoreError("The database is away.")
        raise self._errors.pop(0)


async def until_asked_again(runner: Asked, metrics: Counted) -> None:
    """Nobody wakes the worker: what makes it look again is the poll alone."""
    durations = Durations(poll=timedelta(milliseconds=1))
    worker = Worker(cast(Runner, runner), {}, Host(), durations, FakeClock(), metrics)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(60):
        await asyncio.wait({running, asyncio.create_task(runner.again.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert not running.done(), running
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_worker_that_nobody_wakes_looks_again_after_a_poll() -> None:
    metrics = Counted()

    await until_asked_again(Asked(StoreError("The database is away.")), metrics)

    assert metrics.restarts == []


async def test_a_bug_does_not_end_a_worker_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Counted()

    await until_asked_again(Asked(ValueError("no card"), ValueError("no card")), metrics)

    assert metrics.restarts == ["worker", "worker"]
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == 1
    assert told[0].__dict__["reference"]


class Ledger:
    """Counts how often it is asked what is due, and answers that more is due in `next_due`."""

    def __init__(self, next_due: timedelta | None) -> None:
        self.asked = 0
        self._taken = WorkBatch(at=NOW, leased=[], doubtful=[], unswept=[], given_up=[], next_due=next_due)
        self.asked_twice = asyncio.Event()

    async def write(self, use_case: Callable[[Transaction], T]) -> Any:
        self.asked += 1
        if self.asked == 2:
            self.asked_twice.set()
        return self._taken


LONG = timedelta(hours=1)
SHORT = timedelta(milliseconds=1)


async def asked(
    next_due: timedelta | None, poll: timedelta, meanwhile: Callable[[Worker], object] | None = None
) -> int:
    """How often a worker asks: until the second time, or in some turns of the loop where nothing makes it ask again."""

    ledger = Ledger(next_due)
    worker = Worker(cast(Runner, ledger), {}, Host(), Durations(poll=poll), FakeClock(), Counted())
    running = asyncio.create_task(worker.run())
    for _ in range(20):
        await asyncio.sleep(0)
    if meanwhile is not None:
        meanwhile(worker)
    if meanwhile is not None or SHORT in (next_due, poll):
        async with asyncio.timeout(60):
            await ledger.asked_twice.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return ledger.asked


@pytest.mark.parametrize("next_due", [None, LONG, timedelta(hours=2)])
async def test_a_worker_with_nothing_to_do_waits(next_due: timedelta | None) -> None:
    assert await asked(next_due, LONG) == 1


async def test_a_worker_looks_again_when_more_is_due() -> None:
    assert await asked(SHORT, LONG) >= 2


async def test_a_worker_looks_again_after_a_poll_however_late_more_is_due() -> None:
    assert await asked(LONG, SHORT) >= 2


async def test_a_worker_that_is_woken_looks_once_more() -> None:
    assert await asked(None, LONG, Worker.wake) == 2


async def test_a_worker_that_is_woken_does_not_wait_for_its_attempts() -> None:

    def begin(worker: Worker) -> None:
        worker._begin(a_delivery(), asyncio.sleep(LONG.total_seconds()))
        worker.wake()

    assert await asked(None, LONG, begin) == 2


async def test_a_worker_that_is_full_asks_for_nothing() -> None:
    ledger = Ledger(SHORT)
    worker = Worker(cast(Runner, ledger), {}, Host(), Durations(), FakeClock(), Counted())
    attempts = [worker._begin(a_delivery(), asyncio.sleep(LONG.total_seconds())) for _ in range(CONCURRENT)]
    due = await worker._start()
    for attempt in attempts:
        attempt.cancel()
    await asyncio.wait(attempts)
    assert (due, ledger.asked) == (None, 0)
