"""Many workspaces: installing, tokens that are exchanged before they end, leaving."""

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.fernet import Fernet

from adapters.slack.api import Web
from adapters.slack.setup import SlackSetup
from adapters.slack.workspace import Workspace
from adapters.slack.workspaces import Workspaces
from bot.domain.errors import BadConfig
from bot.domain.ids import PlatformName
from bot.runtime.clock import SystemClock
from bot.service import teams
from store.sql import SqlStore, SqlVault, open_store
from tests.fakes.slack import FakeSlack, Fault, shown
from tests.fakes.slack_club import SlackClub, running

EVE = "U0EVE"
MANY: dict[str, Any] = {
    "bot_token": "",
    "client_id": "1.2",
    "client_secret": "canary-client",
    "public_url": "https://dogear.example.org",
}


@asynccontextmanager
async def a_club(database: str, seed: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackClub]:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())
    slack = FakeSlack()
    slack.workspace("T0666", "xoxe-canary-first")
    slack.channel("C0666", "T0666")
    slack.user(EVE, "eve", team="T0666", admin=True)
    async with slack.running(), running(slack, database, seed, **MANY) as club:
        yield club


def granted(token: str = "xoxe-canary-first", refresh: str = "xoxe-1-canary", **more: Any) -> dict[str, Any]:
    return {
        "access_token": token,
        "refresh_token": refresh,
        "expires_in": 43_200,
        "team": {"id": "T0666", "name": "Theirs"},
        "bot_user_id": "UBOT0666",
        "app_id": "A0001",
        "scope": "commands,chat:write",
        **more,
    }


class Browser:
    """Follows no link by itself; keeps the cookie it was given."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookie = ""

    async def get(self, path: str, cookie: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": self.cookie if cookie is None else cookie}
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}{path}", headers=headers) as response:
            given = response.headers.get("Set-Cookie", "")
            if given:
                assert {"HttpOnly", "Secure"} <= {part.strip() for part in given.split(";")}
                self.cookie = given.partition(";")[0]
            return response.status, await response.text()

    async def state(self) -> str:
        _, page = await self.get("/slack/install")
        found = re.search(r"state=([\w.-]+)", page)
        assert found
        return found[1]


async def installed(club: SlackClub, **more: Any) -> tuple[int, str]:
    browser = Browser(club.slack.app_url)
    club.slack.codes["good"] = granted(**more)
    return await browser.get(f"/slack/oauth_redirect?code=good&state={await browser.state()}")


async def assigned(club: SlackClub) -> None:
    from adapters.slack.names import workspace

    await club.club.runner.write(lambda tx: teams.assign(tx, workspace("T0666"), "default"))


async def test_a_workspace_that_installs_itself_waits_for_its_host(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        status, page = await installed(club)
        assert status == 200
        assert "dogear team assign slack:T0666 TEAM" in page
        told = shown(await club.say(EVE, "", team="T0666", channel="C0666"))
        assert "dogear team assign slack:T0666 TEAM" in told
        await assigned(club)
        assert "#1" in shown(await club.say(EVE, "list", team="T0666", channel="C0666"))
        kept = await club.club.vault.load(PlatformName("slack"), "install:T0666")
        assert b"A0001" in (kept or b""), "by its app a post of ours is known in a menu"


async def test_an_installation_that_did_not_begin_here_is_refused_and_leaves_nothing(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        slack = club.slack
        browser = Browser(slack.app_url)
        slack.codes["good"] = granted()
        state = await browser.state()
        path = f"/slack/oauth_redirect?code=good&state={state}"
        wrong = [
            await browser.get("/slack/oauth_redirect?code=good"),
            await browser.get("/slack/oauth_redirect?code=good&state=x"),
            await browser.get(path, cookie=""),
            await browser.get(path, cookie="dogear-install=other"),
            await browser.get(f"/slack/oauth_redirect?error=access_denied&state={state}"),
            await browser.get(path),
        ]
        state = await browser.state()
        wrong.append(await browser.get(f"/slack/oauth_redirect?code=bad&state={state}"))
        state = await browser.state()
        club.club.clock.offset += timedelta(minutes=11)
        wrong.append(await browser.get(f"/slack/oauth_redirect?code=good&state={state}"))
        assert {status for status, _ in wrong} <= {400, 503}
        assert wrong
        assert not any("canary" in page for _, page in wrong)
        vault = club.club.vault
        assert await vault.load(PlatformName("slack"), "install:T0666") is None


@pytest.mark.parametrize("cookie", [b"\xff", b"\xed\xb3\xa9", b"", b"=", b";" * 50])
async def test_a_cookie_of_whatever_bytes_is_refused_without_a_word_in_the_log(
    cookie: bytes, database: str, seed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        port = int(club.slack.app_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"GET /slack/oauth_redirect?code=good&state=%ff HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
        writer.write(head + b"Cookie: dogear-install=" + cookie + b"\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 400")
    assert not [record for record in caplog.records if record.exc_info]


async def test_who_asks_for_the_page_again_and_again_leaves_nothing_in_the_vault(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:

        async def kept(*_: object) -> None:
            raise AssertionError("something was kept")

        for method in ("save", "compare_and_swap"):
            monkeypatch.setattr(club.club.vault, method, kept)

        assert [(await Browser(club.slack.app_url).get("/slack/install"))[0] for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("changed", [0, 3, 12, 30, -1], ids=str)
async def test_a_state_that_is_not_as_we_signed_it_is_refused(
    changed: int, database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        browser = Browser(club.slack.app_url)
        club.slack.codes["good"] = granted()
        state = list(await browser.state())
        state[changed] = "8" if state[changed] != "8" else "9"
        forged = "".join(state)
        path = f"/slack/oauth_redirect?code=good&state={forged}"

        assert (await browser.get(path, cookie=f"dogear-install={forged}"))[0] == 400


async def test_an_organisation_is_not_installed_as_a_whole(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        assert (await installed(club, team=None, is_enterprise_install=True))[0] == 400


async def test_a_token_is_exchanged_once_before_it_ends_also_for_a_post(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        slack = club.slack
        await installed(club)
        await assigned(club)
        for number in range(3):
            await club.say(EVE, f"share #{number + 1}", team="T0666", channel="C0666")
        club.club.clock.offset += timedelta(hours=11)
        slack.workspace("T0666", "xoxe-canary-second")
        slack.workspaces["xoxe-canary-first"].revoked = True
        slack.tokens["xoxe-1-canary"] = granted("xoxe-canary-second", "xoxe-1-canary-next")
        await asyncio.gather(*(club.platform._workspaces.token("T0666") for _ in range(20)))
        await club.settle()
        assert slack.sent
        assert [method for _, method, _ in slack.calls].count("oauth.v2.access") == 2
        kept = await club.club.vault.load(PlatformName("slack"), "install:T0666")
        assert b"xoxe-1-canary-next" in (kept or b"")


async def test_leaving_throws_the_tokens_away_and_an_old_farewell_does_not_undo_a_return(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_club(database, seed, monkeypatch) as club:
        slack = club.slack
        await installed(club)
        await assigned(club)
        club.club.clock.offset += timedelta(seconds=5)
        gone = slack.event({"type": "app_uninstalled"}, "T0666")
        revoked = slack.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["UBOT0666"]}}, "T0666")
        assert (await slack.send(gone))[0] == 200
        assert (await slack.send(revoked))[0] == 200
        vault = club.club.vault
        assert await vault.load(PlatformName("slack"), "install:T0666") is None
        calls = len(slack.calls)
        _, body = await slack.send(slack.command(EVE, "list", team="T0666", channel="C0666"))
        assert "not installed" in body
        assert len(slack.calls) == calls

        club.club.clock.offset += timedelta(seconds=60)
        await installed(club)
        await slack.send({**gone, "event_id": "Ev-again"})
        await slack.send(gone)
        assert await vault.load(PlatformName("slack"), "install:T0666") is not None


def test_a_workspace_tells_none_of_its_tokens() -> None:
    known = Workspace(team="T1", name="n", token="xoxb-canary", bot_user="U1", refresh="xoxe-canary")

    assert "canary" not in repr(known)


async def test_workspaces_are_not_served_without_a_key_for_their_tokens(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOGEAR_VAULT_KEYS", raising=False)

    async def started() -> None:
        slack = FakeSlack()
        async with slack.running(), running(slack, database, seed, **MANY):
            """It does not come to this."""

    with pytest.raises(BadConfig, match=r"DOGEAR_VAULT_KEYS is not set.*generate_key"):
        await started()


class Keys:
    """The vault of one process: the store's, in the event loop's own thread."""

    def __init__(self, store: SqlStore, key: str) -> None:
        self._vault = SqlVault(store, [key])

    async def load(self, platform: PlatformName, name: str) -> bytes | None:
        await asyncio.sleep(0)
        return self._vault.load(platform, name)

    async def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        await asyncio.sleep(0)
        return self._vault.compare_and_swap(platform, name, old, new)

    async def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        self._vault.save(platform, name, secret)

    async def delete(self, platform: PlatformName, name: str) -> None:
        self._vault.delete(platform, name)

    async def acquire(self, platform: PlatformName, name: str) -> None:
        raise AssertionError("nothing is to be held")


@pytest.mark.parametrize("refused", [False, True], ids=["about to end", "refused"])
async def test_two_processes_never_spend_the_same_refresh_token(url: str, refused: bool) -> None:
    key = Fernet.generate_key().decode()
    clock = SystemClock()

    slack = FakeSlack()
    slack.workspace("T0666", "xoxe-canary-second")
    slack.tokens["xoxe-1-canary"] = granted("xoxe-canary-second", "xoxe-1-canary-next")
    slack.fail("oauth.v2.access", Fault("hang", seconds=0.3))
    async with slack.running():
        setup = SlackSetup(client_id="1.2", client_secret="canary", api_url=slack.api_url)
        stores = [open_store(url, clock) for _ in range(2)]
        webs = [Web(setup) for _ in stores]
        processes = [Workspaces(setup, web.client, clock.now) for web in webs]
        for process, store in zip(processes, stores, strict=True):
            await process.open(Keys(store, key))
        lives = timedelta(hours=12) if refused else timedelta(minutes=30)
        first = Workspace(
            team="T0666",
            name="Theirs",
            token="xoxe-canary-first",
            bot_user="UBOT0666",
            refresh="xoxe-1-canary",
            expires_at=(clock.now() + lives).timestamp(),
        )
        await processes[0].keep(first)

        async def asked(process: Workspaces) -> str | None:
            return await (process.renewed("T0666", first.token) if refused else process.token("T0666"))

        tokens = await asyncio.gather(*(asked(process) for process in processes for _ in range(10)))
        last = [await process.token("T0666") for process in processes]
        for web, store in zip(webs, stores, strict=True):
            await web.close()
            store.close()
        tokens = [*tokens, *last]

    assert [method for _, method, _ in slack.calls].count("oauth.v2.access") == 1
    assert set(tokens) <= ({"xoxe-canary-second"} if refused else {"xoxe-canary-first", "xoxe-canary-second"})
    assert not slack.refusals


async def test_no_token_of_a_workspace_is_ever_logged(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything at DEBUG, through installing, exchanging, failing and leaving."""
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(exc_text)s"))
    root, before = logging.getLogger(), logging.getLogger().level

    try:
        async with a_club(database, seed, monkeypatch) as club:
            root.setLevel(logging.DEBUG)
            root.addHandler(handler)
            logging.getLogger("dogear").setLevel(logging.DEBUG)
            slack = club.slack
            for kind in ("drop", "500", "garbage", "error"):
                slack.fail("oauth.v2.access", Fault(kind, code="invalid_code"))
                await installed(club)
            await installed(club)
            await assigned(club)
            club.club.clock.offset += timedelta(hours=11)
            for kind in ("drop", "error"):
                slack.fail("oauth.v2.access", Fault(kind, code="invalid_refresh_token"))
                await club.say(EVE, "search zanzibar", team="T0666", channel="C0666")
                await club.say(EVE, "share #12", team="T0666", channel="C0666")
                await club.settle()
            slack.fail("chat.postMessage", Fault("error", code="token_expired"))
            await club.say(EVE, "share #11", team="T0666", channel="C0666")
            await club.settle()
            await slack.send(slack.event({"type": "app_uninstalled"}, "T0666"))
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        logging.getLogger("dogear").setLevel(logging.WARNING)

    written = sink.getvalue().lower()
    assert "dogear" in written
    secrets = ("canary", "xox", "zanzibar", "state=", "code=good")
    assert [line for line in written.splitlines() if any(secret in line for secret in secrets)] == []
