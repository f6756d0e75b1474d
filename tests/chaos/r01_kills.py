"""R1: kill -9 at each of the fourteen points, then another worker. One kill covers 20 deliveries in 20 channels."""

from collections.abc import Iterator
from functools import partial

from tests.chaos import process
from tests.chaos.case import Case
from tests.chaos.points import Point
from tests.chaos.row import Figures, Row, Run, found, once_and_soon
from tests.chaos.weather import Weather

MAX_CONNECTIONS = 3
"""At least so many connections are made for 20 posts that are answered slowly."""
_FEWER = {Point.CONNECTING: MAX_CONNECTIONS, Point.CONNECTED: MAX_CONNECTIONS, Point.NEXT_STEP: 4}
"""Next steps may be taken by other workers too."""
SLOW = Weather(answers_after=0.15)
MAX_LIFE = 10.0


def hits(point: Point, kills: int) -> list[int]:
    """At which delivery each of the kills comes: from the first to the last one of the 20."""
    most = _FEWER.get(point, 20)
    return [1 + number * (most - 1) // max(kills - 1, 1) for number in range(kills)]


def kill(point: Point, hit: int, case: Case) -> Figures:
    """Kill one worker there, let another one take its place; on PostgreSQL two others are at work all the while."""
    victim = case.start(point, hit)
    if case.on_postgres:
        process.until(lambda: bool(case.journal()) or process.exited(victim), MAX_LIFE, every=0.01)
        case.start()
        case.start()
    died = process.until(lambda: process.exited(victim), MAX_LIFE, every=0.01)
    case.start()
    settled = case.settle()
    return found(case.verdict(), kills=int(died), unsettled=int(not settled))


def rows(long: bool) -> Iterator[Row]:
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            runs = [
                Run(platform, engine, partial(kill, point, hit), weather=SLOW)
                for point in Point
                for hit in hits(point, 50 if long else 5)
            ]
            yield Row("R1", f"kill -9 at each of {len(Point)} points", runs, all_hit)


def all_hit(figures: Figures) -> bool:
    """Every point was hit, and nothing came of it."""
    return once_and_soon(figures) and figures["kills"] == figures["runs"] and not figures["unsettled"]
