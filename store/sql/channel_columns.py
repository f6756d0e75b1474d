"""Channels as the columns `platform`, `workspace` and `channel`, which several tables have."""

from sqlalchemy import ColumnElement, Table, and_

from bot.domain.ids import ChannelRef, PlatformName, WorkspaceRef
from store.sql.session import AnyRow


def place(channel: ChannelRef) -> dict[str, str]:
    """The values of the columns."""
    return {"platform": channel.workspace.platform, "workspace": channel.workspace.id, "channel": channel.id}


def in_channel(table: Table, channel: ChannelRef) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in place(channel).items()))


def channel_of(row: AnyRow) -> ChannelRef:
    return ChannelRef(workspace=WorkspaceRef(platform=PlatformName(row.platform), id=row.workspace), id=row.channel)
