"""People hear of what did not arrive: whatever happens to the telling, and once for each problem."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain
from bot.domain.ids import ChannelRef, WorkspaceRef
from tests.fakes.clubhouse import clubhouse, words_of
from tests.fakes.platform import NAME, Posted, RecordingPlatform

AWAY = PlatformUncertain("no answer")
GONE = PlatformRefused("not in the channel.", remedy="Invite the bot.")
BUSY = PlatformBusy("slow down", retry_after=timedelta(minutes=3))
UNREADABLE = PlatformRefused("may not read", remedy="Grant history.")


@pytest.mark.parametrize("trouble", [[BUSY, BUSY], [AWAY, AWAY, AWAY]])
def test_who_cannot_be_told_now_is_told_later_and_once(
    trouble: list[PlatformError], database: str, tmp_path: Path
) -> None:
    async def scenario() -> RecordingPlatform:
        platform = RecordingPlatform(refusals=[GONE], untold=list(trouble))
        async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
            await house.say("share #1")
            await house.wait(hours=2)
            return platform

    platform = asyncio.run(scenario())

    assert ["Invite the bot." in words_of(card) for _, card in platform.told] == [True]


def test_a_person_who_takes_no_messages_is_let_be_and_it_is_no_trouble_of_its_own(
    database: str, tmp_path: Path
) -> None:
    async def scenario() -> tuple[RecordingPlatform, int]:
        platform = RecordingPlatform(refusals=[GONE], untold=[GONE])
        async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
            await house.say("share #1")
            await house.wait(days=2)
            team = house.team.id
            troubles = await house.club.runner.read(lambda tx: tx.deliveries.unsettled(team))
            return platform, len({trouble.draft.step for trouble in troubles} & {"notice"})

    platform, notices = asyncio.run(scenario())

    assert (platform.told, platform.untold, notices) == ([], [], 0)


def test_a_process_that_dies_before_it_tells_leaves_that_to_the_next(database: str, tmp_path: Path) -> None:
    async def scenario() -> RecordingPlatform:
        dying = RecordingPlatform(refusals=[GONE])
        async with clubhouse(database, tmp_path, "Alpha", platform=dying) as house:
            await house.say("share #1")
            await house.club.deliverer._start()
            await asyncio.wait(house.club.deliverer._working)
            assert dying.told == []
        async with clubhouse(database, tmp_path) as next_one:
            await next_one.wait(minutes=1)
            return next_one.platform

    assert len(asyncio.run(scenario()).told) == 1


def test_two_doubts_in_one_channel_are_two_questions_that_name_their_entries(database: str, tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        blind = RecordingPlatform(refusals=[AWAY, AWAY], blind=UNREADABLE)
        async with clubhouse(database, tmp_path, "Alpha", "Beta", platform=blind) as house:
            for line in ("share #1", "share #2"):
                await house.say(line)
                await house.stage.settle()
            await house.wait(hours=1)
            return [words_of(card) for _, card in blind.told]

    first, second = asyncio.run(scenario())

    assert "The post of #1 Alpha in #reading." in first
    assert "The post of #2 Beta in #reading." in second


def test_a_doubt_that_comes_back_is_asked_about_again(database: str, tmp_path: Path) -> None:
    async def scenario() -> int:
        blind = RecordingPlatform(refusals=[AWAY, AWAY], blind=UNREADABLE)
        async with clubhouse(database, tmp_path, "Alpha", platform=blind) as house:
            await house.say("share #1")
            await house.wait(hours=1)
            await house.say("digest again")
            await house.wait(hours=1)
            return len(blind.told)

    assert asyncio.run(scenario()) == 2


def test_the_hosts_channel_hears_of_it_in_whatever_workspace_it_is(database: str, tmp_path: Path) -> None:
    async def scenario() -> tuple[list[Posted], RecordingPlatform]:
        platform = RecordingPlatform(refusals=[GONE])
        async with clubhouse(database, tmp_path, "Alpha", platform=platform, admin_channel="fake:host:ops") as house:
            await house.say("share #1")
            await house.stage.settle()
            return platform.roots(), platform

    (posted,), platform = asyncio.run(scenario())

    assert posted.ref.channel == ChannelRef(WorkspaceRef(NAME, "host"), "ops")
    assert posted.card.title == "What you shared did not arrive whole."
    assert platform.told == []
