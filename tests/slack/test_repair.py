"""Reactions are read again where events may have been missed, and count from when they began to be missed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from adapters.slack import names
from adapters.slack.missed_reactions import SKEW, Repair
from bot.chat.platform import MarksSeen, Reacted
from bot.domain.ids import MessageRef
from tests.fakes.clock import FakeClock
from tests.fakes.core import FakeCore

CHANNEL = names.channel("T0001", "C0001")
FIRST, SECOND = MessageRef(CHANNEL, "1.000001"), MessageRef(CHANNEL, "2.000002")


def test_a_missed_reaction_counts_from_when_it_began_to_be_missed_and_a_bug_with_one_message_stops_no_other() -> None:
    core, clock = FakeCore(), FakeClock()
    core.workspaces, core.messages = [CHANNEL.workspace], [FIRST, SECOND]
    began = clock.now()

    async def marks(message: MessageRef) -> Sequence[Reacted]:
        if message == FIRST:
            raise KeyError("a bug")
        return []

    async def scene() -> None:
        repair = Repair(core, marks, clock.now, 0.0)
        repair.gap()
        clock.advance(timedelta(minutes=5))
        repair.gap()
        running = asyncio.create_task(repair.run())
        async with asyncio.timeout(10):
            while not core.happenings:  # noqa: ASYNC110 -- the fake tells nobody
                await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(scene())

    (seen,) = core.happenings
    assert isinstance(seen, MarksSeen)
    assert (seen.message, seen.since) == (SECOND, began - SKEW)
