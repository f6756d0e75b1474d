"""Whether a process that goes on and on grows: 100,000 mixed commands, reactions and deliveries in one of them, after as
many as fill what it may keep. `DOGEAR_SOAK` sets another number; far fewer than 100,000 say little.

What is resident goes up and down by a tenth: each connection of SQLite keeps up to 4 MB of pages, throws them away when
another has written, and the C library keeps the room. So a half is judged by the median of several moments; and what
would grow for ever, which that hides while it is small, by what Python and the C library have given out and not got back.
"""

import asyncio
import ctypes
import gc
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from bot.chat.platform import Actor, Invocation, Reacted, Unreacted
from bot.domain.card import Card
from bot.domain.errors import StoreBusy
from bot.domain.ids import ChannelRef, InvocationId, MessageRef, ThreadRef
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.clock import SystemClock
from bot.runtime.metrics import Metrics
from bot.runtime.settings import load
from bot.service import teams
from tests.bench.row import Row
from tests.fakes.platform import NAME, WORKSPACE, RecordingPlatform, account, channel

THINGS = int(os.environ.get("DOGEAR_SOAK", "100000"))
FILLING = THINGS // 5
"""Things that come before the first half: the database outgrows the caches, and each statement has been prepared."""
MOMENTS = 10
"""At which the process is looked at in each half."""
AT_ONCE = 20
ENTRIES = 1_000
PEOPLE = 500
CHANNELS = 2_000
BUDGET = 1.05
OBJECTS, BYTES = 0.1, 50
"""Of Python's and of the C library's that may be left of each thing: statements are still prepared that are rarely used."""
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


@record
class Half:
    """What the process held at some moments of a half, and what was given out at its end."""

    sizes: Sequence[Size]
    objects: int
    given_out: int | None

    @property
    def resident(self) -> float:
        return median(one.resident for one in self.sizes)


def size(platform: Forgetful) -> Size:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Size(
        resident=pages * os.sysconf("SC_PAGE_SIZE"),
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 -- their number is all that is asked
        threads=threading.active_count(),
        taken=platform.taken,
    )


class Mallinfo(ctypes.Structure):
    """Of https://man7.org/linux/man-pages/man3/mallinfo.3.html."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = tuple((name, ctypes.c_size_t) for name in _names.split())


def given_out(club: Club) -> int | None:
    """Bytes that the C library's `malloc` has given out; None if it is not glibc 2.33 or later, which tells.

    Without what SQLite's connections keep, 4 MB of pages and 128 statements each: one that is seldom taken fills its own for
    as long as the bench lasts. So they are closed first, and opened anew by whoever asks next.
    """
    tell = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if tell is None:
        return None
    tell.restype = Mallinfo
    club.store._engine.dispose()
    told = tell()
    return int(told.uordblks + told.hblkhd)


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
            await club.dispatcher.handle(happening, use)
    else:
        line = LINES[number % len(LINES)].format(entry=number % ENTRIES + 1, page=number % 20 + 1)
        await club.dispatcher.invoke(Invocation(id=use, call=line, actor=actor, channel=channel()))


def reaction(message: MessageRef, actor: Actor, at: datetime, number: int) -> Reacted | Unreacted:
    kind = Unreacted if number % 2 else Reacted
    return kind(actor=actor, message=message, emoji="✅", meaning=ReadingState.READ, at=at)


async def part(club: Club, platform: Forgetful, numbers: range) -> Size:
    """Carry out so many things, so many at a time, and let what is owed be delivered."""
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await one(club, platform, number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    while await club.runner.read(lambda tx: tx.ledger.count_by_state()):  # noqa: ASYNC110 -- the ledger tells nobody
        await asyncio.sleep(0.1)
    return size(platform)


async def half(club: Club, platform: Forgetful, numbers: range) -> Half:
    ends = [numbers[0] + len(numbers) * moment // MOMENTS for moment in range(MOMENTS + 1)]
    sizes = [await part(club, platform, range(start, end)) for start, end in pairwise(ends)]
    return Half(sizes=sizes, objects=sys.getallocatedblocks(), given_out=given_out(club))


async def halves(folder: Path) -> tuple[Half, Half]:
    path = folder / "list.md"
    path.write_text(
        "".join(
            f"* [tag{n % 7}] [Note {n} of the caching sort](https://example.org/{n})\n" for n in range(1, ENTRIES + 1)
        ),
        encoding="utf-8",
    )
    settings = load(database=f"sqlite:///{folder}/bench.db", person_limit=10_000_000, team_limit=10_000_000)
    async with open_club(settings, migrate=False, metrics=Metrics(SystemClock()), hosted=True) as club:
        platform = Forgetful()
        club.join(platform)
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, WORKSPACE, NAME, team))
        await club.lists.use(team, [path])
        async with club.at_work():
            await part(club, platform, range(FILLING))
            middle = FILLING + THINGS // 2
            return (
                await half(club, platform, range(FILLING, middle)),
                await half(club, platform, range(middle, FILLING + THINGS)),
            )


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        first, second = asyncio.run(halves(Path(folder)))
    yield from judged(first, second, THINGS)


def judged(first: Half, second: Half, things: int) -> Iterator[Row]:
    """The halves of so many things."""
    both, ends = (first, second), (first.sizes[-1], second.sizes[-1])
    yield Row(
        what=f"resident memory in the second half of {things:,} things against in the first",
        figure=second.resident / first.resident,
        budget=BUDGET,
        unit="times",
        beside={
            "megabytes": [round(one.resident / 1e6, 1) for one in both],
            "moments": [[round(size.resident / 1e6) for size in one.sizes] for one in both],
            "deliveries": ends[1].taken,
        },
    )
    yield Row(
        what="objects of Python left of each thing of the second half",
        figure=(second.objects - first.objects) / (things // 2),
        budget=OBJECTS,
        unit="",
        beside={"objects": [one.objects for one in both]},
    )
    if first.given_out and second.given_out:
        yield Row(
            what="memory of the C library left of each thing of the second half",
            figure=(second.given_out - first.given_out) / (things // 2),
            budget=BYTES,
            unit="bytes",
            beside={"megabytes": [round(given / 1e6, 2) for given in (first.given_out, second.given_out)]},
        )
    yield Row(
        what="descriptors and threads more after the second half",
        figure=max(ends[1].descriptors - ends[0].descriptors, 0) + max(ends[1].threads - ends[0].threads, 0),
        budget=0,
        unit="",
        beside={
            "descriptors": [one.descriptors for one in ends],
            "threads": [one.threads for one in ends],
        },
    )
