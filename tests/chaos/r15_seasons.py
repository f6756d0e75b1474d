"""R15: days on which the clocks change, ticked through on a real store: one post each, at its minute.

The reference walks through the minutes of UTC and reads what a wall clock shows; it shares nothing with the schedule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.digest import Outcome
from bot.domain.ids import AccountRef, ChannelRef, PlatformName, WorkspaceRef
from bot.domain.schedule import Weekday
from bot.service import digests, schedules, teams
from store.sql import SqlStore, open_store
from tests.chaos.case import Case
from tests.chaos.row import Figures, Row, Run
from tests.fakes.clock import FakeClock
from tests.fakes.kept import a_read_entry

PLACE = WorkspaceRef(PlatformName("season"), "W1")
MINUTE = timedelta(minutes=1)
SELDOM = timedelta(minutes=15)
NEAR = timedelta(minutes=65)
"""So near to its moment the ticker asks every minute, else every 15."""
AROUND = timedelta(hours=30)


@dataclass(frozen=True)
class Season:
    """A day on which the clocks of a zone change (or a year ends), and the times of day at which a post is due."""

    zone: str
    day: date
    at: tuple[time, ...]


NIGHT = (time(1, 30), time(2), time(2, 30), time(3))
SEASONS = (
    Season("Europe/Paris", date(2026, 3, 29), NIGHT),
    Season("Europe/Paris", date(2026, 10, 25), NIGHT),
    Season("America/New_York", date(2026, 3, 8), NIGHT),
    Season("America/New_York", date(2026, 11, 1), (time(0, 30), time(1), time(1, 30), time(2))),
    Season("Australia/Lord_Howe", date(2026, 10, 4), (time(1, 45), time(2), time(2, 15), time(2, 30))),
    Season("Australia/Lord_Howe", date(2026, 4, 5), (time(1, 15), time(1, 30), time(1, 45), time(2))),
    Season("Africa/Casablanca", date(2026, 2, 15), NIGHT),
    Season("Africa/Casablanca", date(2026, 3, 22), NIGHT),
    Season("Pacific/Apia", date(2011, 12, 31), (time(0), time(0, 30))),
    Season("America/Santiago", date(2026, 9, 6), (time(0), time(0, 30), time(1))),
    Season("Europe/Berlin", date(2027, 1, 1), (time(0), time(23, 59))),
)
"""In Apia there was no 30 December 2011; in Santiago midnight is skipped; 2026 has a week 53."""


def tick(case: Case) -> Figures:
    """From the day before each of these days to the day after."""
    figures = {"planned": 0, "lost": 0, "doubled": 0, "wrong_time": 0}
    for number, season in enumerate(SEASONS):
        for place, at in enumerate(season.at):
            wanted = first_moment(season, at)
            moments = ticked(case.folder / f"season-{number}-{place}.db", season, at, wanted)
            figures["planned"] += 1
            figures["lost"] += not moments
            figures["doubled"] += max(0, len(moments) - 1)
            figures["wrong_time"] += moments[:1] != [wanted]
    return figures


def first_moment(season: Season, at: time) -> datetime:
    """The first minute at which the wall clock shows this time of this day, or has passed it."""
    local = datetime.combine(season.day, at)
    moment = datetime.combine(season.day, time(), UTC) - AROUND
    while moment.astimezone(ZoneInfo(season.zone)).replace(tzinfo=None) < local:
        moment += MINUTE
    return moment


def ticked(path: Path, season: Season, at: time, wanted: datetime) -> list[datetime]:
    """When the ticker planned a post; it asks every minute where one is wanted, and for an hour around."""
    start = datetime.combine(season.day, time(), UTC) - AROUND
    clock = FakeClock(start - timedelta(days=5))
    store = open_store(f"sqlite:///{path}", clock)
    try:
        _set_up(store, season, at)
        clock.advance(timedelta(days=5))
        planned = []
        while clock.now() < start + 2 * AROUND:
            with store.begin(write=False) as reading:
                due = digests.due(reading).slots
            if due:
                with store.begin(write=True) as tx:
                    ticks = digests.plan_due(tx)
                planned += [clock.now() for one in ticks if one.outcome is Outcome.PLANNED]
            clock.advance(MINUTE if abs(clock.now() - wanted) < NEAR else SELDOM)
        return planned
    finally:
        store.close()


def _set_up(store: SqlStore, season: Season, at: time) -> None:
    with store.begin(write=True) as tx:
        team = teams.get_or_create_default(tx, "UTC")
        teams.join(tx, PLACE, "ours", team)
        source = tx.entries.set_sources(team.id, ["/list"])[0].id
        tx.entries.add(team.id, source, [("list.md", a_read_entry(f"Entry {number}")) for number in range(3)])
        schedules.put(
            tx,
            team.id,
            ChannelRef(PLACE, "C1"),
            weekday=Weekday(season.day.weekday()),
            at=at,
            zone=season.zone,
            tags=(),
            by=AccountRef(PLACE.platform, "ana"),
        )


def rows(long: bool) -> Iterator[Row]:
    run = Run("slack", "sqlite", tick, channels=1)
    yield Row("R15", "the clocks change in 8 zones, a tick each minute", [run], on_time)


def on_time(figures: Figures) -> bool:
    return not (figures["lost"] or figures["doubled"] or figures["wrong_time"])
