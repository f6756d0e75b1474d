"""Who somebody is in a server that an event does not come from, asked of Discord at that moment."""

import discord

from adapters.discord.inbound import Asked, acting
from adapters.discord.places import DISCORD
from bot.chat.platform import Actor
from bot.domain.ids import WorkspaceRef


async def actor_in(interaction: Asked, workspace: WorkspaceRef) -> Actor | None:
    """Who asks, with the rights that they have in that server now; None if they, or we, are not in it.

    Raises what the library raises where Discord cannot be asked.
    """
    if workspace.platform != DISCORD or not (workspace.id.isascii() and workspace.id.isdigit()):
        return None
    try:
        guild = await interaction.client.fetch_guild(int(workspace.id), with_counts=False)
        member = await guild.fetch_member(interaction.user.id)
    except (discord.NotFound, discord.Forbidden):
        return None
    return acting(guild.id, member, member.guild_permissions)
