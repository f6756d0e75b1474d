"""A year of digests in zones that change their clocks: one a week each, whatever the hour."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from bot.domain.schedule import Weekday
from bot.domain.times import wall_time
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.runtime.stage import LocalStage
from bot.service import schedules, teams
from tests.fakes.platform import WORKSPACE, RecordingPlatform, account, channel

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Tehran")
TIMES = ("00:00", "02:30")
WEEKS = 53
POOL = 20
START = datetime(2021, 3, 8, 12, tzinfo=UTC)


def slot_name(zone: str, at: str) -> str:
    return f"{zone} {at}"


async def a_year(database: str, reading_list: Path) -> RecordingPlatform:
    """A channel for each zone and time, all posting on Sundays, the day on which most clocks change."""
    platform = RecordingPlatform()
    async with open_club(load(database=database), migrate=False) as club:
        club.clock.move_to(START)
        club.join(platform)
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.lists.use(team, [reading_list])
        await set_schedules(club)
        stage = LocalStage(club, team)
        for _ in range(WEEKS):
            await stage.advance(timedelta(days=7))
    return platform


async def set_schedules(club: Club) -> None:
    def put(tx: Transaction) -> None:
        team = teams.get_or_create_default(tx, "UTC")
        teams.join(tx, WORKSPACE, "ours", team)
        for zone, at in product(ZONES, TIMES):
            schedules.put(
                tx,
                team.id,
                channel(slot_name(zone, at)),
                weekday=Weekday.SUNDAY,
                at=wall_time(at),
                zone=zone,
                tags=(),
                by=account(),
            )

    await club.runner.write(put)


async def test_every_channel_gets_53_digests_in_53_weeks_none_twice_and_no_entry_before_its_turn(
    tmp_path: Path,
) -> None:
    reading_list = tmp_path / "list.md"
    entries = [f"* [Entry {number}](https://example.org/{number})\n" for number in range(1, POOL + 1)]
    reading_list.write_text("".join(entries), encoding="utf-8")

    platform = await a_year(f"sqlite:///{tmp_path}/year.db", reading_list)

    posts: dict[str, list[int]] = {slot_name(*slot): [] for slot in product(ZONES, TIMES)}
    for posted in platform.roots():
        assert posted.card.entry is not None
        posts[posted.ref.channel.id].append(posted.card.entry.number)
    assert {name: len(numbers) for name, numbers in posts.items()} == dict.fromkeys(posts, WEEKS)
    for name, numbers in posts.items():
        for first in range(0, WEEKS, POOL):
            assert max(Counter(numbers[first : first + POOL]).values()) == 1, name
    assert len({posted.key for posted in platform.posted}) == len(platform.posted)
    assert not platform.told
