"""Calls a Slack method once, in one workspace. The only place that waits for Slack's rate limits."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters import network
from adapters.slack import failures
from adapters.slack.clock_skew import Skew
from adapters.slack.failures import Dead
from adapters.slack.redaction import LIBRARY, log
from adapters.slack.richtext import Json
from adapters.slack.setup import SlackSetup
from adapters.slack.workspace import Workspace
from adapters.slack.workspaces import Workspaces
from bot.domain.errors import BadConfig, PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain, StoreError

TIMEOUT = 10
"""Seconds for one attempt in all."""
RESPONSE_HOSTS = {"hooks.slack.com", "hooks.slack-gov.com"}
"""Where response URLs lead (https://api.slack.com/interactivity/handling, 2026-11)."""
MAX_CONNECTIONS = 100

T = TypeVar("T")

Left = Callable[[str], Awaitable[None]]
"""Called for a workspace whose token no longer works."""


class Web:
    """The connection pool and its clients. The retries of Bolt and the SDK are off: they would post twice."""

    def __init__(self, setup: SlackSetup) -> None:
        self._setup = setup
        self._session: aiohttp.ClientSession | None = None

    def client(self, token: str) -> AsyncWebClient:
        proxy = network.proxy_for(self._setup.api_url)
        client = AsyncWebClient(
            token=token or None,
            base_url=self._setup.api_url,
            timeout=TIMEOUT,
            session=self.session,
            proxy=proxy,
            retry_handlers=[],
            logger=LIBRARY,
        )
        client.proxy = proxy  # without one the SDK takes HTTPS_PROXY, whatever NO_PROXY says
        return client

    @property
    def session(self) -> aiohttp.ClientSession:
        """Created on first use, because it belongs to the running event loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT), connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
            )
        return self._session

    async def respond(self, url: str, body: Json) -> None:
        """Send a response to a response URL. Raises PlatformError. There is no second attempt: the person repeats the
        command.
        """
        if not self._is_of_slack(url):
            raise PlatformRefused("A response URL does not lead to Slack.", remedy="Check DOGEAR_SLACK_API.")
        try:
            # Not the SDK's webhook client: it follows redirects, to wherever they lead.
            async with self.session.post(url, json=body, allow_redirects=False, proxy=network.proxy_for(url)) as answer:
                status = answer.status
        except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
            raise failures.error_of(error, "an answer") from None
        if status != 200:
            raise PlatformRefused(f"An answer was not taken ({status}).", remedy="Ask again.")

    def _is_of_slack(self, url: str) -> bool:
        """Whether it leads to a host of Slack, or to that of the API in the settings."""
        try:
            to, own = urlsplit(url), urlsplit(self._setup.api_url)
            if (to.scheme, to.hostname, to.port) == (own.scheme, own.hostname, own.port):
                return True
        except ValueError:
            return False
        return to.scheme == "https" and to.port in {None, 443} and to.hostname in RESPONSE_HOSTS

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Api:
    """Calls methods with the workspace's token."""

    def __init__(self, web: Web, workspaces: Workspaces, left: Left, skew: Skew) -> None:
        self._web = web
        self._skew = skew
        self._workspaces = workspaces
        self._left = left
        self._closed: dict[tuple[str, str], float] = {}
        self._clients: dict[str, AsyncWebClient] = {}

    async def call(self, team: str, method: str, **arguments: Any) -> Json:
        """The response of `method`. Raises PlatformError. A rejected token is renewed once if possible."""
        self._wait_for(team, method)
        token = await _known(self._workspaces.token(team))
        if token is None:
            raise Dead("The app is not installed in this workspace.", remedy="Install it again.")
        try:
            return await self._attempt(team, method, token, arguments)
        except Dead:
            renewed = await _known(self._workspaces.renewed(team, token))
            if renewed is None:
                await self._left(team)
                raise
        try:
            return await self._attempt(team, method, renewed, arguments)
        except Dead:
            self._workspaces.bury(team, renewed)
            await self._left(team)
            raise

    async def workspace(self, team: str) -> Workspace | None:
        """The workspace with this id; None if we are not in it. Raises PlatformBusy if that is unknown right now."""
        return await _known(self._workspaces.of(team))

    async def _attempt(self, team: str, method: str, token: str, arguments: dict[str, Any]) -> Json:
        client = self._clients.get(team)
        if client is None or client.token != token or client.session is not self._web.session:
            client = self._clients[team] = self._web.client(token)
        try:
            answer = await getattr(client, method.replace(".", "_"))(**arguments)
        except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
            raise self._noted(team, method, failures.error_of(error, method)) from None
        self._skew.heard(answer.headers)
        data = answer.data
        if not isinstance(data, dict):
            raise PlatformUncertain(f"Slack's answer to {method} cannot be read.")
        return data

    def _wait_for(self, team: str, method: str) -> None:
        until = self._closed.get((team, method), 0.0)
        left = until - asyncio.get_running_loop().time()
        if left > 0:
            raise PlatformBusy(f"Slack asks us to wait before the next {method}.", retry_after=timedelta(seconds=left))

    def _noted(self, team: str, method: str, error: PlatformError) -> PlatformError:
        if isinstance(error, PlatformBusy):
            until = asyncio.get_running_loop().time() + error.retry_after.total_seconds()
            self._closed[team, method] = max(until, self._closed.get((team, method), 0.0))
        log.info("%s: %s", method, error, extra={"workspace": team})
        return error


async def _known(asked: Awaitable[T]) -> T:
    """What the vault says of a workspace. If it cannot answer, nothing was done and nothing is uncertain."""
    try:
        return await asked
    except (StoreError, BadConfig) as error:
        log.warning("what opens a workspace cannot be read: %s", error)
        wait = network.NOT_REACHED_WAIT
        raise PlatformBusy("What opens the workspace cannot be read now.", retry_after=wait) from None
