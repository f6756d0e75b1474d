"""The whole club in a Slack of loopback: started, moved through time, stopped and started again."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.slack.platform import SlackPlatform
from adapters.slack.setup import SlackSetup
from bot.ports.metrics import NULL_METRICS, Metrics
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.http import HEALTH, serving
from bot.runtime.settings import load
from bot.runtime.stage import LocalStage
from bot.service import teams
from tests.fakes.pace import unpaced
from tests.fakes.slack import APP_TOKEN, SIGNING_SECRET, FakeSlack, Json


@dataclass
class SlackClub:
    """One run of the club. `say` and `press` wait for the private answer."""

    slack: FakeSlack
    club: Club
    stage: LocalStage
    platform: SlackPlatform

    async def say(self, user: str, text: str, **where: str) -> Json:
        """Type a command; what was answered."""
        return await self.answered(self.slack.command(user, text, **where))

    async def press(self, user: str, button: Json, **where: Any) -> Json:
        return await self.answered(self.slack.press(user, button, **where))

    async def answered(self, payload: Json) -> Json:
        before = len(self.slack.answers)
        status, body = await self.slack.send(payload)
        assert status == 200, (status, body)
        assert "command" in payload or not body, body
        hook = payload.get("response_url", "")

        def ours() -> list[Json]:
            return [one.body for one in self.slack.answers[before:] if one.hook == hook or not hook]

        await self.slack.until(ours)
        return ours()[0]

    async def followed(self, payload: Json) -> Json:
        """What the answer to this use was replaced with, or followed by."""
        hook = payload["response_url"]
        await self.slack.until(lambda: len([one for one in self.slack.answers if one.hook == hook]) > 1)
        return [one.body for one in self.slack.answers if one.hook == hook][1]

    async def react(self, user: str, name: str, channel: str, ts: str, *, added: bool = True) -> int:
        self.slack.put(user, name, channel, ts, there=added)
        status, _ = await self.slack.send(self.slack.reaction(user, name, channel, ts, added=added, at=self.now()))
        return status

    def now(self) -> str:
        at = self.club.clock.now().timestamp()
        return f"{at:.6f}"

    async def advance(self, by: timedelta) -> None:
        await self.stage.advance(by)

    async def settle(self) -> None:
        await self.stage.settle()


@asynccontextmanager
async def running(
    slack: FakeSlack,
    database: str,
    reading_list: Path | None = None,
    *,
    by_socket: bool = False,
    hosted: bool = False,
    metrics: Metrics = NULL_METRICS,
    **more: Any,
) -> AsyncIterator[SlackClub]:
    """The club with Slack while the block lasts; its clock stands where the machine's does. `hosted` sets its limits."""
    setup = SlackSetup(
        **{
            "bot_token": next((one.token for one in slack.workspaces.values()), ""),
            "app_token": APP_TOKEN if by_socket else "",
            "signing_secret": SIGNING_SECRET,
            "api_url": slack.api_url,
            "reading_pace": 0.0,
            **more,
        }
    )
    async with open_club(load(database=database), migrate=False, metrics=metrics, hosted=hosted) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        if reading_list is not None:
            await club.lists.use(team, [reading_list])
        platform = SlackPlatform(setup, now=club.clock.now)
        platform.posting_rules = unpaced(platform.posting_rules)
        slack.clock = lambda: int(club.clock.now().timestamp())
        club.join(platform)
        stage = LocalStage(club, team)
        for job in platform.jobs():
            club.scheduler.add(replace(job, every=timedelta(milliseconds=50)))
        serves = serving([HEALTH, *platform.routes()], host="127.0.0.1", port=0)
        async with serves as port, club.scheduler.running():
            slack.app_url = "" if by_socket else f"http://127.0.0.1:{port}"
            slack.connected.clear()
            task = asyncio.create_task(platform.run(club.dispatcher, club.vault))
            try:
                await first_of(task, platform.ready.wait())
                if by_socket:
                    await slack.connected.wait()
                yield SlackClub(slack, club, stage, platform)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def first_of(task: "asyncio.Task[None]", ready: Any) -> None:
    """Ready, or what kept it from becoming so."""
    waiting = asyncio.ensure_future(ready)
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    waiting.cancel()
    if task.done():
        task.result()


_LOCAL = {"127.0.0.1", "::1", "localhost", "0x7f.1"}  # the last is 127.0.0.1 in another spelling
_guarded = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        if arguments[1][0] not in _LOCAL:
            raise AssertionError(f"a connection to {arguments[1][0]}")
    elif event == "socket.getaddrinfo" and arguments[0] not in (*_LOCAL, None):
        raise AssertionError(f"a look-up of {arguments[0]}")


def only_loopback() -> None:
    """From now on any connection that leaves this machine fails in this process."""
    global _guarded  # noqa: PLW0603
    if not _guarded:
        sys.addaudithook(_audit)
        _guarded = True
