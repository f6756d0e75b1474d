"""Runs every recurring job of the process with one APScheduler. A job that fails or hangs is logged, counted and
retried.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.chat.jobs import Job
from bot.domain.errors import DogearError, StoreError
from bot.domain.record import record
from bot.ports.metrics import Metrics

if TYPE_CHECKING:
    from apscheduler.events import JobExecutionEvent
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

RETRY = timedelta(minutes=5)
"""The maximum pause after a run that failed or hung."""
GRACE = timedelta(seconds=1)
"""How late a run may be before the monotonic clock starts it. APScheduler uses the wall clock, and would wait for an
hour if that is set back by an hour.
"""
STOP_TIMEOUT = 5.0
"""Seconds for cancelled runs to end when the process stops."""

log = logging.getLogger("dogear.scheduler")


@record
class JobHealth:
    """The state of a job.

    `silence` is the time since its last success, None before the first. `failures` counts the failed runs since then;
    `reason` explains the last one.
    """

    name: str
    silence: timedelta | None
    failures: int
    reason: str
    ok: bool


@dataclass
class _State:
    job: Job
    succeeded: float | None = None
    failures: int = 0
    reason: str = ""
    hung: bool = False
    overdue: asyncio.TimerHandle | None = None

    @property
    def silence(self) -> timedelta | None:
        return None if self.succeeded is None else timedelta(seconds=time.monotonic() - self.succeeded)

    @property
    def ok(self) -> bool:
        if self.hung or not self.job.vital:
            return not self.hung
        return self.silence is not None and self.silence <= 3 * self.job.every


class Scheduler:
    """Runs the added jobs while `running` lasts."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._states: dict[str, _State] = {}
        self._runs: set[asyncio.Task[None]] = set()
        self._work: set[asyncio.Task[timedelta | None]] = set()
        self._stopping = False
        self._scheduler: AsyncIOScheduler | None = None

    def add(self, job: Job) -> None:
        """Add a job, before `running`. It replaces a job with the same name."""
        self._states[job.name] = _State(job)

    def health(self) -> Sequence[JobHealth]:
        """The state of every job, in the order of adding."""
        return [
            JobHealth(name=name, silence=state.silence, failures=state.failures, reason=_reason(state), ok=state.ok)
            for name, state in self._states.items()
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the jobs while the block runs. Each starts at once."""
        from apscheduler.events import EVENT_JOB_EXECUTED  # a process that runs no jobs does not need the 0.1 s
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # each run is an INFO, each late one a WARNING
        self._stopping = False
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._scheduler.add_listener(self._finished, EVENT_JOB_EXECUTED)
        for name, state in self._states.items():
            seconds, now = state.job.every.total_seconds(), datetime.now(UTC)  # noqa: TID251 -- APScheduler's clock
            self._scheduler.add_job(
                self._run, "interval", [state], seconds=seconds, id=name, name=name, next_run_time=now
            )
        self._scheduler.start()
        try:
            yield
        finally:
            await self._stop(self._scheduler)

    async def _stop(self, scheduler: "AsyncIOScheduler") -> None:
        """Cancel running jobs before APScheduler does: it would log each of them as an error."""
        self._stopping = True
        scheduler.pause()
        await asyncio.sleep(0)  # a run that was submitted begins, and ends at once
        for state in self._states.values():
            if state.overdue is not None:
                state.overdue.cancel()
        for work in self._work:
            work.cancel()
        if self._runs:
            await asyncio.wait(self._runs, timeout=STOP_TIMEOUT)
        await asyncio.sleep(0)
        scheduler.shutdown(wait=False)
        await asyncio.sleep(0)

    async def _run(self, state: _State) -> timedelta | None:
        """One run. Returns the pause until the next one, None for the job's interval."""
        if self._stopping:
            return None
        run = asyncio.current_task()
        assert run is not None
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        work = asyncio.create_task(_awaited(state.job))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        try:
            await asyncio.wait({work}, timeout=state.job.timeout.total_seconds())
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            work.cancel()
        return None if self._stopping else self._judged(state, work)

    def _judged(self, state: _State, work: "asyncio.Task[timedelta | None]") -> timedelta | None:
        job = state.job
        if not work.done() or work.cancelled():
            how = "was cancelled" if work.done() else f"did not end within {job.timeout.total_seconds():g} s"
            state.hung, state.failures, state.reason = True, state.failures + 1, f"it {how}"
            log.error("the job “%s” %s; it is started again", job.name, how)
            self._metrics.count_restart(f"job {job.name}")
            return min(job.every, RETRY)
        error = work.exception()
        if error is None:
            state.succeeded, state.failures, state.reason, state.hung = time.monotonic(), 0, "", False
            return work.result()
        state.hung, state.failures = False, state.failures + 1
        if isinstance(error, DogearError):
            state.reason = str(error)
            level = logging.WARNING if isinstance(error, StoreError) else logging.ERROR
            log.log(level, "the job “%s” failed: %s", job.name, error)
        else:
            state.reason = f"{type(error).__name__}; the log says more"
            log.error("bug in the job “%s”", job.name, exc_info=error)
        self._metrics.job_failed(job.name)
        return min(job.every, RETRY)

    def _finished(self, event: "JobExecutionEvent") -> None:
        """Pull the next run forward. APScheduler calls this after a run; during the run, an immediate next run would
        count as a second instance and be skipped.
        """
        state = self._states[event.job_id]
        if self._stopping:
            return
        pause = state.job.every if event.retval is None else min(event.retval, state.job.every)
        if pause < state.job.every:
            self._next_run(state, pause)
        if state.overdue is not None:
            state.overdue.cancel()
        later = (pause + GRACE).total_seconds()
        state.overdue = asyncio.get_running_loop().call_later(later, self._next_run, state, timedelta())

    def _next_run(self, state: _State, pause: timedelta) -> None:
        assert self._scheduler is not None
        moment = datetime.now(UTC) + pause  # noqa: TID251 -- APScheduler's clock
        self._scheduler.modify_job(state.job.name, next_run_time=moment)


async def _awaited(job: Job) -> timedelta | None:
    return await job.run()


def _reason(state: _State) -> str:
    if state.failures:
        times = "" if state.failures == 1 else f" {state.failures} times in a row"
        return f"failed{times}: {state.reason}"
    if state.ok:
        return ""
    return "no run yet" if state.silence is None else f"no run succeeded for {state.silence.total_seconds():.0f} s"
