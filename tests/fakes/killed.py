"""A writer on SQLite that is killed while it commits, again and again, on one database: what is left of it.

`python -m tests.fakes.killed FOLDER TIMES` prints it as JSON. Each writer is forked from here, so that no kill has to
wait for imports. It says when a commit begins and when it was done; the kill falls somewhere from its beginning on.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from bot.domain.ids import InvocationId
from bot.runtime.clock import SystemClock
from store.sql import SqlStore, open_store
from store.sql.backup import damage
from tests.fakes.kept import Club, a_club, a_read_entry

BEGUN, DONE = b"b", b"d"
LATEST, STEPS = 0.004, 40
"""Seconds after the beginning of a commit at which the last of the kills falls, and how many moments before that."""


def write(url: str, first: int, told: int) -> None:
    """Commit an entry, its place in the index and the answer that says so, in one transaction, without end."""
    store = open_store(url, SystemClock())
    club = ours(store)
    number = first
    while True:
        with store.begin(write=True) as tx:
            entry = a_read_entry(
                f"Entry {number}", "A note that is searched. " * 40, key=f"https://example.org/{number}"
            )
            tx.entries.add(club.team, club.source, [("list.md", entry)])
            tx.invocations.claim(InvocationId(str(number)))
            tx.invocations.save(InvocationId(str(number)), "added")
            os.write(told, BEGUN)
        os.write(told, DONE)
        number += 1


def ours(store: SqlStore) -> Club:
    with store.begin(write=False) as tx:
        (team,) = tx.teams.all()
        return Club(store, team.id, tx.entries.sources(team.id)[0].id, None)  # type: ignore[arg-type] # nobody reads here


def killed(url: str, first: int, commits: int, after: float) -> tuple[int, bool]:
    """Kill a writer `after` seconds into a commit after so many: how many it was told were done, and if one was not."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        write(url, first, told)
    os.close(told)
    said = b""
    while said.count(BEGUN) <= commits:
        said += os.read(heard, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(heard, 4096):
        said += more
    os.close(heard)
    return said.count(DONE), said.endswith(BEGUN)


def outcome(folder: Path, times: int) -> dict[str, int]:
    """How often it was killed, `times` in a commit; and what must all be 0: damaged, lost, doubled, half done."""
    url = f"sqlite:///{folder / 'killed.db'}"
    store = open_store(url, SystemClock())
    a_club(store)
    store.close()
    seen: Counter[str] = Counter(kills=0, in_commit=0, damaged=0, lost=0, doubled=0, half=0)
    there = 0
    while seen["in_commit"] < times and seen["kills"] < 5 * times:
        done, in_commit = killed(url, there, seen["kills"] % 4, LATEST * (seen["kills"] % STEPS) / STEPS)
        before, there = there + done, examine(url, seen)
        seen["kills"] += 1
        seen["in_commit"] += in_commit
        seen["lost"] += max(before - there, 0)
        seen["doubled"] += max(there - before - 1, 0)
    return dict(seen)


def examine(url: str, seen: Counter[str]) -> int:
    """How many entries there are, once the file, the index and the answers have been held against each other."""
    store = open_store(url, SystemClock())
    club = ours(store)
    with store.begin(write=False) as tx:
        there = tx.entries.count(club.team)
        titles = Counter(kept.key for kept in tx.entries.stored(club.team))
        answered = sum(tx.invocations.saved_answer(InvocationId(str(n))) is not None for n in range(there + 1))
        indexed = tx.connection.exec_driver_sql(
            f"SELECT count(*) FROM search_{club.team} WHERE search_{club.team} MATCH 'note'"
        )
        seen["half"] += answered != there or indexed.scalar() != there
        seen["doubled"] += sum(count - 1 for count in titles.values())
        seen["damaged"] += bool(damage(tx.connection))
    store.close()
    return there


if __name__ == "__main__":
    print(json.dumps(outcome(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201 -- its answer
