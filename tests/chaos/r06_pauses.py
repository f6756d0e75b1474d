"""R6: a worker that stands still for 90 s at each of the points, while another one goes on; then it wakes."""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial

from tests.chaos import process, scaled
from tests.chaos.case import Case
from tests.chaos.points import Point
from tests.chaos.r03_lost_answers import once_in_the_end
from tests.chaos.row import Figures, Row, Run, found

PAUSE = scaled.real(90)
AWAKE = scaled.real(20)
"""Nothing is judged before this: what another worker has finished is at rest while the one that woke still sends."""
SWEPT_WITHIN = scaled.real(420)


def pause(point: Point, hit: int, case: Case) -> Figures:
    sleeper = case.start(point, hit, by=signal.SIGSTOP)
    slept = process.until(lambda: process.stopped(sleeper), 10, every=0.01)
    case.start()
    time.sleep(PAUSE)
    os.kill(sleeper, signal.SIGCONT)
    time.sleep(AWAKE)
    settled = case.settle()
    seen_twice = case.verdict().seen_twice
    process.until(lambda: not case.verdict().doubled, SWEPT_WITHIN, every=0.5)
    return found(case.verdict(), pauses=int(slept), seen_twice=seen_twice, unsettled=int(not settled))


def rows(long: bool) -> Iterator[Row]:
    for platform in ("slack", "discord"):
        hits = range(1, 20, 2) if long else (10,)
        runs = [
            Run(platform, "postgresql", partial(pause, point, min(hit, 3) if "connect" in point else hit))
            for point in Point
            for hit in hits
        ]
        yield Row("R6", f"stopped for 90 s at each of {len(Point)} points, two workers", runs, woken)


def woken(figures: Figures) -> bool:
    return once_in_the_end(figures) and figures["pauses"] == figures["runs"] and not figures["unsettled"]
