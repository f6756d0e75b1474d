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
from bot.domain.ids import AccountRef, ChannelRef, Url, WorkspaceRef
from bot.domain.notes import Notes
from bot.domain.schedule import Schedule, Weekday
from bot.domain.source import ReadEntry
from bot.domain.text import plain
from bot.ports.store import Transaction
from bot.runtime.clock import SystemClock
from bot.service import digests
from bot.service.schedules import NOT_YET_KEPT
from store.sql import SqlStore, open_store
from tests.bench.delivering import NAME
from tests.bench.row import Row
from tests.fakes.postgres import running

NUMBER = int(os.environ.get("DOGEAR_DELIVERIES", "10000"))
STEPS = 5
CHANNELS_EACH = 10
"""Channels of one workspace."""
WORKERS = 3
TEAMS = 1000
CARD = Card(title="A title of the usual length", blocks=tuple(Paragraph(text=plain("A note. " * 20)) for _ in range(6)))


def plan(store: SqlStore) -> None:
    """Owe each channel a digest: the post, its thread, two seeds and the question."""
    channels = NUMBER // STEPS
    for first in range(0, channels, 100):
        with store.begin(write=True) as tx:
            for number in range(first, min(first + 100, channels)):
                _owe(tx, number)


def _owe(tx: Transaction, number: int) -> None:
    workspace = WorkspaceRef(NAME, f"W{number // CHANNELS_EACH}")
    name = f"team {number // CHANNELS_EACH}"
    team = (tx.teams.by_name(name) or tx.teams.add(name, "UTC")).id
    tx.teams.join(workspace, "bench", team)
    tx.ledger.plan(team, drafts(ChannelRef(workspace, f"C{number}")), not_before=tx.now())


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
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def ended(process: subprocess.Popen[str]) -> dict[str, float]:
    """What a worker says of itself."""
    process.terminate()
    assert process.stdout is not None
    said: dict[str, float] = json.loads(process.stdout.read())
    return said


def figures(database: str, workers: int) -> tuple[float, list[dict[str, float]]]:
    """Deliveries a second once all workers are let go, and what each of them says of itself."""
    store = open_store(database, SystemClock())
    plan(store)
    with ExitStack() as stack:
        processes = [stack.enter_context(worker(database)) for _ in range(workers)]
        began = time.monotonic()
        for process in processes:
            release(process)
        while _owed(store):
            time.sleep(0.25)
        seconds = time.monotonic() - began
        said = [ended(process) for process in processes]
    store.close()
    return NUMBER / seconds, said


def one_minute(database: str) -> Row:
    """How long until the digests of 1,000 teams are out that fall due in the same minute, planning them included."""
    clock = SystemClock()
    store = open_store(database, clock)
    for number in range(TEAMS):
        with store.begin(write=True) as tx:
            _schedule(tx, number, clock.now())
    with worker(database) as process:
        began = time.monotonic()
        release(process)
        while not _all_out(store):
            time.sleep(0.5)
        seconds = time.monotonic() - began
        said = ended(process)
    store.close()
    beside = {"requests": said["answered"], "turned_away": said["turned_away"]}
    return Row(what=f"{TEAMS:,} teams due in one minute, SQLite", figure=seconds, budget=600, unit="s", beside=beside)


def _schedule(tx: Transaction, number: int, now: datetime) -> None:
    """A team with three entries and a slot that is due now."""
    team = tx.teams.add(f"team {number}", "UTC").id
    workspace = WorkspaceRef(NAME, f"W{number}")
    tx.teams.join(workspace, "bench", team)
    source = tx.entries.set_sources(team, ["/lists"])[0].id
    tx.entries.add(team, source, [("list.md", _entry(f"https://example.org/{number}/{n}", n)) for n in range(1, 4)])
    slot = now - timedelta(seconds=30)
    schedule = Schedule(
        id=NOT_YET_KEPT,
        team=team,
        channel=ChannelRef(workspace, f"C{number}"),
        weekday=Weekday(slot.weekday()),
        at=slot.time().replace(second=0, microsecond=0),
        zone="UTC",
        active_from=slot - timedelta(days=1),
        created_by=AccountRef(NAME, "ana"),
    )
    tx.schedules.save(schedule)


def _entry(url: str, line: int) -> ReadEntry:
    return ReadEntry(line=line, title="A title", url=Url(url), key=url, notes=Notes(markdown="A note."))


def _all_out(store: SqlStore) -> bool:
    with store.begin(write=False) as tx:
        return not digests.due(tx).slots and not tx.ledger.count_by_state()


def _owed(store: SqlStore) -> int:
    with store.begin(write=False) as tx:
        return sum(tx.ledger.count_by_state().values())


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from rows(f"sqlite:///{Path(folder)}/bench.db", 1, "one process on SQLite")
        yield one_minute(f"sqlite:///{Path(folder)}/minute.db")
    with running() as server, server.database() as database:
        for setting in ("fsync = on", "full_page_writes = on", "autovacuum = on"):
            server.execute(f"ALTER SYSTEM SET {setting}")
        server.execute("SELECT pg_reload_conf()")
        yield from rows(database, WORKERS, f"{WORKERS} processes on PostgreSQL")


def rows(database: str, workers: int, where: str) -> Iterator[Row]:
    pace, said = figures(database, workers)
    what = f"{NUMBER:,} deliveries, {where}, a platform answering in 50 ms"
    cpu = 1000 * sum(one["cpu"] for one in said) / NUMBER
    turned_away = sum(one["turned_away"] for one in said)
    shares = {"of_each": [one["answered"] for one in said], "turned_away": turned_away, "cpu_ms_each": round(cpu, 2)}
    yield Row(what=what, figure=pace, budget=300, unit="a second", at_least=True, beside=shares)
    most = max(one["megabytes"] for one in said)
    yield Row(what=f"{what}: memory of the largest", figure=most, budget=300, unit="MB")
