"""How long a completion of an entry takes among 5,000."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.chat.platform import Actor
from bot.domain.ids import AccountRef, PlatformName, WorkspaceRef
from bot.domain.value import Kind
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.bench.row import Row

ENTRIES = 5_000
ROUNDS = 1_000
TYPED = ("", "1", "49", "#1234", "caching", "of the", "zzz", "note 4999", "a")
PLACE = WorkspaceRef(PlatformName("bench"), "1")


async def seconds(folder: Path) -> list[float]:
    """Seconds of each call, sorted."""
    path = folder / "list.md"
    path.write_text(
        "".join(f"* [Note {n} of the caching sort](https://example.org/{n})\n" for n in range(1, ENTRIES + 1)),
        encoding="utf-8",
    )
    async with open_club(load(database=f"sqlite:///{folder}/bench.db"), migrate=False) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, PLACE, "bench", team))
        await club.lists.use(team, [path])
        actor = Actor(account=AccountRef(PLACE.platform, "ana"), workspace=PLACE, name="ana")
        taken = []
        for number in range(ROUNDS):
            began = time.perf_counter()
            await club.dispatcher.complete(actor, Kind.ENTRY, TYPED[number % len(TYPED)])
            taken.append(time.perf_counter() - began)
        return sorted(taken)


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        taken = asyncio.run(seconds(Path(folder)))
    yield Row(
        what=f"completion among {ENTRIES:,} entries, p99",
        figure=taken[len(taken) * 99 // 100] * 1000,
        budget=50,
        unit="ms",
        beside={"p50_ms": round(taken[len(taken) // 2] * 1000, 2)},
    )
