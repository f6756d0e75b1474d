"""People hear of what did not arrive: whatever happens to the telling, and once for each problem."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.chat.platform import Actor, Invocation
from bot.domain.card import Call, Card
from bot.domain.errors import PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain
from bot.domain.ids import ChannelRef, InvocationId, WorkspaceRef
from bot.domain.team import Role
from bot.service import teams
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of, words_of
from tests.fakes.platform import NAME, WORKSPACE, RecordingPlatform, account

AWAY = PlatformUncertain("no answer")
GONE = PlatformRefused("not in the channel.", remedy="Invite the bot.")
BUSY = PlatformBusy("slow down", retry_after=timedelta(minutes=3))
UNREADABLE = PlatformRefused("may not read", remedy="Grant history.")


@pytest.mark.parametrize("trouble", [[BUSY, BUSY], [AWAY, AWAY, AWAY]])
async def test_who_cannot_be_told_now_is_told_later_and_once(
    trouble: list[PlatformError], database: str, tmp_path: Path
) -> None:
    platform = RecordingPlatform(refusals=[GONE], untold=list(trouble))
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
        await house.say("share #1")
        await house.wait(hours=2)

    assert ["Invite the bot." in words_of(card) for _, card in platform.told] == [True]


async def test_a_person_who_takes_no_messages_is_let_be_and_it_is_no_trouble_of_its_own(
    database: str, tmp_path: Path
) -> None:
    platform = RecordingPlatform(refusals=[GONE], untold=[GONE])
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
        await house.say("share #1")
        await house.wait(days=2)
        team = house.team.id
        troubles = await house.club.runner.read(lambda tx: tx.ledger.unsettled(team))
        notices = len({trouble.draft.step for trouble in troubles} & {"notice"})

    assert (platform.told, platform.untold, notices) == ([], [], 0)


async def test_a_process_that_dies_before_it_tells_leaves_that_to_the_next(database: str, tmp_path: Path) -> None:
    dying = RecordingPlatform(refusals=[GONE])
    async with clubhouse(database, tmp_path, "Alpha", platform=dying) as house:
        await house.say("share #1")
        await house.club.deliverer._start()
        await asyncio.wait(house.club.deliverer._working)
        assert dying.told == []
    async with clubhouse(database, tmp_path) as next_one:
        await next_one.wait(minutes=1)

    assert len(next_one.platform.told) == 1


async def test_two_doubts_in_one_channel_are_two_questions_that_name_their_entries(
    database: str, tmp_path: Path
) -> None:
    blind = RecordingPlatform(refusals=[AWAY, AWAY], blind=UNREADABLE)
    async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=blind) as house:
        for line in ("share #1", "share #2"):
            await house.say(line)
            await house.stage.settle()
        await house.wait(hours=1)
        first, second = [words_of(card) for _, card in blind.told]

    assert "The post of #1 Alpha in #reading." in first
    assert "The post of #2 Beta in #reading." in second


async def test_a_doubt_that_comes_back_is_asked_about_again(database: str, tmp_path: Path) -> None:
    blind = RecordingPlatform(refusals=[AWAY, AWAY], blind=UNREADABLE)
    async with clubhouse(database, tmp_path, "Alpha", platform=blind) as house:
        await house.say("share #1")
        await house.wait(hours=1)
        await house.say("digest again")
        await house.wait(hours=1)

        assert len(blind.told) == 2


async def test_the_hosts_channel_hears_of_it_in_whatever_workspace_it_is(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform(refusals=[GONE])
    async with clubhouse(database, tmp_path, "Alpha", platform=platform, admin_channel="fake:host:ops") as house:
        await house.say("share #1")
        await house.stage.settle()
        (posted,) = platform.roots()

    assert posted.ref.channel == ChannelRef(WorkspaceRef(NAME, "host"), "ops")
    assert posted.card.title == "What you shared was not posted completely."
    assert platform.told == []


def again(card: Card) -> Call:
    """What the button for posting again does."""
    return next(action.call for action in card.actions if action.label == "No, post it")


@asynccontextmanager
async def in_doubt(database: str, folder: Path, line: str, **options: Any) -> AsyncIterator[Clubhouse]:
    """A club whose ana is asked whether a post arrived."""
    blind = RecordingPlatform(refusals=[AWAY], blind=UNREADABLE)
    async with clubhouse(database, folder, "Alpha", platform=blind, **options) as house:
        await house.say("schedule set mon 09:00 UTC", by="ana")
        await house.say(line, by="ana")
        await house.wait(hours=1)
        yield house


async def pressed(house: Clubhouse, call: Call, *, by: str, role: Role, there: WorkspaceRef = WORKSPACE) -> str:
    """A press where no channel is known, as in a direct message."""
    actor = Actor(account=account(by), workspace=there, name=by, role=role)
    press = Invocation(id=InvocationId(house.club.clock.token()), call=call, actor=actor, channel=None)
    answer = await house.club.dispatcher.invoke(press)
    await house.stage.settle()
    return text_of(answer)


async def test_who_shared_an_entry_decides_of_its_doubt_without_being_an_admin(database: str, tmp_path: Path) -> None:
    async with in_doubt(database, tmp_path, "share #1") as house:
        ((_, card),) = house.platform.told
        other = await pressed(house, again(card), by="ben", role=Role.READER)
        own, posts = await pressed(house, again(card), by="ana", role=Role.READER), len(house.platform.roots())

    assert "Only an admin or the person who shared it" in other
    assert "posting it again" in own
    assert posts == 1


async def test_of_a_digest_an_admin_decides_and_of_one_doubt_at_a_time(database: str, tmp_path: Path) -> None:
    async with in_doubt(database, tmp_path, "digest post") as house:
        ((_, card),) = house.platform.told
        reader = await pressed(house, again(card), by="ana", role=Role.READER)
        admin = await pressed(house, again(card), by="ben", role=Role.ADMIN)
        twice = await pressed(house, again(card), by="ben", role=Role.ADMIN)

    assert "Only an admin" in reader
    assert "posting it again" in admin
    assert "nothing to confirm" in twice


async def test_in_the_hosts_channel_the_teams_own_admins_decide_and_nobody_elses(database: str, tmp_path: Path) -> None:
    async with in_doubt(database, tmp_path, "digest post", admin_channel="fake:host:ops") as house:
        (posted,) = house.platform.roots()
        write = house.club.runner.write
        neighbour = await write(lambda tx: tx.teams.add("neighbours", "UTC"))
        for name, team in (("second", house.team), ("theirs", neighbour)):
            await write(partial(teams.join, ref=WorkspaceRef(NAME, name), name=name, team=team))
        press = partial(pressed, house, again(posted.card), by="ben", role=Role.ADMIN)
        theirs, second = (
            await press(there=WorkspaceRef(NAME, "theirs")),
            await press(there=WorkspaceRef(NAME, "second")),
        )

    assert "That post has arrived; there is nothing to confirm." in theirs
    assert "posting it again" in second
