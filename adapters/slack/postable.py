"""Whether Dogear can post in a channel, asked of Slack before anything is promised."""

from adapters.slack import failures
from adapters.slack.api import Api
from adapters.slack.richtext import Json
from bot.chat.platform import Obstacle
from bot.domain.errors import ChannelRefused, PlatformError

MEMBERS_PAGE = 1000
MAX_PAGES = 5
INVITE = "Type `/invite @Dogear` there, then try again."


async def obstacle(api: Api, team: str, channel: str, user: str) -> Obstacle | None:
    """What keeps us from posting in the channel for this person; None if nothing does that Slack tells of."""
    try:
        known = (await api.call(team, "conversations.info", channel=channel)).get("channel") or {}
        workspace = await api.workspace(team)
    except ChannelRefused:
        return Obstacle(what="I can't see that channel: it is private, or it was deleted.", remedy=INVITE)
    except PlatformError:
        return None
    name = f"#{known.get('name') or channel}"
    if known.get("is_im") or known.get("is_mpim"):
        return Obstacle(what="I can't post in a direct message.", remedy="Choose a channel, such as #reading.")
    if known.get("is_archived"):
        return Obstacle(what=f"{name} is archived.", remedy="Unarchive it, or choose another channel.")
    if refused := _restricted(known):
        return Obstacle(what=f"{name}: {refused}.", remedy="Choose another channel, or ask a workspace admin.")
    may_join = workspace is not None and workspace.may("channels:join") and not known.get("is_private")
    if known.get("is_member") is False and not may_join:
        return Obstacle(what=f"I'm not in {name} yet.", remedy=INVITE)
    if known.get("is_private") and not await _is_member(api, team, channel, user):
        return Obstacle(what="You are not in that private channel.", remedy="Choose a channel that you are in.")
    return None


def _restricted(known: Json) -> str:
    """Why a channel that we are in takes no new posts of ours; empty if it does."""
    if known.get("is_read_only"):
        return failures.CHANNEL["restricted_action_read_only_channel"][0]
    if known.get("is_thread_only"):
        return failures.CHANNEL["restricted_action_thread_only_channel"][0]
    if known.get("is_non_threadable"):
        return failures.CHANNEL["restricted_action_non_threadable_channel"][0]
    return ""


async def _is_member(api: Api, team: str, channel: str, user: str) -> bool:
    """Whether the person is in the channel; also where Slack does not tell."""
    cursor = ""
    for _ in range(MAX_PAGES):
        try:
            page = await api.call(
                team,
                "conversations.members",
                channel=channel,
                limit=MEMBERS_PAGE,
                **({"cursor": cursor} if cursor else {}),
            )
        except PlatformError:
            return True
        if user in (page.get("members") or ()):
            return True
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return False
    return True
