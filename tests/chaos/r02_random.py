"""R2: workers killed at any moment while hundreds of digests are due at once; each dead one is replaced at once."""

import time
from collections.abc import Iterator
from functools import partial

from tests.chaos import process
from tests.chaos.case import Case
from tests.chaos.chance import drawn
from tests.chaos.row import Figures, Row, Run, found, once

WORKERS = {"sqlite": 1, "postgresql": 4}
"""SQLite has one process."""
KILLED_EVERY = {"sqlite": (2.0, 5.0), "postgresql": (0.4, 2.0)}
"""Seconds between two kills: a lone worker needs some to get anywhere."""
MAX_KILLING = 60.0


def harass(engine: str, case: Case) -> Figures:
    alive = [case.start() for _ in range(WORKERS[engine])]
    began, kills = time.monotonic(), 0
    while time.monotonic() - began < MAX_KILLING and not case.arrived():
        time.sleep(drawn(f"wait {kills}", *KILLED_EVERY[engine]))
        victim = alive.pop(int(drawn(f"who {kills}", 0, len(alive))))
        process.killed(victim)
        alive.append(case.start())
        kills += 1
    settled = case.settle(120, every=1.0)
    return found(case.verdict(), kills=kills, unsettled=int(not settled))


def rows(long: bool) -> Iterator[Row]:
    for engine, platform, channels in (
        ("postgresql", "slack", 500),
        ("postgresql", "discord", 500),
        ("sqlite", "slack", 250),
        ("sqlite", "discord", 250),
    ):
        run = Run(platform, engine, partial(harass, engine), channels, part=1.0)
        what = f"kill -9 at random, {WORKERS[engine]} worker(s), {channels} digests"
        yield Row("R2", what, [run] * (10 if long else 1), lambda figures: once(figures) and not figures["unsettled"])
