"""Searching by meaning: what the vectors of 10,000 entries take in the background, in time, in memory and of other commands,
and what they add to a search.

The commands are measured while the vectors are made and while the same process has nothing else to do, in rounds that take
turns. All figures need the dev group's model.
"""

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bot.chat.platform import Actor, Invocation
from bot.domain.ids import AccountRef, InvocationId, PlatformName, TeamId, WorkspaceRef
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import search, teams
from tests.bench import memory, shelf
from tests.bench.row import Row
from tests.fakes.model import model_folder

ENTRIES = int(os.environ.get("DOGEAR_VECTORS", "10000"))
ROUNDS, SAMPLES, PAUSE = 6, 60, 0.05
LINES = ("random", "search caching sort", "read #7", "stats", "list page:3", "unread #7")
P99_RATIO, MEGABYTES, QUERY_MS = 1.5, 250.0, 8.0
SECONDS = 1200.0
BENCH = PlatformName("bench")


async def commands(club: Club, number: int) -> list[float]:
    """Seconds that each command took."""
    taken = []
    for sample in range(SAMPLES):
        who = Actor(
            account=AccountRef(BENCH, f"one/{number}.{sample}"), workspace=WorkspaceRef(BENCH, "one"), name="Ana"
        )
        asked = Invocation(
            id=InvocationId(club.clock.token()), call=LINES[sample % len(LINES)], actor=who, channel=None
        )
        began = time.perf_counter()
        await club.dispatcher.invoke(asked)
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(PAUSE)
    return taken


def at(percent: int, taken: list[float]) -> float:
    return sorted(taken)[len(taken) * percent // 100] * 1000


async def compared(folder: Path) -> Iterator[Row]:
    database = f"sqlite:///{folder}/bench.db"
    given = {"database": database, "model": str(model_folder(folder / "model")), "person_limit": 0, "team_limit": 0}
    async with open_club(load(**given), migrate=False, hosted=True) as club:
        assert club.vectors is not None
        team = await club.runner.write(lambda tx: tx.teams.add("one", "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, WorkspaceRef(BENCH, "one"), "one", team))
        await club.runner.write(lambda tx: _fill(tx, team.id))
        vectors, club.store._memory = club.store._memory, None
        await commands(club, -1)
        gc.collect()
        before = memory.resident(os.getpid())
        club.store._memory = vectors
        await commands(club, -2)  # loads the model
        alone, beside, most, began, spent = [], [], before, time.monotonic(), 0.0
        for number in range(ROUNDS):
            alone += await commands(club, 2 * number)
            making, started = asyncio.create_task(club.vectors.run()), time.monotonic()
            beside += await commands(club, 2 * number + 1)
            most = max(most, memory.resident(os.getpid()))
            await making
            spent += time.monotonic() - started
        began = time.monotonic()
        while await club.vectors.run() is not None:
            most = max(most, memory.resident(os.getpid()))
        spent += time.monotonic() - began
        made = await club.runner.read(lambda tx: tx.vectors.progress(team.id))
        assert made is not None
        assert made.made == ENTRIES
        rows = [
            Row(
                what=f"p99 of commands while vectors are made, against quiet, {ENTRIES:,} entries",
                figure=at(99, beside) / at(99, alone),
                budget=P99_RATIO,
                unit="times",
                beside={f"p{p}_ms": [round(at(p, one), 2) for one in (alone, beside)] for p in (50, 99)},
            ),
            Row(
                what="memory that the vectors take while they are made",
                figure=most - before,
                budget=MEGABYTES,
                unit="MB",
                beside={"before_mb": round(before)},
            ),
            Row(what=f"the vectors of {ENTRIES:,} entries", figure=spent, budget=SECONDS, unit="s"),
            await _searches(club, team.id),
        ]
    return iter(rows)


def _fill(tx: object, team: TeamId) -> None:
    source = tx.entries.set_sources(team, ["/lists"])[0].id  # type: ignore[attr-defined]
    tx.entries.add(team, source, (("list.md", entry) for entry in shelf.entries(ENTRIES)))  # type: ignore[attr-defined]


async def _searches(club: Club, team: TeamId) -> Row:
    """What a search that was not typed before takes with vectors, less what it takes by words alone."""
    member = await club.runner.write(lambda tx: tx.teams.get_or_add_member(team, AccountRef(BENCH, "x"), "X").id)
    titles = [shelf.entry(number).title.split() for number in range(3, ENTRIES, max(ENTRIES // 200, 1))]
    lines = [f"{one[0]} {one[1]}" for one in titles if len(one) > 1]
    taken: dict[bool, list[float]] = {False: [], True: []}
    for meaning in (False, True):
        for line in lines:
            with club.store.begin(write=False) as tx:
                if not meaning:
                    tx.memory = None
                began = time.process_time()  # with the thread of the model, and the same on a busy machine
                search.find(tx, team, member, line, 1, 5)
                taken[meaning].append(time.process_time() - began)
    return Row(
        what=f"processor time that meaning adds to a search among {ENTRIES:,} entries, p50",
        figure=at(50, taken[True]) - at(50, taken[False]),
        budget=QUERY_MS,
        unit="ms",
        beside={f"p{p}_ms": [round(at(p, taken[one]), 2) for one in (False, True)] for p in (50, 99)},
    )


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, suppress(asyncio.CancelledError):
        yield from asyncio.run(compared(Path(folder)))
