"""Who listens to which shard: each is one replica's, a free one is taken, one that another has ends the process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from adapters.discord import shards
from adapters.discord.client import DiscordClient
from adapters.discord.places import DISCORD
from adapters.discord.platform import DiscordPlatform, _until_next
from adapters.discord.shards import MAX_DENIED, MAX_UNANSWERED, Shards
from bot.commands.cards import sentence
from bot.domain.errors import BadConfig, PlatformBusy, PlatformError, PlatformRefused, PlatformUncertain, StoreBusy
from bot.domain.ids import AccountRef, PlatformName
from tests.fakes.core import FakeCore
from tests.fakes.discord_rest import FakeDiscord, Fault, a_guild, limited, refused, serving


@dataclass
class Lock:
    names: set[str] = field(default_factory=set)


@dataclass
class FakeLock:
    lock: Lock
    name: str
    lost: bool = False

    async def is_held(self) -> bool:
        return not self.lost

    async def release(self) -> None:
        if not self.lost:
            self.lock.names.discard(self.name)


@dataclass
class FakeVault:
    """One replica's view of a lock that all share."""

    lock: Lock
    holds: list[FakeLock] = field(default_factory=list)
    away: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def lose(self, *, other: bool = False) -> None:
        """Every session is over; with `other` another replica has taken what was held."""
        for hold in self.holds:
            hold.lost = True
            if not other:
                self.lock.names.discard(hold.name)

    async def acquire(self, platform: PlatformName, name: str) -> FakeLock | None:
        self.asked.set()
        if self.away:
            raise StoreBusy("The database is away.")
        if name in self.lock.names:
            return None
        self.lock.names.add(name)
        self.holds.append(FakeLock(self.lock, name))
        return self.holds[-1]

    async def save(self, platform: PlatformName, name: str, secret: bytes) -> None:
        raise AssertionError("nothing is to be kept")

    async def load(self, platform: PlatformName, name: str) -> bytes | None:
        return None

    async def delete(self, platform: PlatformName, name: str) -> None:
        raise AssertionError("nothing is to be forgotten")

    async def compare_and_swap(self, platform: PlatformName, name: str, old: bytes | None, new: bytes | None) -> bool:
        raise AssertionError("nothing is to be kept")


async def test_two_replicas_share_the_shards_and_one_takes_over_from_the_other() -> None:
    lock = Lock()
    vaults = FakeVault(lock), FakeVault(lock)
    started: list[tuple[str, tuple[int, ...]]] = []

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
        await hold.release()
    await two.look()
    assert two.held == (0, 1)

    assert started == [("first", (0, 1)), ("second", (0, 1))]


@asynccontextmanager
async def holding(vault: FakeVault, count: int = 2) -> AsyncIterator[tuple[Shards, list[tuple[int, ...]]]]:
    """Shards that have been looked at once, and every start."""
    started: list[tuple[int, ...]] = []

    async def start(shards: tuple[int, ...]) -> None:
        started.append(shards)

    shards = Shards(vault, DISCORD, count, start)
    await shards.look()
    yield shards, started


async def test_a_shard_that_another_replica_has_taken_ends_the_process() -> None:
    vault = FakeVault(Lock())

    async with holding(vault) as (shards, _):
        vault.lose(other=True)
        for _ in range(MAX_DENIED):
            await shards.look()
        with pytest.raises(PlatformUncertain, match="shard 0"):
            await shards.look()


async def test_our_own_lost_session_is_outlasted() -> None:
    vault = FakeVault(Lock())

    async with holding(vault) as (shards, started):
        vault.lose(other=True)
        for _ in range(MAX_DENIED):
            await shards.look()
        vault.lock.names.clear()
        await shards.look()
        await shards.look()
        assert started == [(0, 1)]

    assert vault.lock.names == {"shard/0/2", "shard/1/2"}


async def test_looks_that_the_database_did_not_answer_are_no_denials() -> None:
    vault = FakeVault(Lock())

    async with holding(vault) as (shards, _):
        vault.lose(other=True)
        vault.away = True
        for _ in range(MAX_DENIED + 1):
            await shards.look()
        vault.away = False
        for _ in range(MAX_DENIED):
            await shards.look()


async def test_shards_are_listened_to_while_the_database_is_away_and_held_again_when_it_is_back() -> None:
    vault = FakeVault(Lock())

    async with holding(vault) as (shards, started):
        vault.lose()
        vault.away = True
        for _ in range(MAX_UNANSWERED):
            await shards.look()
        assert (shards.held, shards.looked) == ((0, 1), False)
        vault.away = False
        await shards.look()
        assert shards.looked
        assert started == [(0, 1)]

    assert vault.lock.names == {"shard/0/2", "shard/1/2"}
    assert len(vault.holds) == 4


async def test_a_database_that_stays_away_ends_the_listening_at_last() -> None:
    vault = FakeVault(Lock())

    async with holding(vault) as (shards, _):
        vault.lose()
        vault.away = True
        for _ in range(MAX_UNANSWERED):
            await shards.look()
        with pytest.raises(PlatformUncertain, match="does not answer"):
            await shards.look()


async def test_what_was_taken_before_the_database_went_is_started() -> None:
    class Leaving(FakeVault):
        async def acquire(self, platform: PlatformName, name: str) -> FakeLock | None:
            taken = await super().acquire(platform, name)
            self.away = True
            return taken

    async with holding(Leaving(Lock())) as (shards, started):
        assert (shards.held, started) == ((0,), [(0,)])


async def _listening(platform: DiscordPlatform, vault: FakeVault, core: FakeCore | None = None) -> asyncio.Task[None]:
    return asyncio.create_task(platform.run(core or FakeCore(), vault))


async def _up(platform: DiscordPlatform) -> None:
    async with asyncio.timeout(20):
        while not (await platform.connection()).up:  # noqa: ASYNC110 -- what it asks is the subject
            await asyncio.sleep(0.01)


async def test_a_replica_identifies_for_its_own_shards_with_two_intents_and_no_more() -> None:
    fake = FakeDiscord()
    fake.shards = 2
    lock = Lock({"shard/0/2"})

    async with serving(fake) as platform:
        running = await _listening(platform, FakeVault(lock))
        async with asyncio.timeout(20):
            await fake.heard.wait()
        await platform.client.wait_until_ready()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    (said,) = fake.identified
    assert said["shard"] == [1, 2]
    assert said["intents"] == 1 << 0 | 1 << 10
    assert lock.names == {"shard/0/2"}, "what it held is let go"
    assert [path for method, path in fake.requests if method == "PUT"] == ["/applications/900000000000000001/commands"]


async def test_no_session_is_begun_when_discord_allows_no_more_of_them_today() -> None:
    fake = FakeDiscord()
    fake.shards, fake.starts = 2, 1

    async with serving(fake) as platform:
        with pytest.raises(PlatformBusy) as raised:
            await platform.run(FakeCore(), FakeVault(Lock()))
        assert raised.value.retry_after == timedelta(hours=1)

    assert fake.identified == []


async def test_a_platform_that_ended_can_be_run_again_and_says_how_it_stands() -> None:
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

    async with serving(fake) as platform:
        await run_once(platform)
        await platform.send_direct(AccountRef(DISCORD, "1"), sentence("Posted while nobody listens."))
        await run_once(platform)
        await platform.client.close()

    assert [(one.up, one.reconnects) for one in seen] == [(True, 0), (False, 0), (True, 1), (False, 1)]
    assert len(fake.identified) == 2


async def test_a_process_that_cannot_ask_which_shards_are_its_own_is_not_up() -> None:
    vault = FakeVault(Lock(), away=True)
    async with serving(FakeDiscord()) as platform:
        running = await _listening(platform, vault)
        async with asyncio.timeout(20):
            while "database" not in (await platform.connection()).reason:  # noqa: ASYNC110 -- what it asks is the subject
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_process_that_hears_its_shards_stays_up_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shards, "EVERY", 0.01)

    vault = FakeVault(Lock())
    async with serving(FakeDiscord()) as platform:
        running = await _listening(platform, vault)
        await _up(platform)
        vault.lose()
        vault.away = True
        vault.asked.clear()
        async with asyncio.timeout(20):
            await vault.asked.wait()
        assert (await platform.connection()).up
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_shard_that_is_not_heard_is_named() -> None:
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


async def test_a_connection_that_is_open_and_silent_is_noticed_and_made_anew() -> None:
    """The gateway gives neither events nor the acknowledgements of heartbeats any more, and closes nothing."""
    fake = FakeDiscord()
    fake.beat = 0.05

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


async def test_the_commands_are_written_once_for_each_change_of_the_catalogue_whoever_starts() -> None:
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

    await started(FakeCore(), FakeVault(Lock()))
    assert writes() == 1
    await started(FakeCore(), FakeVault(Lock()))
    await started(FakeCore(), FakeVault(Lock({"shard/0/2"})))
    assert writes() == 1
    changed = FakeCore()
    changed.catalogue = FakeCore.catalogue[:-1]
    await started(changed, FakeVault(Lock()))
    assert writes() == 2


REFUSALS = {
    "as many as a day allows": refused(400, 30034, "Max number of daily application command creates has been reached"),
    "not allowed": refused(403, 50001, "Missing Access"),
    "a limit": limited(70),
    "a fault of Discord's": Fault(status=500),
    "a wrong field": Fault(
        status=400,
        body=json.dumps(
            {
                "code": 50035,
                "message": "Invalid Form Body",
                "errors": {
                    "0": {"description": {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": "Too long."}]}}
                },
            }
        ).encode(),
        headers={"Content-Type": "application/json"},
    ),
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_commands_that_discord_refuses_keep_no_gateway_closed_and_are_tried_again(
    why: str, method: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("adapters.discord.platform.REGISTER_TIMEOUT", 0.3)
    monkeypatch.setattr("adapters.discord.platform.MIN_RETRY", timedelta(seconds=0.3))
    monkeypatch.setattr("adapters.discord.platform.REFUSED_WAIT", timedelta(seconds=0.3))
    monkeypatch.setattr("adapters.discord.platform._until_next", lambda error: timedelta())
    fake = FakeDiscord()
    fake.always[method, "/commands"] = REFUSALS[why]

    async with serving(fake) as platform:
        running = await _listening(platform, FakeVault(Lock()))
        await _up(platform)
        assert fake.commands == []
        del fake.always[method, "/commands"]
        async with asyncio.timeout(20):
            while not fake.commands:  # noqa: ASYNC110 -- what it asks is the subject
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    warned = next(record for record in caplog.records if "refused the registration" in record.message)
    if why == "a wrong field":
        assert "In 0.description: Too long." in warned.__dict__["reason"]


@pytest.mark.parametrize(
    ("error", "hours"),
    [
        (PlatformBusy("Wait.", retry_after=timedelta(hours=5)), 5),
        (PlatformRefused("No.", remedy="Do it."), 1),
        (PlatformUncertain("It broke."), 0),
        (TimeoutError(), 0),
    ],
)
def test_commands_are_tried_again_when_it_may_help(error: PlatformError | TimeoutError, hours: int) -> None:
    assert _until_next(error) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("MESSAGE_REACTION_ADD", {"user_id": "7", "emoji": None}),
        ("GUILD_CREATE", {"id": "not a number"}),
        ("INTERACTION_CREATE", {"type": 2, "id": "1"}),
        ("CHANNEL_DELETE", []),
    ],
)
async def test_an_event_that_cannot_be_parsed_is_skipped_and_the_connection_stays(
    event: str, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeDiscord()

    async with serving(fake) as platform:
        running = await _listening(platform, FakeVault(Lock()))
        await _up(platform)
        await fake.emit(event, data)
        await fake.emit("GUILD_CREATE", a_guild("9"))
        async with asyncio.timeout(20):
            while platform.client.get_guild(9) is None:  # noqa: ASYNC110 -- what it asks is the subject
                await asyncio.sleep(0.01)
        stands = await platform.connection()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert (stands.up, stands.reconnects, len(fake.identified)) == (True, 0, 1)
    assert f"skipped an event that cannot be parsed: {event}" in caplog.text


async def test_a_token_that_discord_does_not_take_is_named_to_the_host() -> None:
    fake = FakeDiscord()
    fake.trusts = False

    async with serving(fake) as platform:
        with pytest.raises(BadConfig, match="DOGEAR_DISCORD_TOKEN"):
            await platform.run(FakeCore(), FakeVault(Lock()))
