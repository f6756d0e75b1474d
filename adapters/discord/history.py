"""Searches the history for a delivery: our messages with its key in a button, page by page."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord

from adapters.discord import button_value
from adapters.discord.failures import UNKNOWN_CHANNEL
from bot.domain.ids import ChannelRef, MessageRef

PAGE = 100
"""The maximum per request (documentation of August 2026)."""

Http = discord.http.HTTPClient


async def carrying(
    http: Http, places: Iterable[ChannelRef], key: str, *, since: datetime, own: int | None
) -> list[MessageRef]:
    """Every message of ours with the key since then in these channels and threads, oldest first."""
    found = []
    for place in places:
        said = _messages(http, int(place.id), since)
        found += [MessageRef(place, str(message["id"])) async for message in said if _is_ours(message, key, own)]
    return sorted(found, key=lambda ref: int(ref.id))


async def saying(
    http: Http, place: ChannelRef, components: Sequence[Mapping[str, Any]], *, since: datetime, own: int | None
) -> list[MessageRef]:
    """Every message of ours with the same words and buttons since then in this place, oldest first."""
    wanted = list(_words(components))
    return [
        MessageRef(place, str(message["id"]))
        async for message in _messages(http, int(place.id), since)
        if str(message["author"]["id"]) == str(own) and list(_words(message.get("components", ()))) == wanted
    ]


def _words(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for component in components:
        yield from (str(component[name]) for name in ("content", "label", "custom_id") if component.get(name))
        yield from _words(component.get("components", ()))
        yield from _words([component["accessory"]] if "accessory" in component else ())


async def _messages(http: Http, channel: int, since: datetime) -> AsyncIterator[Mapping[str, Any]]:
    """The messages since then, oldest first. Empty for a thread that no longer exists."""
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


def _presses(components: Sequence[Mapping[str, Any]]) -> Iterator[button_value.Press]:
    for component in components:
        press = button_value.press(component.get("custom_id", ""))
        if press is not None:
            yield press
        yield from _presses(component.get("components", ()))
