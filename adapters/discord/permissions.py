"""The permissions that Dogear needs, by Discord's own names, and which of them a channel denies."""

import asyncio

import discord

from adapters.discord.failures import translated
from adapters.discord.ratelimit_workaround import release_buckets
from bot.domain.errors import PlatformError
from bot.domain.ids import ChannelRef
from bot.domain.record import record

NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
    "add_reactions": "Add Reactions",
}
"""What a post needs, and nothing else: never Administrator, never Mention Everyone."""
WANTED = discord.Permissions(**dict.fromkeys(NEEDED, True))
LOOKED_UP_WITHIN = 4.0
"""Seconds to find out what is missing: the refused attempt has ten in all."""


@record
class Act:
    """Something that we do in a channel, and the permissions it needs."""

    words: str
    needs: tuple[str, ...]


POST = Act(words="post", needs=("view_channel", "send_messages", "embed_links"))
OPEN_THREAD = Act(words="open a thread", needs=("view_channel", "create_public_threads"))
ANSWER = Act(words="post in the thread", needs=("view_channel", "send_messages_in_threads", "embed_links"))
REACT = Act(words="put a reaction on its post", needs=("view_channel", "read_message_history", "add_reactions"))


def missing(granted: discord.Permissions) -> list[str]:
    """The names of the missing permissions."""
    return [name for flag, name in NEEDED.items() if not getattr(granted, flag)]


async def denied(client: discord.Client, channel: ChannelRef, act: Act) -> tuple[str, str]:
    """Why Discord refuses it there, and the remedy, as precisely as can be found out quickly.

    Lists every missing permission, because the next step would fail for the next one.
    """
    name, lacking = await _found_out(client, channel) or ("", [])
    if lacking:
        what = f"Dogear may not {act.words} in #{name}: it lacks {', '.join(lacking)}"
        return what, f"A server manager can allow it: #{name} › Edit Channel › Permissions › Dogear."
    where = f"#{name}" if name else "the channel"
    needs = ", ".join(NEEDED[flag] for flag in act.needs)
    return f"Dogear may not {act.words} in {where}", f"A server manager can allow it there: {needs}."


async def _found_out(client: discord.Client, channel: ChannelRef) -> tuple[str, list[str]] | None:
    """The channel's name and what it denies: from the gateway's cache, else by a request, since not every process has a
    gateway.
    """
    assert client.user is not None
    known = client.get_channel(int(channel.id))
    own = known.guild.get_member(client.user.id) if isinstance(known, discord.abc.GuildChannel) else None
    if own is not None and isinstance(known, discord.abc.GuildChannel):
        return known.name, missing(known.permissions_for(own))
    try:
        async with asyncio.timeout(LOOKED_UP_WITHIN):
            with translated():
                return await _asked(client, client.user.id, channel)
    except (PlatformError, TimeoutError):
        release_buckets(client.http)
        return None


async def _asked(client: discord.Client, user: int, channel: ChannelRef) -> tuple[str, list[str]] | None:
    guild = await client.fetch_guild(int(channel.workspace.id), with_counts=False)
    own = await guild.fetch_member(user)
    for found in await guild.fetch_channels():
        if str(found.id) == channel.id:
            return found.name, missing(found.permissions_for(own))
    return None
