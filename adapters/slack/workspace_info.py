"""A workspace's custom emoji and its URL: queried on first use, and refreshed."""

import asyncio
from functools import partial

from adapters.slack.api import Api
from adapters.slack.emoji import Emoji
from adapters.slack.redaction import log
from adapters.slack.workspace import Workspace
from adapters.slack.workspaces import Workspaces
from bot.domain.errors import BadConfig, PlatformBusy, PlatformError, StoreError

KNOWN_FOR = 3600.0
"""Seconds until a workspace is queried again: people add emoji and Slack sends no event for it."""
ASKED_AGAIN = 60.0
"""Seconds until the next try after an error."""
PATIENCE = 0.5
"""Seconds to wait for the response: a reaction must be acknowledged in time."""


class WorkspaceInfo:
    """Knows the workspaces in use, each since its latest installation."""

    def __init__(self, api: Api, workspaces: Workspaces, emoji: Emoji) -> None:
        self._api = api
        self._workspaces = workspaces
        self._emoji = emoji
        self._asked_next: dict[tuple[str, float], float] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def meet(self, workspace: Workspace) -> None:
        """Query the workspace unless that was done lately. What does not arrive in time is known later."""
        team = workspace.team
        if asyncio.get_running_loop().time() < self._asked_next.get((team, workspace.installed_at), 0.0):
            return
        asking = self._asking.get(team)
        if asking is None:
            asking = self._asking[team] = asyncio.create_task(self._ask(workspace))
            asking.add_done_callback(partial(self._ended, team))
        await asyncio.wait({asking}, timeout=PATIENCE)

    def _ended(self, team: str, asking: "asyncio.Task[None]") -> None:
        del self._asking[team]
        if not asking.cancelled() and (error := asking.exception()) is not None:
            log.error("bug in getting to know a workspace", exc_info=error)

    async def _ask(self, workspace: Workspace) -> None:
        wait = KNOWN_FOR
        try:
            if workspace.may("emoji:read"):
                answer = await self._api.call(workspace.team, "emoji.list")
                self._emoji.learn(workspace.team, answer.get("emoji") or {})
            if not workspace.url:
                answer = await self._api.call(workspace.team, "auth.test")
                bot, url = str(answer.get("bot_id") or ""), str(answer.get("url") or "")
                await self._workspaces.learn(workspace, bot=bot, url=url)
        except (PlatformError, StoreError, BadConfig) as error:
            log.info("a workspace tells little of itself: %s", error)
            wait = error.retry_after.total_seconds() if isinstance(error, PlatformBusy) else ASKED_AGAIN
        self._asked_next[workspace.team, workspace.installed_at] = asyncio.get_running_loop().time() + wait

    async def finish(self) -> None:
        """Stop the queries."""
        for asking in (asked := list(self._asking.values())):
            asking.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
