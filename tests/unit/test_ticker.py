"""What falls due between two ticks waits for neither."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.domain.delivery import Durations
from bot.domain.errors import StoreError
from bot.domain.notice import Host
from bot.ports.metrics import NULL_METRICS
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.scheduler import Scheduler
from bot.runtime.ticker import Ticker
from bot.service import digests
from tests.fakes.clubhouse import Clubhouse, clubhouse, text_of

T = TypeVar("T")

DUE = datetime(2026, 3, 9, 9, tzinfo=UTC)
SELDOM = Durations(tick=timedelta(hours=1), tick_spread=timedelta())


async def scheduled(house: Clubhouse, ahead: timedelta) -> Sequence[timedelta | None]:
    """How long until the first is due that is within this time: before the moment, at it, after it, and paused."""
    await house.say("schedule set mon 09:00 UTC")
    found = []
    for moment in (DUE - timedelta(minutes=9), DUE, DUE + timedelta(minutes=9)):
        house.club.clock.move_to(moment)
        found.append((await house.club.runner.read(lambda tx: digests.due(tx, ahead=ahead))).coming)
    house.club.clock.move_to(DUE - timedelta(minutes=9))
    await house.say("schedule pause 1w")
    return [*found, (await house.club.runner.read(lambda tx: digests.due(tx, ahead=ahead))).coming]


@pytest.mark.parametrize(("minutes", "first"), [(10, 9), (8, None)])
async def test_the_next_slot_is_told_while_it_is_near(tmp_path: Path, minutes: int, first: int | None) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        found = await scheduled(house, timedelta(minutes=minutes))

    near = None if first is None else timedelta(minutes=first)
    assert [one and timedelta(seconds=round(one.total_seconds())) for one in found] == [near, None, None, None]


TEN = Durations(tick=timedelta(minutes=10), tick_spread=timedelta(minutes=1))


@pytest.mark.parametrize(
    ("before", "chance", "pause"),
    [
        (timedelta(minutes=9), 0, timedelta(minutes=9)),
        (timedelta(minutes=9), 500, timedelta(minutes=9.5)),
        (timedelta(minutes=9.5), 999, timedelta(minutes=10)),
        (timedelta(minutes=11), 0, timedelta(minutes=10)),
    ],
)
async def test_a_tick_says_when_to_ask_again_the_next_slot_and_a_chance_at_most_a_tick(
    before: timedelta, chance: int, pause: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        club = house.club
        await house.say("schedule set mon 09:00 UTC")
        club.clock.move_to(DUE - before)
        monkeypatch.setattr(type(club.clock), "random_below", lambda _clock, _limit: chance)

        assert (
            timedelta()
            <= pause - (await Ticker(club.runner, club.deliverer, Host(), TEN, club.clock).tick())
            < timedelta(seconds=5)
        )


async def test_the_time_that_planning_takes_is_not_added_to_the_pause(tmp_path: Path) -> None:
    class Slow:
        def __init__(self, runner: Runner) -> None:
            self.read = runner.read
            self._runner = runner

        async def write(self, use_case: Callable[[Transaction], T]) -> T:
            await asyncio.sleep(0.2)
            return await self._runner.write(use_case)

    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        club = house.club
        await house.say("schedule set mon 09:00 UTC")
        club.clock.move_to(DUE)
        slow = Durations(tick=timedelta(seconds=60))

        assert await Ticker(Slow(club.runner), club.deliverer, Host(), slow, club.clock).tick() <= timedelta(
            seconds=59.8
        )


async def test_a_digest_that_falls_due_between_two_ticks_waits_for_neither(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        club = house.club
        await house.say("schedule set mon 09:00 UTC")
        club.clock.move_to(DUE - timedelta(milliseconds=300))
        ticker = Ticker(club.runner, club.deliverer, Host(), SELDOM, club.clock)
        scheduler = Scheduler(NULL_METRICS)
        scheduler.add(ticker.jobs()[0])
        before = len(await club.runner.read(lambda tx: tx.ledger.count_by_state()))
        async with asyncio.timeout(60), scheduler.running():
            while not await club.runner.read(lambda tx: tx.ledger.count_by_state()):  # noqa: ASYNC110 -- told to nobody
                await asyncio.sleep(0.01)

    assert before == 0


class Failing:
    """The planning of digests, which raises each of these in turn; afterwards it plans."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
        self._errors = list(errors)
        self._plan = digests.plan_and_notify
        monkeypatch.setattr(digests, "plan_and_notify", self)

    def fail(self, *errors: Exception) -> None:
        self._errors += errors

    def __call__(self, *arguments: Any) -> Sequence[digests.Tick]:
        if self._errors:
            raise self._errors.pop(0)
        return self._plan(*arguments)


def bugs(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The kinds of the bugs that the ticker logged."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    told = [line["exception"] for line in lines if line["logger"] == "dogear.ticker" and "exception" in line]
    return [text.strip().splitlines()[-1].partition(":")[0] for text in told]


async def planned(house: Clubhouse) -> int:
    return len(await house.club.runner.read(lambda tx: tx.ledger.count_by_state()))


async def test_a_bug_in_the_planning_is_told_once_until_it_is_another_or_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching", "Queues") as house:
        club, found = house.club, []
        await house.say("schedule set mon 09:00 UTC")
        club.clock.move_to(DUE)
        failing = Failing(monkeypatch)
        ticker = Ticker(club.runner, club.deliverer, Host(), SELDOM, club.clock)
        for week in range(2):
            club.clock.move_to(DUE + week * timedelta(days=7))
            failing.fail(KeyError("a"), ValueError("b"), ValueError("c"), KeyError("d"))
            for _ in range(4):
                await ticker.tick()
            found.append(bugs(capsys))
            await ticker.tick()
            await ticker.tick()

    assert found == [["KeyError", "ValueError", "KeyError"]] * 2


async def test_a_digest_that_the_database_does_not_take_is_planned_by_the_next_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        club = house.club
        await house.say("schedule set mon 09:00 UTC")
        club.clock.move_to(DUE)
        Failing(monkeypatch, StoreError("The database is away."))
        ticker = Ticker(club.runner, club.deliverer, Host(), SELDOM, club.clock)
        with pytest.raises(StoreError):
            await ticker.tick()
        before = await planned(house)
        await ticker.tick()
        after = await planned(house)

    assert before == 0
    assert after > 0
    assert bugs(capsys) == []


async def test_a_chat_beside_a_served_club_forgets_nothing(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Caching") as house:
        club, kept = house.club, []
        await house.say("read #1", again="press:1")
        club.clock.move_to(DUE + timedelta(days=30))
        tickers = [
            Ticker(club.runner, club.deliverer, Host(), SELDOM, club.clock, forgets=forgets)
            for forgets in (False, True)
        ]
        for ticker in tickers:
            await ticker.clean_up()
            again = await house.say("read #1", again="press:1")
            kept.append("already" not in text_of(again))
        names = [job.name for job in tickers[0].jobs()]

    assert "clean-up" not in names
    assert kept == [True, False]
