"""A club that is furnished and due: a database with a list, and a weekly schedule for each of so many channels."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from adapters.discord import places
from adapters.slack import names
from bot.domain.ids import AccountRef, ChannelRef, TeamId
from bot.domain.schedule import Weekday
from bot.ports.store import Transaction
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import schedules, teams
from tests.chaos import discord_side, slack_side
from tests.chaos.sky import SIDES
from tests.fakes.clubhouse import write
from tests.fakes.discord_rest import GUILD

DUE = datetime(2026, 3, 9, 9, tzinfo=UTC)
"""A Monday; every schedule falls due at this moment of each week."""
FURNISHED = DUE - timedelta(days=5)
WEEKS = 8
"""At most so many weeks run, each with another entry."""

WORKSPACES = {"slack": names.workspace(slack_side.TEAM), "discord": places.workspace(int(GUILD))}
OTHERS = {"slack": names.workspace(slack_side.OTHER_TEAM), "discord": places.workspace(int(discord_side.OTHER_GUILD))}
ADMINS = {
    "slack": names.account(slack_side.TEAM, slack_side.USER),
    "discord": places.account(int(discord_side.USER)),
}


def furnish(url: str, platform: str, channels: int, folder: Path, others: int = 0) -> None:
    """Put it all into the database at the URL; the others are a second workspace's, due a minute later."""
    asyncio.run(_furnish(url, platform, channels, folder, others))


async def _furnish(url: str, platform: str, channels: int, folder: Path, others: int) -> None:
    reading_list = folder / "list.md"
    write(reading_list, [f"Entry-{number}" for number in range(1, WEEKS + 3)])
    workspace, admin = WORKSPACES[platform], ADMINS[platform]
    async with open_club(load(database=url), migrate=False) as club:
        club.clock.move_to(FURNISHED)
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, workspace, "ours", team))
        await club.lists.use(team, [reading_list])
        channels_of = [ChannelRef(workspace, place) for place in SIDES[platform].places(channels)]
        await club.runner.write(lambda tx: _give_slots(tx, team.id, channels_of, admin, time(9)))
        if others:
            neighbour = await club.runner.write(lambda tx: tx.teams.add("neighbours", "UTC"))
            await club.runner.write(lambda tx: teams.join(tx, OTHERS[platform], "neighbours", neighbour))
            await club.lists.use(neighbour, [reading_list])
            their = [ChannelRef(OTHERS[platform], place) for place in SIDES[platform].other_places(others)]
            await club.runner.write(lambda tx: _give_slots(tx, neighbour.id, their, admin, time(9, 1)))


def _give_slots(tx: Transaction, team: TeamId, channels: Sequence[ChannelRef], admin: AccountRef, at: time) -> None:
    for channel in channels:
        schedules.put(tx, team, channel, weekday=Weekday.MONDAY, at=at, zone="UTC", tags=(), by=admin)
