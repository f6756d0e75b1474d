"""Reactions that were missed: read in rounds, one after the other, and given up only where Discord says no."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from adapters.discord import missed_reactions, places
from adapters.discord.command_mentions import CommandMentions
from adapters.discord.events import Events
from adapters.discord.inbound import Emojis
from adapters.discord.missed_reactions import Repair
from bot.chat.platform import MarksSeen, Reacted, WorkspaceJoined, WorkspaceLeft
from bot.domain.card import Card
from bot.domain.errors import PlatformBusy, PlatformRefused, PlatformUncertain
from bot.domain.ids import AccountRef, MessageRef, WorkspaceRef
from tests.fakes.core import NOW, FakeCore

HERE = places.workspace(1)
FIRST, SECOND, THIRD = (places.message(1, 2, number) for number in (3, 4, 5))


class Times:
    """A minute later whenever it is asked."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        self.now += timedelta(minutes=1)
        return self.now


class Outside:
    """Discord as the events see it: `trouble` is what comes of reading a message, in place of its reactions."""

    def __init__(self) -> None:
        self.read: list[MessageRef] = []
        self.told: list[AccountRef] = []
        self.trouble: dict[MessageRef, Callable[[], Coroutine[Any, Any, None]]] = {}

    async def marks(self, message: MessageRef) -> Sequence[Reacted]:
        self.read.append(message)
        await asyncio.sleep(0)
        if message in self.trouble:
            await self.trouble[message]()
        return ()

    async def servers(self) -> Collection[WorkspaceRef]:
        await asyncio.sleep(0)
        return [HERE]

    async def send_direct(self, account: AccountRef, card: Card) -> None:
        self.told.append(account)


def raising(error: Exception) -> Callable[[], Coroutine[Any, Any, None]]:
    async def raise_it() -> None:
        raise error

    return raise_it


def a_core(*messages: MessageRef) -> FakeCore:
    core = FakeCore()
    core.messages = list(messages)
    return core


def noted(core: FakeCore) -> list[MessageRef]:
    return [one.message for one in core.happenings if isinstance(one, MarksSeen)]


A_GUILD: Any = SimpleNamespace(id=1, name="ours", owner_id=7, me=SimpleNamespace(joined_at=NOW))


def these_events(core: FakeCore, outside: Outside) -> Events:
    mentions = CommandMentions("blog")
    return Events(
        core,
        outside,
        word="blog",
        mentions=mentions,
        emojis=Emojis({}),
        now=Times(),
        own=lambda: None,
        by_host=lambda: True,
    )


async def test_shards_that_begin_together_read_every_message_and_look_round() -> None:
    core, outside = a_core(FIRST, SECOND, THIRD), Outside()
    gone = places.workspace(9)
    core.workspaces = [HERE, gone]

    events = these_events(core, outside)
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(events.began([A_GUILD]))

    assert set(noted(core)) == {FIRST, SECOND, THIRD}
    assert WorkspaceLeft(workspace=gone) in core.happenings


@pytest.mark.parametrize(
    "trouble",
    [PlatformUncertain("no answer"), PlatformBusy("wait", retry_after=timedelta())],
    ids=["uncertain", "busy"],
)
async def test_what_could_not_be_read_is_read_in_a_later_round_and_holds_up_no_other(trouble: Exception) -> None:
    core, outside = a_core(FIRST, SECOND), Outside()
    outside.trouble[FIRST] = raising(trouble)

    rounds = Repair(core, outside.marks, Times())
    rounds.gap([HERE])
    await rounds.round()
    await rounds.round()
    assert noted(core) == [SECOND]
    outside.trouble.clear()
    await rounds.round()

    assert noted(core) == [SECOND, FIRST]


async def test_nothing_is_read_before_the_time_that_discord_names() -> None:
    core, outside = a_core(FIRST, SECOND), Outside()
    outside.trouble[FIRST] = raising(PlatformBusy("wait", retry_after=timedelta(hours=1)))

    rounds = Repair(core, outside.marks, Times())
    rounds.gap([HERE])
    await rounds.round()
    await rounds.round()

    assert outside.read == [FIRST]


async def test_a_message_that_does_not_answer_does_not_hold_up_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missed_reactions, "READ_WITHIN", 0.01)
    core, outside = a_core(FIRST, SECOND), Outside()
    outside.trouble[FIRST] = asyncio.Event().wait  # type: ignore[assignment]  # for ever

    rounds = Repair(core, outside.marks, Times())
    rounds.gap([HERE])
    async with asyncio.timeout(20):
        await rounds.round()
        await rounds.round()

    assert noted(core) == [SECOND]


@pytest.mark.parametrize(
    "trouble", [PlatformRefused("no", remedy="none"), RuntimeError("a bug")], ids=["refused", "bug"]
)
async def test_what_will_never_be_read_is_let_go(trouble: Exception) -> None:
    core, outside = a_core(FIRST, SECOND), Outside()
    outside.trouble[FIRST] = raising(trouble)

    rounds = Repair(core, outside.marks, Times())
    rounds.gap([HERE])
    await rounds.round()
    await rounds.round()

    assert outside.read == [FIRST, SECOND]
    assert noted(core) == [SECOND]


async def test_a_gap_while_the_store_is_away_is_made_up_for_when_it_is_back() -> None:
    core, outside = a_core(FIRST), Outside()

    rounds = Repair(core, outside.marks, Times())
    core.busy = True
    rounds.gap([HERE])
    await rounds.round()
    assert outside.read == []
    core.busy = False
    await rounds.round()

    assert noted(core) == [FIRST]


async def test_a_missed_reaction_counts_from_the_first_doubt_however_late_it_is_read() -> None:
    core, outside = a_core(FIRST), Outside()

    rounds = Repair(core, outside.marks, Times())
    rounds.doubt(FIRST, NOW)
    rounds.gap([HERE])
    await rounds.round()

    (seen,) = [one for one in core.happenings if isinstance(one, MarksSeen)]
    assert seen.since == NOW
    assert seen.at > NOW


async def test_a_server_that_we_come_back_to_is_read_and_its_owner_to_be_greeted() -> None:
    core, outside = a_core(FIRST), Outside()

    events = these_events(core, outside)
    await events.seen(A_GUILD)
    assert outside.read == [FIRST]
    await events.seen(A_GUILD)
    assert outside.read == [FIRST]
    core.workspaces.clear()
    await events.joined(A_GUILD)
    assert outside.read == [FIRST] * 2

    greeted = [one.greeting for one in core.happenings if isinstance(one, WorkspaceJoined)]
    assert [one and one.account for one in greeted] == [places.account(7)] * 3  # whether it is news decides the core
    assert outside.told == []  # that is a delivery


async def test_what_happened_during_an_outage_of_a_server_is_read_when_it_is_over() -> None:
    core, outside = a_core(FIRST), Outside()
    core.workspaces = [HERE]

    events = these_events(core, outside)
    await events.away(A_GUILD)
    await events.seen(A_GUILD)
    await events.seen(A_GUILD)

    assert outside.read == [FIRST]


async def test_a_reaction_that_the_store_could_not_take_is_read_and_counts_from_when_it_came() -> None:
    core, outside = a_core(), Outside()
    put_on: Any = SimpleNamespace(
        guild_id=1,
        channel_id=2,
        message_id=3,
        user_id=7,
        member=None,
        burst=False,
        emoji=discord.PartialEmoji(name="✅"),
        event_type="REACTION_ADD",
    )

    events = these_events(core, outside)
    core.busy = True
    await events.reacted(put_on)
    core.busy = False
    await events.began([])

    (seen,) = [one for one in core.happenings if isinstance(one, MarksSeen)]
    assert (seen.message, seen.since) == (FIRST, NOW + timedelta(minutes=1))
    assert seen.at > NOW + timedelta(minutes=1)
