"""The ledger's use cases one transaction at a time, where several workers and a platform get in each other's way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.platform import Invocation
from bot.domain.delivery import Delivery, Durations, PostingRules, Result, State, Step
from bot.domain.errors import ChannelRefused, PlatformBusy, PlatformError, PlatformRefused, Scope
from bot.domain.ids import ChannelRef, InvocationId, MessageRef, WorkspaceRef
from bot.domain.notice import Host
from bot.domain.schedule import Schedule
from bot.domain.team import Role
from bot.service import ledger, teams
from bot.service.ledger import Attempt, Outcome
from tests.fakes.clubhouse import Clubhouse, actor_of, clubhouse
from tests.fakes.platform import NAME, channel

DURATIONS = Durations()
MANNERS = {NAME: PostingRules()}
BUSY = PlatformBusy("slow down", retry_after=timedelta(seconds=1))
LOCKED = ChannelRefused("the thread is locked.", remedy="Unlock it.")
MESSAGE, OTHER_MESSAGE = MessageRef(channel(), "1"), MessageRef(channel(), "2")


async def taken(house: Clubhouse, owner: str = "worker") -> ledger.WorkBatch:
    return await house.club.runner.write(lambda tx: ledger.claim(tx, owner, 9, DURATIONS, MANNERS, host=Host()))


async def intended(house: Clubhouse, *leased: Delivery) -> Sequence[Delivery | None]:
    return await house.club.runner.write(lambda tx: ledger.start_attempts(tx, leased, DURATIONS, Host()))


async def noted(house: Clubhouse, delivery: Delivery, result: Result) -> Outcome:
    made = [Attempt(delivery=delivery, result=result)]
    (one,) = await house.club.runner.write(lambda tx: ledger.note_attempts(tx, made, DURATIONS, MANNERS, Host()))
    return one


def later(house: Clubhouse, **by: float) -> None:
    house.club.clock.move_to(house.club.clock.now() + timedelta(**by))


async def test_what_was_leased_when_a_platform_asked_us_to_wait_is_due_when_that_is_over(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        for channel in ("one", "two"):
            await house.say("share #1", where=channel)
        first, second = (await taken(house)).leased
        (begun,) = await intended(house, first)
        assert begun is not None
        await noted(house, begun, BUSY)
        (held_up,) = await intended(house, second)
        later(house, seconds=2)
        due = [one.draft.channel.id for one in (await taken(house)).leased]

    assert held_up is None
    assert sorted(due) == ["one", "two"]


async def test_what_a_worker_says_late_is_believed_while_nobody_else_knows_where_it_is(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        begun = await given_up(house)
        (doubtful,) = (await taken(house, "other")).doubtful
        late = await noted(house, begun, MESSAGE)
        unfound = await looked(house, doubtful, PlatformRefused("may not read", remedy="Grant history."))
        assert unfound.lost
        next_steps = [one.draft.step.value for one in (await taken(house)).leased]
        later(house, minutes=6)
        sweeps = len((await taken(house)).unswept)

    assert (late.lost, late.transition.state, late.transition.message) == (False, State.SENT, MESSAGE)
    assert next_steps == ["thread"]
    assert sweeps == 1, "another may have sent it as well"


async def test_what_a_worker_says_late_is_surplus_beside_what_another_has_sent(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        begun = await given_up(house)
        (doubtful,) = (await taken(house, "other")).doubtful
        await looked(house, doubtful, [OTHER_MESSAGE])
        late = await noted(house, begun, MESSAGE)

    assert (late.lost, late.surplus) == (True, MESSAGE)


async def test_a_late_no_changes_nothing(database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        begun = await given_up(house)
        await taken(house, "other")
        late = await noted(house, begun, PlatformRefused("no", remedy="Nothing."))
        kept = await house.club.runner.read(lambda tx: tx.ledger.get(begun.id))
        state = kept.state if kept else None

    assert (late.lost, late.surplus, state) == (True, None, State.UNCERTAIN)


async def given_up(house: Clubhouse) -> Delivery:
    """A delivery that began, and whose worker was not heard of again until it was time to look for it."""
    await house.say("share #1")
    (begun,) = await intended(house, *(await taken(house)).leased)
    assert begun is not None
    later(house, minutes=2)
    return begun


async def looked(house: Clubhouse, doubtful: Delivery, found: Sequence[MessageRef] | PlatformError) -> Outcome:
    return await house.club.runner.write(lambda tx: ledger.note_search(tx, doubtful, found, DURATIONS, Host()))


async def test_a_channel_that_refuses_a_reply_keeps_its_schedule_and_one_that_refuses_the_post_does_not(
    database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha") as house:
        await house.say("schedule set mon 09:00 UTC")
        await house.say("share #1")
        await house.say("share #1", where="other")
        await house.say("schedule set mon 09:00 UTC", where="other")
        for _ in range(5):
            for one in (await taken(house)).leased:
                (begun,) = await intended(house, one)
                assert begun is not None
                result = LOCKED if one.draft.step is Step.REPLY or one.draft.channel.id == "other" else None
                await noted(house, begun, result or MessageRef(one.draft.channel, "1"))
                later(house, seconds=2)

        assert [schedule.paused_because for schedule in await schedules(house)] == [None, "the thread is locked"]


async def schedules(house: Clubhouse) -> Sequence[Schedule]:
    return await house.club.runner.read(lambda tx: tx.schedules.all(house.team.id))


@pytest.mark.parametrize(
    ("scope", "goes_on"),
    [
        (Scope.CHANNEL, {"other", "neighbour"}),
        (Scope.WORKSPACE, {"neighbour"}),
        (Scope.PLATFORM, set[str]()),
    ],
)
async def test_a_not_now_holds_up_what_it_is_about_and_nothing_else(
    scope: Scope, goes_on: set[str], database: str, tmp_path: Path
) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        neighbour = ChannelRef(WorkspaceRef(NAME, "W2"), "neighbour")
        await house.club.runner.write(lambda tx: teams.join(tx, neighbour.workspace, "second", house.team))
        await house.say("share #1")
        (begun,) = await intended(house, *(await taken(house)).leased)
        assert begun is not None
        await noted(house, begun, PlatformBusy("slow down", retry_after=timedelta(seconds=40), scope=scope))
        for line, where in (("share #2", "reading"), ("share #1", "other")):
            await house.say(line, where=where)
        ana = actor_of("ana", Role.ADMIN)
        press = Invocation(
            id=InvocationId("there"),
            call="share #1",
            actor=replace(ana, workspace=neighbour.workspace),
            channel=neighbour,
        )
        await house.club.dispatcher.invoke(press)
        at_once = {one.draft.channel.id for one in (await taken(house)).leased}
        later(house, seconds=41)
        afterwards = {one.draft.channel.id for one in (await taken(house)).leased}

    assert at_once == goes_on
    assert afterwards == {"reading", "other", "neighbour"} - goes_on


@pytest.mark.parametrize("held_up", ["by the platform", "by its turn"])
async def test_what_is_put_off_keeps_its_place_in_the_channel(held_up: str, database: str, tmp_path: Path) -> None:
    async with clubhouse(database, tmp_path, "Alpha", "Beta") as house:
        await house.say("share #1")
        await house.say("share #2")
        (held,) = (await taken(house)).leased
        if held_up == "by its turn":
            await house.club.runner.write(lambda tx: ledger.give_back(tx, held, timedelta(seconds=20)))
        else:
            (begun,) = await intended(house, held)
            assert begun is not None
            await noted(house, begun, PlatformBusy("slow", retry_after=timedelta(seconds=20), scope=Scope.CHANNEL))
        later(house, seconds=21)
        (following,) = (await taken(house)).leased
        first, next_one = held.draft.source_key, following.draft.source_key

    assert next_one == first
