"""The permissions that Dogear asks for, by Discord's own names for them, and which of them a channel denies."""

import discord

NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
    "add_reactions": "Add Reactions",
}
"""What each post needs, nothing else: never Administrator, never Mention Everyone."""
WANTED = discord.Permissions(**dict.fromkeys(NEEDED, True))


def missing(granted: discord.Permissions) -> list[str]:
    """The names of what is needed and not granted."""
    return [name for flag, name in NEEDED.items() if not getattr(granted, flag)]
