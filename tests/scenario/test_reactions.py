"""A ✅ on a message is enough: reactions on posts, whenever and however often they come."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.platform import Actor, MarksSeen, Reacted, ReactionsCleared, Unreacted
from bot.domain.ids import MessageRef
from bot.domain.reading_state import ReadingState
from bot.ports.store import Transaction
from bot.service import teams
from tests.fakes.clubhouse import Clubhouse, clubhouse
from tests.fakes.hands import CASES, Case, people, planned, play, prepare, wrong
from tests.fakes.platform import RecordingPlatform, account, channel

READ, LATER = ReadingState.READ, ReadingState.LATER


async def state_after(database: str, folder: Path, acts: Callable[[Clubhouse, MessageRef], Awaitable[None]]) -> str:
    """Ana's state of #1 after these acts on a message that shares it."""
    return (await states_after(database, folder, acts))["ana"]


async def states_after(
    database: str,
    folder: Path,
    acts: Callable[[Clubhouse, MessageRef], Awaitable[None]],
    people: Sequence[str] = ("ana",),
) -> dict[str, str]:
    """The state of #1 for each person after these acts on a message that shares it."""

    async def state(house: Clubhouse, by: str) -> str:
        listed = await house.say("list", by=by)
        return listed.show.blocks[0].items[0].state  # type: ignore[union-attr] # a card of entries

    async with clubhouse(database, folder, "Alpha") as house:
        await house.say("share #1", by="host")
        await house.stage.settle()
        await acts(house, house.platform.roots()[0].ref)
        return {name: await state(house, name) for name in people}


async def test_a_check_mark_reads_and_a_bookmark_queues(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.react(message, READ, by="ana")
        await house.react(message, LATER, by="ben")

    states = await states_after(database, tmp_path, acts, ["ana", "ben", "cleo"])

    assert states == {"ana": READ, "ben": LATER, "cleo": ReadingState.UNREAD}


async def test_taking_the_check_mark_away_falls_back_to_the_bookmark(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.react(message, LATER)
        await house.react(message, READ)
        await house.react(message, READ, away=True)

    assert await state_after(database, tmp_path, acts) == LATER


async def test_what_was_typed_is_not_undone_by_taking_a_reaction_away(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.react(message, READ)
        await house.say("read #1")
        await house.react(message, READ, away=True)

    assert await state_after(database, tmp_path, acts) == READ


async def test_the_same_reaction_on_two_messages_counts_until_both_are_gone(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.stage.advance(timedelta(minutes=11))  # sooner, sharing again is asked about
        await house.say("share #1", by="host")
        await house.stage.settle()
        second = house.platform.roots()[1].ref
        await house.react(message, READ)
        await house.react(second, READ)
        await house.react(message, READ, away=True)

    assert await state_after(database, tmp_path, acts) == READ


async def test_a_moderator_who_clears_the_message_clears_its_marks(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.react(message, READ)
        await house.club.dispatcher.handle(ReactionsCleared(message=message, at=house.stage.now()))

    assert await state_after(database, tmp_path, acts) == ReadingState.UNREAD


def a_check_mark(message: MessageRef, by: str, at: datetime) -> Reacted:
    workspace = message.channel.workspace
    actor = Actor(account=account(by), workspace=workspace, name=by)
    return Reacted(actor=actor, message=message, emoji="✅", meaning=READ, at=at)


async def read_late(house: Clubhouse, message: MessageRef, since: datetime) -> None:
    """What stands on the message is read a minute after something was missed: ana's check mark, and no other."""
    late = since + timedelta(minutes=1)
    seen = a_check_mark(message, "ana", late)
    await house.club.dispatcher.handle(MarksSeen(message=message, marks=(seen,), at=late, since=since))


async def test_what_was_typed_after_a_reaction_that_was_missed_stays(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        missed = house.stage.now()
        await house.wait(seconds=10)
        await house.say("unread #1")
        await read_late(house, message, missed)

    assert await state_after(database, tmp_path, acts) == ReadingState.UNREAD


async def test_a_reaction_that_was_missed_counts_after_what_was_typed_before(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.say("unread #1")
        await house.wait(seconds=10)
        await read_late(house, message, house.stage.now())

    assert await state_after(database, tmp_path, acts) == READ


async def test_a_reaction_that_was_put_back_unheard_is_there_again(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        missed = house.stage.now()
        await house.react(message, READ)
        await house.wait(seconds=10)
        await house.react(message, READ, away=True)
        await read_late(house, message, missed)

    assert await state_after(database, tmp_path, acts) == READ


async def test_a_reaction_taken_off_after_the_message_was_read_stays_off(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.wait(minutes=2)
        await house.react(message, READ, away=True)
        await read_late(house, message, house.stage.now() - timedelta(minutes=2))

    assert await state_after(database, tmp_path, acts) == ReadingState.UNREAD


async def test_who_only_takes_a_reaction_off_is_no_member_and_the_reaction_that_comes_late_counts_for_nothing(
    database: str, tmp_path: Path
) -> None:
    def members(tx: Transaction) -> int:
        team = teams.named(tx, teams.DEFAULT_TEAM)
        return tx.teams.members(team.id)

    async def acts(house: Clubhouse, message: MessageRef) -> None:
        put = a_check_mark(message, "cleo", house.stage.now())
        before = await house.club.runner.read(members)
        taken_off = Unreacted(
            actor=put.actor, message=message, emoji="✅", meaning=READ, at=put.at + timedelta(seconds=1)
        )
        await house.club.dispatcher.handle(taken_off)
        assert await house.club.runner.read(members) == before
        await house.club.dispatcher.handle(put)

    assert (await states_after(database, tmp_path, acts, ["cleo"]))["cleo"] == ReadingState.UNREAD


async def test_a_reaction_on_a_message_that_is_not_ours_means_nothing(database: str, tmp_path: Path) -> None:
    async def acts(house: Clubhouse, message: MessageRef) -> None:
        await house.react(MessageRef(channel(), "somebody else's"), READ)
        await house.react(MessageRef(channel("elsewhere"), message.id), READ)

    assert await state_after(database, tmp_path, acts) == ReadingState.UNREAD


async def test_a_reaction_on_a_post_from_before_a_restart_counts(database: str, tmp_path: Path) -> None:
    platform = RecordingPlatform()
    async with clubhouse(database, tmp_path, "Alpha", platform=platform) as house:
        await house.say("share #1")
        await house.stage.settle()
    async with clubhouse(database, tmp_path, platform=platform) as house:
        await house.react(platform.roots()[0].ref, READ)
        listed = await house.say("list")

        assert listed.show.blocks[0].items[0].state == READ  # type: ignore[union-attr] # a card of entries


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_many_do_twice_within_20_ms_ends_as_they_were_told(
    database: str, tmp_path: Path, case: Case
) -> None:
    many = 12

    async with clubhouse(database, tmp_path, "Alpha") as house:
        await prepare(house.club, case, 0, many)
        answers = await play(house.club, list(planned(case, 0, many, 1)))
        who = people(case, 0, many)

        assert await house.club.runner.read(lambda tx: wrong(tx, case, who, answers)) == []
