"""One run over one database: a platform, workers that come and go, and what the journal says in the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.chaos import around, process, sky, worker
from tests.chaos.around import CALM
from tests.chaos.checker import Verdict, checked
from tests.chaos.journal import Line, read
from tests.chaos.points import Point
from tests.chaos.stage import DUE
from tests.chaos.weather import Weather, set_weather
from tests.chaos.worker import Order

LONGEST = 60.0
"""Seconds after which a run is judged as it stands."""


@dataclass
class Case:
    """`began` is the moment (monotonic) at which the first digests fell due."""

    folder: Path
    platform: str
    channels: int
    order: Order
    began: float
    due: list[float]
    workers: list[int] = field(default_factory=list)

    @property
    def places(self) -> list[str]:
        return sky.SIDES[self.platform].places(self.channels)

    def journal(self) -> list[Line]:
        """What was noted since the run began."""
        path = self.folder / "journal"
        return [line for line in read(path) if line.at >= self.began] if path.exists() else []

    def weather(self, weather: Weather) -> None:
        set_weather(self.folder / "weather.json", weather)

    def start(self, point: Point | None = None, hit: int = 1, **changes: Any) -> int:
        """One more worker; its id."""
        order = replace(self.order, point=point, hit=hit, **changes)
        log = self.folder / f"worker-{len(self.workers)}.log"
        pid = process.forked(lambda: worker.toil(order), log)
        self.workers.append(pid)
        return pid

    def verdict(self) -> Verdict:
        if self.order.around:
            return around.verdict(self.journal(), self.platform, self.channels, self.due)
        return checked(self.journal(), self.places, self.due)

    def arrived(self) -> bool:
        """Whether everything that was planned is there."""
        verdict = self.verdict()
        return verdict.lost == 0 and verdict.bare == 0

    def idle(self) -> bool:
        """Whether the ledger owes nothing more, so that there is nothing to wait for; no part of any verdict."""
        return owed(self.order.url) == 0

    def swept(self) -> bool:
        """Whether nothing is left to be looked at once more, as what was in doubt is after five minutes."""
        return _rows(self.order.url, "sweep_at IS NOT NULL") == 0

    def settle(self, longest: float = LONGEST, every: float = 0.2) -> bool:
        """Wait until all is there and nothing more is owed."""
        return process.until(lambda: self.arrived() and self.idle(), longest, every)

    def finish(self, longest: float = LONGEST, every: float = 0.2) -> bool:
        """Wait until nothing more is owed, whatever came of it."""
        return process.until(lambda: bool(self.journal()) and self.idle(), longest, every)

    def begin_around(self, weather: Weather) -> None:
        """Post the first digests, then let the moment come at which all that is around them falls due."""
        worker = self.start()
        places = around.first_places(self.platform, self.channels)
        posted = process.until(lambda: not checked(self.journal(), places, self.due).lost and self.idle(), LONGEST)
        process.killed(worker)
        log = self.folder / "gather.log"
        gathered = process.forked(lambda: around.gather(self.order.url, self.platform, self.channels), log)
        process.until(lambda: process.exited(gathered), LONGEST)
        if not posted:
            raise RuntimeError("the first digests were not posted")
        ahead = (DUE - CALM).total_seconds() - (time.monotonic() - self.began)
        self.weather(replace(weather, ahead=ahead))
        self.order = replace(self.order, virtual=sky.ahead(self.order.virtual, ahead), around=True)
        self.began = time.monotonic()
        self.due = [self.began]

    @property
    def on_postgres(self) -> bool:
        return self.order.url.startswith("postgresql")

    def count(self, what: str) -> int:
        """How many lines of this kind the journal has."""
        return sum(line.what == what for line in self.journal())


def owed(url: str) -> int:
    """How many rows of the ledger are not at an end, those left out that wait for one that waits for a person."""
    ended = "'sent', 'refused', 'skipped', 'needs_human'"
    return _rows(url, f"state NOT IN ({ended}) AND not_before IS NOT NULL")


def _rows(url: str, where: str) -> int:
    query = f"SELECT count(*) FROM delivery WHERE {where}"
    if url.startswith("sqlite"):
        import sqlite3

        known = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=5)
        try:
            return int(known.execute(query).fetchone()[0])
        finally:
            known.close()
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def open_club(
    folder: Path,
    url: str,
    platform: str,
    channels: int,
    weather: Weather | None = None,
    others: int = 0,
    *,
    meets: bool = False,
) -> Iterator[Case]:
    """A case whose platform listens; every process of it is gone at the end. With `meets` the first digests are posted,
    in calm weather.
    """
    weather = weather or Weather()
    set_weather(folder / "weather.json", Weather() if meets else weather)
    virtual = sky.started_at((CALM if meets else DUE).timestamp())
    began = time.monotonic()
    server = process.forked(lambda: sky.shine(platform, folder, channels, others, virtual), folder / "sky.log")
    order = Order(url=url, platform=platform, port=0, virtual=virtual, two=others > 0)
    case = Case(folder, platform, channels, order, began, [began])
    try:
        if not process.until((folder / "port").exists, 10, every=0.01):
            raise RuntimeError(f"the platform does not listen: {(folder / 'sky.log').read_text()}")
        case.order = replace(order, port=int((folder / "port").read_text()))
        if meets:
            case.begin_around(weather)
        yield case
    finally:
        for pid in (*case.workers, server):
            process.killed(pid)
