"""R14: a machine's clock that jumps while digests go out, of which some are in doubt; the platform's does not.

On PostgreSQL the database is another machine, whose clock is right. On SQLite there is only the one that jumps.
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from tests.chaos import process, scaled
from tests.chaos.case import Case
from tests.chaos.r03_lost_answers import once_in_the_end
from tests.chaos.row import Figures, Row, Run, found
from tests.chaos.weather import Weather

LATER = 3601.0
JUMPS: dict[str, Sequence[tuple[float, float]]] = {
    "an hour ahead": [(0.3, 3600.0)],
    "an hour back, and right again": [(0.3, -3600.0), (4.0, 0.0)],
    "five minutes back": [(0.3, -scaled.real(300))],
    "an hour ahead, and right again": [(0.3, 3600.0), (4.0, 0.0), (12.0, LATER)],
    "slewed": [(0.3 + number / 10, number / 20) for number in range(1, 60)],
}
"""After how many seconds the clock is wrong by how many; `LATER` is no mistake, an hour goes by.

What a clock that ran an hour ahead put off is put off by that hour once the clock is right.
"""
SLEEP = 8 * 3600.0
LOST = Weather(lost=0.3)


def jump(jumps: Sequence[tuple[float, float]], case: Case) -> Figures:
    clock = case.folder / "clock"
    clock.write_text("0")
    case.start(clock=clock)
    process.until(lambda: case.count("post") > 0, 10, every=0.01)
    began = time.monotonic()
    for after, wrong in jumps:
        time.sleep(max(0.0, began + after - time.monotonic()))
        fresh = case.folder / "clock.new"
        fresh.write_text(str(wrong))
        if wrong == LATER:
            case.weather(replace(LOST, ahead=LATER))
        fresh.replace(clock)
    return _settled(case)


def _settled(case: Case) -> Figures:
    settled = case.settle(90, every=0.5)
    time.sleep(scaled.real(30))
    if case.verdict().doubled:
        process.until(case.swept, 60, every=0.5)
    figures = found(case.verdict(), unsettled=int(not settled))
    return {name: figure for name, figure in figures.items() if name not in ("late", "whole")}


def suspend(case: Case) -> Figures:
    """The machine sleeps for eight hours: nothing runs, then the clock is that much further."""
    clock = case.folder / "clock"
    clock.write_text("0")
    worker = case.start(clock=clock)
    process.until(lambda: case.count("post") > 2, 10, every=0.01)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(scaled.real(30))
    case.weather(replace(LOST, ahead=SLEEP))
    clock.write_text(str(SLEEP))
    os.kill(worker, signal.SIGCONT)
    return _settled(case)


def rows(long: bool) -> Iterator[Row]:
    times = 10 if long else 1
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            for what, jumps in JUMPS.items():
                runs = [Run(platform, engine, partial(jump, jumps), weather=LOST)] * times
                yield Row("R14", f"clock {what}, 30 % not answered", runs, held)
            runs = [Run(platform, engine, suspend, weather=LOST)] * times
            yield Row("R14", "suspended for 8 h, 30 % not answered", runs, held)


def held(figures: Figures) -> bool:
    """Once in the end: a clock that was set back makes a doubt look younger than the platform's memory of its key."""
    return once_in_the_end(figures) and not figures["unsettled"]
