"""Where a terminal's chat is, as the ids of the core."""

from bot.domain.ids import ChannelRef, PlatformName, WorkspaceRef

TERMINAL = PlatformName("terminal")
WORKSPACE = WorkspaceRef(TERMINAL, "terminal")
PRIVATE = WorkspaceRef(PlatformName("trial"), "terminal")
"""The workspace of a private chat, on a platform of its own, so that it shares no accounts and posts with others."""


def channel(name: str, workspace: WorkspaceRef = WORKSPACE) -> ChannelRef:
    """The channel with this name. Naming a channel creates it, and its id is its name."""
    return ChannelRef(workspace, name)
