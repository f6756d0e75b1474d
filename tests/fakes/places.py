"""Every platform there is, over its real library, with a channel to post in and ways to fail: one shape for them all."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.discord import places as discord_places
from adapters.slack import names
from adapters.slack.platform import SlackPlatform
from adapters.slack.setup import SlackSetup
from adapters.terminal import screens
from adapters.terminal.places import TERMINAL
from adapters.web.platform import TRIAL, WEB, WebPlatform
from bot.chat.platform import Actor, ChatPlatform, Reacted
from bot.domain.ids import AccountRef, ChannelRef, MessageRef
from bot.domain.reading_state import ReadingState
from bot.runtime.clock import SystemClock
from tests.fakes import discord_rest, slack
from tests.fakes.core import FakeCore, FakeStage, NoVault, a_channel
from tests.fakes.terminal import a_counter, a_terminal

TOKEN = "xoxb-canary-bot-token"
WAIT = 7
"""Seconds that a busy platform asks for."""


@dataclass
class Place:
    """A platform and the world behind it. `there` counts the messages that the world took, direct ones too; the next
    three let the next post fail; `put` lets the person put a ✅ on a message. None where the platform cannot do it.
    """

    platform: ChatPlatform
    channel: ChannelRef
    person: AccountRef
    there: Callable[[], int]
    refuse: Callable[[], object] | None = None
    busy: Callable[[], object] | None = None
    lose: Callable[[], object] | None = None
    put: Callable[[MessageRef], object] | None = None


@asynccontextmanager
async def in_a_terminal() -> AsyncIterator[Place]:
    sink = io.StringIO()
    screen = screens.json_lines(io.StringIO(""), sink)
    platform = a_terminal(screen, FakeStage(FakeCore()))
    platform._desk.catalogue = FakeCore.catalogue
    room = platform._room
    yield Place(
        platform=platform,
        channel=a_channel(),
        person=AccountRef(TERMINAL, "ana"),
        there=lambda: len(room._messages),
    )


@asynccontextmanager
async def on_slack() -> AsyncIterator[Place]:
    fake = slack.FakeSlack()
    fake.workspace()
    fake.channel()
    user = fake.user("U0ANA", "ana")
    async with fake.running():
        setup = SlackSetup(bot_token=TOKEN, signing_secret=slack.SIGNING_SECRET, api_url=fake.api_url)
        platform = SlackPlatform(setup, now=SystemClock().now)
        running = asyncio.create_task(platform.run(FakeCore(), NoVault()))
        await platform.ready.wait()

        def next_post(kind: str, **how: object) -> Callable[[], None]:
            return lambda: fake.fail("chat.postMessage", slack.Fault(kind, **how))  # type: ignore[arg-type]

        try:
            yield Place(
                platform=platform,
                channel=names.channel("T0001", "C0001"),
                person=names.account("T0001", "U0ANA"),
                there=lambda: len(fake.sent),
                refuse=next_post("error", code="is_archived"),
                busy=next_post("429", seconds=WAIT),
                lose=next_post("drop", after=True),
                put=lambda ref: fake.reactions.setdefault(("C0001", ref.id), set()).add((user, "white_check_mark")),
            )
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def on_discord() -> AsyncIterator[Place]:
    fake = discord_rest.FakeDiscord()
    user = 400000000000000001
    async with discord_rest.serving(fake) as platform:

        def put(ref: MessageRef) -> None:
            fake.put_on.setdefault(ref.id, set()).add(discord_rest.Put(str(user), ("✅", None)))

        yield Place(
            platform=platform,
            channel=discord_places.channel(int(discord_rest.GUILD), int(discord_rest.CHANNEL)),
            person=discord_places.account(user),
            there=lambda: len(fake.messages),
            refuse=lambda: fake.faults.append(discord_rest.refused(403, 50013)),
            busy=lambda: fake.faults.append(discord_rest.limited(WAIT)),
            lose=lambda: fake.faults.append(discord_rest.DROPPED),
            put=put,
        )


@asynccontextmanager
async def in_a_browser() -> AsyncIterator[Place]:
    core = FakeCore()
    stage = FakeStage(core)
    platform = WebPlatform(stage=stage, new_id=a_counter())
    running = asyncio.create_task(platform.run(core, NoVault()))
    await platform.ready.wait()
    ben = AccountRef(WEB, "Ben")

    def put(ref: MessageRef) -> None:
        actor = Actor(account=ben, workspace=TRIAL, name="Ben")
        platform.screen.room.react(
            Reacted(actor=actor, message=ref, emoji="✅", meaning=ReadingState.READ, at=stage.now())
        )

    try:
        yield Place(
            platform=platform,
            channel=ChannelRef(TRIAL, "reading"),
            person=ben,
            there=lambda: len(platform.screen.room.messages()),
            put=put,
        )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


EVERY = {"terminal": in_a_terminal, "web": in_a_browser, "slack": on_slack, "discord": on_discord}
FALLIBLE = ("slack", "discord")
"""Those with a network between us and them."""
