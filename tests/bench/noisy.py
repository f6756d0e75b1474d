"""Whether a team notices that another one sends very many commands: its p99 with them against without."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from bot.chat.platform import Actor, Invocation
from bot.domain.ids import AccountRef, InvocationId, PlatformName, WorkspaceRef
from bot.domain.team import Team
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.bench.row import Row

ENTRIES = 2_000
ROUNDS = 12
SAMPLES = 80
PAUSE = 0.12
"""Seconds between two commands of the quiet team, which stays within its own limit."""
NOISE_A_SECOND = 50
"""Commands of the noisy team: three thousand a minute."""
NOISY_PEOPLE = 40
LINES = ("random", "search caching sort", "read #7", "stats", "list page:3", "unread #7")
BUDGET = 1.2
BENCH = PlatformName("bench")


def actor(workspace: str, name: str) -> Actor:
    return Actor(account=AccountRef(BENCH, f"{workspace}/{name}"), workspace=WorkspaceRef(BENCH, workspace), name=name)


async def use(club: Club, who: Actor, number: int) -> float:
    """Seconds that one command took."""
    asked = Invocation(id=InvocationId(club.clock.token()), call=LINES[number % len(LINES)], actor=who, channel=None)
    began = time.perf_counter()
    await club.dispatcher.invoke(asked)
    return time.perf_counter() - began


async def quiet(club: Club) -> list[float]:
    """Seconds that each command of the quiet team took, whose people take turns."""
    taken = []
    for number in range(SAMPLES):
        taken.append(await use(club, actor("quiet", str(number % 40)), number))
        await asyncio.sleep(PAUSE)
    return taken


def p99(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 99 // 100]


@asynccontextmanager
async def noise(club: Club) -> AsyncIterator[None]:
    """The noisy team, while the block lasts."""

    async def go_on() -> None:
        number = 0
        async with asyncio.TaskGroup() as group:
            while True:
                number += 1
                group.create_task(use(club, actor("noisy", str(number % NOISY_PEOPLE)), number))
                await asyncio.sleep(1 / NOISE_A_SECOND)

    going = asyncio.create_task(go_on())
    try:
        yield
    finally:
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)


async def compared(folder: Path) -> tuple[list[float], list[float]]:
    """What the quiet team's commands took alone and beside the noise, in rounds that take turns."""
    path = folder / "list.md"
    path.write_text(
        "".join(f"* [Note {n} of the caching sort](https://example.org/{n})\n" for n in range(1, ENTRIES + 1)),
        encoding="utf-8",
    )
    async with open_club(load(database=f"sqlite:///{folder}/bench.db"), migrate=False, hosted=True) as club:
        for name in ("quiet", "noisy"):
            await club.lists.use(await club.runner.write(partial(get_or_create, name=name)), [path])
        async with noise(club):
            await quiet(club)  # what the noisy team may do at once is used up by then
        alone, beside = [], []
        for _ in range(ROUNDS):
            alone += await quiet(club)
            async with noise(club):
                beside += await quiet(club)
        return alone, beside


def get_or_create(tx: Transaction, name: str) -> Team:
    team = tx.teams.add(name, "UTC")
    teams.join(tx, WorkspaceRef(BENCH, name), name, team)
    return team


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        alone, beside = asyncio.run(compared(Path(folder)))
    yield Row(
        what=f"p99 of a team while another sends {NOISE_A_SECOND * 60:,} commands a minute, against alone",
        figure=p99(beside) / p99(alone),
        budget=BUDGET,
        unit="times",
        beside={
            "p99_ms": [round(p99(taken) * 1000, 2) for taken in (alone, beside)],
            "p50_ms": [round(sorted(taken)[len(taken) // 2] * 1000, 2) for taken in (alone, beside)],
        },
    )
