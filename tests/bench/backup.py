"""A backup of 100,000 entries and its restore: how long they take, and how much memory they take over an idle command."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.runtime.clock import SystemClock
from store.sql import open_store
from tests.bench.memory import peak_of
from tests.bench.row import Row
from tests.fakes.kept import a_club, a_read_entry

ENTRIES = 100_000
MEMORY = 64.0
"""Megabytes more than `dogear team list`, which only opens the database; 16 of them are SQLite's own cache."""


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new = (f"sqlite:///{folder}/{name}.db" for name in ("old", "new"))
        _fill(old)
        _, idle = _run("team", "list", "--database", old)
        for what, arguments in (
            ("backup", ("backup", f"{folder}/kept.jsonl.gz", "--database", old)),
            ("restore", ("restore", f"{folder}/kept.jsonl.gz", "--database", new)),
        ):
            seconds, megabytes = _run(*arguments)
            yield Row(
                what=f"{what} of {ENTRIES:,} entries, memory over an idle command",
                figure=megabytes - idle,
                budget=MEMORY,
                unit="MB",
                beside={"seconds": round(seconds, 1), "peak_mb": round(megabytes), **_size(folder)},
            )


def _fill(url: str) -> None:
    store = open_store(url, SystemClock())
    club = a_club(store)
    notes = "A note that says what the article says, in two lines.\n    * And one below it\n"
    for first in range(0, ENTRIES, 10_000):
        club_entries = [
            ("list.md", a_read_entry(f"Entry {number} about caching", notes, tags=["db"]))
            for number in range(first, first + 10_000)
        ]
        with store.begin(write=True) as tx:
            tx.entries.add(club.team, club.source, club_entries)
    store.close()


def _run(*arguments: str) -> tuple[float, float]:
    """Seconds that a command of its own took, and the megabytes that it held at its peak."""
    began = time.perf_counter()
    megabytes = peak_of([sys.executable, "-m", "bot", *arguments])
    return time.perf_counter() - began, megabytes


def _size(folder: Path) -> dict[str, float]:
    file = folder / "kept.jsonl.gz"
    return {"file_mb": round(file.stat().st_size / 2**20, 1)}
