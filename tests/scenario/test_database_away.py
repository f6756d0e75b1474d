"""While the database is away, locked or full: commands say so, events are not taken, nothing piles up, and all is back."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, make_url

from adapters.discord.places import DISCORD
from adapters.discord.shards import Shards
from bot.commands.deadline import MAX_TIMEOUTS, Deadline, DeadlineExceeded
from bot.domain.errors import StoreBusy
from bot.domain.ids import MessageRef
from bot.domain.reading_state import ReadingState
from bot.domain.team import Role
from bot.domain.value import Kind
from bot.runtime import bootstrap
from bot.runtime.bootstrap import MAX_WAIT, listening
from bot.runtime.vault import ThreadedVault
from store.sql import open_store
from store.sql.engine import POOL
from tests.fakes.clock import FakeClock
from tests.fakes.clubhouse import Clubhouse, actor_of, clubhouse, text_of
from tests.fakes.platform import channel
from tests.fakes.postgres import Postgres, running

MESSAGE = MessageRef(channel(), "1")
STORM = 300


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One of our own, for the others must not notice."""
    with running() as postgres:
        yield postgres


async def nothing_works(house: Clubhouse) -> None:
    """Every way in says that it cannot be done, and does nothing."""
    for line in ("random", "read #1", "search alpha"):
        answer = await house.say(line)
        assert answer.refusal
        assert "Try again in a minute." in text_of(answer) or "Look in a minute" in text_of(answer)
    with pytest.raises(StoreBusy):
        await house.react(MESSAGE, ReadingState.READ)
    assert await house.club.dispatcher.complete(actor_of("ana", Role.READER), Kind.ENTRY, "al") == ()


async def storm(house: Clubhouse) -> None:
    """Many people and many events at once."""

    async def reacted() -> None:
        with pytest.raises(StoreBusy):
            await house.react(MESSAGE, ReadingState.READ)

    answers = asyncio.gather(*(house.say("read #1", by=f"person {number}") for number in range(STORM)))
    await asyncio.gather(*(reacted() for _ in range(STORM)))
    assert [(answer.refusal, answer.transient) for answer in await answers] == [(True, True)] * STORM


async def test_a_server_that_stops_and_comes_back(server: Postgres, tmp_path: Path) -> None:
    with server.database() as database:
        async with clubhouse(database, tmp_path, "Alpha", hosted=True, person_limit=0, team_limit=0) as house:
            assert not (await house.say("read #1")).refusal
            server.stop()
            try:
                await nothing_works(house)
                await storm(house)  # by now every worker thread has begun
                tasks, threads = len(asyncio.all_tasks()), threading.active_count()
                remembered = len(house.club.dispatcher._answered)
                await storm(house)
                assert (len(asyncio.all_tasks()), threading.active_count()) == (tasks, threads)
                assert len(house.club.dispatcher._answered) == remembered
            finally:
                server.start()

            assert not (await house.say("unread #1")).refusal
            await house.react(MESSAGE, ReadingState.READ)


COMMANDS = (
    "home",
    "random",
    "search alpha",
    "show #1",
    "related #1",
    "list",
    "tags",
    "next",
    "later #2",
    "read #1",
    "stats me",
    "schedule set mon 09:00 UTC",
    "digest preview",
    "status",
)


async def open_every_connection(house: Clubhouse) -> None:
    """Fill the pool: as many transactions at once as it has connections."""
    everyone = threading.Barrier(POOL)
    half = POOL // 2
    runner = house.club.runner
    await asyncio.gather(
        *(runner.read(lambda _: everyone.wait(60)) for _ in range(half)),
        *(runner.write(lambda _: everyone.wait(60)) for _ in range(POOL - half)),
    )


def cut_connections(server: Postgres, url: str) -> None:
    """End every session of the database as a fail-over does; returns when they are gone."""
    name = make_url(url).database
    server.execute(f"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{name}'")


def cut_before_the_first(server: Postgres, url: str, position: int) -> None:
    if position == 0:
        cut_connections(server, url)


def cut_before_each(server: Postgres, url: str, _position: int) -> None:
    cut_connections(server, url)


def restart_before_the_first(server: Postgres, _url: str, position: int) -> None:
    if position == 0:
        server.stop()
        server.start()


@pytest.mark.parametrize("cut", [cut_before_the_first, cut_before_each, restart_before_the_first])
async def test_no_command_fails_after_the_connections_were_cut(
    server: Postgres, tmp_path: Path, cut: Callable[[Postgres, str, int], None]
) -> None:
    failed = []

    with server.database() as url:
        async with clubhouse(url, tmp_path, "Alpha", "Beta", hosted=True, person_limit=0, team_limit=0) as house:
            for _ in range(3):
                await open_every_connection(house)
                for position, line in enumerate(COMMANDS):
                    cut(server, url, position)
                    if (answer := await house.say(line)).refusal:
                        failed.append((line, text_of(answer)))
                cut(server, url, 0)
                await house.react(MESSAGE, ReadingState.READ)

    assert failed == []


def test_a_write_reaches_the_new_server_after_the_old_one_became_read_only(server: Postgres, clock: FakeClock) -> None:
    def write() -> None:
        with store.begin(write=True) as tx:
            tx.teams.add(clock.token(), "UTC")

    with server.database() as url:
        store = open_store(url, clock)
        name = make_url(url).database
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        cut_connections(server, url)
        with pytest.raises(StoreBusy, match="takes no changes"):
            write()
        server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

        write()

        store.close()


async def test_the_listener_and_the_shard_holder_come_back_after_a_cut(
    server: Postgres, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "AGAIN", 0.01)

    async def start(_shards: tuple[int, ...]) -> None:
        """No gateway is opened."""

    with server.database() as url:
        store, woken = open_store(url, clock), asyncio.Event()
        shards = Shards(ThreadedVault(store, []), DISCORD, 2, start)
        async with listening(store.notifications(), woken.set), asyncio.timeout(60):
            for _ in range(3):
                await woken.wait()
                await shards.look()
                woken.clear()
                await asyncio.to_thread(cut_connections, server, url)
            await woken.wait()
            await shards.look()
        assert (shards.held, shards.looked) == ((0, 1), True)
        assert store.acquire("discord/shard/0/2") is None, "our new session holds it"
        store.close()


async def test_a_server_that_gives_no_answer_keeps_nobody_waiting(server: Postgres, tmp_path: Path) -> None:
    with server.database() as database:
        async with clubhouse(database, tmp_path, "Alpha", hosted=True) as house:
            house.club.dispatcher._deadline = Deadline(timedelta(milliseconds=200))
            with psycopg.connect(database) as holding:
                holding.execute("LOCK TABLE team, workspace IN ACCESS EXCLUSIVE MODE")
                reading = await house.say("random")
                writing = await house.say("read #1", again="press:1")
            assert text_of(reading).startswith("I can't do this right now. Nothing was lost.")
            assert text_of(writing).startswith("I can't tell yet whether this was done.")

            house.club.dispatcher._deadline = Deadline(None)
            assert not (await house.say("read #1", again="press:1")).refusal


async def test_shards_are_heard_while_the_server_is_away_and_held_again_when_it_is_back(server: Postgres) -> None:
    started: list[tuple[int, ...]] = []

    async def start(shards: tuple[int, ...]) -> None:
        started.append(shards)

    with server.database() as database:
        store = open_store(database, FakeClock())
        ours = Shards(ThreadedVault(store, []), DISCORD, 2, start)
        await ours.look()
        server.stop()
        try:
            await ours.look()
            assert (ours.held, ours.looked) == ((0, 1), False)
        finally:
            server.start()
        await ours.look()
        assert ours.looked
        assert started == [(0, 1)]
        assert store.acquire("discord/shard/0/2") is None, "it is ours again"
        store.close()


async def test_a_file_that_another_program_locks(tmp_path: Path) -> None:
    path = tmp_path / "dogear.db"

    async with clubhouse(f"sqlite:///{path}", tmp_path, "Alpha", hosted=True) as house:
        assert not (await house.say("random")).refusal, "the member is known from here on"
        holding = sqlite3.connect(path, isolation_level=None)
        holding.execute("BEGIN IMMEDIATE")
        try:
            refused = await house.say("read #1")
            reading = await house.say("random")
            with pytest.raises(StoreBusy):
                await house.react(MESSAGE, ReadingState.READ)
        finally:
            holding.rollback()
            holding.close()

        assert text_of(refused).splitlines()[:2] == [
            "I can't do this right now. Nothing was lost.",
            "The database is locked by another program. Try again in a minute.",
        ]
        assert not reading.refusal, "what only reads goes on"
        assert not (await house.say("read #1")).refusal


async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    async with clubhouse(f"sqlite:///{tmp_path}/dogear.db", tmp_path, "Alpha", hosted=True) as house:
        assert not (await house.say("random")).refusal
        limit = {"pages": 1}

        def full(connection: object) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={limit['pages']}")  # type: ignore[attr-defined]

        event.listen(house.club.store._engine, "begin", full)
        padding = "x" * 20_000
        refused = [await house.say(f"read #1 {padding}", again=f"press:{number}") for number in range(3)]
        settled = [await house.say("later #1", again=f"{number}{padding}") for number in range(3)]
        limit["pages"] = 1_000_000

        assert all(answer.refusal for answer in refused)
        assert settled[-1].transient
        assert text_of(settled[-1]).splitlines()[1] == "The disk with the database is full. Try again in a minute."
        assert not (await house.say("read #1")).refusal


async def test_a_database_that_is_asked_in_vain_is_asked_once_a_second() -> None:
    asked = []

    async def never() -> None:
        asked.append(1)
        await asyncio.Event().wait()

    deadline = Deadline(timedelta(milliseconds=1))
    for _ in range(MAX_TIMEOUTS):
        with pytest.raises(DeadlineExceeded):
            await deadline.run(never)
    for _ in range(1000):
        with pytest.raises(StoreBusy):
            await deadline.run(never)

    assert len(asked) < MAX_TIMEOUTS + 20


def test_whoever_waits_is_answered_before_a_platform_gives_up() -> None:
    assert timedelta(seconds=3) > MAX_WAIT
