"""What a host needs to connect Discord: the platform from its settings, the link to invite it, and a check of it all."""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import discord

from adapters.discord import surface
from adapters.discord.failures import told
from adapters.discord.permissions import WANTED, missing
from adapters.discord.platform import DiscordPlatform
from bot.chat.command import Catalogue
from bot.domain.errors import BadConfig, PlatformError
from bot.domain.reading import ReadingState

Options = Mapping[str, str]
NO_TOKEN = "DOGEAR_DISCORD_TOKEN is not set. It stands on the bot's page of your application in the developer portal."  # noqa: S105 -- says that there is none


def serve(options: Options, word: str) -> DiscordPlatform:
    """The platform of these settings; nothing is connected yet."""
    return DiscordPlatform(options["token"], word=word, custom=custom_emoji(options.get("emoji", "")))


def custom_emoji(typed: str) -> Mapping[str, ReadingState]:
    """`id:read, id:later` as the settings have checked it."""
    pairs = [part.strip().partition(":") for part in typed.split(",") if part.strip()]
    return {number: ReadingState(meaning) for number, _, meaning in pairs}


def invite(options: Options) -> str:
    """The link that adds the bot to a server with the permissions that it needs; raises BadConfig. Asks nobody."""
    query = {
        "client_id": application(options.get("token", "")),
        "scope": "bot applications.commands",
        "permissions": str(WANTED.value),
    }
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


def application(token: str) -> str:
    """The application's id, which is the first part of its bot's token; raises BadConfig."""
    if not token:
        raise BadConfig([NO_TOKEN])
    head = token.strip().partition(".")[0]
    try:
        number = base64.b64decode(head + "=" * (-len(head) % 4)).decode()
    except (binascii.Error, ValueError):
        number = ""
    if not (number.isascii() and number.isdigit()):
        raise BadConfig(["DOGEAR_DISCORD_TOKEN is not a bot's token. Copy it anew from the developer portal."])
    return number


async def doctor(options: Options, word: str, catalogue: Catalogue) -> AsyncIterator[tuple[bool, str]]:
    """Each thing that must be so, and whether it is; raises BadConfig without a token. Changes nothing."""
    application(options.get("token", ""))
    platform = serve(options, word)
    client = platform.client
    async with client:
        try:
            await platform.log_in()
            async for good, line in _findings(client, surface.commands(catalogue, word), word):
                yield good, line
        except PlatformError as error:
            yield False, f"{error}. {getattr(error, 'remedy', '')}".strip()
        except (discord.DiscordException, OSError) as error:
            yield False, str(told(error))


async def _findings(
    client: discord.Client, wanted: Sequence[Mapping[str, Any]], word: str
) -> AsyncIterator[tuple[bool, str]]:
    about = client.application
    assert about is not None
    yield True, f"the token is that of {client.user}"
    yield True, "the intents are the two that every bot may have: servers, and reactions in them"
    yield not about.interactions_endpoint_url, "interactions come over the gateway, not to an address of yours"
    kept = await client.http.get_global_commands(about.id)
    yield surface.as_registered(wanted, kept), f"/{word} is registered as it should be; “dogear run” does that"
    async for good, line in _servers(client):
        yield good, line


async def _servers(client: discord.Client) -> AsyncIterator[tuple[bool, str]]:
    """For each server, in which of the channels where people write what is missing."""
    servers = [one async for one in client.fetch_guilds(limit=200)]
    if not servers:
        yield False, "Dogear is in no server. Invite it: dogear invite discord"
    assert client.user is not None
    for server in servers:
        guild = await client.fetch_guild(server.id)
        own = await guild.fetch_member(client.user.id)
        channels = [one for one in await guild.fetch_channels() if one.type.value in surface.POSTABLE]
        lacking = {channel.name: missing(channel.permissions_for(own)) for channel in channels}
        whole = [name for name, names in lacking.items() if not names]
        yield bool(whole), f"{guild.name}: may post in {len(whole)} of {len(channels)} channels"
        for name, names in lacking.items():
            if names:
                yield False, f"{guild.name} #{name}: missing {', '.join(names)}"
