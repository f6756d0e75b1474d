"""What is told of the health of a process over HTTP, and by `dogear healthcheck`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from sqlalchemy import update

from bot.chat.connection import Connection
from bot.chat.jobs import Job
from bot.domain.delivery import Draft, Durations, Step
from bot.domain.errors import BadConfig, StoreBusy
from bot.domain.notice import Host
from bot.ports.runner import Runner
from bot.ports.store import Transaction
from bot.runtime.clock import SystemClock
from bot.runtime.health import Health, check_health
from bot.runtime.http import serving
from bot.runtime.metrics import Metrics
from bot.runtime.scheduler import Scheduler
from bot.runtime.settings import load
from bot.runtime.ticker import Ticker
from store.sql.migrate import VERSION
from tests.fakes.clubhouse import Clubhouse, clubhouse
from tests.fakes.platform import RecordingPlatform, channel

T = TypeVar("T")


@dataclass
class ConnectedPlatform(RecordingPlatform):
    stands: Connection = field(default_factory=lambda: Connection(up=True))

    async def connection(self) -> Connection:
        return self.stands


class Away:
    """A runner whose database has gone."""

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        raise StoreBusy("The database is away.")

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        raise StoreBusy("The database is away.")


@dataclass
class Watched:
    house: Clubhouse
    platform: ConnectedPlatform
    health: Health
    port: int

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, await answer.text()

    async def ready(self) -> tuple[int, dict[str, Any]]:
        status, text = await self.get("/readyz")
        said = json.loads(text)
        assert said["ready"] == (status == 200)
        return status, said["parts"]


@asynccontextmanager
async def watched(database: str, folder: Path) -> AsyncIterator[Watched]:
    metrics = Metrics(SystemClock())
    platform = ConnectedPlatform()
    async with clubhouse(database, folder, "Caching", platform=platform, metrics=metrics) as house:
        club = house.club
        health = Health(
            needs=club.store.needs,
            trouble=lambda: club.store.trouble,
            runner=club.runner,
            platforms=club.platforms,
            scheduler=club.scheduler,
            metrics=metrics,
            clock=club.clock,
        )
        for job in club.ticker.jobs():
            club.scheduler.add(job)
        async with serving(health.routes(), host="127.0.0.1", port=0) as port, club.scheduler.running():
            seen = Watched(house, platform, health, port)
            await until_it_says(seen, 200)
            yield seen


async def test_a_process_that_does_its_work_is_ready_and_says_so_for_each_part(database: str, tmp_path: Path) -> None:
    async with watched(database, tmp_path) as seen:
        status, parts = await seen.ready()

        assert status == 200
        assert list(parts) == [
            "database",
            "schema",
            "platform fake",
            "job digests",
            "job meetings",
            "job clean-up",
            "deliveries",
        ]
        assert all(part["ok"] for part in parts.values())
        assert parts["schema"]["revision"] == seen.house.club.store.needs
        assert (await seen.get("/healthz"))[0] == 200


async def test_a_platform_without_a_connection_makes_it_not_ready_and_gives_the_reason(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        seen.platform.stands = Connection(up=False, reason="shards not connected: 0", reconnects=3)

        status, parts = await seen.ready()

        assert status == 503
        assert parts["platform fake"] == {"ok": False, "reason": "shards not connected: 0", "reconnects": 3}
        assert (await seen.get("/healthz"))[0] == 200, "it lives all the same"


class Stuck:
    """A runner whose reads do not end while `stuck` is set."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.stuck = False

    async def read(self, use_case: Callable[[Transaction], T]) -> T:
        if self.stuck:
            await asyncio.Event().wait()
        return await self._runner.read(use_case)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        return await self._runner.write(use_case)


async def test_a_tick_that_hangs_makes_it_not_ready_until_the_next(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        club = seen.house.club
        runner = Stuck(club.runner)
        quick = Durations(tick=timedelta(milliseconds=200), tick_given_up=timedelta(seconds=2))
        ticker = Ticker(runner, club.deliverer, Host(), quick, club.clock)
        scheduler = seen.health._scheduler = Scheduler(seen.health._metrics)
        scheduler.add(ticker.jobs()[0])
        assert (await seen.ready())[1]["job digests"]["reason"] == "no run yet"
        async with scheduler.running():
            await until_it_says(seen, 200)
            runner.stuck = True
            parts = await until_it_says(seen, 503)
            assert parts["job digests"]["reason"].startswith("no run succeeded for ")
            assert [name for name, part in parts.items() if not part["ok"]] == ["job digests"]
            assert (await seen.get("/healthz"))[0] == 200
            while "did not end" not in (await until_it_says(seen, 503))["job digests"]["reason"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            runner.stuck = False
            await until_it_says(seen, 200)

        lines = (await seen.get("/metrics"))[1].splitlines()
        assert any(line.startswith('dogear_restarts_total{part="job digests"} ') for line in lines)


async def test_a_job_that_fails_is_shown_and_counted_and_takes_nothing_down(tmp_path: Path) -> None:
    async def fail() -> None:
        raise BadConfig(["The backup folder is full."])

    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        scheduler = seen.health._scheduler = Scheduler(seen.health._metrics)
        scheduler.add(Job(name="backup", run=fail, every=timedelta(minutes=5)))
        async with scheduler.running():
            while not (await seen.ready())[1]["job backup"]["failures"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            status, parts = await seen.ready()

        assert (status, parts["job backup"]["reason"]) == (200, "failed: The backup folder is full.")
        assert 'dogear_job_failures_total{job="backup"} 1.0' in (await seen.get("/metrics"))[1].splitlines()


async def until_it_says(seen: Watched, wanted: int) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            status, parts = await seen.ready()
            if status == wanted:
                return parts
            await asyncio.sleep(0.01)


async def test_a_database_that_is_away_is_named_and_the_process_lives(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        seen.health._runner = Away()

        status, parts = await seen.ready()

        assert (status, parts["database"]) == (503, {"ok": False, "reason": "The database is away."})
        assert "dogear_platform_connected" in (await seen.get("/metrics"))[1]


async def test_a_database_that_a_newer_program_has_taken_over_makes_it_not_ready(database: str, tmp_path: Path) -> None:
    async with watched(database, tmp_path) as seen:
        newer = update(VERSION).values(version_num="9999")
        await seen.house.club.runner.write(lambda tx: tx.change(newer))  # type: ignore[attr-defined]  # the store's

        status, parts = await seen.ready()

        assert status == 503
        assert "has schema 9999" in parts["schema"]["reason"]


async def test_a_delivery_that_nobody_makes_for_a_quarter_of_an_hour_makes_it_not_ready(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        draft = Draft(channel=channel(), source_key="digest:1", step=Step.ROOT, ordinal=0)
        runner = seen.house.club.runner
        await runner.write(lambda tx: tx.ledger.plan(seen.house.team.id, [draft], not_before=tx.now()))
        clock = seen.house.club.clock
        clock.move_to(clock.now() + timedelta(minutes=14))
        before, _ = await seen.ready()
        clock.move_to(clock.now() + timedelta(minutes=2))
        after, parts = await seen.ready()

        assert (before, after) == (200, 503)
        assert parts["deliveries"]["reason"] == f"one is due since {parts['deliveries']['oldest_due_seconds']} s"


async def test_one_that_is_stopping_takes_no_more(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        seen.health.stopping = True

        status, parts = await seen.ready()

        assert (status, parts["process"]["reason"]) == (503, "it is stopping")


async def test_the_metrics_count_what_happened_and_name_nobody(database: str, tmp_path: Path) -> None:
    async with watched(database, tmp_path) as seen:
        house = seen.house
        await house.say("random")
        await house.say("read #99", again="twice")
        await house.say("read #99", again="twice")
        await house.say("nonsense for Berta")
        await house.say("schedule set mon 09:00 UTC #reading")
        await house.wait(days=7)

        status, text = await seen.get("/metrics")

        assert status == 200
        lines = text.splitlines()
        assert 'dogear_command_seconds_count{command="random",outcome="answered"} 1.0' in lines
        assert 'dogear_command_seconds_count{command="read",outcome="refused"} 2.0' in lines
        assert 'dogear_command_seconds_count{command="unknown",outcome="refused"} 1.0' in lines
        assert "dogear_repeats_total 1.0" in lines
        assert "dogear_digest_late_seconds_count 1.0" in lines
        assert 'dogear_deliveries_open{state="pending"} 0.0' in lines
        assert "dogear_list_problems 0.0" in lines
        assert 'dogear_platform_connected{platform="fake"} 1.0' in lines
        sent = next(line for line in lines if line.startswith('dogear_deliveries_total{state="sent"}'))
        assert float(sent.rpartition(" ")[2]) >= 4, "the post, its thread, the question and two seeds"
        assert not [line for line in lines if any(word in line for word in ("default", "ana", "W1", "Berta"))]


async def test_connections_that_came_up_again_are_a_count(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        for reconnects in (2, 2, 5):
            seen.platform.stands = Connection(up=True, reconnects=reconnects)
            _, text = await seen.get("/metrics")

        assert "# TYPE dogear_platform_reconnects_total counter" in text.splitlines()
        assert 'dogear_platform_reconnects_total{platform="fake"} 5.0' in text.splitlines()


def test_a_host_without_nightly_backups_is_told_of_none(tmp_path: Path) -> None:
    metrics = Metrics(SystemClock())

    without = metrics.text()
    metrics.backed_up(1_795_000_000.0)

    assert "dogear_backup" not in without
    assert "dogear_backup_timestamp_seconds 1.795e+09" in metrics.text().splitlines()


async def test_healthcheck_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    async with watched(f"sqlite:///{tmp_path}/dogear.db", tmp_path) as seen:
        settings = load(health_port=seen.port, health_host="0.0.0.0")
        assert await asyncio.to_thread(check_health, settings, "/readyz") == (True, "All is well.")
        seen.platform.stands = Connection(up=False, reason="not connected yet")
        assert await asyncio.to_thread(check_health, settings, "/readyz") == (
            False,
            "Not ready. platform fake: not connected yet",
        )
        assert await asyncio.to_thread(check_health, settings, "/healthz") == (True, "All is well.")

    well, line = await asyncio.to_thread(check_health, settings, "/readyz")
    assert not well
    assert line.startswith(f"Nothing answers at http://127.0.0.1:{seen.port}/readyz")


def test_healthcheck_without_a_port_says_which_setting_it_is() -> None:
    assert check_health(load(health_port=0), "/readyz") == (
        False,
        "DOGEAR_HEALTH_PORT is 0, so health checks are turned off.",
    )
