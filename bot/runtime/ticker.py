"""Asks again and again which digests are due, and at the moment when the next one is. The answer is in the database."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.domain import notice
from bot.domain.delivery import Durations
from bot.domain.digest import Outcome
from bot.domain.errors import StoreError
from bot.domain.ids import ScheduleId
from bot.domain.notice import Host
from bot.domain.schedule import Schedule
from bot.ports.clock import Clock
from bot.ports.metrics import Metrics
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.worker import Worker
from bot.service import digests, notices, teams

TOGETHER = 25
"""Slots used up in one transaction: where thousands fall due in one minute the first are on their way at once, and
whoever else wants to write waits for none of the others.
"""
SHARES = 1000
"""Of the spread, between which chance decides."""
FORGET_EVERY = timedelta(hours=1)
REPEATS_END = timedelta(hours=48)
"""Platforms repeat an event for up to a day; after two its answer need not be known any more."""

log = logging.getLogger("dogear.ticker")


class Ticker:
    """Idempotent: any number of tickers on any number of machines plan each week once."""

    def __init__(
        self,
        runner: Runner,
        deliverer: Worker,
        host: Host,
        durations: Durations,
        clock: Clock,
        metrics: Metrics,
        *,
        plans: Callable[[Schedule], bool] = lambda _: True,
        forgets: bool = True,
    ) -> None:
        """`plans` says which schedules are this ticker's to plan. One that never `forgets` removes nothing."""
        self._plans = plans
        self._forgets = forgets
        self._runner = runner
        self._deliverer = deliverer
        self._host = host
        self._clock = clock
        self._metrics = metrics
        self._durations = durations
        self._forgot_at = clock.now()
        self._succeeded: float | None = None
        self._broken: dict[ScheduleId, type[Exception]] = {}

    async def tick(self) -> timedelta:
        """Use up what is due; how long until it is to be asked again. An idle tick only reads, but once an hour what
        was kept long enough is removed.
        """
        await self._forget()
        asked_at = time.monotonic()
        due = await self._runner.read(lambda tx: digests.due(tx, self._ours(tx), ahead=self._durations.tick))
        for start in range(0, len(due.slots), TOGETHER):
            await self._plan([schedule for schedule, _ in due.slots[start : start + TOGETHER]])
        for schedule, error in due.broken:
            await self._broke(schedule, error)
        asked = {schedule.id for schedule, _ in (*due.slots, *due.broken)}
        self._broken = {schedule: kind for schedule, kind in self._broken.items() if schedule in asked}
        wait = self._durations.tick if due.coming is None else min(due.coming + self._chance(), self._durations.tick)
        return max(wait - timedelta(seconds=time.monotonic() - asked_at), timedelta())

    def _ours(self, tx: Transaction) -> Sequence[Schedule]:
        return [schedule for schedule in tx.schedules.all() if self._plans(schedule)]

    def _chance(self) -> timedelta:
        """A part of the spread: of several tickers that wait for the same moment one plans, and the others find it done."""
        return self._durations.tick_spread * self._clock.random_below(SHARES) / SHARES

    async def _plan(self, schedules: Sequence[Schedule]) -> None:
        """Use up their slots together, and where that breaks one by one, so that one holds up no other."""
        try:
            ticks = await self._runner.write(lambda tx: digests.plan_and_tell(tx, schedules, self._host))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, the others are due all the same
            if len(schedules) == 1:
                await self._broke(schedules[0], error)
                return
            for schedule in schedules:
                await self._plan([schedule])
            return
        self._deliverer.wake()
        for tick in ticks:
            _say(tick)

    async def _broke(self, schedule: Schedule, error: Exception) -> None:
        """Told once for as long as it is the same kind of bug, for it comes back with every tick."""
        if self._broken.get(schedule.id) is type(error):
            return
        reference = self._clock.token()[:4].lower()
        about = {"schedule": schedule.id, "reference": reference}
        log.error("bug in the planning of a digest", exc_info=error, extra=about)
        await self._runner.write(lambda tx: notices.tell(tx, notice.broken(schedule, reference), self._host))
        self._deliverer.wake()
        self._broken[schedule.id] = type(error)

    async def _forget(self) -> None:
        now = self._clock.now()
        if self._forgets and abs(now - self._forgot_at) >= FORGET_EVERY:  # a clock may also be put back
            self._forgot_at = now
            await self._runner.write(lambda tx: tx.invocations.delete_before(tx.now() - REPEATS_END))
            for workspace in await self._runner.write(teams.forget_left):
                place = f"{workspace.ref.platform}:{workspace.ref.id}"
                log.warning("what came from %s is removed: we left it long ago", place)

    @property
    def silence(self) -> timedelta | None:
        """For how long no tick has succeeded; None before the first."""
        return None if self._succeeded is None else timedelta(seconds=time.monotonic() - self._succeeded)

    async def next_due(self) -> datetime | None:
        """When the next slot falls due."""
        return await self._runner.read(lambda tx: digests.next_due(tx, self._ours(tx)))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick while the block lasts, first at once."""
        pause = await self._tick_in_time()
        ticking = asyncio.create_task(self._keep_ticking(pause))
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def _keep_ticking(self, pause: timedelta) -> None:
        while True:
            await asyncio.sleep(pause.total_seconds())
            pause = await self._tick_in_time()

    async def _tick_in_time(self) -> timedelta:
        """Tick; how long until the next one. One that does not end would hold up all that follow: it is left behind."""
        ticking = asyncio.create_task(self._tick_safely())
        given_up = self._durations.tick_given_up.total_seconds()
        try:
            await asyncio.wait({ticking}, timeout=given_up)
        finally:
            ticking.cancel()
        if ticking.done() and not ticking.cancelled():
            return ticking.result()
        if ticking.done():
            log.error("a tick was cancelled, and not by us; ticking is begun anew")
        else:
            log.error("no tick ended for %g s; ticking is begun anew", given_up)
        self._metrics.count_restart("ticker")
        return self._durations.tick

    async def _tick_safely(self) -> timedelta:
        try:
            pause = await self.tick()
        except StoreError as error:
            log.warning("no tick: %s", error)
        except Exception:
            log.exception("bug in the ticker")
        else:
            self._succeeded = time.monotonic()
            return pause
        return self._durations.tick


def _say(tick: digests.Tick) -> None:
    level = logging.INFO if tick.outcome is Outcome.PLANNED else logging.WARNING
    about = {"week": tick.slot.week, "schedule": tick.schedule.id}
    log.log(level, "slot %s", tick.outcome.name.lower(), extra=about)
