"""`dogear bench-search`: how well search finds what a team says that it should find."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import log2
from pathlib import Path

from bot.domain.errors import BadConfig
from bot.domain.ids import EntryNumber, MemberId, TeamId
from bot.domain.record import record
from bot.domain.url import is_web
from bot.ports.store import Transaction
from bot.runtime.bootstrap import Club, open_club
from bot.runtime.settings import load
from bot.service import search, teams
from store.sql.ids import id_of

BUNDLED = Path(__file__).parents[1] / "sample"
FIRST = 10
"""Results of a query that count."""
_LINE = re.compile(r"(?P<query>.*\S)\s+=>\s+(?P<wanted>\S.*)")
_USAGE = "Write it as: QUERY => ADDRESS or #NUMBER, and more of them after blanks."


@record
class Judged:
    """A query, and the entries that it should find: by address or number."""

    line: int
    query: str
    wanted: tuple[str, ...]


@record
class Judgement:
    """What became of a query. `missing` are wanted entries that are not on the list."""

    judged: Judged
    ndcg: float
    reciprocal_rank: float
    first: str
    missing: tuple[str, ...]


async def bench_search(file: Path | None, *, lists: Sequence[Path], database: str | None, team: str | None) -> bool:
    """Print the figures, and the queries that fail. Returns whether all were found. Raises BadConfig.

    Without `file` the bundled queries are measured over the bundled list; with `lists` those are searched, and no
    database.
    """
    judged = read(file or BUNDLED / "queries.txt")
    with _temporary(lists or ([] if file else [BUNDLED / "reading-list.md"])) as (paths, instead):
        async with open_club(load(database=instead or database), migrate=False) as club:
            which = await _team(club, paths, team)
            if club.vectors is not None:
                await club.vectors.finish()
            return _print(await club.runner.read(lambda tx: [_judged(tx, which, one) for one in judged]))


def read(file: Path) -> list[Judged]:
    """The judged queries of a file. Raises BadConfig with each line that cannot be used."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise BadConfig([f"{file} cannot be read: {error.strerror}."]) from error
    except UnicodeDecodeError as error:
        raise BadConfig([f"{file} is not UTF-8. Save it as UTF-8."]) from error
    found, wrong = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("# "):
            continue
        match = _LINE.fullmatch(line.strip())
        wanted = match["wanted"].split() if match else []
        bad = [one for one in wanted if not (is_web(one) or re.fullmatch(r"#\d{1,9}", one))]
        if match is None:
            wrong.append(f"{file}:{number}: “{line.strip()[:80]}” is not a judged query. {_USAGE}")
        elif bad:
            wrong.append(f"{file}:{number}: “{bad[0][:80]}” is not an address or a number such as #12.")
        else:
            found.append(Judged(line=number, query=match["query"], wanted=tuple(wanted)))
    if not found and not wrong:
        wrong.append(f"{file} has no judged query. {_USAGE}")
    if wrong:
        raise BadConfig(wrong)
    return found


@contextmanager
def _temporary(lists: Sequence[Path]) -> Iterator[tuple[Sequence[Path], str | None]]:
    """The lists, and a database for them; no database without lists. Raises BadConfig."""
    gone = [f"{path} is not here." for path in lists if not path.exists()]
    if gone:
        raise BadConfig(gone)
    if not lists:
        yield (), None
        return
    with tempfile.TemporaryDirectory() as folder:
        yield lists, f"sqlite:///{folder}/bench.db"


async def _team(club: Club, lists: Sequence[Path], name: str | None) -> TeamId:
    if lists:
        default = await club.runner.write(lambda tx: teams.get_or_create_default(tx, "UTC"))
        await club.lists.use(default, list(lists))
        return default.id
    found = await club.runner.read(lambda tx: tx.teams.by_name(name or teams.DEFAULT_TEAM))
    if found is None:
        raise BadConfig(
            [f"There is no team “{name or teams.DEFAULT_TEAM}”. Name one with --team, or a list with --list."]
        )
    return found.id


def _judged(tx: Transaction, team: TeamId, judged: Judged) -> Judgement:
    known = {wanted: _number(tx, team, wanted) for wanted in judged.wanted}
    wanted = {number for number in known.values() if number is not None}
    someone = MemberId(id_of(team, 0))  # not a member: no reading state counts
    found = [hit.entry for hit, _ in search.find(tx, team, someone, judged.query, 1, FIRST).items]
    ranks = [rank for rank, entry in enumerate(found, start=1) if entry.number in wanted]
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(FIRST, len(known)) + 1))
    return Judgement(
        judged=judged,
        ndcg=sum(1 / log2(rank + 1) for rank in ranks) / ideal,
        reciprocal_rank=1 / ranks[0] if ranks else 0.0,
        first=f"#{found[0].number} {found[0].title}" if found else "nothing",
        missing=tuple(name for name, number in known.items() if number is None),
    )


def _number(tx: Transaction, team: TeamId, wanted: str) -> EntryNumber | None:
    if wanted.startswith("#"):
        entry = tx.entries.by_number(team, EntryNumber(int(wanted[1:])))
    else:
        entry = tx.entries.by_address(team, wanted)
    return entry.number if entry is not None and entry.retired_at is None else None


def _print(judgements: Sequence[Judgement]) -> bool:
    count = len(judgements)
    ndcg = sum(one.ndcg for one in judgements) / count
    mrr = sum(one.reciprocal_rank for one in judgements) / count
    print(f"{count} queries: nDCG@{FIRST} {ndcg:.3f}, MRR@{FIRST} {mrr:.3f}")
    for one in judgements:
        for name in one.missing:
            print(f"line {one.judged.line}: {name} is not on the list.")
        if not one.reciprocal_rank:
            print(f"line {one.judged.line}: “{one.judged.query}” does not find it. First is {one.first}.")
    return all(one.reciprocal_rank and not one.missing for one in judgements)
