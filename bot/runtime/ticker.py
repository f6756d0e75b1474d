"""The jobs of every process: plan due digests, and delete expired data every hour."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.chat.jobs import Job
from bot.domain import notice
from bot.domain.delivery import Durations
from bot.domain.digest import Outcome
from bot.domain.errors import StoreError
from bot.domain.ids import ScheduleId, WorkspaceRef
from bot.domain.notice import Host
from bot.domain.schedule import Schedule
from bot.ports.clock import Clock
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.worker import Worker
from bot.service import digests, meetings, notices, personal, teams

TOGETHER = 25
"""Slots planned in one transaction. If thousands are due in the same minute, the first ones are sent at once, and other
writes do not wait for all of them.
"""
SHARES = 1000
"""Parts of the spread to choose from at random."""
MEET_EVERY = timedelta(minutes=5)
CLEAN_UP_EVERY = timedelta(hours=1)
REPEATS_END = timedelta(hours=48)
"""Platforms repeat an event for up to a day, so an answer may be deleted after two."""
BETWEEN_PIECES = 0.02
"""Seconds between two pieces of a removal, in which another process can write to a SQLite file."""

log = logging.getLogger("dogear.ticker")


class Ticker:
    """Plans due digests. Idempotent: any number of tickers on any number of machines plan each week once."""

    def __init__(
        self,
        runner: Runner,
        deliverer: Worker,
        host: Host,
        durations: Durations,
        clock: Clock,
        *,
        plans: Callable[[WorkspaceRef], bool] = lambda _: True,
        forgets: bool = True,
    ) -> None:
        """`plans` selects the workspaces for which this ticker plans. With `forgets` False it deletes nothing."""
        self._plans = plans
        self._forgets = forgets
        self._runner = runner
        self._deliverer = deliverer
        self._host = host
        self._clock = clock
        self._durations = durations
        self._broken: dict[ScheduleId, type[Exception]] = {}

    def jobs(self) -> Sequence[Job]:
        """The tick runs every 15 seconds and when the next slot is due, so a digest starts within a second of its
        minute.
        """
        tick = Job(
            name="digests",
            run=self.tick,
            every=self._durations.tick,
            timeout=self._durations.tick_given_up,
            vital=True,
        )
        around = Job(name="meetings", run=self.meet, every=MEET_EVERY)
        clean_up = Job(name="clean-up", run=self.clean_up, every=CLEAN_UP_EVERY)
        return (tick, around, clean_up) if self._forgets else (tick, around)

    async def tick(self) -> timedelta:
        """Plan what is due. Returns the time until the next tick. An idle tick only reads."""
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
        return [schedule for schedule in tx.schedules.all() if self._plans(schedule.channel.workspace)]

    def _chance(self) -> timedelta:
        """A random part of the spread: of several tickers that wait for the same time, one plans and the others find it
        done.
        """
        return self._durations.tick_spread * self._clock.random_below(SHARES) / SHARES

    async def _plan(self, schedules: Sequence[Schedule]) -> None:
        """Plan their slots together, or after an error one by one, so that one schedule cannot block the others."""
        try:
            ticks = await self._runner.write(lambda tx: digests.plan_and_notify(tx, schedules, self._host))
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
        """Log and notify once per kind of bug: it returns with every tick."""
        if self._broken.get(schedule.id) is type(error):
            return
        reference = self._clock.token()[:4].lower()
        about = {"schedule": schedule.id, "reference": reference}
        log.error("bug in the planning of a digest", exc_info=error, extra=about)
        await self._runner.write(lambda tx: notices.notify(tx, notice.broken(schedule, reference), self._host))
        self._deliverer.wake()
        self._broken[schedule.id] = type(error)

    async def meet(self) -> None:
        """Send what is due around the digests and to members. One that fails does not keep the others from theirs."""
        for schedule in await self._runner.read(lambda tx: meetings.due(tx, self._sound(tx))):
            try:
                await self._runner.write(partial(meetings.plan, schedule=schedule))
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 -- whatever it is, the others are due all the same
                await self._broke(schedule, error)
            else:
                self._deliverer.wake()
        for one in await self._runner.read(lambda tx: personal.due(tx, self._plans)):
            try:
                await self._runner.write(partial(personal.send, one=one, below=self._clock.random_below))
            except StoreError:
                raise
            except Exception:
                log.exception("bug in a private message", extra={"member": one.member})
            else:
                self._deliverer.wake()

    def _sound(self, tx: Transaction) -> Sequence[Schedule]:
        """Our schedules that can be evaluated."""
        ours = self._ours(tx)
        broken = {schedule.id for schedule, _ in digests.due(tx, ours).broken}
        return [schedule for schedule in ours if schedule.id not in broken]

    async def clean_up(self) -> None:
        """Delete the answers to events that no platform repeats any more, expired keys to the pages, and the data of workspaces left long ago."""
        if not self._forgets:
            return
        await self._runner.write(lambda tx: tx.invocations.delete_before(tx.now() - REPEATS_END))
        await self._runner.write(lambda tx: tx.web_keys.remove_expired())
        while await self._runner.write(teams.forget_some_members):  # noqa: ASYNC110 -- each turn removes some
            await asyncio.sleep(BETWEEN_PIECES)
        for workspace in await self._runner.write(teams.forget_left):
            place = f"{workspace.ref.platform}:{workspace.ref.id}"
            log.warning("what came from %s is removed: we left it long ago", place)

    async def next_due(self) -> datetime | None:
        """When the next slot is due, or something around one."""
        slot = await self._runner.read(lambda tx: digests.next_due(tx, self._ours(tx)))
        around = await self._runner.read(lambda tx: meetings.next_due(tx, self._sound(tx)))
        private = await self._runner.read(lambda tx: tx.personal.next_due())
        return min((at for at in (slot, around, private) if at is not None), default=None)


def _say(tick: digests.Tick) -> None:
    level = logging.INFO if tick.outcome is Outcome.PLANNED else logging.WARNING
    about = {"week": tick.slot.week, "schedule": tick.schedule.id}
    log.log(level, "slot %s", tick.outcome.name.lower(), extra=about)
