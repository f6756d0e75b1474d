"""The full-text index on SQLite: one FTS5 table for each team, over a view of the team's entries on the list.

`bm25()` counts over its whole table: in a table shared by all teams a search would pay for the other teams' entries
and weigh words by them. The view is external content: no text is kept twice, and FTS5 itself reads the old text of
a row that is taken out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import inf
from typing import Any, TypeAlias

from sqlalchemy import Select, column, select, text

from bot.domain.record import record
from bot.domain.source import ReadEntry
from store.sql.search.wanted import ENOUGH, SHORTEST_PREFIX, Term, Wanted, tokens
from store.sql.work import Work

_SCHEMA = (
    """CREATE VIEW {index}_entry AS
        SELECT number, title, tags, notes FROM entry WHERE team = {team} AND retired_at IS NULL""",
    """CREATE VIRTUAL TABLE {index} USING fts5(title, tags, notes, content='{index}_entry', content_rowid='number',
        tokenize='porter unicode61 remove_diacritics 2')""",
)
_ADD = """INSERT INTO {index}(rowid, title, tags, notes)
    SELECT number, title, tags, notes FROM {index}_entry WHERE number BETWEEN ? AND ?"""
_REMOVE = "DELETE FROM {index} WHERE rowid = ?"
_COUNT = "SELECT count(*) FROM {index} WHERE {where}"
# Title, tags and notes weigh as measured best on two collections (design §7); FTS5's own `rank` sorts slower.
_HOLDS = "SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT 1"
_BEST = "SELECT rowid FROM {index} WHERE {where} ORDER BY {fullest} bm25({index}, 1.5, 1.2, 1.0) LIMIT ? OFFSET ?"
_FULL = "rowid IN (SELECT rowid FROM {index} WHERE {index} MATCH ?) DESC,"
_MARKED = """SELECT rowid, highlight({index}, 0, char(2), char(3)) || ' ' || highlight({index}, 2, char(2), char(3))
    FROM {index} WHERE {index} MATCH ? AND rowid IN ({numbers})"""
_MARK = re.compile("\x02([^\x03]*)\x03")

Where: TypeAlias = tuple[str, tuple[Any, ...]]
"""A condition and its parameters."""


class SqliteIndex:
    """The statements are plain SQL: built by SQLAlchemy they took ten times as long as FTS5 takes to answer."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def create(self, team: int) -> None:
        for statement in _SCHEMA:
            self._work.connection.exec_driver_sql(statement.format(index=_index(team), team=team))

    def add(self, team: int, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        self._for_each(_ADD, team, list(_spans(number for number, _ in entries)))

    def remove(self, team: int, numbers: Sequence[int]) -> None:
        self._for_each(_REMOVE, team, [(number,) for number in numbers])

    def _for_each(self, statement: str, team: int, rows: Sequence[tuple[int, ...]]) -> None:
        if rows:
            self._work.connection.exec_driver_sql(statement.format(index=_index(team)), list(rows))

    def known(self, team: int, words: Sequence[str], *, begun: str) -> AbstractSet[str]:
        return {word for word in words if self._any_holds(team, f'"{word}"{_begins(word, begun)}')}

    def _any_holds(self, team: int, expression: str) -> bool:
        return bool(self._rows(_HOLDS.format(index=_index(team)), (expression,)))

    def find(
        self, team: int, wanted: Wanted, among: Select[Any] | None, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        total, found = 0, list[int]()
        for tier in _tiers(wanted):
            if total >= tier.enough:
                break
            where = self._where(team, tier.expression, among)
            count = self._count(team, where)
            if offset < total + count and len(found) < limit:
                found += self._best(team, where, tier.better, max(offset - total, 0), limit - len(found))
            total += count
        return total, found

    def unwanted(self, team: int, wanted: Wanted) -> Select[Any] | None:
        if not wanted.without:
            return None
        match = text(f"{_index(team)} MATCH :unwanted").bindparams(unwanted=_any(wanted.without))
        return select(column("rowid")).select_from(text(_index(team))).where(match)

    def matched(self, team: int, wanted: Wanted, texts: Mapping[int, Sequence[str]]) -> Mapping[int, AbstractSet[str]]:
        numbers = ", ".join(map(str, texts))
        expression = " OR ".join(filter(None, (_exact(wanted), _widened(wanted), _beginning(wanted))))
        rows = self._rows(_MARKED.format(index=_index(team), numbers=numbers), (expression,))
        return {number: {word for run in _MARK.findall(marked) for word in tokens(run)} for number, marked in rows}

    def _where(self, team: int, expression: str, among: Select[Any] | None) -> Where:
        match = f"{_index(team)} MATCH ?"
        if among is None:
            return match, (expression,)
        inner, parameters = self._work.spelled(among)
        return f"{match} AND +rowid IN ({inner})", (expression, *parameters)  # the plus keeps FTS5 in the lead

    def _count(self, team: int, where: Where) -> int:
        (count,) = self._rows(_COUNT.format(index=_index(team), where=where[0]), where[1])[0]
        return int(count)

    def _best(self, team: int, where: Where, better: Sequence[str], offset: int, limit: int) -> list[int]:
        fullest = " ".join(_FULL.format(index=_index(team)) for _ in better)
        statement = _BEST.format(index=_index(team), where=where[0], fullest=fullest)
        return [number for (number,) in self._rows(statement, (*where[1], *better, limit, offset))]

    def _rows(self, statement: str, parameters: tuple[Any, ...]) -> Sequence[Any]:
        return self._work.connection.exec_driver_sql(statement, parameters).all()


def _index(team: int) -> str:
    return f"search_{team:d}"


@record
class _Tier:
    """Entries that match an FTS5 expression come after those of the tiers before, unless there are `enough` of them.

    Among them an entry is the better for each expression of `better` that it matches.
    """

    expression: str
    better: Sequence[str] = ()
    enough: float = inf


def _tiers(wanted: Wanted) -> Iterator[_Tier]:
    above = _exact(wanted)
    yield _Tier(expression=above, better=_all(wanted))
    if widened := _widened(wanted):
        yield _Tier(expression=f"{widened} NOT {above}")
        above = f"({above} OR {widened})"
    if begun := _beginning(wanted):
        yield _Tier(expression=f"{begun} NOT {above}", enough=ENOUGH)


def _exact(wanted: Wanted) -> str:
    """Entries that hold one of the words and every phrase, as an FTS5 expression."""
    return _with_phrases(wanted, _any(wanted.words))


def _widened(wanted: Wanted) -> str:
    """Entries that hold a synonym of one of the words; empty where there is none."""
    return _with_phrases(wanted, _any(wanted.stand_ins)) if wanted.stand_ins else ""


def _beginning(wanted: Wanted) -> str:
    """Entries that hold the beginning of a word in place of the last one; empty where there is none."""
    return _with_phrases(wanted, _quoted(wanted.prefix) + "*") if wanted.prefix else ""


def _with_phrases(wanted: Wanted, words: str) -> str:
    parts = [f"({words})"] if words else []
    expression = " AND ".join([*parts, *map(_quoted, wanted.phrases)])
    return f"({expression}) NOT ({_any(wanted.without)})" if wanted.without else f"({expression})"


def _all(wanted: Wanted) -> list[str]:
    """All words; with synonyms in place of some; with the last one but begun."""
    if not wanted.few:
        return []
    found = [" AND ".join(map(_quoted, wanted.few))]
    if wanted.also:
        found.append(" AND ".join(f"({_any((word, *wanted.also.get(word, ())))})" for word in wanted.few))
    if wanted.prefix is not None:
        found.append(" AND ".join(_quoted(word) + ("*" if word == wanted.prefix else "") for word in wanted.few))
    return found


def _any(terms: Iterable[Term]) -> str:
    return " OR ".join(map(_quoted, terms))


def _quoted(term: Term) -> str:
    """An FTS5 string: its tokens are letters and digits alone, so there is nothing to escape."""
    return f'"{" ".join(term.tokens)}"'


def _begins(word: str, begun: str) -> str:
    return "*" if word == begun and len(word) >= SHORTEST_PREFIX else ""


def _spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of numbers that follow each other, as (first, last)."""
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
