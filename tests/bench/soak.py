"""Whether a process that goes on and on grows: 100,000 mixed commands, reactions and deliveries in one of them.

`DOGEAR_SOAK` sets another number.
"""

import asyncio
import gc
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.chat.platform import Actor, Invocation, Reacted, Unreacted
from bot.domain.card import Card
from bot.domain.errors import StoreBusy
from bot.domain.ids import ChannelRef, InvocationId, MessageRef, ThreadRef
from bot.domain.reading import ReadingState
from bot.domain.record import record
from bot.runtime.assemble import Club, opened
from bot.runtime.clock import SystemClock
from bot.runtime.metrics import Metrics
from bot.runtime.settings import load
from bot.service import teams
from tests.bench.row import Row
from tests.fakes.platform import NAME, WORKSPACE, RecordingPlatform, account, channel

THINGS = int(os.environ.get("DOGEAR_SOAK", "100000"))
AT_ONCE = 20
ENTRIES = 1_000
PEOPLE = 500
CHANNELS = 2_000
BUDGET = 1.05
LINES = (
    "random",
    "search caching sort",
    "search cachnig is:unread",
    "show #{entry}",
    "read #{entry}",
    "unread #{entry}",
    "later #{entry}",
    "next",
    "list page:{page}",
    "stats",
    "tags",
    "help search",
    "show #999999",
    "nonsense",
)


@dataclass
class Forgetful(RecordingPlatform):
    """Takes everything and keeps the number alone."""

    taken: int = 0
    known: list[MessageRef] = field(default_factory=list)

    async def post(self, channel: ChannelRef, card: Card, *, key: str, thread: ThreadRef | None = None) -> MessageRef:
        self.taken += 1
        posted = MessageRef(channel, key)
        self.known = [*self.known[-99:], posted]
        return posted

    async def open_thread(self, message: MessageRef, title: str) -> ThreadRef:
        self.taken += 1
        return ThreadRef(message.channel, message.id)

    async def react(self, message: MessageRef, meaning: ReadingState) -> None:
        self.taken += 1


@record
class Size:
    """What the process holds."""

    resident: int
    descriptors: int
    threads: int
    taken: int


def size(platform: Forgetful) -> Size:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Size(
        resident=pages * os.sysconf("SC_PAGE_SIZE"),
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 -- their number is all that is asked
        threads=threading.active_count(),
        taken=platform.taken,
    )


async def one(club: Club, platform: Forgetful, number: int) -> None:
    """A command, every third time a reaction, every twelfth a post."""
    actor = Actor(account=account(f"person {number % PEOPLE}"), workspace=WORKSPACE, name="Somebody")
    use = InvocationId(f"soak:{number}")
    if number % 12 == 0:
        where = channel(f"channel-{number % CHANNELS}")
        await club.dispatcher.invoke(
            Invocation(id=use, call=f"share #{number % ENTRIES + 1}", actor=actor, channel=where)
        )
    elif number % 3 == 0 and platform.known:
        happening = reaction(platform.known[number % len(platform.known)], actor, club.clock.now(), number)
        with suppress(StoreBusy):  # on a machine with much else to do: a platform would bring it again
            await club.dispatcher.happened(happening, use)
    else:
        line = LINES[number % len(LINES)].format(entry=number % ENTRIES + 1, page=number % 20 + 1)
        await club.dispatcher.invoke(Invocation(id=use, call=line, actor=actor, channel=channel()))


def reaction(message: MessageRef, actor: Actor, at: datetime, number: int) -> Reacted | Unreacted:
    kind = Unreacted if number % 2 else Reacted
    return kind(actor=actor, message=message, emoji="✅", meaning=ReadingState.READ, at=at)


async def half(club: Club, platform: Forgetful, numbers: range) -> Size:
    """Carry out so many things, so many at a time, and let what is owed be delivered."""
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await one(club, platform, number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    while await club.runner.read(lambda tx: tx.deliveries.open()):  # noqa: ASYNC110 -- the ledger tells nobody
        await asyncio.sleep(0.1)
    return size(platform)


async def sizes(folder: Path) -> tuple[Size, Size]:
    path = folder / "list.md"
    path.write_text(
        "".join(
            f"* [tag{n % 7}] [Note {n} of the caching sort](https://example.org/{n})\n" for n in range(1, ENTRIES + 1)
        ),
        encoding="utf-8",
    )
    settings = load(database=f"sqlite:///{folder}/bench.db", person_limit=10_000_000, team_limit=10_000_000)
    async with opened(settings, migrate=False, meter=Metrics(SystemClock()), hosted=True) as club:
        platform = Forgetful()
        club.join(platform)
        team = await club.runner.write(lambda tx: teams.found_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, WORKSPACE, NAME, team))
        await club.lists.use(team, [path])
        async with club.at_work():
            return (
                await half(club, platform, range(THINGS // 2)),
                await half(club, platform, range(THINGS // 2, THINGS)),
            )


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        first, second = asyncio.run(sizes(Path(folder)))
    yield Row(
        what=f"resident memory after {THINGS:,} things against after half of them",
        figure=second.resident / first.resident,
        budget=BUDGET,
        unit="times",
        beside={
            "megabytes": [round(one.resident / 1e6, 1) for one in (first, second)],
            "descriptors": [first.descriptors, second.descriptors],
            "threads": [first.threads, second.threads],
            "deliveries": second.taken,
        },
    )
    yield Row(
        what="descriptors and threads more after the second half",
        figure=max(second.descriptors - first.descriptors, 0) + max(second.threads - first.threads, 0),
        budget=0,
        unit="",
    )
