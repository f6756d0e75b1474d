"""The ledger's use cases one transaction at a time, where several workers and a platform get in each other's way."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bot.domain.delivery import Delivery, Durations, Manner, Result
from bot.domain.errors import PlatformBusy
from bot.service import deliveries
from bot.service.deliveries import Attempted, Noted
from tests.fakes.clubhouse import Clubhouse, clubhouse
from tests.fakes.platform import NAME

DURATIONS = Durations()
MANNERS = {NAME: Manner()}
BUSY = PlatformBusy("slow down", retry_after=timedelta(seconds=1))


async def taken(house: Clubhouse, owner: str = "worker") -> deliveries.Taken:
    return await house.club.runner.write(lambda tx: deliveries.take(tx, owner, 9, DURATIONS, MANNERS))


async def intended(house: Clubhouse, *leased: Delivery) -> Sequence[Delivery | None]:
    return await house.club.runner.write(lambda tx: deliveries.intend(tx, leased, DURATIONS))


async def noted(house: Clubhouse, delivery: Delivery, result: Result) -> Noted:
    made = [Attempted(delivery=delivery, result=result)]
    (one,) = await house.club.runner.write(lambda tx: deliveries.note_attempts(tx, made, DURATIONS, MANNERS))
    return one


def later(house: Clubhouse, **by: float) -> None:
    house.club.clock.move_to(house.club.clock.now() + timedelta(**by))


def test_what_was_leased_when_a_platform_asked_us_to_wait_is_due_when_that_is_over(
    database: str, tmp_path: Path
) -> None:
    async def scenario() -> tuple[object, list[str]]:
        async with clubhouse(database, tmp_path, "Alpha") as house:
            for channel in ("one", "two"):
                await house.say("share #1", where=channel)
            first, second = (await taken(house)).leased
            (begun,) = await intended(house, first)
            assert begun is not None
            await noted(house, begun, BUSY)
            (held_up,) = await intended(house, second)
            later(house, seconds=2)
            return held_up, [one.draft.channel.id for one in (await taken(house)).leased]

    held_up, due = asyncio.run(scenario())

    assert held_up is None
    assert sorted(due) == ["one", "two"]
