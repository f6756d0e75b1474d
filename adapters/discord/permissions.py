"""The permissions that Dogear needs, by Discord's own names, and which of them a channel denies."""

import asyncio
from typing import Any

import discord

from adapters.discord.failures import translated
from adapters.discord.ratelimit_workaround import release_buckets
from adapters.discord.surface import POSTABLE
from bot.chat.platform import Obstacle
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


def obstacle_of(channel: Any, granted: discord.Permissions) -> Obstacle | None:
    """What keeps Dogear from posting in a channel with these permissions; in a thread, in the channel it belongs to."""
    place = getattr(channel, "parent", None) or channel if isinstance(channel, discord.Thread) else channel
    kind = getattr(getattr(place, "type", None), "value", None)
    name = f"#{place.name}" if getattr(place, "name", None) else "this channel"
    if kind is not None and kind not in POSTABLE:
        what = f"I can't open threads in {name}: it is a {_KINDS.get(kind, 'channel of another kind')}."
        return Obstacle(what=what, remedy="Choose a text, announcement or forum channel.")
    lacking = missing(granted)
    if not lacking:
        return None
    remedy = f"A server manager can allow it: {name} › Edit Channel › Permissions › Dogear."
    return Obstacle(what=f"I can't post in {name}: I lack {', '.join(lacking)}.", remedy=remedy)


_KINDS = {2: "voice channel", 4: "category", 13: "stage channel", 10: "thread", 11: "thread", 12: "thread"}


async def obstacle(client: discord.Client, channel: ChannelRef) -> Obstacle | None:
    """The same from the cached permissions, else by a request; None if it cannot be found out."""
    assert client.user is not None
    if not (channel.id.isascii() and channel.id.isdigit()):
        return Obstacle(what="That is not a channel of this server.", remedy="Choose one from the list.")
    known: Any = client.get_channel(int(channel.id))
    if known is not None and str(known.guild.id) != channel.workspace.id:
        return Obstacle(what="That channel is in another server.", remedy="Choose one of this server.")
    if isinstance(known, discord.Thread):
        what = f"#{known.name} is a thread."
        return Obstacle(what=what, remedy="Choose the channel that it belongs to.")
    own = known.guild.get_member(client.user.id) if known is not None else None
    if known is not None and own is not None:
        return obstacle_of(known, known.permissions_for(own))
    try:
        async with asyncio.timeout(LOOKED_UP_WITHIN):
            with translated():
                guild = await client.fetch_guild(int(channel.workspace.id), with_counts=False)
                own = await guild.fetch_member(client.user.id)
                found = {str(one.id): one for one in await guild.fetch_channels()}.get(channel.id)
    except (PlatformError, TimeoutError):
        release_buckets(client.http)
        return None
    if found is None:
        return Obstacle(what="I can't see that channel.", remedy="Allow Dogear to view it, or choose another one.")
    return obstacle_of(found, found.permissions_for(own))


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
