"""Telling the people who can mend it that something did not arrive; once a day for each problem, best effort.

What is told here also stands in the status command and in the log, so a lost notice loses nothing.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.chat.platform import ChatPlatform
from bot.commands.cards import sentence
from bot.domain.card import Action, Call, Card, Tone
from bot.domain.delivery import Delivery
from bot.domain.digest import Outcome
from bot.domain.errors import PlatformError, StoreError
from bot.domain.ids import AccountRef, ChannelRef, InvocationId, PlatformName
from bot.domain.schedule import Schedule
from bot.domain.value import addressed
from bot.ports import Clock, Runner
from bot.service.digests import Tick

AGAIN_AFTER = timedelta(days=1)

log = logging.getLogger("dogear.notices")


class Notices:
    """Messages to whoever made a schedule or shared an entry, or all of them to the host's `admin_channel`."""

    def __init__(
        self,
        runner: Runner,
        platforms: Mapping[PlatformName, ChatPlatform],
        clock: Clock,
        admin_channel: ChannelRef | None,
        word: str,
    ) -> None:
        self._runner = runner
        self._platforms = platforms
        self._clock = clock
        self._admin_channel = admin_channel
        self._word = word
        self._telling: set[asyncio.Task[None]] = set()
        self._told: dict[tuple[ChannelRef, str], datetime] = {}

    async def unused(self, tick: Tick) -> None:
        """A slot passed without a digest."""
        schedule = tick.schedule
        title = f"No digest was posted in #{schedule.channel.id} this week."
        hint = {
            Outcome.LATE: f"Dogear was away for more than a day when it was due. “{self._word} digest post” posts it now.",
            Outcome.EMPTY: "No entry was left to feature. Add entries to the list, or change the schedule's tag.",
        }[tick.outcome]
        await self._tell(schedule.created_by, schedule.channel, title, hint)

    async def broken(self, schedule: Schedule, reference: str) -> None:
        """A bug of ours keeps a schedule's digests from being planned."""
        title = f"The digest of #{schedule.channel.id} cannot be planned."
        hint = f"Set the schedule again; if that does not help, the host finds it in the log (ref {reference})."
        await self._tell(schedule.created_by, schedule.channel, title, hint)

    def stopped(self, schedule: Schedule) -> None:
        """We had to pause a schedule ourselves; returns at once, for whoever told us waits for an answer."""
        title = f"The schedule of #{schedule.channel.id} is paused: {schedule.paused_because}."
        hint = f"Mend that, then: {self._word} schedule resume"
        task = asyncio.create_task(self._tell(schedule.created_by, schedule.channel, title, hint))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def failed(self, delivery: Delivery, outcome: str | None) -> None:
        """A delivery was refused, came too late, or waits for a person."""
        channel = delivery.draft.channel
        what = "A digest" if delivery.draft.schedule is not None else "What you shared"
        title = f"{what} for #{channel.id} did not arrive whole."
        await self._tell(delivery.draft.told, channel, title, outcome or "")

    async def unreadable(self, delivery: Delivery) -> None:
        """What another version has planned and this one cannot post: somebody has it posted once that is mended."""
        channel = delivery.draft.channel
        again = Call(path=("digest", "again"), arguments={"channel": f"#{channel.id}"})
        title = f"A post for #{channel.id} waits for you."
        await self._tell(
            delivery.draft.told, channel, title, delivery.outcome or "", (Action(label="Post again", call=again),)
        )

    async def doubtful(self, delivery: Delivery, outcome: str | None) -> None:
        """Whether a delivery arrived only a person can see: they are asked, with buttons for both answers.

        A button is good for the workspace that it is pressed in; in another one they are told what to type.
        """
        channel = delivery.draft.channel
        title = f"Did the post for #{channel.id} arrive?"
        if self._admin_channel is not None and self._admin_channel.workspace != channel.workspace:
            typed = f"Say so in that channel: {self._word} digest arrived, or {self._word} digest again"
            await self._tell(None, channel, title, outcome or "", typed)
            return
        where = {"channel": addressed(channel)}
        actions = (
            Action(label="It is there", call=Call(path=("digest", "arrived"), arguments=where), primary=True),
            Action(label="Post again", call=Call(path=("digest", "again"), arguments=where)),
        )
        await self._tell(delivery.draft.told, channel, title, outcome or "", actions=actions)

    async def _tell(
        self, account: AccountRef | None, channel: ChannelRef, title: str, *more: str, actions: Sequence[Action] = ()
    ) -> None:
        now = self._clock.now()
        last = self._told.get((channel, title))
        if last is not None and now - last < AGAIN_AFTER:
            return
        self._told = {problem: at for problem, at in self._told.items() if now - at < AGAIN_AFTER}
        self._told[channel, title] = now
        log.warning(title)
        if not await self._first_today(channel, title):
            return
        try:
            await self._send(account, sentence(title, *more, tone=Tone.WARNING, actions=actions))
        except PlatformError as error:
            log.warning("nobody could be told: %s", error)

    async def _first_today(self, channel: ChannelRef, title: str) -> bool:
        """Whether no other process, and none before us, has told of it today; who cannot ask tells."""
        place = addressed(channel)
        try:
            return await self._runner.write(
                lambda tx: tx.invocations.keep(InvocationId(f"notice:{tx.now():%Y-%m-%d}:{place}:{title}"), "")
            )
        except StoreError:
            return True

    async def _send(self, account: AccountRef | None, card: Card) -> None:
        if self._admin_channel is not None:
            platform = self._platforms.get(self._admin_channel.workspace.platform)
            if platform is not None:
                await platform.post(self._admin_channel, card, key=self._clock.token())
        elif account is not None and account.platform in self._platforms:
            await self._platforms[account.platform].tell(account, card)
