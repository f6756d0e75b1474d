"""The connection: discord.py's client with the two intents that we need. It passes on events without translating them."""

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, Self

import aiohttp
import discord
from discord import ui

from adapters.discord import button_value
from adapters.discord.answers import own_up, taken_by_another
from adapters.discord.button_value import Press
from adapters.discord.inbound import Asked, invocation_id
from adapters.network import proxy_for
from bot.chat.trace import follow

MAX_WAIT = 5.0
"""Seconds the library may sleep on a rate limit within one attempt, which has ten in all."""
LAST_WORDS = 4.0
"""Seconds that running answers have when we stop."""

log = logging.getLogger("dogear.discord")


LOGGERS = (
    "discord",
    *(
        f"discord.{module}"
        for module in (
            "app_commands.tree",
            "client",
            "gateway",
            "http",
            "shard",
            "state",
            "ui.modal",
            "ui.view",
            "webhook.async_",
        )
    ),
)
_SECRETS = re.compile(r"(?<=/interactions/)\S+|(?<=/webhooks/)\S+|[\w-]{18,}\.[\w-]{3,}\.[\w-]{20,}|wss?://[^\s'\"<>]+")
"""Matches what follows an interaction's or a webhook's address, a bot token, and the gateway's address."""


class OnlyWarnings(logging.Filter):
    """Passes only warnings and errors, redacted, whatever level is configured."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{logging.Formatter().formatException(record.exc_info)}"
        record.msg, record.args, record.exc_info, record.exc_text = _SECRETS.sub("***", said), (), None, None
        return True


def hush() -> None:
    """Put the filter on every logger of the library that we use. Once is enough."""
    for name in LOGGERS:
        found = logging.getLogger(name)
        found.setLevel(logging.WARNING)
        if not any(isinstance(one, OnlyWarnings) for one in found.filters):
            found.addFilter(OnlyWarnings())


class Inbox(Protocol):
    """Handles events."""

    async def command(self, interaction: Asked, data: Any) -> None: ...
    async def pressed(self, interaction: Asked, press: Press) -> None: ...
    async def submitted(self, interaction: Asked, data: Any) -> None: ...
    async def completed(self, interaction: Asked, data: Any) -> None: ...
    async def reacted(self, event: discord.RawReactionActionEvent) -> None: ...
    async def cleared(self, event: discord.RawReactionClearEvent) -> None: ...
    async def emoji_cleared(self, event: discord.RawReactionClearEmojiEvent) -> None: ...
    async def seen(self, guild: discord.Guild) -> None: ...
    async def joined(self, guild: discord.Guild) -> None: ...
    async def away(self, guild: discord.Guild) -> None: ...
    async def left(self, guild: discord.Guild) -> None: ...
    async def channel_gone(self, channel: discord.abc.GuildChannel) -> None: ...
    async def began(self, guilds: list[discord.Guild]) -> None: ...


class Pressed(ui.DynamicItem[ui.Button[Any]], template=button_value.TEMPLATE):
    """Any of our buttons, rebuilt from its custom id when it is pressed."""

    def __init__(self, button: "ui.Button[Any]", press: Press) -> None:
        super().__init__(button)
        self._press = press

    @classmethod
    async def from_custom_id(cls, _interaction: Asked, item: Any, match: re.Match[str], /) -> Self:
        press = button_value.press(match.string)
        assert press is not None
        return cls(item, press)

    async def callback(self, interaction: Asked) -> None:
        await interaction.client.answer(interaction, press=self._press)


class Gateway:
    """Which shards receive events now."""

    def __init__(self) -> None:
        self.up: set[int] = set()
        self.reconnects = 0
        self._known: set[int] = set()

    def came(self, shard: int) -> None:
        self.reconnects += shard in self._known and shard not in self.up
        self._known.add(shard)
        self.up.add(shard)

    def went(self, shard: int) -> None:
        self.up.discard(shard)


def _parsed(event: str, parse: Callable[[Any], None], data: Any) -> None:
    """Parse an event of the gateway, or skip it: the next one may be fine, and a new connection brings the same."""
    try:
        parse(data)
    except Exception as error:
        log.warning("skipped an event that cannot be parsed: %s (%s)", event, type(error).__name__)
        log.debug("how parsing %s failed", event, exc_info=True)


class DiscordClient(discord.AutoShardedClient):
    """One process's share of the gateway, without the member list and without message contents."""

    def __init__(self, **options: Any) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we do not use voice
        super().__init__(
            intents=discord.Intents(guilds=True, guild_reactions=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=30.0,
            proxy=proxy_for(discord.http.Route.BASE),
            **options,
        )
        self.inbox: Inbox | None = None
        self.gateway = Gateway()
        self._answering: set[asyncio.Task[Any]] = set()
        self.add_dynamic_items(Pressed)
        parsers = self._connection.parsers  # else what the library cannot parse ends the connection
        parsers.update(
            {
                event: partial(_parsed, event, parse)
                for event, parse in parsers.items()
                if event not in {"READY", "RESUMED"}  # without these a shard would be silent for good
            }
        )
        hush()

    async def answer(self, interaction: Asked, *, press: Press | None = None) -> None:
        """Answer an interaction. Ignore one that another replica took, or that came too late.

        In a direct message only our buttons exist.
        """
        inbox, data = self.inbox, interaction.data
        if inbox is None or data is None or (interaction.guild_id is None and press is None):
            return
        follow(invocation_id(interaction))
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            if press is not None:
                await inbox.pressed(interaction, press)
            elif interaction.type is discord.InteractionType.application_command:
                await inbox.command(interaction, data)
            elif interaction.type is discord.InteractionType.autocomplete:
                await inbox.completed(interaction, data)
            elif interaction.type is discord.InteractionType.modal_submit:
                await inbox.submitted(interaction, data)
        except discord.InteractionResponded:
            log.warning("an interaction was answered twice")
        except Exception as error:  # noqa: BLE001 -- the person gets an answer in any case
            await self._failed(interaction, error)
        finally:
            self._answering.discard(task)

    async def _failed(self, interaction: Asked, error: Exception) -> None:
        """Log why an answer did not arrive, and tell the person if possible."""
        if isinstance(error, discord.HTTPException) and taken_by_another(error):
            return
        reference = str(interaction.id)[-6:]
        about = {"reference": reference, "error": type(error).__name__}
        if isinstance(error, discord.HTTPException):
            log.warning("an answer did not arrive", extra=about | {"status": error.status, "code": error.code})
        elif isinstance(error, aiohttp.ClientError | OSError):  # its text may contain the address, and that a token
            log.warning("an answer did not arrive", extra=about)
        else:
            log.error("bug in an answer", exc_info=error, extra=about)
        if interaction.type is discord.InteractionType.autocomplete:
            return
        try:
            await own_up(interaction, reference)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as again:
            log.info("the error could not be shown to the person: %s", type(again).__name__)

    async def finish(self) -> None:
        """Finish running answers, while there is a connection to send them."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=LAST_WORDS)

    async def on_interaction(self, interaction: Asked) -> None:
        await self.answer(interaction) if interaction.type is not discord.InteractionType.component else None

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        await self._given().reacted(event)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        await self._given().reacted(event)

    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        await self._given().cleared(event)

    async def on_raw_reaction_clear_emoji(self, event: discord.RawReactionClearEmojiEvent) -> None:
        await self._given().emoji_cleared(event)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._given().joined(guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self._given().seen(guild)

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """An outage of Discord. Nothing is lost except events in the meantime."""
        await self._given().away(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Only a real removal. An outage is `on_guild_unavailable`."""
        await self._given().left(guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._given().channel_gone(channel)

    async def on_shard_ready(self, shard: int) -> None:
        """A new session: Discord did not send the events since the last one."""
        self.gateway.came(shard)
        await self._given().began([guild for guild in self.guilds if guild.shard_id == shard])

    async def on_shard_resumed(self, shard: int) -> None:
        self.gateway.came(shard)

    async def on_shard_disconnect(self, shard: int) -> None:
        self.gateway.went(shard)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        log.error("bug in %s", event_method, exc_info=True)  # noqa: LOG014 -- only handlers call this

    def _given(self) -> Inbox:
        assert self.inbox is not None, "events arrive only once there is somebody to take them"
        return self.inbox

    def be_quick(self) -> None:
        """Raise on a long rate limit, so that the ledger waits without holding anything."""
        self.http.max_ratelimit_timeout = MAX_WAIT
