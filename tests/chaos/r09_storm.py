"""R9: one workspace is asked to wait, by 429s that name anything from 1 to 600 s, while another one's digests fall due."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.chaos import process
from tests.chaos.case import Case
from tests.chaos.chance import drawn
from tests.chaos.row import Figures, Row, Run
from tests.chaos.scaled import SCALE, real
from tests.chaos.sky import SIDES, ahead
from tests.chaos.weather import Weather

STORM = real(300)
OTHERS = 20
MINUTE = 60.0
LONGEST = 150.0
BEFORE = 15.0
"""Seconds that the worker is at work when the other workspace's digests fall due."""
DELAYED = 5.0
"""Seconds by which the storm may delay the other workspace's digests, p99."""


def storm(case: Case) -> Figures:
    """`other` and `calm` are the lateness of the other workspace's digests, with the storm and without."""
    stormy = bool(case.order.two) and case.channels > OTHERS
    case.weather(_weather(case) if stormy else Weather())
    due = time.monotonic() + BEFORE
    case.start(virtual=ahead(case.order.virtual, MINUTE - BEFORE - (time.monotonic() - case.began)))
    theirs = SIDES[case.platform].other_places(OTHERS)
    process.until(lambda: len(_first(case, theirs)) == OTHERS, BEFORE + MINUTE, every=0.5)
    case.settle(LONGEST, every=0.5)
    journal, first = case.journal(), _first(case, theirs)
    verdict = case.verdict()
    return {
        "planned": verdict.planned,
        "lost": verdict.lost + len(theirs) - len(first),
        "doubled": verdict.doubled,
        "busy": sum(line.what == "busy" for line in journal),
        "early": sum(line.what == "early" for line in journal),
        "other" if stormy else "calm": sorted((at - due) * SCALE for at in first.values()),
    }


def _first(case: Case, places: Sequence[str]) -> dict[str, float]:
    """When the first post arrived, by channel."""
    posts = [line for line in case.journal() if line.what == "post" and line.place in places]
    return {line.place: line.at for line in reversed(posts)}


def _weather(case: Case) -> Weather:
    busy = {place: real(drawn(place, 1, 600)) for place in case.places}
    return replace(Weather(), storm_until=time.monotonic() + STORM, busy=busy)


def rows(long: bool) -> Iterator[Row]:
    for engine in ("sqlite", "postgresql"):
        for platform in ("slack", "discord"):
            runs = [
                Run(platform, engine, storm, channels=200, others=OTHERS, part=0.5),
                Run(platform, engine, storm, channels=OTHERS, others=OTHERS),
            ]
            yield Row("R9", "429 for 200 channels of one workspace; 20 of another", runs, weathered)


def weathered(figures: Figures) -> bool:
    """Nobody asked too early, nothing was lost, and the others hardly noticed."""
    delayed = figures.get("other_p99_s", float("inf")) - figures.get("calm_p99_s", 0.0)
    return not (figures["early"] or figures["lost"] or figures["doubled"]) and delayed < DELAYED
