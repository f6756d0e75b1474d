"""Translates Discord's interactions and reactions into the core's invocations and happenings. Answers nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import discord

from adapters.discord import button_value, places
from adapters.discord.button_value import Press
from adapters.discord.permissions import obstacle_of
from adapters.discord.surface import GROUP, MENUS, SUB_COMMAND, TAKEAWAY
from bot.chat.platform import Actor, Invocation, Reacted, ReactionsCleared, Unreacted
from bot.domain.card import Call
from bot.domain.ids import ChannelRef, InvocationId
from bot.domain.reading_state import Insight, Meaning, Microphone, ReadingState
from bot.domain.record import record
from bot.domain.team import Role
from bot.domain.url import addresses_in

MEANINGS: Mapping[str, Meaning] = {
    "✅": ReadingState.READ,
    "🔖": ReadingState.LATER,
    "💡": Insight.INSIGHT,
    "🎤": Microphone.HOST,
}
SEEDS: Mapping[Meaning, str] = {meaning: emoji for emoji, meaning in MEANINGS.items()}
_VARIANT = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
ADMINS = "a member with the Manage Server permission"
"""Who may do more, as they are called in a server."""
BURST = "burst:"
"""Prefix of a super reaction, which an account may add besides the ordinary one."""

Asked = discord.Interaction[Any]


def actor(interaction: Asked) -> Actor:
    """The person, with their current permissions from Discord."""
    assert interaction.guild_id is not None
    return acting(interaction.guild_id, interaction.user, interaction.permissions)


def acting(guild: int, user: discord.abc.User, rights: discord.Permissions) -> Actor:
    """An account with these permissions in a server."""
    return Actor(
        account=places.account(user.id),
        workspace=places.workspace(guild),
        name=user.display_name,
        role=Role.ADMIN if rights.manage_guild or rights.administrator else Role.READER,
        groups=tuple(str(role.id) for role in getattr(user, "roles", ())),
        admins=ADMINS,
        by_name=True,
    )


def channel(interaction: Asked) -> ChannelRef | None:
    """The channel; for a thread, the channel that it belongs to."""
    assert interaction.guild_id is not None
    found = interaction.channel
    place = found.parent_id if isinstance(found, discord.Thread) else interaction.channel_id
    return places.channel(interaction.guild_id, place) if place is not None else None


def invocation_id(interaction: Asked) -> InvocationId:
    """The same for every replica that receives the interaction."""
    return InvocationId(f"discord:{interaction.id}")


def invocation(interaction: Asked, call: Call, press: Press | None = None) -> Invocation:
    return Invocation(
        id=invocation_id(interaction),
        call=call,
        actor=actor(interaction),
        channel=channel(interaction),
        pressed=press is not None,
        confirmed=press is not None and press.confirmed,
        obstacle=obstacle_of(interaction.channel, interaction.app_permissions),
    )


@record
class Typed:
    """A native command: its path, its values as typed, and the option that is being completed."""

    path: tuple[str, ...]
    values: Mapping[str, str]
    focused: str | None = None

    @property
    def call(self) -> Call:
        return Call(path=self.path, arguments=self.values)


def typed(data: Mapping[str, Any]) -> Typed:
    """The sub-command that an interaction's data names."""
    path: list[str] = []
    options: Sequence[Mapping[str, Any]] = data.get("options", ())
    while options and options[0]["type"] in (GROUP, SUB_COMMAND):
        path.append(options[0]["name"])
        options = options[0].get("options", ())
    focused = next((option["name"] for option in options if option.get("focused")), None)
    return Typed(path=tuple(path), values={one["name"]: str(one["value"]) for one in options}, focused=focused)


MAX_LINKS = 25


def picked(data: Mapping[str, Any], own: int | None) -> Call | None:
    """The call of a context menu: about the entry that a message of ours shows; None if it is not ours or shows none."""
    message = _target(data)
    if str(message.get("author", {}).get("id")) != str(own):
        return None
    for custom_id in _custom_ids(message.get("components", ())):
        press = button_value.press(custom_id)
        entry = press.call.arguments.get("entry") if press else None
        if entry is not None:
            return Call(path=MENUS[data["name"]], arguments={"entry": entry})
    return None


def takeaway(interaction: Asked, data: Mapping[str, Any], own: int | None) -> Call:
    """The call that opens the form for a takeaway from a message.

    The person's own words are filled in; of somebody else's message only its address is.
    """
    message, place = _target(data), interaction.channel
    author, text = str(message.get("author", {}).get("id")), str(message.get("content") or "").strip()
    target, room = data["target_id"], interaction.channel_id
    # The post is the thread's first message: in the channel above it, or in a forum in the thread itself.
    root = (
        f"{place.parent_id}/{place.id} {place.id}/{place.id}"
        if isinstance(place, discord.Thread)
        else f"{room}/{target}"
    )
    arguments = {"thread": root}
    if author == str(interaction.user.id) and text:
        arguments["text"] = text
    elif author != str(own):
        arguments["about"] = f"https://discord.com/channels/{interaction.guild_id}/{room}/{target}"
    entry = picked(data, own)
    return Call(path=TAKEAWAY, arguments={**arguments, **(entry.arguments if entry else {})})


def linked(data: Mapping[str, Any]) -> Sequence[str]:
    """The addresses in the message of a context menu, each once. Discord sends its text with the menu alone."""
    message = _target(data)
    text = str(message.get("content") or "")
    found = [text[start:end] for start, end in addresses_in(text)]
    found += [str(one["url"]) for one in message.get("embeds", ()) if one.get("url")]
    return list(dict.fromkeys(found))[:MAX_LINKS]


def _target(data: Mapping[str, Any]) -> Mapping[str, Any]:
    message: Mapping[str, Any] = data.get("resolved", {}).get("messages", {}).get(data["target_id"], {})
    return message


def _custom_ids(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for component in components:
        if "custom_id" in component:
            yield component["custom_id"]
        yield from _custom_ids(component.get("components", ()))
        if "accessory" in component:
            yield from _custom_ids([component["accessory"]])


class Emojis:
    """The meanings of reactions: the two standard ones, and custom emoji of the host's choice by their id."""

    def __init__(self, custom: Mapping[str, ReadingState]) -> None:
        self._custom = custom

    def meaning(self, emoji: discord.PartialEmoji) -> Meaning | None:
        """Custom emoji are compared by id, whatever their name; standard emoji in every variant."""
        if emoji.id is not None:
            return self._custom.get(str(emoji.id))
        return MEANINGS.get(_VARIANT.sub("", emoji.name or ""))


def name_of(emoji: discord.PartialEmoji, *, burst: bool) -> str:
    """The reaction's name among the marks. Variants that Discord counts separately stay separate."""
    name = str(emoji.id) if emoji.id is not None else emoji.name or ""
    return f"{BURST}{name}" if burst else name


def reacted(event: discord.RawReactionActionEvent, meaning: Meaning, at: datetime) -> Reacted | Unreacted:
    assert event.guild_id is not None
    member = event.member
    kind = Reacted if event.event_type == "REACTION_ADD" else Unreacted
    return kind(
        actor=Actor(
            account=places.account(event.user_id),
            workspace=places.workspace(event.guild_id),
            name=member.display_name if member else "",
        ),
        message=places.message(event.guild_id, event.channel_id, event.message_id),
        emoji=name_of(event.emoji, burst=event.burst),
        meaning=meaning,
        at=at,
    )


def cleared(
    guild: int, channel_id: int, message: int, emoji: discord.PartialEmoji | None, at: datetime
) -> Sequence[ReactionsCleared]:
    """All reactions, or all of one emoji, both ordinary and super."""
    ref = places.message(guild, channel_id, message)
    if emoji is None:
        return [ReactionsCleared(message=ref, at=at)]
    return [ReactionsCleared(message=ref, at=at, emoji=name_of(emoji, burst=burst)) for burst in (False, True)]
