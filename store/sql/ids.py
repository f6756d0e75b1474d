"""Converts between the ids of the ports and the keys of the tables, and channels and their columns.

An id has its team in the high bits and the number within the team in the low ones. Every statement can therefore name
the team, by which the tables can be split, and an id of another team finds nothing. Only the workers, who serve all
teams, use the ledger's own keys. A channel is in the columns `platform`, `workspace` and `channel`.
"""

from hashlib import blake2b

from sqlalchemy import ColumnElement, Table, and_

from bot.domain.ids import ChannelRef, PlatformName, TeamId, WorkspaceRef
from store.sql.session import AnyRow

_BITS = 32
_MASK = (1 << _BITS) - 1


def id_of(team: int, number: int) -> int:
    """The id of the team's row with that number."""
    return team << _BITS | number


def team_of(id: int) -> TeamId:
    """The team of the id."""
    return TeamId(id >> _BITS)


def number_of(id: int) -> int:
    """The number within the team."""
    return id & _MASK


def hashed(key: str) -> bytes:
    """The hash of an entry's key, as the index has it."""
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()


def place(channel: ChannelRef) -> dict[str, str]:
    """The values of the channel's columns."""
    return {"platform": channel.workspace.platform, "workspace": channel.workspace.id, "channel": channel.id}


def in_channel(table: Table, channel: ChannelRef) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in place(channel).items()))


def channel_of(row: AnyRow) -> ChannelRef:
    return ChannelRef(workspace=WorkspaceRef(platform=PlatformName(row.platform), id=row.workspace), id=row.channel)
