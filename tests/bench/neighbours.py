"""What a search of a team of 1,000 entries takes beside a million entries of other teams, against the same team alone in
a database, in turns: twice as long is allowed, on either engine. By the wall clock, as PostgreSQL works elsewhere.

The first of the others is made as any team; the rest are its copies, made by the database: the same rows, the same
FTS5 segments, the same lexemes under a team of their own. So every word of ours is theirs as well.

They take minutes to make and gigabytes to keep, so they are made once for a form of the store and kept in the folder
for temporary files.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import create_engine, insert, literal, make_url, select, text

import store
from bot.runtime.clock import SystemClock
from bot.service import search
from store.sql import SqlStore, open_store
from store.sql.engine import address
from store.sql.search.words import tokens
from store.sql.store import SqlTransaction
from store.sql.tables import ENTRY, ENTRY_TAG, SEARCH_SIZE, SOURCE, SPELLING
from tests.bench import shelf
from tests.bench.row import Row
from tests.fakes import postgres
from tests.fakes.kept import OUR_NAME, Club, a_club, an_account

OURS = 1_000
THEIRS = int(os.environ.get("DOGEAR_NEIGHBOURS", "1000000"))
TEAMS = 50
ASKED = 200
RATIO = 2.0
_COPIED = (SOURCE, ENTRY, ENTRY_TAG, SPELLING, SEARCH_SIZE)
_SEGMENTS = ("data", "idx", "docsize")
_LEXEMES = (
    """INSERT INTO search_entry (team, entry, words)
        SELECT :to, entry, CAST(:lexeme AS tsvector) || ts_delete(words, :left) FROM search_entry WHERE team = :one""",
    "INSERT INTO search_word (team, word, entries) SELECT :to, word, entries FROM search_word WHERE team = :one",
)


def measured() -> Iterator[Row]:
    for engine in (_sqlite, _postgresql):
        with engine() as (alone, beside, filled):
            yield from _compared(engine.__name__[1:], alone, beside, filled)


@contextmanager
def _sqlite() -> Iterator[tuple[str, str, float]]:
    """The URLs of a database of ours alone and of one beside others, and the seconds that it took to make the latter."""
    beside, part = (_kept() / name for name in ("beside.db", "part.db"))
    with tempfile.TemporaryDirectory() as folder:
        alone = f"sqlite:///{Path(folder, 'alone.db')}"
        _fill(alone, others=False)
        seconds = 0.0
        if not beside.exists():
            part.unlink(missing_ok=True)
            seconds = _fill(f"sqlite:///{part}", others=True)
            part.rename(beside)
        yield alone, f"sqlite:///{beside}", seconds


@contextmanager
def _postgresql() -> Iterator[tuple[str, str, float]]:
    with postgres.running(_kept() / "postgresql") as server, server.database() as alone:
        _fill(alone, others=False)
        seconds = 0.0
        if not server.has("beside"):
            with server.database() as part:
                seconds = _fill(part, others=True)
                server.execute(f"ALTER DATABASE {make_url(part).database} RENAME TO beside")
        yield alone, server.url("beside"), seconds


def _kept() -> Path:
    """Where the databases of this form of the store are kept; those of other forms are removed."""
    folder = Path(tempfile.gettempdir(), f"dogear-bench-{os.getuid()}")
    form = sha256(f"{OURS} {THEIRS} {TEAMS}".encode())
    for source in (*sorted(Path(store.__file__).parent.rglob("*.py")), Path(shelf.__file__)):
        form.update(source.read_bytes())
    kept = folder / form.hexdigest()[:12]
    kept.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other != kept:
            shutil.rmtree(other)
    return kept


def _compared(engine: str, alone: str, beside: str, filled: float) -> Iterator[Row]:
    with _opened(alone) as one, _opened(beside) as other:
        for kind, lines in _lines().items():
            yield from _rows(f"{kind} on {engine}", _taken((one, other), lines), round(filled))


def _rows(what: str, taken: tuple[list[float], list[float]], filled: int) -> Iterator[Row]:
    for percent in (50, 99):
        one, other = (sorted(side)[len(side) * percent // 100] for side in taken)
        yield Row(
            what=f"search for {what}, {OURS:,} entries beside {THEIRS:,} of other teams against alone, p{percent}",
            figure=other / one,
            budget=RATIO,
            unit="times",
            beside={"alone_ms": round(one, 2), "beside_ms": round(other, 2), "filled_s": filled},
        )


def _taken(clubs: tuple[Club, Club], lines: Sequence[str]) -> tuple[list[float], list[float]]:
    """Milliseconds of each search alone and beside others, by turns the first; a first round is not counted."""
    taken: tuple[list[float], list[float]] = [], []
    for counted in (False, True):
        for number, line in enumerate(lines):
            for which in (number % 2, (number + 1) % 2):
                one = _searched(clubs[which], line)
                if counted:
                    taken[which].append(one)
    return taken


def _searched(club: Club, line: str) -> float:
    with club.store.begin(write=False) as tx:
        began = time.perf_counter()
        search.find(tx, club.team, club.member, line, 1, 5)
        return (time.perf_counter() - began) * 1000


def _lines() -> dict[str, list[str]]:
    """Words of the titles of our entries."""
    drawn = [shelf.entry(number) for number in range(1, OURS, OURS // ASKED)]
    pairs = [(entry.tags[0], tokens(entry.title)) for entry in drawn]
    return {
        "one word": [one for _, (one, *_) in pairs],
        "two words": [f"{one} {two}" for _, (one, two, *_) in pairs],
        "a beginning": [max(words, key=len)[:-3] for _, words in pairs],
        "a tag and a word": [f"tag:{tag} {one}" for tag, (one, *_) in pairs],
    }


def _fill(url: str, *, others: bool) -> float:
    """Put our team there, beside others or alone; the seconds it took."""
    began = time.perf_counter()
    kept = open_store(url, SystemClock())
    club = a_club(kept)
    with kept.begin(write=True) as tx:
        tx.entries.add(club.team, club.source, (("list.md", entry) for entry in shelf.entries(OURS)))
    if others:
        first = _neighbour(kept, THEIRS // TEAMS)
        for number in range(1, TEAMS):
            with kept.begin(write=True) as tx:
                _copy(tx, first, tx.teams.add(f"neighbour {number}", "UTC").id)
    kept.close()
    _tidied(url)
    return time.perf_counter() - began


@contextmanager
def _opened(url: str) -> Iterator[Club]:
    """Opened anew, as the copies are made behind the store's back."""
    kept = open_store(url, SystemClock())
    with kept.begin(write=True) as tx:
        team = tx.teams.by_name(OUR_NAME)
        assert team is not None
        source = tx.entries.set_sources(team.id, ["/lists"])[0].id
        member = tx.teams.get_or_add_member(team.id, an_account(), "Anna").id
    yield Club(kept, team.id, source, member)
    kept.close()


def _neighbour(kept: SqlStore, entries: int) -> int:
    with kept.begin(write=True) as tx:
        team = tx.teams.add("neighbour", "UTC").id
        source = tx.entries.set_sources(team, ["/lists"])[0].id
        tx.entries.add(team, source, (("list.md", entry) for entry in shelf.entries(entries, "theirs")))
    return team


def _copy(tx: SqlTransaction, one: int, to: int) -> None:
    """What `tx.entries.add` would keep for the team `to`, from the team `one` that has it."""
    for table in _COPIED:
        names = [column.name for column in table.c if column.name != "team"]
        rows = select(literal(to), *(table.c[name] for name in names)).where(table.c.team == one)
        tx.connection.execute(insert(table).from_select(["team", *names], rows))
    if tx.engine == "sqlite":
        for part in _SEGMENTS:
            tx.connection.exec_driver_sql(f"DELETE FROM search_{to}_{part}")
            tx.connection.exec_driver_sql(f"INSERT INTO search_{to}_{part} SELECT * FROM search_{one}_{part}")
    else:
        values = {"to": to, "one": one, "lexeme": f"'team/{to}'", "left": f"team/{one}"}
        for statement in _LEXEMES:
            tx.connection.execute(text(statement), values)


def _tidied(url: str) -> None:
    """As autovacuum leaves PostgreSQL's tables; the server of the tests has none."""
    engine = create_engine(address(url), isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
