"""Checks the host's Discord setup: what works, what does not, and where to click. Changes nothing."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeAlias

import discord

from adapters.discord import surface
from adapters.discord.failures import failure_of
from adapters.discord.permissions import missing
from adapters.discord.platform import DiscordPlatform
from bot.chat.command import Catalogue
from bot.domain.errors import PlatformError, PlatformRefused
from bot.domain.ids import ChannelRef

PORTAL = "https://discord.com/developers/applications › your application"
PRIVILEGED = {
    "gateway_presence": "Presence",
    "gateway_presence_limited": "Presence",
    "gateway_guild_members": "Server Members",
    "gateway_guild_members_limited": "Server Members",
    "gateway_message_content": "Message Content",
    "gateway_message_content_limited": "Message Content",
}
"""The application's flags for the privileged intents, and their names in Discord's portal."""
MAX_NAMED = 10
"""Our limit: up to this many channels without a schedule are named in which Dogear may not post; then they are counted.
"""

Finding: TypeAlias = tuple[bool, str]


async def findings(
    platform: DiscordPlatform, catalogue: Catalogue, word: str, scheduled: Sequence[ChannelRef], link: str
) -> AsyncIterator[Finding]:
    """One line per check, and whether it passed. Ends early if Discord rejects the login."""
    client = platform.client

    async def found() -> AsyncIterator[Finding]:
        await platform.log_in()
        for finding in _application(client):
            yield finding
        yield await _commands(client, surface.commands(catalogue, word), word)
        async for finding in _servers(client, scheduled, word, link):
            yield finding

    async for finding in _or_why_not(client, found()):
        yield finding


async def check_token(platform: DiscordPlatform) -> AsyncIterator[Finding]:
    """The checks of the token and its application alone."""

    async def found() -> AsyncIterator[Finding]:
        await platform.log_in()
        for finding in _application(platform.client):
            yield finding

    async for finding in _or_why_not(platform.client, found()):
        yield finding


async def _or_why_not(client: discord.Client, found: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """The findings, and last an error of Discord or of the network as one that says what to do."""
    async with client:
        try:
            async for finding in found:
                yield finding
        except PlatformRefused as error:
            yield False, f"{error}. {error.remedy} {PORTAL} › Bot › Token."
        except PlatformError as error:
            yield False, f"{error}. Is this machine allowed to reach discord.com?"
        except (discord.DiscordException, OSError) as error:
            yield False, str(failure_of(error))


def _application(client: discord.Client) -> Sequence[Finding]:
    about = client.application
    assert about is not None
    return [
        (True, f"The token is that of {client.user}."),
        _intents(about.flags),
        _endpoint(about.interactions_endpoint_url),
        _invited_by(about),
    ]


def _intents(flags: discord.ApplicationFlags) -> Finding:
    """Privileged intents that the application has without needing them: Discord asks large bots to justify them."""
    granted = list(dict.fromkeys(name for flag, name in PRIVILEGED.items() if getattr(flags, flag)))
    if granted:
        return False, f"Intents that Dogear never uses are on: {', '.join(granted)}. Switch them off: {PORTAL} › Bot."
    return True, "No privileged intent is on, and none is needed: Dogear hears of servers and of reactions in them."


def _endpoint(url: str | None) -> Finding:
    if url:
        return False, (
            f"Interactions go to {url}, so Dogear never hears of them. Empty the field:"
            f" {PORTAL} › General Information › Interactions Endpoint URL."
        )
    return True, "Interactions come over the gateway."


def _invited_by(about: discord.AppInfo) -> Finding:
    if about.bot_public:
        return True, (
            "Anybody may invite it; a server waits until you run: dogear team assign discord:ID TEAM."
            f" For yourself alone: {PORTAL} › Installation › Install Link: None, then › Bot › Public Bot: off."
        )
    return True, "Only you can invite it, and its servers join the team “default”."


async def _commands(client: discord.Client, wanted: Sequence[Mapping[str, Any]], word: str) -> Finding:
    assert client.application_id is not None
    if surface.as_registered(wanted, await client.http.get_global_commands(client.application_id)):
        return True, f"/{word} is registered as it should be."
    return False, f"/{word} is not registered as it should be. Start “dogear run” once: it registers what has changed."


async def _servers(
    client: discord.Client, scheduled: Sequence[ChannelRef], word: str, link: str
) -> AsyncIterator[Finding]:
    """For each server: what is missing in the channels with a schedule, and where else Dogear could post."""
    by_server: dict[int, set[int]] = defaultdict(set)
    for channel in scheduled:
        by_server[int(channel.workspace.id)].add(int(channel.id))
    servers = {server.id: server async for server in client.fetch_guilds(limit=None)}
    if not servers:
        yield False, f"Dogear is in no server. Open this link and choose one: {link}"
    for number, channels in by_server.items():
        if number not in servers:
            what = "a channel" if len(channels) == 1 else f"{len(channels)} channels"
            yield False, f"Server {number} has {what} with a schedule, and Dogear is not in it. Invite it: {link}"
    for number in servers:
        for finding in await _server(client, number, by_server[number], word):
            yield finding


async def _server(client: discord.Client, number: int, scheduled: set[int], word: str) -> Sequence[Finding]:
    assert client.user is not None
    guild = await client.fetch_guild(number)
    own = await guild.fetch_member(client.user.id)
    channels = {found.id: found for found in await guild.fetch_channels() if found.type.value in surface.POSTABLE}
    lacking = {one: missing(channel.permissions_for(own)) for one, channel in channels.items()}
    found = [_scheduled(guild, one, channels, lacking, word) for one in sorted(scheduled)]
    elsewhere = [one for one in channels if one not in scheduled]
    closed = [f"#{channels[one].name} ({', '.join(lacking[one])})" for one in elsewhere if lacking[one]]
    if not scheduled and elsewhere and len(closed) == len(elsewhere):
        return [(False, f"{guild.name}: Dogear may post in no channel. {_grant(closed[0])}")]
    without = (
        f"{guild.name}: may post in {len(elsewhere) - len(closed)} of {len(elsewhere)} channels without a schedule"
    )
    return [*found, (True, f"{without}{_named(closed)}.")]


def _scheduled(
    guild: discord.Guild, one: int, channels: Mapping[int, Any], lacking: Mapping[int, Sequence[str]], word: str
) -> Finding:
    if one not in channels:
        gone = f"{guild.name}: the channel {one} has a schedule, and is gone or cannot be seen."
        return False, f"{gone} Let Dogear see it (View Channel), or choose another: /{word} schedule set"
    name = f"#{channels[one].name}"
    if lacking[one]:
        return False, f"{guild.name} {name} has a schedule and lacks {', '.join(lacking[one])}. {_grant(name)}"
    return True, f"{guild.name} {name} has a schedule and every permission for it."


def _grant(channel: str) -> str:
    return f"In Discord: {channel.partition(' ')[0]} › Edit Channel › Permissions › Dogear, and allow it there."


def _named(closed: Sequence[str]) -> str:
    if not closed:
        return ""
    more = f" and {len(closed) - MAX_NAMED} more" if len(closed) > MAX_NAMED else ""
    return f"; not in {', '.join(closed[:MAX_NAMED])}{more}"
