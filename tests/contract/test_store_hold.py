"""What one process alone has: on PostgreSQL until it lets go or dies, on SQLite, which has one process, always."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from adapters.discord import shards
from adapters.discord.places import DISCORD
from bot.runtime import vault
from store.sql import SqlStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import Postgres


@pytest.fixture
def shared(postgres: Postgres, clock: FakeClock) -> Iterator[SqlStore]:
    """A store that several processes may share, which a SQLite file's holders never are."""
    with postgres.database() as url:
        store = open_store(url, clock)
        yield store
        store.close()


def on_postgresql(store: SqlStore) -> bool:
    return store._engine.dialect.name == "postgresql"


def test_only_one_has_it_until_it_lets_go(store: SqlStore) -> None:
    first = store.acquire("chat/shard/0/1")
    assert first is not None
    assert first.is_held()
    assert (store.acquire("chat/shard/0/1") is None) == on_postgresql(store)
    other = store.acquire("chat/shard/1/2")
    assert other is not None

    first.release()

    again = store.acquire("chat/shard/0/1")
    assert again is not None
    again.release()
    other.release()


def test_what_is_let_go_can_be_had_at_once(store: SqlStore) -> None:
    for _ in range(50):
        held = store.acquire("backup")
        assert held is not None
        held.release()


def test_when_the_holder_dies_another_can_have_it(shared: SqlStore) -> None:
    first = shared.acquire("chat/shard/0/1")
    assert first is not None

    with shared._engine.connect() as connection:
        mine = "datname = current_database() AND application_name = 'dogear hold'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))

    assert not first.is_held()
    first.release()
    second = shared.acquire("chat/shard/0/1")
    assert second is not None
    second.release()


A_HOLDER = """
import sys, time
from bot.runtime.clock import SystemClock
from store.sql import open_store
held = open_store(sys.argv[1], SystemClock()).acquire("chat/shard/0/1")
print("held" if held else "taken", flush=True)
time.sleep(600)
"""


def test_when_the_holders_process_is_killed_another_has_it_within_a_minute(shared: SqlStore) -> None:
    url = shared._engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", A_HOLDER, url], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert shared.acquire("chat/shard/0/1") is None

        holder.kill()

    taken_over = None
    for _ in range(60):
        taken_over = taken_over or shared.acquire("chat/shard/0/1")
        time.sleep(0 if taken_over else 1)
    assert taken_over is not None
    taken_over.release()


A_BUSY_HOLDER = """
import sys, time
from bot.runtime.clock import SystemClock
from store.sql import open_store
held = open_store(sys.argv[1], SystemClock()).acquire("chat/shard/0/1", 1.0)
print("held" if held else "taken", flush=True)
while held.is_held():
    time.sleep(0.2)
print("lost", flush=True)
time.sleep(600)
"""


def test_a_suspended_holder_is_replaced_and_finds_out_when_it_wakes(shared: SqlStore) -> None:
    url = shared._engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", A_BUSY_HOLDER, url], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            time.sleep(1.3)
            assert shared.acquire("chat/shard/0/1") is None, "it asks, so it keeps the lock"

            holder.send_signal(signal.SIGSTOP)
            taken_over = None
            until = time.monotonic() + 10
            while taken_over is None and time.monotonic() < until:
                time.sleep(0.1)
                taken_over = shared.acquire("chat/shard/0/1")
            holder.send_signal(signal.SIGCONT)

            assert taken_over is not None
            assert holder.stdout.readline() == "lost\n"
            taken_over.release()
        finally:
            holder.kill()


def test_a_suspended_replica_of_discord_is_replaced_within_fifteen_seconds(shared: SqlStore) -> None:
    vaulted = vault.ThreadedVault(shared, [])
    held = asyncio.run(vaulted.acquire(DISCORD, "shard/0/1"))
    assert held is not None
    connection = held._hold._connection
    assert connection is not None

    idle = connection.scalar(text("SHOW idle_session_timeout"))

    assert idle == "10s"
    assert vault.MAX_SILENCE + shards.EVERY <= 15
    assert vault.MAX_SILENCE >= 2 * shards.EVERY, "one late check loses nothing"
    held._hold.release()


def test_a_holder_that_says_nothing_is_taken_for_dead(shared: SqlStore) -> None:
    held = shared.acquire("chat/shard/0/1")
    assert held is not None
    assert held._connection is not None

    idle = held._connection.scalar(text("SHOW idle_session_timeout"))

    assert idle == "45s"
    held.release()


def test_a_holder_that_is_cut_off_finds_out_before_another_can_have_it(shared: SqlStore) -> None:
    held = shared.acquire("chat/shard/0/1")
    assert held is not None
    assert held._connection is not None

    driver: Any = held._connection.connection.driver_connection
    told = driver.info.get_parameters()

    assert (told["tcp_user_timeout"], told["keepalives_idle"]) == ("15000", "10")
    held.release()


class StuckHold:
    """Its session gives no answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.answered = threading.Event()

    def is_held(self) -> bool:
        self.asked += 1
        self.answered.wait()
        return True

    def release(self) -> None:
        self.answered.wait()


async def test_a_hold_whose_session_gives_no_answer_is_lost_and_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vault, "KEPT_WITHIN", 0.01)
    monkeypatch.setattr(vault, "LET_GO_WITHIN", 0.01)
    stuck: Any = StuckHold()

    hold = vault.ThreadedHold(stuck)
    try:
        kept = [await hold.is_held(), await hold.is_held()]
        await hold.release()
    finally:
        stuck.answered.set()
    assert kept == [False, False]
    assert stuck.asked == 1
