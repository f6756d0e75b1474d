"""The current reactions on a message: who added which, with ordinary and super reactions separately."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import discord

from adapters.discord import places
from adapters.discord.inbound import Emojis, name_of
from bot.chat.platform import Actor, Reacted
from bot.domain.ids import MessageRef

PAGE = 100
"""The maximum of users per request (documentation of August 2026)."""
NORMAL: Literal[0] = 0
BURST: Literal[1] = 1
Kind: TypeAlias = Literal[0, 1]

Http = discord.http.HTTPClient


async def marks_on(http: Http, ref: MessageRef, emojis: Emojis, *, now: datetime, own: int | None) -> list[Reacted]:
    """Every reaction with a meaning, except our own and those of other bots.

    Raises for a deleted message: deleting a post does not undo what people have read.
    """
    message: Any = await http.get_message(int(ref.channel.id), int(ref.id))
    found = []
    for reaction in message.get("reactions", ()):
        emoji = discord.PartialEmoji.from_dict(reaction["emoji"])
        meaning = emojis.meaning(emoji)
        for kind in _kinds(reaction) if meaning else ():
            async for user in _users(http, ref, emoji, kind):
                if user.get("bot") or str(user["id"]) == str(own):
                    continue
                assert meaning is not None
                found.append(
                    Reacted(
                        actor=Actor(
                            account=places.account(int(user["id"])),
                            workspace=ref.channel.workspace,
                            name=user.get("global_name") or user["username"],
                        ),
                        message=ref,
                        emoji=name_of(emoji, burst=kind == BURST),
                        meaning=meaning,
                        at=now,
                    )
                )
    return found


def _kinds(reaction: Mapping[str, Any]) -> Sequence[Kind]:
    """Super reactions are only requested if there are any."""
    details = reaction.get("count_details", {})
    return (NORMAL, BURST) if details.get("burst") else (NORMAL,)


async def _users(http: Http, ref: MessageRef, emoji: discord.PartialEmoji, kind: Kind) -> AsyncIterator[Any]:
    name = f"{emoji.name or '_'}:{emoji.id}" if emoji.id is not None else emoji.name or ""
    after = None
    while True:
        page = await http.get_reaction_users(int(ref.channel.id), int(ref.id), name, PAGE, after=after, type=kind)
        for user in page:
            yield user
        if len(page) < PAGE:
            return
        after = int(page[-1]["id"])
