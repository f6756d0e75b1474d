"""Telling the people who can mend it that something did not arrive; once a day for each problem, best effort.

What is told here also stands in the status command and in the log, so a lost notice loses nothing.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.chat.platform import ChatPlatform
from bot.commands.cards import sentence
from bot.domain.card import Card, Tone
from bot.domain.delivery import Delivery, Transition
from bot.domain.digest import Outcome
from bot.domain.errors import PlatformError
from bot.domain.ids import PlatformName
from bot.domain.schedule import Schedule
from bot.ports import Clock, Runner
from bot.service.digests import Tick

AGAIN_AFTER = timedelta(days=1)

log = logging.getLogger("dogear.notices")


class Notices:
    """Direct messages to the creators of schedules."""

    def __init__(self, runner: Runner, platforms: Mapping[PlatformName, ChatPlatform], clock: Clock) -> None:
        self._runner = runner
        self._platforms = platforms
        self._clock = clock
        self._telling: set[asyncio.Task[None]] = set()
        self._told: dict[tuple[int, str], datetime] = {}

    async def unused(self, tick: Tick) -> None:
        """A slot passed without a digest."""
        channel = tick.schedule.channel.id
        title = f"No digest was posted in #{channel} this week."
        hint = {
            Outcome.LATE: "Dogear was away for more than a day when it was due. “digest post” posts it now.",
            Outcome.EMPTY: "No entry was left to feature. Add entries to the list, or change the schedule's tag.",
        }[tick.outcome]
        await self._tell(tick.schedule, tick.outcome, sentence(title, hint, tone=Tone.WARNING))

    def stopped(self, schedule: Schedule) -> None:
        """We had to pause a schedule ourselves; returns at once, for whoever told us waits for an answer."""
        task = asyncio.create_task(self._tell_stopped(schedule))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_stopped(self, schedule: Schedule) -> None:
        title = f"The schedule of #{schedule.channel.id} is paused: {schedule.paused_because}."
        hint = "Mend that, then: schedule resume"
        await self._tell(schedule, "stopped", sentence(title, hint, tone=Tone.WARNING))

    async def failed(self, delivery: Delivery, transition: Transition) -> None:
        """A delivery was refused, or waits for a person."""
        known = await self._runner.read(lambda tx: tx.schedules.all(delivery.team))
        schedule = next((one for one in known if one.id == delivery.draft.schedule), None)
        if schedule is None:
            return
        title = f"A digest for #{schedule.channel.id} did not arrive as it should."
        await self._tell(schedule, transition.state, sentence(title, transition.outcome or "", tone=Tone.WARNING))

    async def _tell(self, schedule: Schedule, problem: str, card: Card) -> None:
        now = self._clock.now()
        last = self._told.get((schedule.id, problem))
        if last is not None and now - last < AGAIN_AFTER:
            return
        self._told[schedule.id, problem] = now
        log.warning(card.title, extra={"schedule": schedule.id})
        platform = self._platforms.get(schedule.created_by.platform)
        if platform is None:
            return
        try:
            await platform.tell(schedule.created_by, card)
        except PlatformError as error:
            log.warning("nobody could be told: %s", error)
