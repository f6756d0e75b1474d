"""Installs the app in a workspace by OAuth v2: a page, a signed state, and tokens for the vault.

https://docs.slack.dev/authentication/installing-with-oauth (2026-08).
"""

import hmac
import html
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from adapters.slack import failures, names
from adapters.slack.api import Web
from adapters.slack.manifest import INSTALL, OPTIONAL_SCOPES, REDIRECT, SCOPES
from adapters.slack.redaction import log
from adapters.slack.setup import SlackSetup
from adapters.slack.workspace import Workspace
from adapters.slack.workspace_info import WorkspaceInfo
from adapters.slack.workspaces import Workspaces
from bot.chat.platform import Core, WorkspaceJoined
from bot.chat.web import Request, Response
from bot.domain.errors import DogearError

AUTHORIZE = "https://slack.com/oauth/v2/authorize"
COOKIE = "dogear-install"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


STATE_LIFETIME = timedelta(minutes=10)
MAX_USED_STATES = 10_000
"""How many used states to remember. Someone who uses more in ten minutes could repeat one of their own."""
_STATE = re.compile(r"(\d{1,12})\.[\w-]{32}\.[0-9a-f]{64}", re.ASCII)


class SignedState:
    """Creates and verifies states. `secret` is the app's own, which all our processes have."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret = secret.encode()
        self._now = now
        self._used: OrderedDict[str, None] = OrderedDict()

    def made(self) -> str:
        ends = int((self._now() + STATE_LIFETIME).timestamp())
        words = f"{ends}.{token_urlsafe(24)}"
        return f"{words}.{self._signature(words)}"

    def used(self, state: str) -> bool:
        """Use the state. False, and nothing done, if it is not ours, expired, or already used."""
        shape = _STATE.fullmatch(state)
        if shape is None:
            return False
        words, _, signature = state.rpartition(".")
        ours = hmac.compare_digest(signature, self._signature(words))
        if not ours or int(shape[1]) < self._now().timestamp() or state in self._used:
            return False
        self._used[state] = None
        while len(self._used) > MAX_USED_STATES:
            self._used.popitem(last=False)
        return True

    def _signature(self, words: str) -> str:
        return hmac.new(self._secret, f"install {words}".encode(), sha256).hexdigest()


class Install:
    """Both pages of the installation. An unexpected request is refused and nothing of it is saved."""

    def __init__(
        self,
        setup: SlackSetup,
        *,
        web: Web,
        workspaces: Workspaces,
        acquaintance: WorkspaceInfo,
        core: Core,
        now: Callable[[], datetime],
    ) -> None:
        self._setup = setup
        self._web = web
        self._workspaces = workspaces
        self._acquaintance = acquaintance
        self._core = core
        self._state = SignedState(setup.client_secret, now)
        self._now = now

    async def begin(self, request: Request) -> Response:  # noqa: ARG002 -- every handler takes one
        """The page with the link to Slack. The same state is in the link and in a cookie."""
        state = self._state.made()
        asked = {
            "client_id": self._setup.client_id,
            "scope": ",".join([*SCOPES, *OPTIONAL_SCOPES]),
            "state": state,
            "redirect_uri": f"{self._setup.public_url}{REDIRECT}",
        }
        link = html.escape(f"{AUTHORIZE}?{urlencode(asked)}")
        page = _page(f'<a href="{link}">Add Dogear to Slack</a>')
        lives = int(STATE_LIFETIME.total_seconds())
        cookie = f"{COOKIE}={state}; Path=/slack; Max-Age={lives}; HttpOnly; Secure; SameSite=Lax"
        return Response(body=page.body, kind=page.kind, headers={**page.headers, "Set-Cookie": cookie})

    async def end(self, request: Request) -> Response:
        """The page that Slack redirects the browser to."""
        try:
            state = request.query.get("state", "")
            if state != request.cookies.get(COOKIE) or not self._state.used(state):
                return _page(f'This installation did not begin here. <a href="{INSTALL}">Begin again</a>.', 400)
            code = request.query.get("code", "")
            if not code or "error" in request.query:
                return _page(f'Nothing was installed. <a href="{INSTALL}">Begin again</a>.', 400)
            workspace = await self._exchanged(code)
            if workspace is None:
                return _page("Dogear is installed workspace by workspace, not for an organisation.", 400)
            await self._workspaces.keep(workspace)
            joined = WorkspaceJoined(workspace=names.workspace(workspace.team), name=workspace.name, by_host=False)
            await self._core.handle(joined)
            await self._acquaintance.meet(workspace)
        except DogearError as error:
            log.warning("an installation failed: %s", error)
            return _page("This did not work. Try again in a minute.", 503)
        assign = html.escape(f"dogear team assign slack:{workspace.team} TEAM")
        return _page(f"Dogear is installed. It waits until its host gives it a reading list: <code>{assign}</code>")

    async def _exchanged(self, code: str) -> Workspace | None:
        asked = {
            "client_id": self._setup.client_id,
            "client_secret": self._setup.client_secret,
            "code": code,
            "redirect_uri": f"{self._setup.public_url}{REDIRECT}",
        }
        try:
            answer = await self._web.client("").api_call("oauth.v2.access", data=asked)
        except Exception as error:  # noqa: BLE001 -- failures classifies it, and raises a bug
            raise failures.error_of(error, "oauth.v2.access") from None
        team: dict[str, Any] = answer.get("team") or {}
        if answer.get("is_enterprise_install") or not team.get("id"):
            return None
        now = self._now().timestamp()
        lives = answer.get("expires_in")
        return Workspace(
            team=str(team["id"]),
            name=str(team.get("name") or team["id"]),
            token=str(answer["access_token"]),
            bot_user=str(answer.get("bot_user_id") or ""),
            app=str(answer.get("app_id") or ""),
            scopes=tuple(str(answer.get("scope") or "").split(",")),
            refresh=str(answer.get("refresh_token") or ""),
            expires_at=now + float(lives) if lives else None,
            installed_at=now,
        )


def _page(words: str, status: int = 200) -> Response:
    """A page with our own text."""
    body = f"<!doctype html><html lang=en><meta charset=utf-8><title>Dogear</title><p>{words}</p></html>"
    return Response(status=status, body=body, kind="text/html", headers=_HEADERS)
