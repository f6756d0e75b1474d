"""The workspaces that we are in, with their tokens: those of the environment, and those kept in the vault."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, field, replace
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import failures
from adapters.slack.names import SLACK
from adapters.slack.quiet import log
from adapters.slack.setup import SlackSetup
from bot.chat.platform import Vault
from bot.domain.errors import BadConfig, PlatformBusy, PlatformRefused, PlatformUncertain
from bot.domain.record import record

ROTATE_BEFORE = timedelta(hours=2)
"""A token lives 12 hours; from 2 hours before its end on it is exchanged for a new one, whenever it is used."""
CLAIM = timedelta(seconds=30)
"""How long one of us may take to exchange a token before another one tries."""
LOOK_AGAIN = 0.2
"""Seconds between two looks for what another process makes of its claim."""
OPENING = 3.0
"""Seconds for which a call waits until we know our workspace: a worker that starts may have something due at once."""
FRESH = timedelta(seconds=30)
"""How long what the vault said is believed without asking again."""


@record
class Workspace:
    """One workspace and what opens it. `expires_at` is a POSIX time, None for a token that lives until revoked;
    `installed_at` is one too, and tells what Slack says of an earlier installation.
    """

    team: str
    name: str
    token: str = field(repr=False)
    bot_user: str
    bot: str = ""
    app: str = ""
    scopes: tuple[str, ...] = ()
    url: str = ""
    by_host: bool = False
    refresh: str = field(default="", repr=False)
    expires_at: float | None = None
    claimed_until: float = 0.0
    installed_at: float = 0.0

    def may(self, scope: str) -> bool:
        return scope in self.scopes


class Workspaces:
    """Knows every workspace by its id; a token that is about to end is exchanged here, by one process at a time."""

    def __init__(self, setup: SlackSetup, client: Callable[[str], AsyncWebClient], now: Callable[[], datetime]) -> None:
        """`client` makes a client with a token, or without one for the empty string."""
        self._setup = setup
        self._client = client
        self._now = now
        self._vault: Vault | None = None
        self._by_host: Workspace | None = None
        self._seen: dict[str, tuple[datetime, Workspace | None]] = {}
        self._dead: dict[str, str] = {}
        self._rotating: dict[str, asyncio.Lock] = {}
        self._opened = asyncio.Event()

    async def open(self, vault: Vault) -> Workspace | None:
        """Get to know the workspace that the host configured.

        Raises BadConfig if its token opens nothing, and if the tokens of others could not be kept.
        """
        self._vault = vault
        if self._setup.installable:
            await vault.recall(SLACK, _name(""))
        if self._setup.bot_token and self._by_host is None:
            self._by_host = await self._tested(self._setup.bot_token)
        self._opened.set()
        return self._by_host

    async def _tested(self, token: str) -> Workspace:
        wait = 1.0
        while True:
            try:
                answer = await self._client(token).auth_test()
                return Workspace(
                    team=str(answer["team_id"]),
                    name=str(answer.get("team") or answer["team_id"]),
                    token=token,
                    bot_user=str(answer["user_id"]),
                    bot=str(answer.get("bot_id") or ""),
                    scopes=scopes_of(answer.headers),
                    url=str(answer.get("url") or ""),
                    by_host=True,
                )
            except Exception as error:  # noqa: BLE001 -- told apart by failures, which raises what is a bug
                wrong = failures.error_of(error, "auth.test")
            if not isinstance(wrong, (PlatformBusy, PlatformUncertain)):
                raise BadConfig([f"DOGEAR_SLACK_BOT_TOKEN: {wrong} Copy it anew: your app › OAuth & Permissions."])
            log.warning("Slack does not answer yet: %s", wrong)
            pause = wrong.retry_after.total_seconds() if isinstance(wrong, PlatformBusy) else wait
            await asyncio.sleep(max(pause, wait))
            wait = min(wait * 2, 60.0)

    async def of(self, team: str) -> Workspace | None:
        """The workspace of this id, None if we are not in it. Raises PlatformBusy where that is not known yet."""
        await self._known()
        found = await self._found(team)
        return None if found is None or found.token == self._dead.get(team) else found

    async def _found(self, team: str) -> Workspace | None:
        if self._by_host is not None and self._by_host.team == team:
            return self._by_host
        if not self._setup.installable:
            return None
        known = self._seen.get(team)
        if known is None or self._now() - known[0] > FRESH:
            known = self._seen[team] = (self._now(), await self._recalled(team))
        return known[1]

    async def _known(self) -> None:
        if self._opened.is_set():
            return
        try:
            async with asyncio.timeout(OPENING):
                await self._opened.wait()
        except TimeoutError:
            wait = failures.NOT_REACHED_WAIT
            raise PlatformBusy("Slack has not told us yet who we are there.", retry_after=wait) from None

    async def token(self, team: str) -> str | None:
        """What opens the workspace now, exchanged for a new one if its end is near."""
        found = await self.of(team)
        if found is None or not self._ends_soon(found):
            return found.token if found else None
        async with self._rotating.setdefault(team, asyncio.Lock()):
            return await self._rotated(team, None)

    def _ends_soon(self, workspace: Workspace) -> bool:
        if workspace.expires_at is None or not workspace.refresh:
            return False
        return workspace.expires_at - self._now().timestamp() < ROTATE_BEFORE.total_seconds()

    async def _rotated(self, team: str, refused: str | None) -> str | None:
        """Another token than the one that was `refused`, or with None than one that is about to end.

        A refresh token is good for one exchange. So the exchange is claimed in the vault first, and whoever finds it
        claimed by another process goes on with the old token, or waits for the new one where the old one is refused.
        """
        assert self._vault is not None
        while True:
            kept = await self._vault.recall(SLACK, _name(team))
            if kept is None:
                return None
            found, now = _read(kept), self._now().timestamp()
            if not self._ends_soon(found) if refused is None else found.token != refused:
                return self._note(team, found)
            if not found.refresh:
                return None
            if found.claimed_until > now:
                if refused is None and found.expires_at is not None and found.expires_at > now:
                    return found.token
                await asyncio.sleep(LOOK_AGAIN)
                continue
            claimed = _written(replace(found, claimed_until=now + CLAIM.total_seconds()))
            if await self._vault.swap(SLACK, _name(team), kept, claimed):
                return await self._exchanged(found, claimed, refused)

    async def _exchanged(self, found: Workspace, claimed: bytes, refused: str | None) -> str | None:
        """Spend the refresh token. An exchange in doubt stays claimed for a while; a refused one leaves the old token."""
        assert self._vault is not None
        try:
            answer = await self._client("").api_call("oauth.v2.access", data=self._asked(found))
        except Exception as error:  # noqa: BLE001 -- told apart by failures, which raises what is a bug
            wrong = failures.error_of(error, "oauth.v2.access")
            log.warning("a token could not be exchanged: %s", wrong)
            if refused is None:
                return self._note(found.team, found)
            if isinstance(wrong, PlatformRefused):
                return None
            raise PlatformBusy("Slack exchanges no token now.", retry_after=failures.NOT_REACHED_WAIT) from None
        renewed = replace(
            found,
            token=str(answer["access_token"]),
            refresh=str(answer["refresh_token"]),
            expires_at=self._now().timestamp() + float(answer["expires_in"]),
            claimed_until=0.0,
        )
        if await self._vault.swap(SLACK, _name(found.team), claimed, _written(renewed)):
            return self._note(found.team, renewed)
        return await self._rotated(found.team, found.token)

    def _asked(self, workspace: Workspace) -> dict[str, str]:
        return {
            "client_id": self._setup.client_id,
            "client_secret": self._setup.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": workspace.refresh,
        }

    async def renewed(self, team: str, used: str) -> str | None:
        """Another token after `used` was refused; None if there is none, and the workspace is then closed to us."""
        found = None
        if self._setup.installable and (self._by_host is None or self._by_host.team != team):
            self._seen.pop(team, None)
            async with self._rotating.setdefault(team, asyncio.Lock()):
                found = await self._rotated(team, used)
        if found is None:
            self._dead[team] = used
        return found

    def _note(self, team: str, workspace: Workspace) -> str:
        self._seen[team] = (self._now(), workspace)
        return workspace.token

    async def keep(self, workspace: Workspace) -> None:
        """Keep a workspace that installed the app, in place of what was kept of it."""
        assert self._vault is not None
        await self._vault.keep(SLACK, _name(workspace.team), _written(workspace))
        self._note(workspace.team, workspace)

    async def forget(self, team: str) -> None:
        """Throw away what opens a workspace."""
        found = await self._found(team)
        if found is not None:
            self._dead[team] = found.token
        self._seen.pop(team, None)
        if self._vault is not None and self._setup.installable:
            await self._vault.forget(SLACK, _name(team))

    async def _recalled(self, team: str) -> Workspace | None:
        assert self._vault is not None
        kept = await self._vault.recall(SLACK, _name(team))
        return None if kept is None else _read(kept)


def scopes_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes that Slack says our token has."""
    named = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    return tuple(scope.strip() for scope in named.split(",") if scope.strip())


def _name(team: str) -> str:
    return f"install:{team}"


def _written(workspace: Workspace) -> bytes:
    return json.dumps(asdict(workspace)).encode()


def _read(kept: bytes) -> Workspace:
    body = json.loads(kept)
    return Workspace(**{**body, "scopes": tuple(body["scopes"])})
