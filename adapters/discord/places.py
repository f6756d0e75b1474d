"""Converts Discord's ids to the core's addresses and back."""

from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, WorkspaceRef

DISCORD = PlatformName("discord")


def workspace(guild: int) -> WorkspaceRef:
    return WorkspaceRef(DISCORD, str(guild))


def channel(guild: int, id: int) -> ChannelRef:
    return ChannelRef(workspace(guild), str(id))


def account(user: int) -> AccountRef:
    """User ids are unique on all of Discord."""
    return AccountRef(DISCORD, str(user))


def message(guild: int, channel_id: int, id: int) -> MessageRef:
    return MessageRef(channel(guild, channel_id), str(id))
