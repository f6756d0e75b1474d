"""Recurring jobs: each runs at its interval or sooner, and one that fails or hangs is logged, counted and run again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
import time_machine

from bot.chat.jobs import Job, Rounds
from bot.domain.errors import StoreError
from bot.runtime import scheduler as module
from bot.runtime.scheduler import JobHealth, Scheduler
from tests.unit.test_supervise import Counted

SOON = timedelta(milliseconds=100)
LATE = timedelta(hours=1)


class Runs:
    """Counts the runs of a job, of which each does as the next of `does`; the ones after the last succeed."""

    def __init__(self, *does: Callable[[], Awaitable[timedelta | None]]) -> None:
        self._does = list(does)
        self.count = 0
        self._changed = asyncio.Event()

    async def __call__(self) -> timedelta | None:
        self.count += 1
        self._changed.set()
        return await self._does.pop(0)() if self._does else None

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(60):
            while self.count < count:
                self._changed.clear()
                await self._changed.wait()


async def hang() -> None:
    await asyncio.Event().wait()


async def be_cancelled() -> None:
    raise asyncio.CancelledError


async def lose_the_database() -> None:
    raise StoreError("The database is away.")


async def have_a_bug() -> None:
    raise KeyError("a bug")


async def pull_forward() -> timedelta:
    return timedelta()


async def settled(scheduler: Scheduler) -> JobHealth:
    """The health of its one job once a run has succeeded."""
    async with asyncio.timeout(60):
        while (found := scheduler.health()[0]).silence is None:  # noqa: ASYNC110 -- no one says so
            await asyncio.sleep(0.01)
    return found


def a_scheduler(runs: Runs, metrics: Counted, *, every: timedelta = SOON, vital: bool = False) -> Scheduler:
    scheduler = Scheduler(metrics)
    scheduler.add(Job(name="chore", run=runs, every=every, timeout=SOON, vital=vital))
    return scheduler


@pytest.mark.parametrize("trouble", [hang, be_cancelled])
async def test_a_job_that_hangs_is_started_again(
    trouble: Callable[[], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    metrics, found = Counted(), []

    runs = Runs(trouble)
    scheduler = a_scheduler(runs, metrics)
    async with scheduler.running():
        async with asyncio.timeout(60):
            while not metrics.restarts:  # noqa: ASYNC110 -- no one says so
                await asyncio.sleep(0.01)
        found.append(scheduler.health()[0])
        found.append(await settled(scheduler))

    assert metrics.restarts == ["job chore"]
    assert [(health.ok, health.failures) for health in found] == [(False, 1), (True, 0)]
    assert found[0].reason.startswith("failed: it ")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_job_that_fails_is_logged_counted_and_run_again(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Counted()

    runs = Runs(lose_the_database, have_a_bug)
    scheduler = a_scheduler(runs, metrics)
    async with scheduler.running():
        async with asyncio.timeout(60):
            while len(metrics.failures) < 2:  # noqa: ASYNC110 -- no one says so
                await asyncio.sleep(0.001)
        failing, well = scheduler.health()[0], await settled(scheduler)

    assert metrics.failures == ["chore", "chore"]
    assert (failing.ok, failing.reason) == (True, "failed 2 times in a row: KeyError; the log says more")
    assert (well.failures, well.reason) == (0, "")
    assert [bool(record.exc_info) for record in caplog.records] == [False, True]


async def test_a_vital_job_without_success_is_not_well() -> None:
    runs = Runs(*[lose_the_database] * 1000)
    scheduler = a_scheduler(runs, Counted(), vital=True)
    assert not scheduler.health()[0].ok
    async with scheduler.running():
        await runs.reach(2)
    assert not scheduler.health()[0].ok


async def test_a_run_pulls_the_next_one_forward_even_to_this_moment() -> None:
    runs = Runs(pull_forward, pull_forward, pull_forward)
    async with a_scheduler(runs, Counted(), every=LATE).running():
        await runs.reach(4)
    assert runs.count == 4


async def test_a_clock_that_is_set_back_holds_up_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", SOON)

    runs = Runs()
    with time_machine.travel(datetime.fromisoformat("2026-11-30T12:00:00+00:00")) as clock:
        async with a_scheduler(runs, Counted(), every=timedelta(seconds=1)).running():
            await runs.reach(1)
            await asyncio.sleep(0.05)
            clock.move_to(datetime.fromisoformat("2026-11-30T06:00:00+00:00"))
            await runs.reach(3)


async def test_stopping_cancels_what_is_under_way_and_logs_no_error(caplog: pytest.LogCaptureFixture) -> None:
    ended = asyncio.Event()

    async def until_stopped() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    runs = Runs(until_stopped)
    scheduler = Scheduler(Counted())
    scheduler.add(Job(name="chore", run=runs, every=LATE))
    async with scheduler.running():
        await runs.reach(1)

    assert ended.is_set()
    assert caplog.records == []


@pytest.mark.parametrize("turns", range(6))
async def test_stopping_at_any_moment_of_a_first_run_logs_no_error(
    turns: int, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = Scheduler(Counted())
    for name in ("chore", "errand"):
        scheduler.add(Job(name=name, run=Runs(*[pull_forward] * 1000), every=LATE))
    async with scheduler.running():
        for _ in range(turns):
            await asyncio.sleep(0)

    assert caplog.records == []


class Stubborn:
    """A run that heeds no cancellation until it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self) -> None:
        self.begun.set()
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                continue


async def test_a_run_that_does_not_end_at_the_stop_is_left_without_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "STOP_TIMEOUT", 0.01)

    run, scheduler = Stubborn(), Scheduler(Counted())
    scheduler.add(Job(name="chore", run=run, every=LATE))
    async with scheduler.running():
        await run.begun.wait()
    run.let_go.set()

    assert caplog.records == []


async def test_a_stop_that_is_cut_short_logs_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """As by a second Ctrl-C: the event loop then cancels whatever is left."""

    run, scheduler = Stubborn(), Scheduler(Counted())
    scheduler.add(Job(name="chore", run=run, every=LATE))

    async def running() -> None:
        async with scheduler.running():
            await asyncio.Event().wait()

    task = asyncio.create_task(running())
    await run.begun.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({task})
    asyncio.get_running_loop().call_later(0.01, run.let_go.set)

    assert caplog.records == []


async def test_rounds_go_on_only_while_their_platform_is_connected() -> None:
    rounds, said, begun = Rounds(), [], asyncio.Event()

    async def work() -> None:
        said.append("begun")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            said.append("ended")

    await rounds.once()
    async with asyncio.timeout(60):
        async with rounds.of(work):
            once = asyncio.create_task(rounds.once())
            await begun.wait()
        await once
        await rounds.once()
    assert said == ["begun", "ended"]
