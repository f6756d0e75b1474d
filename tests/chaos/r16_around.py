"""R16: what is sent around a digest and to members, under the faults of R1, R3 and R6.

The result of a vote, a host's notice, a vote that begins, the message once enough are in, the one that closes a week, a
reminder and a weekly note: in a third of 18 channels each, all at one moment.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from tests.chaos import process, scaled
from tests.chaos.case import Case
from tests.chaos.points import Point
from tests.chaos.r01_kills import SLOW, kill
from tests.chaos.r03_lost_answers import LOST, deliver, once_in_the_end
from tests.chaos.r06_pauses import pause
from tests.chaos.row import Figures, Row, Run, found

CHANNELS = 18
SWEPT_WITHIN = scaled.real(420)
LATENESS = ("late", "whole")


def rows(long: bool) -> Iterator[Row]:
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            around = partial(Run, platform, engine, channels=CHANNELS, around=True)
            kills = [
                around(partial(swept, partial(kill, point, hit)), weather=SLOW)
                for point in Point
                for hit in hits(point, long=long)
            ]
            yield Row("R16", f"around a digest: kill -9 at each of {len(Point)} points", kills, all_hit("kills"))
            lost = replace(LOST, private=True)
            times = 10 if long else 2
            runs = [around(partial(swept, partial(deliver, engine, 90)), weather=lost, part=0.3)] * times
            yield Row("R16", "around a digest: 30 % accepted, then not answered", runs, settled)
    for platform in ("slack", "discord"):
        around = partial(Run, platform, "postgresql", channels=CHANNELS, around=True)
        pauses = [
            around(partial(swept, partial(pause, point, 1 if "connect" in point else hit)))
            for point in Point
            for hit in (range(1, 20, 4) if long else (10,))
        ]
        yield Row("R16", f"around a digest: stopped for 90 s at each of {len(Point)} points", pauses, all_hit("pauses"))


def hits(point: Point, *, long: bool) -> Sequence[int]:
    """At which message each of the kills comes. Later ones may be another worker's, and one connection may be enough."""
    most = 1 if "connect" in point else 4
    return range(1, most + 1) if long else sorted({1, most})


def swept(script: Callable[[Case], Figures], case: Case) -> Figures:
    """The figures of the script once what was there twice is there once, as a sweep makes it."""
    figures = script(case)
    process.until(lambda: not case.verdict().doubled, SWEPT_WITHIN, every=0.5)
    verdict = case.verdict()
    return {name: one for name, one in {**figures, **found(verdict)}.items() if name not in LATENESS}


def settled(figures: Figures) -> bool:
    """Each is there once in the end."""
    return once_in_the_end(figures) and not figures["unsettled"]


def all_hit(what: str) -> Callable[[Figures], bool]:
    return lambda figures: settled(figures) and figures[what] == figures["runs"]
