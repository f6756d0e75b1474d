"""Reactions are read again where events may have been missed, and count from when they began to be missed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.slack import missed_reactions as repair_module
from adapters.slack import names
from adapters.slack.missed_reactions import SKEW, Repair
from bot.chat.platform import MarksSeen, Reacted
from bot.domain.errors import PlatformBusy
from bot.domain.ids import MessageRef
from tests.fakes.clock import FakeClock
from tests.fakes.core import FakeCore

CHANNEL = names.channel("T0001", "C0001")
FIRST, SECOND = MessageRef(CHANNEL, "1.000001"), MessageRef(CHANNEL, "2.000002")


async def test_a_missed_reaction_counts_from_when_it_began_to_be_missed_and_a_bug_with_one_message_stops_no_other() -> (
    None
):
    core, clock = FakeCore(), FakeClock()
    core.workspaces, core.messages = [CHANNEL.workspace], [FIRST, SECOND]
    began = clock.now()

    async def marks(message: MessageRef) -> Sequence[Reacted]:
        if message == FIRST:
            raise KeyError("a bug")
        return []

    repair = Repair(core, marks, clock.now, 0.0)
    repair.gap()
    clock.advance(timedelta(minutes=5))
    repair.gap()
    await repair.round()

    (seen,) = core.happenings
    assert isinstance(seen, MarksSeen)
    assert (seen.message, seen.since) == (SECOND, began - SKEW)


async def test_what_a_round_leaves_unread_is_read_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    core, clock = FakeCore(), FakeClock()
    core.workspaces, core.messages = [CHANNEL.workspace], [FIRST, SECOND]

    async def marks(_message: MessageRef) -> Sequence[Reacted]:
        await asyncio.sleep(0.1)
        return []

    monkeypatch.setattr(repair_module, "MAX_ROUND", 0.05)

    repair = Repair(core, marks, clock.now, 0.0)
    repair.gap()
    await repair.round()
    after_one = len(core.happenings)
    async with asyncio.timeout(60):
        while len(core.happenings) < 2:
            await repair.round()

    assert after_one <= 1


async def test_a_workspace_the_store_cannot_list_yet_is_read_later() -> None:
    core, clock = FakeCore(), FakeClock()
    core.workspaces, core.messages = [CHANNEL.workspace], [FIRST]

    async def marks(_message: MessageRef) -> Sequence[Reacted]:
        return []

    repair = Repair(core, marks, clock.now, 0.0)
    repair.gap()
    core.busy = True
    await repair.round()
    core.busy = False
    await repair.round()

    assert len(core.happenings) == 1


async def test_a_message_that_slack_has_no_time_for_is_read_again_in_the_same_round() -> None:
    core, clock = FakeCore(), FakeClock()
    core.workspaces, core.messages = [CHANNEL.workspace], [FIRST]
    refusals = [PlatformBusy("later", retry_after=timedelta(0))]

    async def marks(_message: MessageRef) -> Sequence[Reacted]:
        if refusals:
            raise refusals.pop()
        return []

    repair = Repair(core, marks, clock.now, 0.0)
    repair.gap()
    await repair.round()

    assert len(core.happenings) == 1
