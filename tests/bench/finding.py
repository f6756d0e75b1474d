"""How often a search finds the entry that is meant: one JSON line for each way of typing. Run with
`python -m tests.bench.finding FOLDER [SEED [postgresql]]`, where FOLDER holds Markdown lists, taken together as one
team's; without `postgresql` on SQLite. With DOGEAR_MODEL it searches by meaning too.

200 entries whose title has two words are drawn by seed. The two rarest of them are typed as they are; with one edit in
the longer one, where it is of four letters or more; and with its last three letters not yet typed, where four are left.
The entry is to be among the first five.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from bot.domain.entry import Entry
from bot.domain.ids import AccountRef, MemberId, PlatformName, TeamId
from bot.ports.entries import EntryFilter
from bot.ports.store import Transaction
from bot.runtime.bootstrap import open_club
from bot.runtime.settings import load
from bot.service import search, teams
from store.sql.search.query_plan import STOP_WORDS
from store.sql.search.words import tokens
from tests.fakes import postgres

DRAWN = 200
FIRST = 5
MISSING = 3
MIN_LEFT = 4
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def drawn(seed: str, number: int) -> int:
    """A large number that follows from the seed."""
    return int.from_bytes(sha256(f"{seed}/{number}".encode()).digest()[:8])


def misspelt(word: str, chance: int) -> str:
    """The word with one letter dropped, added, replaced or exchanged with the next."""
    kind, at, letter = chance % 4, chance // 4 % len(word), LETTERS[chance // 1000 % 26]
    if kind == 3:
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + ("", letter + word[at], letter)[kind] + word[at + 1 :]


def rarest(entry: Entry, held: Counter[str]) -> list[str]:
    """Two words of the title, the one to be mistyped last; fewer where the title has not two."""
    words = [word for word in dict.fromkeys(tokens(entry.title)) if word not in STOP_WORDS and len(word) > 1]
    return sorted(sorted(words, key=lambda word: (held[word], word))[:2], key=len)


def can_be_mistyped(word: str) -> bool:
    return word.isalpha() and len(word) >= MIN_LEFT


def asked(entries: Sequence[Entry], seed: str) -> dict[str, list[tuple[Entry, str]]]:
    """What is typed for which entry, by the way of typing."""
    texts = (f"{entry.title} {' '.join(entry.tags)} {entry.notes.markdown}" for entry in entries)
    held = Counter(word for text in texts for word in set(tokens(text)))
    pairs = [(entry, words) for entry in entries if len(words := rarest(entry, held)) == 2]
    pairs.sort(key=lambda pair: drawn(seed, pair[0].number))
    worded = [pair for pair in pairs if can_be_mistyped(pair[1][1])]
    long = [pair for pair in worded if len(pair[1][1]) - MISSING >= MIN_LEFT]

    def typed(which: Sequence[tuple[Entry, list[str]]], last: Callable[[Entry, str], str]) -> list[tuple[Entry, str]]:
        return [(entry, f"{first} {last(entry, second)}") for entry, (first, second) in which]

    return {
        "two words": typed(pairs[:DRAWN], lambda _, word: word),
        "one misspelt": typed(worded[:DRAWN], lambda entry, word: misspelt(word, drawn(f"{seed}/edit", entry.number))),
        "three letters missing": typed(long[:DRAWN], lambda _, word: word[:-MISSING]),
    }


def figures(
    tx: Transaction, team: TeamId, member: MemberId, what: str, lines: list[tuple[Entry, str]]
) -> dict[str, object]:
    missed, taken = [], []
    for entry, line in lines:
        began = time.perf_counter()
        found = search.find(tx, team, member, line, 1, FIRST)
        taken.append(time.perf_counter() - began)
        if entry.number not in {hit.entry.number for hit, _ in found.items}:
            missed.append(f"#{entry.number} {line}")
    share = 1 - len(missed) / max(len(lines), 1)
    slowest = round(max(taken, default=0) * 1000, 1)
    return {"what": what, "asked": len(lines), "found": round(share, 3), "slowest_ms": slowest, "missed": missed}


async def measured(database: str, lists: Path, seed: str) -> list[dict[str, object]]:
    async with open_club(load(database=database), migrate=False) as club:
        default = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.lists.use(default, [lists])
        if club.vectors is not None:
            await club.vectors.finish()
        team = default.id
        account = AccountRef(PlatformName("bench"), "ana")
        member = (await club.runner.write(lambda tx: tx.teams.get_or_add_member(team, account, "ana"))).id
        every = EntryFilter()
        _, entries = await club.runner.read(lambda tx: tx.entries.page(team, member, every, offset=0, limit=100_000))
        ways = asked(entries, seed)

        def ask(tx: Transaction) -> list[dict[str, object]]:
            return [figures(tx, team, member, what, lines) for what, lines in ways.items()]

        return await club.runner.read(ask)


@contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "postgresql":
        with postgres.running() as server, server.database() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"


def main(lists: str, seed: str = "1", engine: str = "sqlite") -> None:
    with _database(engine) as database:
        for figure in asyncio.run(measured(database, Path(lists), seed)):
            print(json.dumps(figure, ensure_ascii=False))  # noqa: T201 -- what it prints is its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
