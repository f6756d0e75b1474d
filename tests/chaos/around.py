"""What is sent around a digest and to members: a club in which all of it falls due at one moment, and what came of it.

Of every three channels the first has its next digest in 23 hours, so that its week is closed now; the second in 46,
so that a vote begins and its host is notified; the third has it now, and a vote for it is over. Before that moment
both others get a digest in calm weather. For each of the first two there is a member who hosts, has a reminder and
gets a weekly note.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters.discord import places
from adapters.slack import names
from bot.chat.platform import Actor
from bot.domain.ids import AccountRef, ChannelRef
from bot.domain.meeting import MeetingRules, Nominee, WeeklyTime
from bot.domain.personal import Reminder, WeeklyNote
from bot.domain.schedule import Schedule, Weekday
from bot.domain.team import Member, Role, Team
from bot.ports.store import Transaction
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import digests, schedules, takeaways, teams
from tests.chaos import slack_side
from tests.chaos.checker import Verdict, checked
from tests.chaos.journal import Line, Said
from tests.chaos.sky import SIDES
from tests.chaos.stage import ADMINS, DUE, WEEKS, WORKSPACES
from tests.fakes.clubhouse import write

A_WEEK = timedelta(weeks=1)
CLOSING, VOTING, FEATURING = range(3)
"""What falls due in a channel, by its number."""
DIGEST_AT = {CLOSING: timedelta(hours=23), VOTING: timedelta(hours=46), FEATURING: timedelta()}
FURNISHED = DUE - A_WEEK + timedelta(hours=1)
CALM = DUE - A_WEEK + DIGEST_AT[VOTING] + timedelta(seconds=5)
"""When the first digests are posted: those of the channels that close their week are 23 hours late by then."""
GOING = 3


def furnish(url: str, platform: str, channels: int, folder: Path) -> None:
    """Put it all into the database at the URL, but for what members do once there are digests."""
    asyncio.run(_furnish(url, platform, channels, folder))


async def _furnish(url: str, platform: str, channels: int, folder: Path) -> None:
    reading_list = folder / "list.md"
    write(reading_list, [f"Entry-{number}" for number in range(1, WEEKS + 3)])
    async with open_club(load(database=url), migrate=False) as club:
        club.clock.move_to(FURNISHED)
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.runner.write(lambda tx: teams.join(tx, WORKSPACES[platform], "ours", team))
        await club.lists.use(team, [reading_list])
        await club.runner.write(lambda tx: _arrange(tx, team, platform, channels))


def _arrange(tx: Transaction, team: Team, platform: str, channels: int) -> None:
    people = [_member(tx, team, platform, number) for number in range(channels)]
    pool = tx.schedules.candidates(team.id, ChannelRef(WORKSPACES[platform], "none"), ())
    for number, schedule in _schedules(tx, team, platform, channels):
        tx.meetings.save_rules(MeetingRules(schedule=schedule.id, vote_every=1))
        if number % 3 == FEATURING:
            nominees = [Nominee(entry=one.entry, reason="why not") for one in pool[:3]]
            tx.meetings.nominate(schedule.id, schedule.week_of(DUE), nominees)
            for voter in people[:2]:
                tx.meetings.vote(schedule.id, schedule.week_of(DUE), nominees[2].entry, voter.id, in_favour=True)
            continue
        member = people[number]
        tx.meetings.join_pool(schedule.id, member.id)
        tx.personal.remind(Reminder(member=member.id, entry=pool[0].entry, due_at=DUE))
        weekly = WeeklyTime(weekday=Weekday.MONDAY, at=DUE.time(), zone="UTC")
        tx.personal.save_note(WeeklyNote(member=member.id, weekly=weekly, due_at=DUE))


def _schedules(tx: Transaction, team: Team, platform: str, channels: int) -> Iterator[tuple[int, Schedule]]:
    for number, place in enumerate(SIDES[platform].places(channels)):
        channel, at = ChannelRef(WORKSPACES[platform], place), DUE + DIGEST_AT[number % 3]
        known = tx.schedules.of_channel(team.id, channel)
        if known is None:
            schedules.put(
                tx,
                team.id,
                channel,
                weekday=Weekday(at.weekday()),
                at=at.time(),
                zone="UTC",
                tags=(),
                by=ADMINS[platform],
            )
            known = tx.schedules.of_channel(team.id, channel)
        assert known is not None
        yield number, known


def _member(tx: Transaction, team: Team, platform: str, number: int) -> Member:
    person = SIDES[platform].person(number)
    account: AccountRef = names.account(slack_side.TEAM, person) if platform == "slack" else places.account(int(person))
    workspace = WORKSPACES[platform]
    return teams.admitted(tx, team, Actor(account=account, workspace=workspace, name=f"P{number}", role=Role.READER))


def gather(url: str, platform: str, channels: int) -> None:
    """At the moment at which all falls due: enough members are in for the first digests, and keep something of them."""
    asyncio.run(_gather(url, platform, channels))


async def _gather(url: str, platform: str, channels: int) -> None:
    def said(tx: Transaction) -> None:
        team = teams.get_or_create_default(tx, "UTC")
        people = [_member(tx, team, platform, number) for number in range(GOING)]
        for number, schedule in _schedules(tx, team, platform, channels):
            last = digests.latest(tx, schedule)
            if number % 3 == FEATURING:
                continue
            assert last is not None
            assert last.entry is not None
            for member in people:
                tx.meetings.say(schedule.id, last.week.week, member.id, going=True)
            takeaways.add(tx, people[0], last.entry, "Kept.", named=True)

    async with open_club(load(database=url), migrate=False) as club:
        club.clock.move_to(DUE)
        await club.runner.write(said)


def expected(platform: str, channels: int) -> list[tuple[Said, str]]:
    """What is to be sent, and where, beside the digests of the channels that have theirs now."""
    side, found = SIDES[platform], []
    for number, place in enumerate(side.places(channels)):
        if number % 3 == FEATURING:
            found.append((Said.VOTED, place))
            continue
        private = side.direct(side.person(number))
        found += [(Said.GATHERED, place), (Said.HOST, private), (Said.REMINDER, private), (Said.NOTE, private)]
        found.append((Said.CLOSING if number % 3 == CLOSING else Said.VOTE, place))
    return found


def first_places(platform: str, channels: int) -> list[str]:
    """The channels that had a digest before."""
    return [one for number, one in enumerate(SIDES[platform].places(channels)) if number % 3 != FEATURING]


def verdict(journal: Sequence[Line], platform: str, channels: int, due: Sequence[float]) -> Verdict:
    """Each was to be sent once. What was sent in another place than it belongs counts as doubled."""
    deleted = {line.ref for line in journal if line.what == "delete"}
    sent = Counter((Said(line.said), line.place) for line in journal if line.said)
    standing = Counter((Said(line.said), line.place) for line in journal if line.said and line.ref not in deleted)
    wanted = expected(platform, channels)
    featuring = [one for number, one in enumerate(SIDES[platform].places(channels)) if number % 3 == FEATURING]
    digest = checked(journal, featuring, due)
    return replace(
        digest,
        planned=digest.planned + len(wanted),
        lost=digest.lost + sum(not standing[one] for one in wanted),
        doubled=digest.doubled
        + sum(max(0, standing[one] - 1) for one in wanted)
        + sum(count for one, count in standing.items() if one not in wanted),
        repaired=digest.repaired + sum(sent[one] - standing[one] for one in wanted if one[0] is not Said.VOTED),
    )
