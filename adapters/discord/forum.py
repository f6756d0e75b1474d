"""Forum channels: a post there is a thread with tags and without a nonce.

An uncertain post is never repeated blindly: the ledger searches active and archived threads for its marker first.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord

from adapters.discord.failures import UNKNOWN_CHANNEL
from adapters.discord.surface import FORUM
from bot.domain.errors import PlatformRefused
from bot.domain.ids import ChannelRef

MAX_TAGS = 5
"""The maximum number of tags of one post (documentation of August 2026)."""
ARCHIVED_PAGE = 100
THREADS = (10, 11, 12)
"""The channel types of threads: announcement, public, private."""

Http = discord.http.HTTPClient


class Channels:
    """Which channels are forums. Discord is asked once per channel."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Any]] = {}

    async def forum(self, http: Http, channel: ChannelRef, *, fresh: bool = False) -> Mapping[str, Any] | None:
        """The forum as Discord describes it; None for another kind of channel. With `fresh`, the current state.

        Raises PlatformRefused for a channel of another server, where the person may have no permissions.
        """
        if channel.id not in self._known:
            try:
                self._known[channel.id] = {**await http.get_channel(int(channel.id))}
            except discord.NotFound as error:
                if error.code != UNKNOWN_CHANNEL:
                    raise
                return None
        elif fresh and self._known[channel.id].get("type") == FORUM:
            self._known[channel.id] = {**await http.get_channel(int(channel.id))}
        known = self._known[channel.id]
        if str(known.get("guild_id")) != channel.workspace.id:
            raise elsewhere(channel.id)
        return known if known.get("type") == FORUM else None

    async def thread(self, http: Http, channel: ChannelRef) -> bool:
        """Whether the channel is a thread. Not cached, because threads are many."""
        known = self._known.get(channel.id) or await http.get_channel(int(channel.id))
        return known.get("type") in THREADS


def elsewhere(id: str) -> PlatformRefused:
    """The channel does not belong to this server."""
    return PlatformRefused(f"“{id}” is not a channel of this server", remedy="Pick the channel from Discord's list.")


def tags(forum: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """The ids of the forum's tags with the same names as the entry's.

    Moderated tags are left out: with one, Discord refuses the whole post.
    """
    names = {name.casefold() for name in wanted}
    ours = [tag for tag in forum.get("available_tags", ()) if not tag.get("moderated")]
    return [str(tag["id"]) for tag in ours if tag["name"].casefold() in names][:MAX_TAGS]


async def threads(http: Http, channel: ChannelRef, since: datetime) -> list[ChannelRef]:
    """The forum's posts since then, active and archived."""
    active = await http.get_active_threads(int(channel.workspace.id))
    here = [thread for thread in active["threads"] if str(thread.get("parent_id")) == channel.id]
    here += [thread async for thread in _archived(http, channel, since)]
    after = discord.utils.time_snowflake(since)
    numbers = dict.fromkeys(str(thread["id"]) for thread in here if int(thread["id"]) >= after)
    return [ChannelRef(channel.workspace, number) for number in numbers]


async def _archived(http: Http, channel: ChannelRef, since: datetime) -> AsyncIterator[Any]:
    """The most recently archived come first. What was archived before `since` was also created before it."""
    before = None
    while True:
        page = await http.get_public_archived_threads(int(channel.id), before, limit=ARCHIVED_PAGE)
        for thread in page["threads"]:
            yield thread
        if not page["threads"] or not page["has_more"]:
            return
        before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        if datetime.fromisoformat(before) < since:
            return
