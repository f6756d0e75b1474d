"""Reading lists into the store: 20 files of 1 MB against the work of the parser and of the database alone, and again
when nothing has changed.

The other side is the least work there can be: the parser's events of every file, one INSERT a row of the same texts, and
one rebuild of the full-text index.
"""

import asyncio
import random  # noqa: TID251 -- seeded: every run reads the same lists
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, closing
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import pyromark

from bot.domain.edit import TITLE, Edit, EditKind, EditState
from bot.domain.ids import EditId, TeamId
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.file_edits import write_edits
from bot.runtime.settings import load
from bot.service import teams
from store.lists.formats.markdown_scan import OPTIONS
from store.lists.reading import read_path
from tests.bench.row import Row

FILES, SIZE = 20, 1_000_000
SMALL_FILES = 1_000
ROUNDS = 3
VOCABULARY = 20_000
HOSTS = 2_000
TABLE = """CREATE TABLE entry (number INTEGER PRIMARY KEY, key_hash BLOB UNIQUE, source INTEGER, line INTEGER,
    added_at TEXT, site TEXT, content TEXT, file TEXT, title TEXT, url TEXT, key TEXT, tags TEXT, section TEXT,
    section_folded TEXT, notes TEXT)"""
INDEX = """CREATE VIRTUAL TABLE words USING fts5(title, tags, notes, content='entry', content_rowid='number',
    tokenize='porter unicode61 remove_diacritics 2')"""


class Author:
    """Writes lists as people do: words of which few are common, a tag or none, a note or two."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        lengths = [self._chance.randrange(3, 11) for _ in range(VOCABULARY)]
        self._words = ["".join(self._chance.choices(letters, k=length)) for length in lengths]
        self._weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
        self._number = 0

    def words(self, count: int) -> str:
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=count))

    def entry(self) -> str:
        self._number += 1
        host = f"site{self._chance.randrange(HOSTS)}.example"
        title, *notes = self._lines(3)
        tag = f"[{title.split()[0]}] " if self._number % 3 == 0 else ""
        return f"* {tag}[{title}](https://{host}/{self._number})\n    * {notes[0]}\n    * {notes[1]}\n"

    def _lines(self, count: int) -> Sequence[str]:
        words = self.words(count * 8).split()
        return [" ".join(words[at * 8 : at * 8 + 8]) for at in range(count)]

    def file(self, size: int) -> str:
        parts = [f"# {self.words(3)}\n\n"]
        left = size
        while left > 0:
            parts.append(self.entry())
            left -= len(parts[-1])
        return "".join(parts)


def written(folder: Path, files: int, size: int) -> Path:
    author = Author()
    folder.mkdir()
    for number in range(files):
        (folder / f"list-{number:04}.md").write_text(author.file(size), encoding="utf-8")
    return folder


async def ours(folder: Path, database: Path) -> tuple[float, int]:
    """Seconds from files to a list that can be searched, and how many entries it has."""
    async with a_club(database) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        began = time.perf_counter()
        report = await club.lists.use(team, [folder])
        return time.perf_counter() - began, report.entries


def a_club(database: Path) -> AbstractAsyncContextManager[Club]:
    return open_club(load(database=f"sqlite:///{database}"), migrate=False)


def bare(folder: Path, database: Path, rows: Sequence[tuple[object, ...]]) -> float:
    """Seconds of the parser's and the database's own work."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE, INDEX):
            connection.execute(statement)
        began = time.perf_counter()
        for path in sorted(folder.iterdir()):
            for _ in pyromark.events_with_range(path.read_text(encoding="utf-8"), options=OPTIONS):
                pass
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO entry VALUES ({', '.join('?' * 15)})", rows)
        connection.execute("INSERT INTO words(words) VALUES ('rebuild')")
        connection.execute("COMMIT")
        return time.perf_counter() - began


def rows_of(folder: Path) -> list[tuple[object, ...]]:
    """Every entry as the row that it becomes, made beforehand."""
    found = [(path.name, entry) for path in sorted(folder.iterdir()) for entry in read_path(path, path.name).entries]
    at = "2026-01-01 00:00:00"
    return [
        (
            number, number.to_bytes(16, "big"), 1, entry.line, at, "site.example", "0" * 32, name, entry.title,
            entry.url, entry.key, str(list(entry.tags)), str(list(entry.section)), str(entry.section).lower(),
            entry.notes.markdown,
        )
        for number, (name, entry) in enumerate(found, start=1)
    ]  # fmt: skip


async def again(folder: Path, database: Path) -> float:
    """Seconds of a sync of a list of which nothing has changed."""
    async with a_club(database) as club:
        team = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.lists.use(team, [folder])
        began = time.perf_counter()
        await club.lists.sync(team)
        return time.perf_counter() - began


def edited(path: Path) -> float:
    """Seconds to write another title of an article into the file."""
    entry = read_path(path, path.name).entries[1_000]
    edit = Edit(
        id=EditId(1),
        team=TeamId(1),
        kind=EditKind.CHANGE,
        state=EditState.PENDING,
        url=entry.url,
        key=entry.key,
        entry=None,
        fields={TITLE: "Another title"},
        member=None,
        at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    )
    began = time.perf_counter()
    reasons = write_edits(path, [edit])
    if any(reasons.values()):
        raise AssertionError(reasons)
    return time.perf_counter() - began


def measured() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big = written(folder / "big", FILES, SIZE)
        rows = rows_of(big)
        taken = [
            (asyncio.run(ours(big, folder / f"o{n}.db")), bare(big, folder / f"b{n}.db", rows)) for n in range(ROUNDS)
        ]
        entries = taken[0][0][1]
        mine, other = min(one[0] for one, _ in taken), min(bare_one for _, bare_one in taken)
        yield Row(
            what=f"read and store {FILES} files of 1 MB, {entries:,} entries, against the parser and raw SQLite",
            figure=mine / other,
            budget=3.5,
            unit="times",
            beside={"ours_s": round(mine, 2), "bare_s": round(other, 2), "entries": entries},
        )
        small = written(folder / "small", SMALL_FILES, 1)
        unchanged = min(asyncio.run(again(small, folder / f"s{n}.db")) for n in range(ROUNDS))
        yield Row(what=f"sync of {SMALL_FILES:,} unchanged files", figure=unchanged, budget=0.3, unit="s")
        alone = min(edited(path) for path in sorted(big.iterdir())[:ROUNDS])
        yield Row(what="one edit of a file of 1 MB, from its bytes to the disk", figure=alone, budget=0.1, unit="s")
