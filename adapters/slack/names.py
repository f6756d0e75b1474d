"""Converts Slack's ids to the core's addresses and back. A Slack id is unique only in its workspace."""

import re
from datetime import UTC, datetime, timedelta

from bot.domain.ids import AccountRef, ChannelRef, MessageRef, PlatformName, WorkspaceRef

SLACK = PlatformName("slack")
ID = re.compile(r"[A-Z][A-Z0-9]{1,30}")
TS = re.compile(r"\d{1,12}\.\d{1,6}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def workspace(team: str) -> WorkspaceRef:
    return WorkspaceRef(SLACK, team)


def account(team: str, user: str) -> AccountRef:
    """The account of a member: `T…/U…`, as in the settings for admins."""
    return AccountRef(SLACK, f"{team}/{user}")


def person(ref: AccountRef) -> tuple[str, str]:
    """The workspace and the user of an account."""
    team, _, user = ref.id.partition("/")
    return team, user


def channel(team: str, id: str) -> ChannelRef:
    return ChannelRef(workspace(team), id)


def message(team: str, where: str, ts: str) -> MessageRef:
    return MessageRef(channel(team, where), ts)


def moment(ts: str) -> datetime:
    """The time (aware UTC) that Slack writes as `1760000000.000100`. Raises ValueError."""
    if not TS.fullmatch(ts):
        raise ValueError("no time of Slack's")
    seconds, _, fraction = ts.partition(".")
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(fraction.ljust(6, "0")))


def stamp(at: datetime) -> str:
    """A time as Slack writes it."""
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    return f"{micros // 1_000_000}.{micros % 1_000_000:06}"
