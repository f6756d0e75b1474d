"""Handles each event: an answer to the person, or a happening for the core."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import discord

from adapters.discord import inbound, places
from adapters.discord.answers import Answers
from adapters.discord.button_value import Press
from adapters.discord.command_mentions import CommandMentions
from adapters.discord.inbound import Asked, Emojis
from adapters.discord.missed_reactions import Repair
from bot.chat.platform import ChannelGone, Core, Greeting, Happening, Joined, Reacted, WorkspaceJoined, WorkspaceLeft
from bot.domain.card import Card, Fields, Paragraph
from bot.domain.errors import PlatformError, StoreBusy
from bot.domain.ids import AccountRef, MessageRef, WorkspaceRef
from bot.domain.text import plain

log = logging.getLogger("dogear.discord")

WELCOME_WITHIN = timedelta(days=1)
"""A server that Dogear was invited to longer ago gets no welcome, if the bot was down for so long or has a new database."""


def welcome(server: str, word: str, *, unassigned: str | None = None) -> Card:
    """Three steps for the person who sets up the club. `unassigned` is the id of a server without a team."""
    waits = f"First the host of Dogear says whose list it is: dogear team assign discord:{unassigned} TEAM"
    steps = (
        ("1", f"Look around: /{word} random shows an article of the list, and only you see it."),
        ("2", f"Choose a channel for the weekly article and type there: /{word} schedule set"),
        ("3", f"Tell your people: ✅ on a post means read, 🔖 means later, /{word} help shows the rest."),
    )
    return Card(
        title=f"Dogear is in {server}.",
        blocks=(
            *((Paragraph(text=plain(waits)),) if unassigned else ()),
            Paragraph(text=plain("A reading club for your team's list. It begins with three steps:")),
            Fields(items=tuple((number, plain(step)) for number, step in steps)),
            Paragraph(
                text=plain("Dogear reads no messages: it sees its commands and the reactions alone."), quiet=True
            ),
        ),
    )


class Outside(Protocol):
    """What the events need from the platform."""

    async def marks(self, message: MessageRef) -> Sequence[Reacted]: ...
    async def servers(self) -> Collection[WorkspaceRef]: ...
    async def send_direct(self, account: AccountRef, card: Card) -> object: ...


class Events:
    """Implements the client's `Inbox` for one core. `own` is our account."""

    def __init__(
        self,
        core: Core,
        outside: Outside,
        *,
        word: str,
        mentions: CommandMentions,
        emojis: Emojis,
        now: Callable[[], datetime],
        own: Callable[[], int | None],
        by_host: Callable[[], bool],
    ) -> None:
        self._core = core
        self._outside = outside
        self._answers = Answers(core, word, mentions)
        self._word = word
        self._emojis = emojis
        self._now = now
        self._own = own
        self._by_host = by_host
        self._repair = Repair(core, outside.marks, now)
        self._away: set[int] = set()
        self._looked_round = asyncio.Lock()

    async def command(self, interaction: Asked, data: Any) -> None:
        await self._answers.command(interaction, data)

    async def pressed(self, interaction: Asked, press: Press) -> None:
        await self._answers.pressed(interaction, press)

    async def submitted(self, interaction: Asked, data: Any) -> None:
        await self._answers.submitted(interaction, data)

    async def completed(self, interaction: Asked, data: Any) -> None:
        await self._answers.completed(interaction, data)

    async def reacted(self, event: discord.RawReactionActionEvent) -> None:
        """A reaction added or removed. Our own seed reactions and other bots do not count."""
        at = self._now()
        meaning = self._emojis.meaning(event.emoji)
        bot = event.member is not None and event.member.bot
        if meaning is None or event.guild_id is None or event.user_id == self._own() or bot:
            return
        await self._note(inbound.reacted(event, meaning, at))

    async def cleared(self, event: discord.RawReactionClearEvent) -> None:
        if event.guild_id is not None:
            for one in inbound.cleared(event.guild_id, event.channel_id, event.message_id, None, self._now()):
                await self._note(one)

    async def emoji_cleared(self, event: discord.RawReactionClearEmojiEvent) -> None:
        if event.guild_id is not None and self._emojis.meaning(event.emoji) is not None:
            at = self._now()
            for one in inbound.cleared(event.guild_id, event.channel_id, event.message_id, event.emoji, at):
                await self._note(one)

    async def _note(self, happening: Any) -> None:
        """Tell the core. Discord sends an event once, so one that cannot be saved now is read from the message later."""
        try:
            await self._core.handle(happening)
        except StoreBusy:
            self._repair.doubt(happening.message, happening.at)

    async def seen(self, guild: discord.Guild) -> None:
        """A server that we are in. One that we have just joined is welcomed; a known one keeps its team.

        A new installation of a bot that is in thousands of servers writes to none of their owners.
        """
        workspace, me, owner = places.workspace(guild.id), guild.me, guild.owner_id
        since = me.joined_at if me else None  # Discord may not have sent our own member yet
        is_fresh = bool(me) and (since is None or self._now() - since < WELCOME_WITHIN)
        greets = (
            Greeting(account=places.account(owner), card=welcome(guild.name, self._word))
            if owner and is_fresh
            else None
        )
        joined = await self._insist(
            WorkspaceJoined(workspace=workspace, name=guild.name, by_host=self._by_host(), greeting=greets)
        )
        assert joined is not None
        if joined.news and greets is not None and not joined.has_team:
            await self._welcome_without_team(guild, greets.account)
        if joined.news or guild.id in self._away:
            self._away.discard(guild.id)
            self._repair.gap([workspace])
            await self._repair.round()

    async def away(self, guild: discord.Guild) -> None:
        """An outage. What happens until it ends is read from the messages afterwards."""
        self._away.add(guild.id)

    async def joined(self, guild: discord.Guild) -> None:
        """We were invited, perhaps again: earlier posts may have reactions that we missed."""
        await self.seen(guild)

    async def _welcome_without_team(self, guild: discord.Guild, owner: AccountRef) -> None:
        """Send the server's owner a private welcome at once: deliveries belong to a team. Discord does not say who invited
        us.
        """
        try:
            await self._outside.send_direct(owner, welcome(guild.name, self._word, unassigned=str(guild.id)))
        except PlatformError as error:
            log.info("the owner could not be welcomed: %s", error)

    async def left(self, guild: discord.Guild) -> None:
        await self._insist(WorkspaceLeft(workspace=places.workspace(guild.id)))

    async def channel_gone(self, channel: discord.abc.GuildChannel) -> None:
        ref = places.channel(channel.guild.id, channel.id)
        await self._insist(ChannelGone(channel=ref, because="the channel was deleted"))

    async def _insist(self, happening: Happening) -> Joined | None:
        """Retry until the core accepts it: Discord does not send these events again."""
        while True:
            try:
                return await self._core.handle(happening)
            except StoreBusy:
                await asyncio.sleep(1)

    async def began(self, guilds: Sequence[discord.Guild]) -> None:
        """A new session with these servers: we missed the events before it."""
        self._repair.gap(places.workspace(guild.id) for guild in guilds)
        if not self._looked_round.locked():
            async with self._looked_round:
                await self._look_round()
        await self._repair.round()

    async def _look_round(self) -> None:
        """Find the servers that removed us while we were offline. Shards that start together ask once."""
        known = await self._core.joined_workspaces(places.DISCORD)
        try:
            present = await self._outside.servers() if known else ()
        except PlatformError as error:
            log.info("our servers could not be read: %s", error)
            return
        for workspace in set(known).difference(present):
            await self._insist(WorkspaceLeft(workspace=workspace))

    async def read_missed(self) -> None:
        """One round over the messages whose reactions may have been missed, unless one is running."""
        if not self._repair.busy:
            await self._repair.round()
