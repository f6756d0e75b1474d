"""Who listens to which shard: each is one replica's, a free one is taken, a lost one ends the process."""

import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.discord.client import DiscordClient
from adapters.discord.places import DISCORD
from adapters.discord.platform import DiscordPlatform
from adapters.discord.shards import Shards
from bot.commands.cards import sentence
from bot.domain.errors import BadConfig, PlatformUncertain
from bot.domain.ids import AccountRef, PlatformName
from tests.fakes.core import FakeCore
from tests.fakes.discord_rest import FakeDiscord, serving


@dataclass
class Lock:
    names: set[str] = field(default_factory=set)


@dataclass
class FakeHold:
    lock: Lock
    name: str
    lost: bool = False

    async def kept(self) -> bool:
        return not self.lost

    async def let_go(self) -> None:
        self.lock.names.discard(self.name)


@dataclass
class FakeVault:
    """One replica's view of a lock that all share."""

    lock: Lock
    holds: list[FakeHold] = field(default_factory=list)

    async def hold(self, platform: PlatformName, name: str) -> FakeHold | None:
        if name in self.lock.names:
            return None
        self.lock.names.add(name)
        self.holds.append(FakeHold(self.lock, name))
        return self.holds[-1]

    async def keep(self, platform: PlatformName, name: str, secret: bytes) -> None:
        raise AssertionError("nothing is to be kept")

    async def recall(self, platform: PlatformName, name: str) -> bytes | None:
        return None

    async def forget(self, platform: PlatformName, name: str) -> None:
        raise AssertionError("nothing is to be forgotten")

    async def swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        raise AssertionError("nothing is to be kept")


def test_two_replicas_share_the_shards_and_one_takes_over_from_the_other() -> None:
    lock = Lock()
    vaults = FakeVault(lock), FakeVault(lock)
    started: list[tuple[str, tuple[int, ...]]] = []

    async def scene() -> None:
        async def first(shards: tuple[int, ...]) -> None:
            started.append(("first", shards))

        async def second(shards: tuple[int, ...]) -> None:
            started.append(("second", shards))

        one, two = Shards(vaults[0], DISCORD, 2, first), Shards(vaults[1], DISCORD, 2, second)
        await one.look()
        await two.look()
        await one.look()
        assert (one.held, two.held) == ((0, 1), ())
        for hold in vaults[0].holds:
            await hold.let_go()
        await two.look()
        assert two.held == (0, 1)

    asyncio.run(scene())

    assert started == [("first", (0, 1)), ("second", (0, 1))]


def test_a_hold_that_was_lost_ends_the_process() -> None:
    vault = FakeVault(Lock())

    async def scene() -> None:
        async def start(shards: tuple[int, ...]) -> None:
            vault.holds[0].lost = True

        shards = Shards(vault, DISCORD, 1, start)
        await shards.look()
        with pytest.raises(PlatformUncertain, match="shard 0"):
            await shards.look()

    asyncio.run(scene())


async def _listening(platform: DiscordPlatform, vault: FakeVault, core: FakeCore | None = None) -> asyncio.Task[None]:
    return asyncio.create_task(platform.run(core or FakeCore(), vault))


async def _up(platform: DiscordPlatform) -> None:
    async with asyncio.timeout(20):
        while not (await platform.connection()).up:  # noqa: ASYNC110 -- what it asks is the subject
            await asyncio.sleep(0.01)


def test_a_replica_identifies_for_its_own_shards_with_two_intents_and_no_more() -> None:
    fake = FakeDiscord()
    fake.shards = 2
    lock = Lock({"shard/0/2"})

    async def scene() -> None:
        async with serving(fake) as platform:
            running = await _listening(platform, FakeVault(lock))
            async with asyncio.timeout(20):
                await fake.heard.wait()
            await platform.client.wait_until_ready()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scene())

    (said,) = fake.identified
    assert said["shard"] == [1, 2]
    assert said["intents"] == 1 << 0 | 1 << 10
    assert lock.names == {"shard/0/2"}, "what it held is let go"
    assert [path for method, path in fake.requests if method == "PUT"] == ["/applications/900000000000000001/commands"]


def test_a_platform_that_ended_can_be_run_again_and_says_how_it_stands() -> None:
    fake = FakeDiscord()
    lock = Lock()
    seen = []

    async def run_once(platform: DiscordPlatform) -> None:
        running = await _listening(platform, FakeVault(lock))
        await _up(platform)
        seen.append(await platform.connection())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        seen.append(await platform.connection())

    async def scene() -> None:
        async with serving(fake) as platform:
            await run_once(platform)
            await platform.tell(AccountRef(DISCORD, "1"), sentence("Posted while nobody listens."))
            await run_once(platform)
            await platform.client.close()

    asyncio.run(scene())

    assert [(one.up, one.reconnects) for one in seen] == [(True, 0), (False, 0), (True, 1), (False, 1)]
    assert len(fake.identified) == 2


def test_a_shard_that_is_not_heard_is_named() -> None:
    async def scene() -> None:
        async with serving(FakeDiscord()) as platform:
            running = await _listening(platform, FakeVault(Lock()))
            await _up(platform)
            platform.client.dispatch("shard_disconnect", 0)
            await asyncio.sleep(0.01)
            down = await platform.connection()
            platform.client.dispatch("shard_resumed", 0)
            await asyncio.sleep(0.01)
            again = await platform.connection()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        assert (down.up, down.reason) == (False, "shards not connected: 0")
        assert (again.up, again.reconnects) == (True, 1)

    asyncio.run(scene())


def test_a_connection_that_is_open_and_silent_is_noticed_and_made_anew() -> None:
    """The gateway gives neither events nor the acknowledgements of heartbeats any more, and closes nothing."""
    fake = FakeDiscord()
    fake.beat = 0.05

    async def scene() -> None:
        async with serving(fake, client=DiscordClient(heartbeat_timeout=1.0)) as platform:
            running = await _listening(platform, FakeVault(Lock()))
            await _up(platform)
            fake.talks.clear()
            async with asyncio.timeout(20):
                while (down := await platform.connection()).up:  # noqa: ASYNC110 -- what it asks is the subject
                    await asyncio.sleep(0.01)
            fake.talks.set()
            await _up(platform)
            again = await platform.connection()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        assert down.reason == "shards not connected: 0"
        assert again.reconnects >= 1

    asyncio.run(scene())


def test_the_commands_are_written_once_for_each_change_of_the_catalogue_whoever_starts() -> None:
    fake = FakeDiscord()
    fake.shards = 2

    async def started(core: FakeCore, vault: FakeVault) -> None:
        async with serving(fake) as platform:
            fake.heard = asyncio.Event()
            running = await _listening(platform, vault, core)
            async with asyncio.timeout(20):
                await fake.heard.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def writes() -> int:
        return [method for method, path in fake.requests if path.endswith("/commands")].count("PUT")

    asyncio.run(started(FakeCore(), FakeVault(Lock())))
    assert writes() == 1
    asyncio.run(started(FakeCore(), FakeVault(Lock())))
    asyncio.run(started(FakeCore(), FakeVault(Lock({"shard/0/2"}))))
    assert writes() == 1
    changed = FakeCore()
    changed.catalogue = FakeCore.catalogue[:-1]
    asyncio.run(started(changed, FakeVault(Lock())))
    assert writes() == 2


def test_a_token_that_discord_does_not_take_is_named_to_the_host() -> None:
    fake = FakeDiscord()
    fake.trusts = False

    async def scene() -> None:
        async with serving(fake) as platform:
            with pytest.raises(BadConfig, match="DOGEAR_DISCORD_TOKEN"):
                await platform.run(FakeCore(), FakeVault(Lock()))

    asyncio.run(scene())
