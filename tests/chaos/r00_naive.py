"""R0: the same faults against a ledger that simply sends again what is in doubt. It must show duplicates."""

from collections.abc import Iterator
from functools import partial

from tests.chaos import process
from tests.chaos.case import Case
from tests.chaos.points import Point
from tests.chaos.row import Figures, Row, Run, found
from tests.chaos.weather import Weather


def kill(point: Point, case: Case) -> Figures:
    victim = case.start(point, 10, naive=True)
    process.until(lambda: process.exited(victim), 10, every=0.01)
    case.start(naive=True)
    case.finish(30)
    return found(case.verdict())


def drop(case: Case) -> Figures:
    case.start(naive=True)
    case.finish(40)
    return found(case.verdict())


def rows(long: bool) -> Iterator[Row]:
    kills = [
        Run("slack", engine, partial(kill, point))
        for engine in ("sqlite", "postgresql")
        for point in (Point.SENT, Point.ANSWERED)
    ]
    drops = [Run("slack", engine, drop, weather=Weather(lost=0.3)) for engine in ("sqlite", "postgresql")]
    yield Row("R0", "lease and retry, killed with posts on the wire: must double", kills, doubles)
    yield Row("R0", "lease and retry, 30 % not answered: must double", drops, doubles)


def doubles(figures: Figures) -> bool:
    return bool(figures["doubled"])
