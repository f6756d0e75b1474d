"""What a workspace calls its emoji, where its pages are and what stands on our posts, whichever way it came to us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from adapters.slack import names, workspace_info
from bot.domain.ids import PlatformName
from tests.fakes.slack import SCOPES, FakeSlack, Fault, shown
from tests.fakes.slack_club import SlackClub, running
from tests.slack.test_install import EVE, MANY, assigned, installed

OUR_TICK = {"done": "alias:white_check_mark"}


@asynccontextmanager
async def a_club(slack: FakeSlack, database: str, seed: Path | None = None, **more: Any) -> AsyncIterator[SlackClub]:
    async with running(slack, database, seed, **more) as club:
        yield club


def a_slack(team: str, token: str, channel: str) -> FakeSlack:
    slack = FakeSlack()
    slack.workspace(team, token, emoji=dict(OUR_TICK))
    slack.channel(channel, team)
    slack.user(EVE, "eve", team=team, admin=True)
    return slack


@pytest.fixture(params=["by the host", "by OAuth"])
def played(request: pytest.FixtureRequest, database: str, seed: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A club whose workspace the host configured, and one that installed the app itself."""
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())
    by_host = request.param == "by the host"
    where = {"team": "T0001", "channel": "C0001"} if by_host else {"team": "T0666", "channel": "C0666"}

    @asynccontextmanager
    async def play(**more: Any) -> AsyncIterator[tuple[SlackClub, dict[str, str]]]:
        slack = a_slack(where["team"], "xoxb-canary" if by_host else "xoxe-canary-first", where["channel"])
        for method, faults in more.items():
            slack.fail(method.replace("_", "."), *faults)
        async with slack.running(), a_club(slack, database, seed, **({} if by_host else MANY)) as club:
            if not by_host:
                await installed(club, scope=SCOPES)
                await assigned(club)
            yield club, where

    return play


async def shared(club: SlackClub, where: dict[str, str]) -> str:
    await club.say(EVE, "share #12", **where)
    await club.settle()
    return next(post for post in club.slack.sent if post.thread is None).ts


async def state(club: SlackClub, where: dict[str, str]) -> str:
    return next(line for line in shown(await club.say(EVE, "show #12", **where)).splitlines() if "State" in line)


async def reacts(club: SlackClub, name: str, ts: str, where: dict[str, str]) -> None:
    club.slack.put(EVE, name, where["channel"], ts)
    reaction = club.slack.reaction(EVE, name, where["channel"], ts, team=where["team"], at=club.now())
    assert (await club.slack.send(reaction))[0] == 200


async def test_a_name_of_the_workspaces_own_for_a_tick_is_understood(played: Any) -> None:
    async with played() as (club, where):
        ts = await shared(club, where)
        await reacts(club, "done", ts, where)
        assert "read" in (await state(club, where)).split()


async def test_a_workspace_that_had_no_time_to_tell_its_names_is_asked_again(played: Any) -> None:
    async with played(emoji_list=[Fault("429", seconds=0)]) as (club, where):
        ts = await shared(club, where)
        await reacts(club, "done", ts, where)
        assert "read" in (await state(club, where)).split()


async def test_a_name_that_is_new_in_a_workspace_is_learned_in_time(
    played: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_info, "KNOWN_FOR", 0.0)

    async with played() as (club, where):
        ts = await shared(club, where)
        await reacts(club, "tada", ts, where)
        next(iter(club.slack.workspaces.values())).emoji["finished"] = "alias:done"
        await reacts(club, "finished", ts, where)
        assert "read" in (await state(club, where)).split()


async def test_a_workspace_that_is_known_is_not_asked_with_every_event(played: Any) -> None:
    async with played() as (club, where):
        ts = await shared(club, where)
        for name in ("tada", "done", "eyes"):
            await reacts(club, name, ts, where)
        assert [method for _, method, _ in club.slack.calls].count("emoji.list") == 1


async def test_a_post_can_be_opened_by_its_address(played: Any) -> None:
    async with played() as (club, where):
        ts = await shared(club, where)
        link = club.platform.link(names.message(where["team"], where["channel"], ts))
        assert (
            link
            == f"https://{where['team'].lower()}.slack.com/archives/{where['channel']}/p{ts.replace('.', '')}?thread_ts={ts}&cid={where['channel']}"
        )


async def test_where_a_workspaces_pages_are_is_kept_and_learned_later_if_need_be(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())
    monkeypatch.setattr(workspace_info, "ASKED_AGAIN", 0.0)
    where = {"team": "T0666", "channel": "C0666"}

    slack = a_slack("T0666", "xoxe-canary-first", "C0666")
    slack.fail("auth.test", *[Fault("500")] * 50)
    async with slack.running():
        async with a_club(slack, database, seed, **MANY) as club:
            await installed(club)
            await assigned(club)
            ts = await shared(club, where)
            message = names.message("T0666", "C0666", ts)
            assert club.platform.link(message) is None
            slack.faults["auth.test"].clear()
            await reacts(club, "tada", ts, where)
            assert club.platform.link(message) is not None
            kept = await club.club.vault.load(PlatformName("slack"), "install:T0666")
            assert b"t0666.slack.com" in (kept or b"")
        slack.calls.clear()
        async with a_club(slack, database, **MANY) as club:
            await club.say(EVE, "list", **where)
            assert club.platform.link(message) is not None
            assert "auth.test" not in {method for _, method, _ in slack.calls}


async def test_reactions_that_were_missed_in_a_workspace_that_installed_the_app_are_read_after_a_start(
    database: str, seed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGEAR_VAULT_KEYS", Fernet.generate_key().decode())
    where = {"team": "T0666", "channel": "C0666"}

    slack = a_slack("T0666", "xoxe-canary-first", "C0666")
    async with slack.running():
        async with a_club(slack, database, seed, **MANY) as club:
            await installed(club)
            await assigned(club)
            ts = await shared(club, where)
        slack.put(EVE, "white_check_mark", "C0666", ts)
        async with a_club(slack, database, **MANY) as club:
            for _ in range(600):
                if "read" in (await state(club, where)).split():
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("still unread")
