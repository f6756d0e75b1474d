"""Searches the history for a delivery: our messages with its key in their metadata, page by page.

Slack may allow one page a minute, so a search can take several turns. Pages are remembered until the next turn.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.slack import names
from adapters.slack.api import Api
from adapters.slack.clock_skew import Skew
from adapters.slack.richtext import Json
from adapters.slack.workspace import Workspace
from bot.domain.errors import PlatformBusy, PlatformRefused, PlatformUncertain, WorkspaceRefused
from bot.domain.ids import ChannelRef, MessageRef, ThreadRef

EVENT_TYPE = "club_delivery"
"""Only letters, digits and underscores: with a dot Slack silently drops the metadata."""
PAGE = 15
"""The maximum for apps outside the Marketplace (https://docs.slack.dev/changelog/2025/05/29/tos-updates)."""
PAGES_AT_ONCE = 20
SOON = timedelta(seconds=2)
SCOPES = ("channels:history", "groups:history")
DIRECT_SCOPES = ("im:history",)
MAX_LOOKS = 1_000
"""Unfinished searches to remember. Beyond that the oldest starts again."""


@dataclass
class Look:
    """The progress of one search: the next page, and what was found. Valid only for the attempt of `sent_from`."""

    sent_from: datetime | None
    arguments: Json
    found: set[str] = field(default_factory=set)


Name = tuple[ChannelRef, str, ThreadRef | None]


class History:
    """The history of the channels that we are in."""

    def __init__(self, api: Api, skew: Skew) -> None:
        self._api = api
        self._skew = skew
        self._looks: OrderedDict[Name, Look] = OrderedDict()

    async def carrying(
        self, channel: ChannelRef, key: str, *, since: datetime, sent_from: datetime | None, thread: ThreadRef | None
    ) -> list[MessageRef]:
        """Every message of ours with the key since then, oldest first, in the thread or in the channel.

        Raises PlatformBusy until the last page is read.
        """
        workspace = await self._readable(channel)
        name = (channel, key, thread)
        # The search with this name. It restarts after another attempt, whose message may be on a page already read.
        look = self._looks.get(name)
        if look is None or look.sent_from != sent_from or sent_from is None:
            look = self._looks[name] = Look(sent_from, self._asked(name, since))
        self._looks.move_to_end(name)
        while len(self._looks) > MAX_LOOKS:
            self._looks.popitem(last=False)
        method = "conversations.replies" if thread else "conversations.history"
        for _ in range(PAGES_AT_ONCE):
            try:
                page = await self._api.call(channel.workspace.id, method, **look.arguments)
            except PlatformRefused:
                self._looks.pop(name, None)
                raise
            look.found.update(ts for one in page.get("messages") or () if (ts := _of_ours(one, workspace, key)))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                self._looks.pop(name, None)
                return _ended(page, channel, look)
            look.arguments["cursor"] = cursor
        raise PlatformBusy("Much was said there, and it is still being read.", retry_after=SOON)

    async def _readable(self, channel: ChannelRef) -> Workspace:
        workspace = await self._api.workspace(channel.workspace.id)
        if workspace is None:
            raise WorkspaceRefused("The app is not installed in this workspace.", remedy="Install it again.")
        scopes = DIRECT_SCOPES if channel.id.startswith("D") else SCOPES
        if not any(workspace.may(scope) for scope in scopes):
            raise PlatformRefused(
                f"Whether it arrived cannot be looked up without the scope {scopes[0]}.",
                remedy="Look into the channel, then press “Yes, it's there” or “No, post it”.",
            )
        return workspace

    def _asked(self, name: Name, since: datetime) -> dict[str, Any]:
        channel, _, thread = name
        return {
            "channel": channel.id,
            "oldest": names.stamp(self._skew.theirs(since)),
            "limit": PAGE,
            "include_all_metadata": True,
            **({"ts": thread.id} if thread else {}),
        }


def _ended(page: Json, channel: ChannelRef, look: Look) -> list[MessageRef]:
    if page.get("has_more"):
        raise PlatformUncertain("Slack does not tell how to read on in the channel.")
    return [MessageRef(channel, ts) for ts in sorted(look.found, key=names.moment)]


def _of_ours(message: Any, workspace: Workspace, key: str) -> str | None:
    """The message's time if it is ours and carries the key."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    ours = workspace.bot_user == message.get("user") or (workspace.bot and workspace.bot == message.get("bot_id"))
    return str(message["ts"]) if ours and metadata.get("event_type") == EVENT_TYPE and payload.get("k") == key else None
