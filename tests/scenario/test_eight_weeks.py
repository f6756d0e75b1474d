"""A team's eight weeks on the terminal, in Slack and in Discord: with a restart in each week, and from two replicas."""

import asyncio
import io
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from adapters.terminal import screens
from adapters.terminal.places import PRIVATE
from adapters.terminal.platform import TerminalPlatform
from bot.domain.ids import AccountRef, InvocationId
from bot.domain.team import Role
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.runtime.stage import LocalStage
from bot.service import teams
from tests.fakes.server import Server, a_platform, a_server, shown_by
from tests.fakes.slack import FakeSlack, buttons, shown
from tests.fakes.slack_club import SlackClub, running
from tests.scenario.eight_weeks import (
    BEGINS,
    HOST_NOTICES,
    LIST,
    PUBLIC,
    WEEKS,
    Presses,
    Step,
    Types,
    Until,
    heard,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "terminal" / "eight-weeks.txt"
WIDTH = 88
NAMES = ("ana", "ben", "carla", "dave")


# -- the terminal ----------------------------------------------------------------------------------------------------


async def at_the_terminal(database: str, at: datetime, lines: Sequence[str]) -> tuple[str, datetime]:
    """One run of a private chat over the list; what is shown, and what its clock says at the end."""
    sink, local = io.StringIO(), PRIVATE
    admins = [AccountRef(local.platform, "ana")]
    async with open_club(load(database=database), migrate=True, local=local, admins=admins) as club:
        club.clock.move_to(at)
        team = await club.runner.write(lambda tx: teams.private(tx, local, "terminal", "UTC"))
        await club.lists.use(team, [LIST])
        platform = TerminalPlatform(
            stage=LocalStage(club, team),
            screen=screens.plain(io.StringIO("\n".join(lines)), sink, WIDTH),
            invocation_id=lambda: InvocationId(f"terminal:{club.clock.token()}"),
            speaker="ana",
            role=Role.ADMIN,
            workspace=local,
            kept="",
        )
        club.join(platform)
        await platform.run(club.dispatcher, club.vault)
        return sink.getvalue(), club.clock.now()


def lines_of(steps: Sequence[Step]) -> list[str]:
    lines, speaker = [], ""
    for step in steps:
        if isinstance(step, Until):
            lines.append(f"clock {step.weekday} {step.hour:02}:00 UTC")
            continue
        if step.who != speaker:
            speaker = step.who
            lines.append(f"as {speaker} admin" if speaker == "ana" else f"as {speaker}")
        lines.append(f"/blog {step.line}")
    return lines


def public_in(transcript: str) -> list[str]:
    """The public messages of a transcript that were shown for the first time."""
    found = []
    for block in transcript.split("\n\n"):
        lines = [line.strip().removeprefix("┃").strip() for line in block.splitlines() if line.strip().startswith("┃")]
        if lines and not lines[0].endswith("· changed"):
            found.append(
                heard("\n".join(lines[1:]), in_thread="in the thread" in lines[0] or "in a thread" in lines[0])
            )
    return found


async def test_eight_weeks_in_the_terminal_are_as_agreed(tmp_path: Path) -> None:
    database, at, shown_so_far = f"sqlite:///{tmp_path}/club.db", BEGINS, ""
    for number, ((says, steps), public) in enumerate(zip(WEEKS, PUBLIC, strict=True), start=1):
        said, at = await at_the_terminal(database, at, lines_of(steps))
        assert public_in(said) == list(public), number
        shown_so_far += f"{'=' * WIDTH}\nWeek {number}. {says}\n{'=' * WIDTH}\n\n{said.strip()}\n\n\n"
    whole = f"{shown_so_far.rstrip()}\n"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(whole, encoding="utf-8")

    assert whole == GOLDEN.read_text(encoding="utf-8")


# -- Slack and Discord -----------------------------------------------------------------------------------------------


class Door(Protocol):
    """A team on a platform, through the platform's own requests. With a second replica both are at work."""

    def replicas(self) -> Sequence[Club]: ...
    async def types(self, step: Types) -> str: ...
    async def presses(self, step: Presses) -> str: ...
    async def settle(self) -> None: ...
    def public(self) -> list[str]: ...
    def notified(self) -> list[str]: ...


async def play(door: Door, steps: Sequence[Step]) -> None:
    for step in steps:
        if isinstance(step, Until):
            await until(door, step)
            continue
        said = await (door.types(step) if isinstance(step, Types) else door.presses(step))
        assert said, step
        await door.settle()


async def until(door: Door, step: Until) -> None:
    """Let time pass in all replicas, from one thing that falls due to the next."""
    first, *others = door.replicas()
    end = step.after(first.clock.now())
    while True:
        now = first.clock.now()
        due = (await first.ticker.next_due(), await first.runner.read(lambda tx: tx.ledger.next_due()))
        at = min([one for one in due if one is not None and now < one < end], default=end)
        for club in (first, *others):
            club.clock.move_to(at)
        await door.settle()
        if at == end:
            return


class InSlack:
    def __init__(self, slack: FakeSlack, clubs: Sequence[SlackClub]) -> None:
        self.slack, self.clubs = slack, clubs

    def replicas(self) -> Sequence[Club]:
        return [one.club for one in self.clubs]

    async def types(self, step: Types) -> str:
        return shown(await self.clubs[-1].say(user(step.who), step.line))

    async def presses(self, step: Presses) -> str:
        post = next(one for one in reversed(self.slack.sent) if step.label in buttons(one.body))
        return shown(await self.clubs[-1].press(user(step.who), buttons(post.body)[step.label], ts=post.ts))

    async def settle(self) -> None:
        await asyncio.gather(*(one.stage.settle() for one in self.clubs))

    def public(self) -> list[str]:
        posts = [post for post in self.slack.sent if post.channel == "C0001"]
        return [heard(shown(post.body), in_thread=post.thread is not None) for post in posts]

    def notified(self) -> list[str]:
        posts = [post for post in self.slack.sent if "You host the next digest." in shown(post.body)]
        return [post.channel.removeprefix("D0").lower() for post in posts]


def user(name: str) -> str:
    return f"U0{name.upper()}"


@asynccontextmanager
async def in_slack(slack: FakeSlack, database: str, at: datetime, replicas: int) -> AsyncIterator[InSlack]:
    async with AsyncExitStack() as stack:
        clubs = []
        for _ in range(replicas):
            club = await stack.enter_async_context(running(slack, database, LIST))
            club.club.clock.move_to(at)
            clubs.append(club)
        yield InSlack(slack, clubs)


@pytest.mark.parametrize("replicas", [1, 2], ids=["restarted", "two replicas"])
async def test_eight_weeks_in_slack(database: str, replicas: int) -> None:
    slack, at = FakeSlack(), BEGINS
    slack.workspace()
    slack.channel()
    for name in NAMES:
        slack.user(user(name), name, admin=name == "ana")
    async with slack.running():
        for number, ((_, steps), _) in enumerate(zip(WEEKS, PUBLIC, strict=True), start=1):
            async with in_slack(slack, database, at, replicas) as door:
                await play(door, steps)
                assert door.public() == expected(number), number
                at = door.replicas()[0].clock.now()
        assert door.notified() == list(HOST_NOTICES)


def expected(weeks: int) -> list[str]:
    return [line for public in PUBLIC[:weeks] for line in public]


class InDiscord:
    def __init__(self, server: Server, channel: Any, members: dict[str, Any], second: Club | None) -> None:
        self.server, self.channel, self.members, self.second = server, channel, members, second

    def replicas(self) -> Sequence[Club]:
        return [self.server.club, *([self.second] if self.second else [])]

    async def types(self, step: Types) -> str:
        member = self.members[step.who]
        return shown_by(await member.slash(self.channel, f"blog {step.path}", **step.options))

    async def presses(self, step: Presses) -> str:
        kept = self.server.env.backend.get_message
        message = next(
            one
            for one in reversed(self.channel.history())
            if step.label in str(kept(self.channel.id, one.id).components)
        )
        return shown_by(await self.members[step.who].click(message, label=step.label))

    async def settle(self) -> None:
        async def at_work(club: Club) -> None:
            await club.ticker.tick()
            await club.ticker.meet()
            await club.deliverer.drain()
            await club.deliverer.revise()

        await self.server.env.settle()
        await asyncio.gather(*(at_work(club) for club in self.replicas()))
        await self.server.env.settle()

    def public(self) -> list[str]:
        """In the order in which they were posted."""
        found = [(one.id, one, False) for one in self.channel.history()]
        found += [(one.id, one, True) for thread in self.channel.threads for one in thread.history()]
        said = [(self.server.said(one), in_thread) for _, one, in_thread in sorted(found, key=lambda one: one[0])]
        return [heard(text, in_thread=in_thread) for text, in_thread in said if text]

    def notified(self) -> list[str]:
        found = []
        for name, member in self.members.items():
            direct = member.user.dm_channel
            said = direct.history() if direct else ()
            found += [(one.id, name) for one in said if "You host the next digest." in self.server.said(one)]
        return [name for _, name in sorted(found)]


@pytest.mark.parametrize("replicas", [1, 2], ids=["restarted", "two replicas"])
async def test_eight_weeks_in_discord(database: str, replicas: int) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(a_server(database, reading_list=LIST))
        server.club.clock.move_to(BEGINS)
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        members = {name: server.member(guild, name, admin=name == "ana") for name in NAMES}
        for number, (_, steps) in enumerate(WEEKS, start=1):
            await server.restart()
            async with a_second(server, database, replicas) as second:
                door = InDiscord(server, channel, members, second)
                await play(door, steps)
                assert door.public() == expected(number), number
        assert door.notified() == list(HOST_NOTICES)
        assert len([one for one in server.bodies if one[1].endswith("/scheduled-events")]) == 1


@asynccontextmanager
async def a_second(server: Server, database: str, replicas: int) -> AsyncIterator[Club | None]:
    """Another process of the club, which posts with the same bot."""
    if replicas == 1:
        yield None
        return
    async with open_club(load(database=database), migrate=False) as club:
        club.join(a_platform(club, server.platform.client))
        club.clock.move_to(server.club.clock.now() + timedelta())
        yield club
