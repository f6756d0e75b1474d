"""R12: the database is away while the digests go out: stopped, taking no changes, or a file that cannot be written."""

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg

from tests.bench.memory import resident
from tests.chaos import process, scaled, stage
from tests.chaos.case import Case
from tests.chaos.row import Figures, Row, Run, found, once
from tests.fakes.postgres import Postgres, running

BACK_WITHIN = 30.0
"""Seconds until the next thing arrives after the database is back; real ones, for the store's own waits are."""
GROWTH = 1.2
"""By how much a worker's memory may grow meanwhile."""
FIRST = 3
"""So many posts are there when the database goes away."""
CHANNELS = 60
"""A server takes up to a second to stop, in which twenty could be all done: then nothing is left that could go on."""
REFUSE = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'as on a standby' USING ERRCODE = 'read_only_sql_transaction'; END $$"""
Gone = Callable[[Case], AbstractContextManager[None]]


def away(gone: Gone, seconds: float, workers: int, case: Case) -> Figures:
    pids = [case.start() for _ in range(workers)]
    process.until(lambda: case.count("post") >= FIRST, 20, every=0.01)
    before = resident(pids[0])
    with gone(case):
        time.sleep(seconds)
        after = resident(pids[0])
    back = time.monotonic()
    settled = case.settle(60, every=0.5)
    later = [line.at - back for line in case.journal() if line.at > back]
    figures = found(
        case.verdict(),
        ended=sum(process.exited(pid) for pid in pids),
        grown=int(after > GROWTH * before),
        slow=int(not later or min(later) > BACK_WITHIN),
        unsettled=int(not settled),
    )
    return {name: figure for name, figure in figures.items() if name not in ("late", "whole")}


@contextmanager
def locked(case: Case) -> Iterator[None]:
    """Another program holds the file."""
    with closing(sqlite3.connect(_file(case), isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def unwritable(case: Case) -> Iterator[None]:
    """The system lets the worker's files grow no further."""
    size = Path(f"{_file(case)}-wal").stat().st_size
    limits = [(pid, resource.prlimit(pid, resource.RLIMIT_FSIZE)) for pid in case.workers]
    for pid, (_, hard) in limits:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    yield
    for pid, limit in limits:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def _file(case: Case) -> str:
    return case.order.url.removeprefix("sqlite:///")


def with_a_server(how: str, seconds: float, case: Case) -> Figures:
    """On a PostgreSQL of its own, with three workers."""
    with running() as server, server.database() as url:
        furnished = process.forked(
            lambda: stage.furnish(url, case.platform, CHANNELS, case.folder), case.folder / "log"
        )
        process.until(lambda: process.exited(furnished), 30)
        case.order = replace(case.order, url=url)
        gone = partial(_SERVERS[how], server)
        return away(gone, seconds, 3, case)


@contextmanager
def stopped(server: Postgres, case: Case) -> Iterator[None]:
    """The server ends every connection and takes none."""
    server.stop()
    yield
    server.start()


@contextmanager
def read_only(server: Postgres, case: Case) -> Iterator[None]:
    """As a server is that has become a standby: every change is refused, with the code that such a one gives.

    Not by a default of the server's, for a session may begin its transactions as it likes.
    """
    del server
    with psycopg.connect(case.order.url, autocommit=True) as other:
        other.execute(REFUSE)
        other.execute("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON delivery EXECUTE FUNCTION refuse()")
        yield
        other.execute("DROP TRIGGER refuse ON delivery")


_SERVERS = {"stopped": stopped, "read-only": read_only}


def rows(long: bool) -> Iterator[Row]:
    minutes = (1, 10, 60) if long else (1, 5)
    for platform in ("slack", "discord"):
        for number in minutes:
            seconds = scaled.real(60 * number)
            for gone in (locked, unwritable):
                run = Run(platform, "sqlite", partial(away, gone, seconds, 1), CHANNELS)
                yield Row("R12", f"the file is {gone.__name__} for {number} min", [run], outlived)
            for how in _SERVERS:
                run = Run(platform, "sqlite", partial(with_a_server, how, seconds), CHANNELS, part=0.2)
                yield Row("R12", f"PostgreSQL is {how} for {number} min, 3 workers", [run], outlived)


def outlived(figures: Figures) -> bool:
    """Nothing came of it, no worker ended or grew, and it went on soon."""
    return once(figures) and not any(figures[name] for name in ("ended", "grown", "slow", "unsettled"))
