"""The workspaces that we are in, with their tokens: from the environment and from the vault."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from slack_sdk.web.async_client import AsyncWebClient

from adapters import network
from adapters.slack.failures import Spent
from adapters.slack.names import SLACK
from adapters.slack.redaction import log
from adapters.slack.setup import SlackSetup
from adapters.slack.tokens import auth_test, refreshed_token
from adapters.slack.workspace import Workspace, name_of, read, written
from bot.chat.platform import Vault
from bot.domain.errors import BadConfig, PlatformBusy, PlatformError, PlatformUncertain, StoreError

ROTATE_BEFORE = timedelta(hours=2)
"""A token lives for 12 hours. From 2 hours before its end it is renewed on use."""
CLAIM = timedelta(seconds=30)
"""How long one process may take to renew a token before another one tries."""
PATIENCE = 3.0
"""Seconds to wait for another process that is renewing the token."""
MAX_EXCHANGE = 4.0
"""Seconds that a call waits for a new token. The rest of a post's ten seconds must be enough for the post."""
LAST_WORDS = 4.0
"""Seconds that running renewals have when we stop: their result opens the workspace afterwards."""
LOOK_AGAIN = 0.2
"""Seconds between two checks of another process's renewal."""
OPENING = 3.0
"""Seconds that a call waits for our workspace to be known: a worker may have a delivery due right at the start."""
FRESH = timedelta(seconds=30)
"""How long a value from the vault is cached."""


class Workspaces:
    """Knows every workspace by its id, and renews expiring tokens, in one process at a time."""

    def __init__(self, setup: SlackSetup, client: Callable[[str], AsyncWebClient], now: Callable[[], datetime]) -> None:
        """`client` makes a client with a token, or without one for the empty string."""
        self._setup = setup
        self._client = client
        self._now = now
        self._vault: Vault | None = None
        self._by_host: Workspace | None = None
        self._seen: dict[str, tuple[datetime, Workspace | None]] = {}
        self._dead: dict[str, tuple[str, float]] = {}
        self._spent: dict[str, str] = {}
        self._rotating: dict[tuple[str, str | None], asyncio.Task[str | None]] = {}
        self._opened = asyncio.Event()

    async def open(self, vault: Vault) -> Workspace | None:
        """Load the workspace that the host configured.

        Raises BadConfig if its token is invalid, or if other workspaces' tokens could not be stored.
        """
        self._vault = vault
        if self._setup.installable:
            await vault.load(SLACK, name_of(""))
        if self._setup.bot_token and self._by_host is None:
            self._by_host = await self._tested(self._setup.bot_token)
        self._opened.set()
        return self._by_host

    async def _tested(self, token: str) -> Workspace:
        wait = 1.0
        while True:
            try:
                known = await auth_test(self._client(token))
                return Workspace(
                    team=known.team,
                    name=known.name,
                    token=token,
                    bot_user=known.bot_user,
                    bot=known.bot,
                    scopes=known.scopes,
                    url=known.url,
                    by_host=True,
                )
            except (PlatformBusy, PlatformUncertain) as error:
                log.warning("Slack does not answer yet: %s", error)
                asked = error.retry_after.total_seconds() if isinstance(error, PlatformBusy) else 0.0
            except PlatformError as wrong:
                where = "Copy it again: your app › OAuth & Permissions."
                raise BadConfig([f"DOGEAR_SLACK_BOT_TOKEN: {wrong} {where}"]) from None
            await asyncio.sleep(max(asked, wait))
            wait = min(wait * 2, 60.0)

    async def of(self, team: str) -> Workspace | None:
        """The workspace with this id; None if we are not in it. Raises PlatformBusy if that is unknown yet."""
        found = await self.installation(team)
        return None if found is None or self._is_dead(found) else found

    def _is_dead(self, workspace: Workspace) -> bool:
        return self._dead.get(workspace.team) == (workspace.token, workspace.installed_at)

    async def installation(self, team: str) -> Workspace | None:
        """The stored data of this workspace, even if its token is no longer valid. Raises as `of` does."""
        await self._known()
        if self._by_host is not None and self._by_host.team == team:
            return self._by_host
        if not self._setup.installable:
            return None
        known = self._seen.get(team)
        if known is None or self._now() - known[0] > FRESH:
            known = self._seen[team] = (self._now(), await self._recalled(team))
        return known[1]

    async def is_shut(self, team: str) -> bool:
        """Whether no token opens the workspace: none in the settings, and installing is off."""
        if await self.of(team) is not None:
            return False
        assert self._vault is not None
        return await self._vault.load(SLACK, name_of(team)) is None

    async def _known(self) -> None:
        if self._opened.is_set():
            return
        try:
            async with asyncio.timeout(OPENING):
                await self._opened.wait()
        except TimeoutError:
            wait = network.NOT_REACHED_WAIT
            raise PlatformBusy("Slack has not answered auth.test yet.", retry_after=wait) from None

    async def token(self, team: str) -> str | None:
        """The workspace's current token, renewed if it expires soon.

        Raises PlatformBusy and StoreError if it has expired and there is no new one yet.
        """
        found = await self.of(team)
        if found is None or not self._ends_soon(found):
            return found.token if found else None
        try:
            return await self._another(team, None)
        except (PlatformBusy, StoreError):
            if self._lives(found):
                return found.token
            raise

    def _ends_soon(self, workspace: Workspace) -> bool:
        """Whether to renew it. If Slack rejects the refresh token, the access token is used until it expires."""
        if workspace.expires_at is None or not workspace.refresh or self._is_spent(workspace):
            return False
        return workspace.expires_at - self._now().timestamp() < ROTATE_BEFORE.total_seconds()

    def _is_spent(self, workspace: Workspace) -> bool:
        return self._spent.get(workspace.team) == workspace.refresh

    def _lives(self, workspace: Workspace) -> bool:
        return workspace.expires_at is None or workspace.expires_at > self._now().timestamp()

    async def _another(self, team: str, refused: str | None) -> str | None:
        """A new token in place of the `refused` one, or with None of the one that expires soon.

        Of many callers one runs the exchange. It continues after the callers gave up: a refresh token can be used
        once, so a lost answer would lock us out of the workspace.
        """
        rotating = self._rotating.get((team, refused))
        if rotating is None:
            rotating = self._rotating[team, refused] = asyncio.create_task(self._rotated(team, refused))
            rotating.add_done_callback(partial(self._rotation_ended, (team, refused)))
        await asyncio.wait({rotating}, timeout=MAX_EXCHANGE)
        if not rotating.done():
            raise PlatformBusy("Slack is asked for a new token.", retry_after=network.NOT_REACHED_WAIT)
        return rotating.result()

    def _rotation_ended(self, name: tuple[str, str | None], rotating: "asyncio.Task[str | None]") -> None:
        del self._rotating[name]
        if not rotating.cancelled():
            rotating.exception()

    async def _rotated(self, team: str, refused: str | None) -> str | None:
        """Claim the exchange in the vault, then run it. A process that finds it claimed by another one uses the old
        token, or waits for the new one if the old one was refused or has expired.
        """
        assert self._vault is not None
        patience = asyncio.get_running_loop().time() + PATIENCE
        while True:
            kept = await self._vault.load(SLACK, name_of(team))
            if kept is None:
                return None
            found, now = read(kept), self._now().timestamp()
            if not self._ends_soon(found) if refused is None else found.token != refused:
                return self._note(team, found)
            if not found.refresh or self._is_spent(found):
                return None
            if found.claimed_until > now:
                if refused is None and self._lives(found):
                    return found.token
                if asyncio.get_running_loop().time() > patience:
                    wait = timedelta(seconds=found.claimed_until - now)
                    raise PlatformBusy("Slack is asked for a new token.", retry_after=wait)
                await asyncio.sleep(LOOK_AGAIN)
                continue
            claimed = replace(found, claimed_until=now + CLAIM.total_seconds())
            if await self._vault.compare_and_swap(SLACK, name_of(team), kept, written(claimed)):
                return await self._exchanged(claimed, refused)

    async def _exchanged(self, claimed: Workspace, refused: str | None) -> str | None:
        """Use the refresh token; raises PlatformBusy. The next try comes after the claim expires: soon after an unclear
        exchange, else when Slack says. A spent token is not tried again.
        """
        try:
            granted = await refreshed_token(self._client(""), self._setup, claimed.refresh)
        except Spent:
            self._spent[claimed.team] = claimed.refresh
            await self._claim_until(claimed, 0.0)
            return None if refused is not None else self._note(claimed.team, claimed)
        except PlatformBusy as busy:
            await self._claim_until(claimed, (self._now() + busy.retry_after).timestamp())
            raise
        except PlatformUncertain:
            raise PlatformBusy("Slack exchanges no token now.", retry_after=CLAIM) from None
        ends = self._now().timestamp() + granted.lives
        renewed = replace(claimed, token=granted.token, refresh=granted.refresh, expires_at=ends, claimed_until=0.0)
        if await self._kept(claimed, renewed):
            return self._note(claimed.team, renewed)
        return await self._rotated(claimed.team, claimed.token)

    async def _kept(self, claimed: Workspace, renewed: Workspace) -> bool:
        """The old refresh token is spent, so saving the new one is retried if the database fails."""
        for _ in range(int(CLAIM.total_seconds())):
            with contextlib.suppress(StoreError):
                return await self._swapped(claimed, renewed)
            await asyncio.sleep(1)
        return await self._swapped(claimed, renewed)

    async def _claim_until(self, claimed: Workspace, until: float) -> None:
        """If this fails the claim expires by itself, so an unreachable database does no harm."""
        with contextlib.suppress(StoreError):
            await self._swapped(claimed, replace(claimed, claimed_until=until))

    async def _swapped(self, old: Workspace, new: Workspace) -> bool:
        """Replace a value that we wrote, and therefore know exactly."""
        assert self._vault is not None
        return await self._vault.compare_and_swap(SLACK, name_of(old.team), written(old), written(new))

    async def renewed(self, team: str, used: str) -> str | None:
        """Another token after Slack rejected `used`; None if there is none, and the workspace is then closed to us."""
        found = None
        if self._setup.installable and (self._by_host is None or self._by_host.team != team):
            found = await self._another(team, used)
        if found is None:
            self.bury(team, used)
        return found

    def bury(self, team: str, used: str) -> None:
        """Stop using this token. A new installation with the same token opens the workspace again."""
        _, known = self._seen.get(team, (None, None))
        self._dead[team] = used, known.installed_at if known is not None and known.token == used else 0.0

    def _note(self, team: str, workspace: Workspace) -> str:
        self._seen[team] = (self._now(), workspace)
        return workspace.token

    async def keep(self, workspace: Workspace) -> None:
        """Save a workspace that installed the app, replacing earlier data."""
        assert self._vault is not None
        await self._vault.save(SLACK, name_of(workspace.team), written(workspace))
        self._note(workspace.team, workspace)
        self._dead.pop(workspace.team, None)

    async def learn(self, workspace: Workspace, *, bot: str, url: str) -> None:
        """Save what was unknown at installation. Not while the token is renewed: the renewal must find its claim."""
        assert self._vault is not None
        kept = await self._vault.load(SLACK, name_of(workspace.team))
        found = read(kept) if kept is not None else None
        if found is None or found.claimed_until > self._now().timestamp():
            return
        known = replace(found, bot=bot, url=url)
        if await self._vault.compare_and_swap(SLACK, name_of(workspace.team), kept, written(known)):
            self._note(workspace.team, known)

    @property
    def by_host(self) -> str:
        """The name of the workspace that the host configured; empty without one."""
        return self._by_host.name if self._by_host is not None else ""

    def place(self, team: str) -> str:
        """The prefix of the workspace's pages; empty if unknown."""
        if self._by_host is not None and self._by_host.team == team:
            return self._by_host.url
        _, known = self._seen.get(team, (None, None))
        return known.url if known is not None else ""

    async def forget(self, workspace: Workspace) -> None:
        """Delete the tokens of this installation. A newer installation stays.

        The workspace only counts as gone after that: a failed deletion is retried.
        """
        while self._vault is not None and self._setup.installable and not workspace.by_host:
            kept = await self._vault.load(SLACK, name_of(workspace.team))
            if kept is None or read(kept).installed_at != workspace.installed_at:
                break
            if await self._vault.compare_and_swap(SLACK, name_of(workspace.team), kept, None):
                break
        self._seen.pop(workspace.team, None)
        self._dead[workspace.team] = workspace.token, workspace.installed_at

    async def forget_dead(self, team: str) -> None:
        """Delete what Slack has rejected for good."""
        found = await self.installation(team)
        if found is not None and self._is_dead(found):
            await self.forget(found)

    async def finish(self) -> None:
        """Finish running renewals."""
        if self._rotating:
            await asyncio.wait(self._rotating.values(), timeout=LAST_WORDS)

    async def _recalled(self, team: str) -> Workspace | None:
        assert self._vault is not None
        kept = await self._vault.load(SLACK, name_of(team))
        return None if kept is None else read(kept)
