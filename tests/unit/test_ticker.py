"""A tick that does not end is given up, and others are begun."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.domain.delivery import Durations
from bot.domain.notice import Host
from bot.ports import Runner, Transaction
from bot.runtime.ticker import Ticker
from tests.fakes.clubhouse import clubhouse
from tests.unit.test_supervise import Counted

T = TypeVar("T")

SOON = Durations(tick=timedelta(milliseconds=20), tick_given_up=timedelta(milliseconds=500))


class Wedged:
    """A runner of which the first reads never end."""

    def __init__(self, runner: Runner, times: int) -> None:
        self._runner = runner
        self._times = times
        self.asked = 0
        self.answered = asyncio.Event()

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        self.asked += 1
        if self.asked <= self._times:
            await asyncio.Event().wait()
        result = await self._runner.read(use_case)
        self.answered.set()
        return result

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        return await self._runner.write(use_case)


def test_a_ticker_that_hangs_is_started_anew_and_ticks_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    meter = Counted()

    async def scene() -> None:
        async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
            runner = Wedged(house.club.runner, 2)
            ticker = Ticker(
                runner,
                house.club.deliverer,
                Host(),
                SOON,
                house.club.clock,
                meter,
            )
            async with asyncio.timeout(60), ticker.running():
                assert ticker.silence is None
                await runner.answered.wait()
                while ticker.silence is None:  # noqa: ASYNC110 -- the end of a tick is told to nobody
                    await asyncio.sleep(0.01)

    asyncio.run(scene())

    assert meter.restarts[0] == "ticker"
    assert [record.message for record in caplog.records if record.exc_info] == []
