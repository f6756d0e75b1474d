"""Asks every 15 seconds which digests are due. APScheduler only wakes us; the answer is in the database."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.domain.digest import Outcome
from bot.domain.errors import StoreError
from bot.ports import Clock, Runner
from bot.runtime.deliver import Deliverer
from bot.runtime.notices import Notices
from bot.service import digests, teams

EVERY = timedelta(seconds=15)
FORGET_EVERY = timedelta(hours=1)
REPEATS_END = timedelta(hours=48)
"""Platforms repeat an event for up to a day; after two its answer need not be known any more."""

log = logging.getLogger("dogear.ticker")


class Ticker:
    """Idempotent: any number of tickers on any number of machines plan each week once."""

    def __init__(self, runner: Runner, deliverer: Deliverer, notices: Notices, clock: Clock) -> None:
        self._runner = runner
        self._deliverer = deliverer
        self._notices = notices
        self._clock = clock
        self._forgot_at = clock.now()

    async def tick(self) -> None:
        """Use up what is due; an idle tick only reads, but once an hour what was kept long enough is removed."""
        await self._forget()
        if not await self._runner.read(digests.any_due):
            return
        ticks = await self._runner.write(digests.plan_due)
        self._deliverer.wake()
        for tick in ticks:
            log.info("slot %s", tick.outcome.name.lower(), extra={"week": tick.slot.week, "schedule": tick.schedule.id})
            if tick.outcome is not Outcome.PLANNED:
                await self._notices.unused(tick)

    async def _forget(self) -> None:
        now = self._clock.now()
        if abs(now - self._forgot_at) >= FORGET_EVERY:  # a clock may also be put back
            self._forgot_at = now
            await self._runner.write(lambda tx: tx.invocations.forget_before(tx.now() - REPEATS_END))
            for workspace in await self._runner.write(teams.forget_left):
                place = f"{workspace.ref.platform}:{workspace.ref.id}"
                log.warning("what came from %s is removed: we left it long ago", place)

    async def next_due(self) -> datetime | None:
        """When the next slot falls due."""
        return await self._runner.read(digests.next_due)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick while the block lasts, first at once."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(self._tick_safely, "interval", seconds=EVERY.total_seconds(), max_instances=1, coalesce=True)
        scheduler.start()
        try:
            await self._tick_safely()
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def _tick_safely(self) -> None:
        try:
            await self.tick()
        except StoreError as error:
            log.warning("no tick: %s", error)
        except Exception:
            log.exception("bug in the ticker")
