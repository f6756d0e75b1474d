"""A platform that ends, breaks or falls silent is started anew; what no new start mends ends all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.chat.connection import Connection
from bot.chat.platform import Core, Vault
from bot.domain.delivery import Delivery, Transition
from bot.domain.errors import BadConfig, DogearError, PlatformUncertain
from bot.runtime.supervise import RestartBackoff, Supervisor, _doubled
from tests.fakes.core import FakeCore, NoVault
from tests.fakes.platform import RecordingPlatform

SOON = timedelta(milliseconds=1)
QUICK = RestartBackoff(
    look=SOON,
    first_pause=SOON,
    longest_pause=SOON,
    first_silence=20 * SOON,
    longest_silence=20 * SOON,
    farewell=50 * SOON,
)


@dataclass
class Counted:
    restarts: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        raise AssertionError

    def count_repeat(self) -> None:
        raise AssertionError

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        raise AssertionError

    def count_restart(self, part: str) -> None:
        self.restarts.append(part)

    def job_failed(self, job: str) -> None:
        self.failures.append(job)


@dataclass
class Fragile(RecordingPlatform):
    """Each run ends as the next of `ends` says; the one after the last goes on until it is cancelled."""

    ends: list[BaseException | None] = field(default_factory=list)
    runs: int = 0
    up: bool = True
    stubborn: bool = False
    going: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, core: Core, vault: Vault) -> None:
        self.runs += 1
        if self.ends:
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        self.going.set()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not self.stubborn:
                    raise

    async def connection(self) -> Connection:
        return Connection(up=self.up)


async def supervised(
    platform: Fragile, metrics: Counted, until: Callable[[], bool], patience: RestartBackoff = QUICK
) -> None:
    task = asyncio.create_task(Supervisor(platform, FakeCore(), NoVault(), metrics, patience).run())
    async with asyncio.timeout(60):
        while not until() and not task.done():  # noqa: ASYNC110 -- whatever the test waits for
            await asyncio.sleep(0.001)
    if not task.done():
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled():
        task.result()


async def test_a_platform_that_ends_or_breaks_is_started_anew(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Counted()
    ends = [None, PlatformUncertain("the hold of shard 0 was lost"), ExceptionGroup("", [ValueError("xoxb-secret")])]
    platform = Fragile(ends=[*ends])

    await supervised(platform, metrics, platform.going.is_set)

    assert platform.runs == 4
    assert metrics.restarts == ["platform fake"] * 3
    told = [record.__dict__["because"] for record in caplog.records]
    assert told[:2] == ["it ended", "the hold of shard 0 was lost"]
    assert told[2].startswith("ValueError")
    assert "xoxb" not in "".join(told)


async def test_a_platform_without_a_connection_for_too_long_is_started_anew() -> None:
    metrics = Counted()
    platform = Fragile(up=False)

    await supervised(platform, metrics, lambda: platform.runs == 3)

    assert metrics.restarts == ["platform fake"] * 2


@dataclass
class Flickering(Fragile):
    """Without a connection at every second look; a second passes with each."""

    looks: int = 0

    async def connection(self) -> Connection:
        self.looks += 1
        return Connection(up=self.looks % 2 == 0)


async def test_a_platform_that_has_its_connection_again_in_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, platform = Counted(), Flickering()
    patient = replace(QUICK, first_silence=timedelta(seconds=5), longest_silence=timedelta(seconds=5))

    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + platform.looks)
    await supervised(platform, metrics, lambda: platform.looks >= 20, patient)

    assert (platform.runs, metrics.restarts) == (1, [])


def pauses(caplog: pytest.LogCaptureFixture) -> list[float]:
    return [1000 * record.__dict__["seconds"] for record in caplog.records]


@pytest.mark.parametrize(("steady", "expected"), [(timedelta(hours=1), [1, 2, 4, 5, 5]), (-SOON, [1, 1, 1, 1, 1])])
async def test_pauses_double_up_to_the_longest_until_a_run_was_long(
    steady: timedelta, expected: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    platform = Fragile(ends=[None] * 5)
    patience = replace(QUICK, longest_pause=5 * SOON, steady=steady)

    await supervised(platform, Counted(), platform.going.is_set, patience)

    assert pauses(caplog) == pytest.approx(expected)


@pytest.mark.parametrize(("times", "seconds"), [(1, 10), (2, 20), (3, 40), (4, 70), (64, 70), (100_000, 70)])
def test_what_is_waited_for_doubles_and_never_overflows(times: int, seconds: int) -> None:
    assert _doubled(timedelta(seconds=10), times, timedelta(seconds=70)) == timedelta(seconds=seconds)


async def test_a_worker_of_its_own_only_sends() -> None:
    class Sending(Fragile):
        async def send_only(self, core: Core, vault: Vault) -> None:
            self.going.set()
            await asyncio.Event().wait()

    platform = Sending()
    supervisor = Supervisor(platform, FakeCore(), NoVault(), Counted(), QUICK, sending_only=True)
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(10):
        await platform.going.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert platform.runs == 0


async def test_settings_that_cannot_be_used_end_all() -> None:
    metrics = Counted()
    platform = Fragile(ends=[ExceptionGroup("", [BadConfig(["the token is wrong"])])])

    with pytest.raises(BadConfig, match="the token is wrong"):
        await supervised(platform, metrics, lambda: False)

    assert metrics.restarts == []


async def test_a_platform_that_does_not_end_when_told_ends_all() -> None:
    platform = Fragile(up=False, stubborn=True)

    with pytest.raises(DogearError, match="does not stop"):
        await supervised(platform, Counted(), lambda: False)
    platform.stubborn = False


async def test_a_platform_is_told_to_end_when_its_supervisor_is() -> None:
    platform = Fragile()

    await supervised(platform, Counted(), platform.going.is_set)

    assert platform.runs == 1
