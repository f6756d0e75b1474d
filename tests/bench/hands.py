"""People who do two things to one entry within 20 ms, in one and in three processes: how many end in a wrong state, or
in another one than they were told. Each run has 400 newcomers for every case.
"""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.bench.row import Row
from tests.fakes.clubhouse import write
from tests.fakes.hands import CASES, Case, people, planned, play, prepare, wrong
from tests.fakes.platform import WORKSPACE
from tests.fakes.postgres import running as postgres

PEOPLE = 400
RUNS = 6


async def hands(database: str, process: int, processes: int) -> None:
    """One of the processes: for each line that names a case and a run it does its part, and says what was answered."""
    async with open_club(load(database=database), migrate=False) as club:
        while line := await asyncio.to_thread(sys.stdin.readline):
            number, run = json.loads(line)
            acts = [one for one in planned(CASES[number], run, PEOPLE, processes) if one.process == process]
            say(await play(club, acts))


def say(answers: Mapping[str, list[str]]) -> None:
    print(json.dumps(answers), flush=True)  # noqa: T201 -- the other side of a pipe


async def started(database: str, process: int, processes: int, stack: AsyncExitStack) -> Process:
    arguments = (sys.executable, "-m", "tests.bench.hands", database, str(process), str(processes))
    child = await asyncio.create_subprocess_exec(*arguments, stdin=PIPE, stdout=PIPE, limit=2**24)

    async def ended() -> None:
        assert child.stdin is not None
        child.stdin.close()
        await child.wait()

    stack.push_async_callback(ended)
    return child


async def told(child: Process, case: Case, run: int) -> dict[str, list[str]]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps([CASES.index(case), run]).encode() + b"\n")
    await child.stdin.drain()
    answers: dict[str, list[str]] = json.loads(await child.stdout.readline())
    return answers


async def counted(database: str, folder: Path, processes: int) -> dict[str, list[int]]:
    """How many of each run end wrong, by case."""
    reading_list = folder / "list.md"
    write(reading_list, ["Alpha"])
    found: dict[str, list[int]] = {}
    async with open_club(load(database=database), migrate=False) as club, AsyncExitStack() as stack:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, WORKSPACE, "ours", team))
        await club.lists.use(team, [reading_list])
        children = [await started(database, one, processes, stack) for one in range(processes)]
        for case in CASES:
            for run in range(RUNS):
                await prepare(club, case, run, PEOPLE)
                said = await asyncio.gather(*(told(child, case, run) for child in children))
                answers = together(said)
                who = people(case, run, PEOPLE)
                ended = await club.runner.read(lambda tx: wrong(tx, case, who, answers))  # noqa: B023 -- read at once
                found.setdefault(case.name, []).append(len(ended))
    return found


def together(said: list[dict[str, list[str]]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for answers in said:
        for person, titles in answers.items():
            merged.setdefault(person, []).extend(titles)
    return merged


def row(where: str, found: dict[str, list[int]]) -> Row:
    beside: dict[str, Any] = {"wrong in each run": found}
    return Row(
        what=f"{PEOPLE} people with two acts each within 20 ms, {RUNS} runs of {len(CASES)} cases, wrong states, {where}",
        figure=sum(map(sum, found.values())),
        budget=0,
        unit="states",
        beside=beside,
    )


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/bench.db"
        yield row("SQLite, one process", asyncio.run(counted(database, Path(folder), 1)))
    with postgres() as server:
        for processes in (1, 3):
            with tempfile.TemporaryDirectory() as folder, server.database() as url:
                found = asyncio.run(counted(url, Path(folder), processes))
                yield row(f"PostgreSQL, {processes} process{'es' if processes > 1 else ''}", found)


if __name__ == "__main__":
    asyncio.run(hands(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
