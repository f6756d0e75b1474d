"""Whether we can post in a channel, asked before anything is due there."""

from adapters.slack import failures
from adapters.slack.api import Api
from bot.domain.errors import ChannelRefused, PlatformError


async def obstacle(api: Api, team: str, channel: str) -> str:
    """What keeps us from posting in the channel, and what to do about it; empty if nothing does that Slack tells of."""
    try:
        known = (await api.call(team, "conversations.info", channel=channel)).get("channel") or {}
        workspace = await api.workspace(team)
    except ChannelRefused as no:
        return f"{no} {no.remedy}"
    except PlatformError:
        return ""
    may_join = workspace is not None and workspace.may("channels:join") and not known.get("is_private")
    if known.get("is_archived"):
        return _said("is_archived")
    return _said(failures.NO_MEMBER) if known.get("is_member") is False and not may_join else ""


def _said(code: str) -> str:
    because, remedy = failures.CHANNEL[code]
    return f"{because}. {remedy}"
