"""Tokens of workspaces that installed the app: exchanged, refused, thrown away, and what becomes of a post meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from adapters.slack import names, workspaces
from adapters.slack.api import Web
from adapters.slack.setup import SlackSetup
from adapters.slack.workspace import Workspace
from adapters.slack.workspaces import Workspaces
from bot.domain.card import Card
from bot.domain.errors import PlatformBusy, PlatformRefused, StoreBusy
from bot.domain.ids import PlatformName
from bot.runtime.clock import SystemClock
from store.sql import open_store
from tests.fakes.slack import FakeSlack, Fault, shown
from tests.fakes.slack_club import SlackClub
from tests.slack.test_install import EVE, Keys, a_club, assigned, granted, installed

HERE = names.channel("T0666", "C0666")
FIRST, SECOND = "xoxe-canary-first", "xoxe-canary-second"
UNINSTALLED = {"type": "app_uninstalled"}


@asynccontextmanager
async def an_installed_club(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[SlackClub, FakeSlack]]:
    async with a_club(database, seed, monkeypatch) as club:
        await installed(club)
        await assigned(club)
        club.club.clock.offset += timedelta(seconds=5)
        yield club, club.slack


async def kept(club: SlackClub) -> bytes | None:
    return await club.club.vault.load(PlatformName("slack"), "install:T0666")


async def posted(club: SlackClub, key: str = "k") -> str:
    return (await club.platform.post(HERE, Card(title="A"), key=key)).id


def a_busy_vault(club: SlackClub, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    async def busy(*_: object) -> None:
        raise StoreBusy("locked")

    for method in methods:
        monkeypatch.setattr(club.club.vault, method, busy)


def exchanges(slack: FakeSlack) -> int:
    """How often a token was asked for, the installation left out."""
    return [method for _, method, _ in slack.calls].count("oauth.v2.access") - 1


def attempts(slack: FakeSlack) -> int:
    return [method for _, method, _ in slack.calls].count("chat.postMessage")


def a_second_token(slack: FakeSlack, *, revoked: bool = False) -> None:
    slack.workspace("T0666", SECOND, revoked=revoked)
    slack.channels["C0666"].members.add("UBOT0666")
    slack.tokens["xoxe-1-canary"] = granted(SECOND, "xoxe-1-canary-next")


Played = Callable[[], AbstractAsyncContextManager[tuple[SlackClub, FakeSlack]]]


@pytest.fixture
def played(database: str, seed: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A club that a workspace has installed."""

    return lambda: an_installed_club(database, seed, monkeypatch)


async def test_a_farewell_that_the_vault_had_no_time_for_is_brought_again_and_throws_the_tokens_away(
    played: Played,
) -> None:
    async with played() as (club, slack):
        gone = slack.event(UNINSTALLED, "T0666")
        with pytest.MonkeyPatch.context() as away:
            a_busy_vault(club, away, "compare_and_swap", "delete")
            assert (await slack.send(gone))[0] == 503
        assert (await slack.send(gone))[0] == 200
        assert await kept(club) is None


async def test_a_token_that_is_refused_for_good_is_thrown_away_without_a_farewell(played: Played) -> None:
    async with played() as (club, slack):
        slack.workspaces[FIRST].revoked = True
        with pytest.raises(PlatformRefused):
            await posted(club)
        assert await kept(club) is None
        _, said = await slack.send(slack.command(EVE, "list", team="T0666", channel="C0666"))
        assert "not installed" in said


async def test_a_farewell_is_heard_of_a_workspace_whose_token_was_refused_before(played: Played) -> None:
    async with played() as (club, slack):
        slack.workspaces[FIRST].revoked = True
        with pytest.MonkeyPatch.context() as away:
            away.setattr(club.platform._workspaces, "forget_dead", lambda _team: asyncio.sleep(0))
            with pytest.raises(PlatformRefused):
                await posted(club)
        assert await kept(club) is not None
        assert (await slack.send(slack.event(UNINSTALLED, "T0666")))[0] == 200
        assert await kept(club) is None


async def test_a_workspace_that_comes_back_with_the_token_that_was_refused_is_served_again(
    played: Played,
) -> None:
    async with played() as (club, slack):
        slack.workspaces[FIRST].revoked = True
        with pytest.raises(PlatformRefused):
            await posted(club)
        slack.workspaces[FIRST].revoked = False
        club.club.clock.offset += timedelta(seconds=60)
        await installed(club)
        assert "#1" in shown(await club.say(EVE, "list", team="T0666", channel="C0666"))
        assert await posted(club)


async def test_another_process_serves_it_again_too(url: str) -> None:
    key, clock = Fernet.generate_key().decode(), SystemClock()

    setup = SlackSetup(client_id="1.2", client_secret="canary")
    stores = [open_store(url, clock) for _ in range(2)]
    later = timedelta()
    here, there = (Workspaces(setup, Web(setup).client, lambda: clock.now() + later) for _ in stores)
    for process, store in zip((here, there), stores, strict=True):
        await process.open(Keys(store, key))
    known = Workspace(team="T0666", name="n", token=FIRST, bot_user="U1", installed_at=1.0)
    await here.keep(known)
    await there.of("T0666")
    there.bury("T0666", FIRST)
    buried = await there.of("T0666")
    await here.keep(Workspace(team="T0666", name="n", token=FIRST, bot_user="U1", installed_at=2.0))
    later += 2 * workspaces.FRESH
    back = await there.of("T0666")
    for store in stores:
        store.close()

    assert buried is None
    assert back is not None


async def test_a_token_that_is_refused_right_after_its_exchange_closes_the_workspace(played: Played) -> None:
    async with played() as (club, slack):
        a_second_token(slack, revoked=True)
        slack.workspaces[FIRST].revoked = True
        with pytest.raises(PlatformRefused):
            await posted(club)
        calls = len(slack.calls)
        with pytest.raises(PlatformRefused):
            await posted(club)
        assert len(slack.calls) == calls
        assert await kept(club) is None
        left = await club.club.dispatcher.joined_workspaces(PlatformName("slack"))
        assert names.workspace("T0666") not in left


async def test_a_limit_of_the_exchange_is_waited_for_however_long_a_claim_lasts(played: Played) -> None:
    async with played() as (club, slack):
        club.club.clock.offset += timedelta(hours=11)
        slack.fail("oauth.v2.access", Fault("429", seconds=600))
        for _ in range(3):
            await posted(club)
            club.club.clock.offset += timedelta(seconds=100)
        assert exchanges(slack) == 1
        a_second_token(slack)
        club.club.clock.offset += timedelta(seconds=600)
        await posted(club)
        assert exchanges(slack) == 2


async def test_while_the_vault_is_busy_nothing_is_sent_and_nothing_is_in_doubt(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with played() as (club, slack):
        club.club.clock.offset += 2 * workspaces.FRESH
        a_busy_vault(club, monkeypatch, "load")
        with pytest.raises(PlatformBusy):
            await posted(club)
        with pytest.raises(PlatformBusy):
            await club.platform.find(HERE, "k", since=club.club.clock.now())
        with pytest.raises(PlatformBusy):
            await club.platform.marks(names.message("T0666", "C0666", "1.1"))
        assert not attempts(slack)


@pytest.mark.parametrize(
    "trouble",
    [Fault("500"), Fault("drop"), Fault("429", seconds=30), Fault("error", code="bad_client_secret")],
    ids=["500", "drop", "429", "wrong secret"],
)
async def test_a_token_at_its_end_is_not_tried_while_there_is_no_new_one(trouble: Fault, played: Played) -> None:
    async with played() as (club, slack):
        club.club.clock.offset += timedelta(hours=13)
        slack.fail("oauth.v2.access", trouble)
        with pytest.raises(PlatformBusy):
            await posted(club)
        assert not attempts(slack)
        a_second_token(slack)
        club.club.clock.offset += timedelta(seconds=31)
        assert await posted(club)


async def test_a_token_at_its_end_whose_exchange_is_refused_for_good_closes_the_workspace(
    played: Played,
) -> None:
    async with played() as (club, slack):
        club.club.clock.offset += timedelta(hours=13)
        slack.workspaces[FIRST].revoked = True
        with pytest.raises(PlatformRefused):
            await posted(club)
        assert exchanges(slack) == 1
        assert await kept(club) is None


async def test_a_slow_exchange_holds_up_no_post_for_long_and_is_not_lost(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "MAX_EXCHANGE", 0.05)

    async with played() as (club, slack):
        a_second_token(slack)
        club.club.clock.offset += timedelta(hours=13)
        slack.fail("oauth.v2.access", Fault("hang", seconds=0.5))
        with pytest.raises(PlatformBusy):
            await posted(club)
        await club.platform._workspaces.finish()
        assert await posted(club)
        assert exchanges(slack) == 1


async def test_a_token_that_still_lives_is_used_while_a_new_one_is_slow_to_come(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "MAX_EXCHANGE", 0.05)

    async with played() as (club, slack):
        a_second_token(slack)
        club.club.clock.offset += timedelta(hours=11)
        slack.fail("oauth.v2.access", Fault("hang", seconds=0.5))
        assert await posted(club)
        assert not slack.refusals
