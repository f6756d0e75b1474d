"""Looking for a delivery in what was said: our messages that carry its key in a button, page by page."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord

from adapters.discord import presses
from adapters.discord.failures import UNKNOWN_CHANNEL
from adapters.discord.forum import threads as forum_threads
from bot.domain.ids import ChannelRef, MessageRef

PAGE = 100
"""The most that Discord gives at once (documentation of August 2026)."""

Http = discord.http.HTTPClient


async def carrying(
    http: Http, channel: ChannelRef, key: str, *, since: datetime, own: int | None, forum: bool = False
) -> list[MessageRef]:
    """Every message of ours with the key since then, oldest first; threads of the channel's messages are looked into.

    A forum has nothing but threads: those in which something was said, and those that are new, archived ones too.
    """
    threads = await forum_threads(http, channel, discord.utils.time_snowflake(since)) if forum else []
    found = []
    async for message in _messages(http, int(channel.id), since) if not forum else _nothing():
        if _is_ours(message, key, own):
            found.append(MessageRef(channel, str(message["id"])))
        if "thread" in message and str(message["author"]["id"]) == str(own):
            threads.append(str(message["thread"]["id"]))
    for thread in [*threads, *await _busy_threads(http, channel, since)]:
        place = ChannelRef(channel.workspace, thread)
        said = _messages(http, int(thread), since)
        found += [MessageRef(place, str(message["id"])) async for message in said if _is_ours(message, key, own)]
    return sorted(dict.fromkeys(found), key=lambda ref: int(ref.id))


async def _nothing() -> AsyncIterator[Mapping[str, Any]]:
    """What was said in a forum itself."""
    empty: tuple[Mapping[str, Any], ...] = ()
    for message in empty:
        yield message


async def _busy_threads(http: Http, channel: ChannelRef, since: datetime) -> Sequence[str]:
    """Active threads of the channel in which something was said since then: a reply's thread may be an older one."""
    active = await http.get_active_threads(int(channel.workspace.id))
    after = discord.utils.time_snowflake(since)
    return [
        str(thread["id"])
        for thread in active["threads"]
        if str(thread.get("parent_id")) == channel.id and int(thread.get("last_message_id") or 0) >= after
    ]


async def _messages(http: Http, channel: int, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
    """What was said there since then, oldest first; nothing in a thread that is no more."""
    after = discord.utils.time_snowflake(since)
    while True:
        try:
            page = await http.logs_from(channel, PAGE, after=after)
        except discord.NotFound as error:
            if error.code == UNKNOWN_CHANNEL:
                return
            raise
        ordered = sorted(page, key=lambda message: int(message["id"]))
        for message in ordered:
            yield message
        if len(ordered) < PAGE:
            return
        after = int(ordered[-1]["id"])


def _is_ours(message: Mapping[str, Any], key: str, own: int | None) -> bool:
    if str(message["author"]["id"]) != str(own):
        return False
    return any(press.key == key for press in _presses(message.get("components", ())))


def _presses(components: Sequence[Mapping[str, Any]]) -> Iterator[presses.Press]:
    for component in components:
        press = presses.press(component.get("custom_id", ""))
        if press is not None:
            yield press
        yield from _presses(component.get("components", ()))
