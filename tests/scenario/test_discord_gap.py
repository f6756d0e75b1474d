"""The gateway goes, the session is not resumed, and meanwhile people react: the marks are what Discord shows then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 -- seeded: every run is the same
from typing import Any

from adapters.discord import places
from adapters.discord.client import DiscordClient
from adapters.discord.platform import DiscordPlatform
from bot.chat.platform import Actor, Invocation
from bot.domain.ids import EntryId, InvocationId, MessageRef
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import teams
from tests.fakes.discord_rest import BOT, CHANNEL, GUILD, FakeDiscord, Put, serving
from tests.fakes.pace import unpaced

SEED = Path(__file__).with_name("seed.md")
RUNS = 25
"""On each engine, so fifty in all."""
PEOPLE = [str(400000000000000000 + number) for number in range(6)]
ROBOT = "500000000000000001"
READ, LATER, PARTY = ("✅", None), ("🔖", None), ("🎉", None)
KINDS = [
    (READ, False),
    (LATER, False),
    (READ, True),
    (("✅\ufe0f", None), False),
    (("🔖\ufe0e", None), False),
    (PARTY, False),
    (("✅", "5"), False),
]
"""Reactions that people choose from: variants and super ones too, and some that mean nothing."""


class Impatient(DiscordClient):
    """Waits neither before it identifies anew nor for more servers; says when it has caught up with what it was told."""

    def __init__(self, **options: Any) -> None:
        super().__init__(guild_ready_timeout=0.01, **options)
        self.caught_up = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """At once."""

    async def on_shard_ready(self, shard: int) -> None:
        await super().on_shard_ready(shard)
        self.caught_up.set()

    async def on_shard_resumed(self, shard: int) -> None:
        await super().on_shard_resumed(shard)
        self.caught_up.set()

    async def on_raw_reaction_add(self, event: Any) -> None:
        await super().on_raw_reaction_add(event)
        self.caught_up.set()


@dataclass
class Away:
    """A club on Discord of which a test decides what it hears."""

    fake: FakeDiscord
    club: Club
    platform: DiscordPlatform
    client: Impatient

    async def shared(self, *numbers: int) -> list[MessageRef]:
        """Entries that stand in the channel, with our seeds."""
        server = places.workspace(int(GUILD))
        actor = Actor(account=places.account(1), workspace=server, name="ana", role=Role.ADMIN)
        channel = places.channel(int(GUILD), int(CHANNEL))
        for number in numbers:
            use, call = InvocationId(f"share {number}"), f"share #{number}"
            await self.club.dispatcher.invoke(Invocation(id=use, call=call, actor=actor, channel=channel))
        await self.club.deliverer.drain()
        for message, emoji in ((message, emoji) for _, message, emoji in self.fake.reactions):
            self.fake.put_on.setdefault(message, set()).add(Put(str(BOT["id"]), (emoji, None)))
        return [ref async for ref in self._posted(server)]

    async def _posted(self, server: Any) -> AsyncIterator[MessageRef]:
        for ref in reversed(await self.club.dispatcher.recent_posts(server) or ()):
            yield ref

    async def come_back(self) -> None:
        """Until a new session has begun and everything is read again."""
        async with asyncio.timeout(60):
            await self.client.caught_up.wait()
        self.client.caught_up.clear()

    def change(self, message: MessageRef, chance: Random) -> None:
        """What happens on a message while nobody listens: it comes, goes, and is cleared."""
        there = self.fake.put_on[message.id]
        if chance.random() < 0.1:
            there.difference_update({put for put in there if put.user != BOT["id"]})
        for _ in range(chance.randrange(6)):
            emoji, burst = chance.choice(KINDS)
            there.symmetric_difference_update({Put(chance.choice([*PEOPLE, ROBOT]), emoji, burst)})

    def meant(self, message: MessageRef) -> dict[str, ReadingState]:
        """The state of each person who has one, by what stands on the message."""
        by_person: dict[str, set[str]] = {}
        for put in self.fake.put_on[message.id]:
            if put.user in PEOPLE and put.emoji[1] is None:
                by_person.setdefault(put.user, set()).add(put.emoji[0][0])
        read = {person: ReadingState.READ for person, on in by_person.items() if "✅" in on}
        return {person: ReadingState.LATER for person, on in by_person.items() if "🔖" in on} | read

    async def noted(self, message: MessageRef, number: int) -> dict[str, ReadingState]:
        """The same as we know it."""

        def asked(tx: Transaction) -> dict[str, ReadingState]:
            team = tx.teams.by_name("default")
            assert team is not None
            entry = tx.entries.by_number(team.id, number)  # type: ignore[arg-type]  # a number as good as any
            assert entry is not None
            members = {person: tx.teams.member(team.id, places.account(int(person))) for person in PEOPLE}
            found = {
                person: tx.readings.states(member.id, [EntryId(entry.id)]).get(entry.id, ReadingState.UNREAD)
                for person, member in members.items()
                if member is not None
            }
            return {person: state for person, state in found.items() if state is not ReadingState.UNREAD}

        return await self.club.runner.read(asked)

    async def live(self, message: MessageRef) -> int:
        """How many marks we take to be there."""

        def asked(tx: Transaction) -> int:
            team = tx.teams.by_name("default")
            assert team is not None
            return sum(mark.live for mark in tx.readings.marks_on(team.id, message))

        return await self.club.runner.read(asked)


@asynccontextmanager
async def a_club(database: str) -> AsyncIterator[Away]:
    fake = FakeDiscord()
    fake.streamed = [GUILD]
    fake.bots = {ROBOT}
    async with open_club(load(database=database), migrate=False) as club:
        default = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.lists.use(default, [SEED])
        client = Impatient()
        async with serving(fake, client=client, now=club.clock.now) as platform:
            platform.posting_rules = unpaced(platform.posting_rules)
            club.join(platform)
            running = asyncio.create_task(platform.run(club.dispatcher, club.vault))
            away = Away(fake, club, platform, client)
            await away.come_back()
            try:
                yield away
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


async def test_after_a_gap_the_marks_are_what_discord_shows_every_time(database: str) -> None:
    chance = Random(17)

    async with a_club(database) as away:
        numbers = (1, 6, 12)
        messages = await away.shared(*numbers)
        away.fake.resumes = False
        changes = 0
        for _ in range(RUNS):
            before = [away.meant(message) for message in messages]
            for message in messages:
                away.change(message, chance)
            away.club.clock.move_to(away.club.clock.now() + timedelta(minutes=10))
            await away.fake.drop()
            await away.come_back()
            for message, number in zip(messages, numbers, strict=True):
                assert await away.noted(message, number) == away.meant(message)
                people = {put for put in away.fake.put_on[message.id] if put.user in PEOPLE}
                with_meaning = {put for put in people if put.emoji != PARTY and put.emoji[1] is None}
                assert await away.live(message) == len(with_meaning)
            changes += before != [away.meant(message) for message in messages]
        assert len(away.fake.identified) == RUNS + 1

    assert changes > RUNS // 2


async def test_a_session_that_is_resumed_reads_nothing_again(database: str) -> None:
    async with a_club(database) as away:
        (message,) = await away.shared(6)
        reads = [path for _, path in away.fake.requests].count(f"/channels/{CHANNEL}/messages/{message.id}")

        await away.fake.drop()
        await away.come_back()
        event: dict[str, Any] = {
            "user_id": PEOPLE[0],
            "channel_id": CHANNEL,
            "message_id": message.id,
            "guild_id": GUILD,
        }
        event |= {"emoji": {"id": None, "name": "✅"}, "burst": False, "type": 0}
        await away.fake.emit("MESSAGE_REACTION_ADD", event)
        await away.come_back()

        assert await away.noted(message, 6) == {PEOPLE[0]: ReadingState.READ}
        assert len(away.fake.identified) == 1
        after = [path for _, path in away.fake.requests].count(f"/channels/{CHANNEL}/messages/{message.id}")
        assert after == reads
