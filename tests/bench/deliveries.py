"""How many deliveries go out a second: 10,000 of digests as they are, over many channels, all due at one moment.

Three processes share them over PostgreSQL, and one has them alone over SQLite; the database keeps what it commits.
`DOGEAR_DELIVERIES` is another number of them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.card import Card, Paragraph
from bot.domain.delivery import Draft, Step
from bot.domain.ids import ChannelRef, WorkspaceRef
from bot.domain.text import plain
from bot.ports import Transaction
from bot.runtime.clock import SystemClock
from store.sql import SqlStore, open_store
from tests.bench.delivering import NAME
from tests.bench.row import Row
from tests.fakes.postgres import running

NUMBER = int(os.environ.get("DOGEAR_DELIVERIES", "10000"))
STEPS = 5
CHANNELS_EACH = 10
"""Channels of one workspace."""
WORKERS = 3
PLANNED_A_SECOND = 250
"""How fast this machine is sure to write the ledger full, and then to start the workers."""
CARD = Card(title="A title of the usual length", blocks=tuple(Paragraph(text=plain("A note. " * 20)) for _ in range(6)))


def plan(store: SqlStore, due: datetime) -> None:
    """Owe each channel a digest: the post, its thread, two seeds and the question."""
    channels = NUMBER // STEPS
    for first in range(0, channels, 100):
        with store.begin(write=True) as tx:
            for number in range(first, min(first + 100, channels)):
                _owe(tx, number, due)


def _owe(tx: Transaction, number: int, not_before: datetime) -> None:
    workspace = WorkspaceRef(NAME, f"W{number // CHANNELS_EACH}")
    name = f"team {number // CHANNELS_EACH}"
    team = (tx.teams.named(name) or tx.teams.add(name, "UTC")).id
    tx.teams.join(workspace, "bench", team)
    tx.deliveries.plan(team, drafts(ChannelRef(workspace, f"C{number}")), not_before=not_before)


def drafts(channel: ChannelRef) -> list[Draft]:
    def step(ordinal: int, step: Step, waits_for: int | None, **more: Any) -> Draft:
        return Draft(channel=channel, source_key=channel.id, step=step, ordinal=ordinal, waits_for=waits_for, **more)

    return [
        step(0, Step.ROOT, None, card=CARD),
        step(1, Step.THREAD, 0, title="A thread"),
        step(2, Step.SEED, 0, meaning="read"),
        step(3, Step.SEED, 0, meaning="later"),
        step(4, Step.REPLY, 1, card=CARD),
    ]


@contextmanager
def worker(database: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to deliver."""
    command = [sys.executable, "-m", "tests.bench.delivering", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()


def ended(process: subprocess.Popen[str]) -> dict[str, int]:
    """What a worker says of itself."""
    process.terminate()
    assert process.stdout is not None
    said: dict[str, int] = json.loads(process.stdout.read())
    return said


def figures(database: str, workers: int) -> tuple[float, list[dict[str, int]]]:
    """Deliveries a second from the moment at which they fall due, and what each worker says of itself."""
    clock = SystemClock()
    store = open_store(database, clock)
    due = clock.now() + timedelta(seconds=NUMBER / STEPS / PLANNED_A_SECOND + 15)
    plan(store, due)
    with ExitStack() as stack:
        processes = [stack.enter_context(worker(database)) for _ in range(workers)]
        left = (due - clock.now()).total_seconds()
        assert left > 0, "the machine is slower than this bench takes it to be"
        time.sleep(left)
        while _owed(store):
            time.sleep(0.25)
        seconds = (clock.now() - due).total_seconds()
        said = [ended(process) for process in processes]
    store.close()
    return NUMBER / seconds, said


def _owed(store: SqlStore) -> int:
    with store.begin(write=False) as tx:
        return sum(tx.deliveries.open().values())


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from rows(f"sqlite:///{Path(folder)}/bench.db", 1, "one process on SQLite")
    with running() as server, server.database() as database:
        for setting in ("fsync = on", "full_page_writes = on", "autovacuum = on"):
            server.execute(f"ALTER SYSTEM SET {setting}")
        server.execute("SELECT pg_reload_conf()")
        yield from rows(database, WORKERS, f"{WORKERS} processes on PostgreSQL")


def rows(database: str, workers: int, where: str) -> Iterator[Row]:
    pace, said = figures(database, workers)
    what = f"{NUMBER:,} deliveries, {where}, a platform answering in 50 ms"
    shares = {"of_each": [one["answered"] for one in said]}
    yield Row(what=what, figure=pace, budget=300, unit="a second", at_least=True, beside=shares)
    most = max(one["megabytes"] for one in said)
    yield Row(what=f"{what}: memory of the largest", figure=most, budget=300, unit="MB")
