"""The full-text index on SQLite: one FTS5 table for each team, over a view of the team's entries on the list.

`bm25()` counts over its whole table: in a table shared by all teams a search would pay for the other teams' entries
and weigh words by them. The view is external content: no text is kept twice, and FTS5 itself reads the old text of
a row that is taken out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, column, func, literal_column, select, table

from bot.domain.source import ReadEntry
from store.sql.search.wanted import Term, Wanted, tokens
from store.sql.work import Work

_OPEN, _CLOSE = "\x02", "\x03"
_MARKED = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


class SqliteIndex:
    def __init__(self, work: Work) -> None:
        self._work = work

    def create(self, team: int) -> None:
        for statement in _SCHEMA:
            self._work.connection.exec_driver_sql(statement.format(name=_name(team), team=team))

    def add(self, team: int, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        spans = list(_spans(number for number, _ in entries))
        if spans:
            self._work.connection.exec_driver_sql(_ADD.format(name=_name(team)), spans)

    def remove(self, team: int, numbers: Sequence[int]) -> None:
        if numbers:
            statement = _REMOVE.format(name=_name(team))
            self._work.connection.exec_driver_sql(statement, [(number,) for number in numbers])

    def find(
        self, team: int, wanted: Wanted, among: Select[Any] | None, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        whole, found = Matches(team, _exact(wanted), among), []
        total = self._count(whole)
        if offset < total:
            found = self._page(whole, team, wanted, offset, limit)
        beginning = _beginning(wanted)
        if beginning:
            rest = Matches(team, beginning, among, but=_exact(wanted))
            more = self._count(rest)
            if len(found) < limit and more:
                found += self._page(rest, team, None, max(offset - total, 0), limit - len(found))
            total += more
        return total, found

    def unwanted(self, team: int, wanted: Wanted) -> Select[Any] | None:
        return _numbers(team, _any(wanted.without)) if wanted.without else None

    def matched(self, team: int, wanted: Wanted, texts: Mapping[int, Sequence[str]]) -> Mapping[int, AbstractSet[str]]:
        index: Any = _table(team)
        name: ColumnElement[str] = literal_column(_name(team))
        marked = [func.highlight(name, place, _OPEN, _CLOSE) for place in (0, 2)]
        expression = " OR ".join(filter(None, (_exact(wanted), _beginning(wanted))))
        statement = select(index.c.rowid, *marked).where(_match(team, expression), index.c.rowid.in_(list(texts)))
        return {number: _words(title, notes) for number, title, notes in self._work.rows(statement)}

    def _count(self, matches: "Matches") -> int:
        count: int = self._work.value(select(func.count()).select_from(_table(matches.team)).where(*matches.where))
        return count

    def _page(self, matches: "Matches", team: int, wanted: Wanted | None, offset: int, limit: int) -> list[int]:
        index = _table(team)
        fullest = [index.c.rowid.in_(_numbers(team, both)).desc() for both in (_all(wanted) if wanted else ())]
        best = select(index.c.rowid).where(*matches.where).order_by(*fullest, literal_column("rank"))
        return [row.rowid for row in self._work.rows(best.offset(offset).limit(limit))]


# Title, tags and notes weigh as measured best on CACM and Cranfield (design §7).
_SCHEMA = (
    """CREATE VIEW {name}_entry AS
        SELECT number, title, tags, notes FROM entry WHERE team = {team} AND retired_at IS NULL""",
    """CREATE VIRTUAL TABLE {name} USING fts5(title, tags, notes, content='{name}_entry', content_rowid='number',
        tokenize='porter unicode61 remove_diacritics 2')""",
    "INSERT INTO {name}({name}, rank) VALUES ('rank', 'bm25(1.5, 1.2, 1.0)')",
)
_REMOVE = "DELETE FROM {name} WHERE rowid = ?"
_ADD = """INSERT INTO {name}(rowid, title, tags, notes)
    SELECT number, title, tags, notes FROM {name}_entry WHERE number BETWEEN ? AND ?"""


class Matches:
    """The rows that match one expression and not another, among those that filters leave."""

    def __init__(self, team: int, expression: str, among: Select[Any] | None, but: str | None = None) -> None:
        rowid = _table(team).c.rowid
        self.team = team
        self.where: list[ColumnElement[bool]] = [_match(team, expression)]
        if but:
            self.where.append(rowid.not_in(_numbers(team, but)))
        if among is not None:
            self.where.append(rowid.in_(among))


def _name(team: int) -> str:
    return f"search_{team:d}"


@lru_cache(maxsize=100)
def _table(team: int) -> Any:
    return table(_name(team), column("rowid", Integer))


def _match(team: int, expression: str) -> ColumnElement[bool]:
    return literal_column(_name(team)).op("MATCH", is_comparison=True)(bindparam(None, expression))


def _numbers(team: int, expression: str) -> Select[Any]:
    return select(_table(team).c.rowid).where(_match(team, expression)).correlate(None)


def _exact(wanted: Wanted) -> str:
    """Entries that hold one of the words and every phrase, as an FTS5 expression."""
    return _with_phrases(wanted, _any(wanted.words))


def _beginning(wanted: Wanted) -> str:
    """Entries that hold the beginning of a word in place of the last one; empty where there is none."""
    return _with_phrases(wanted, _quoted(wanted.prefix) + "*") if wanted.prefix else ""


def _with_phrases(wanted: Wanted, words: str) -> str:
    parts = [f"({words})"] if words else []
    expression = " AND ".join([*parts, *map(_quoted, wanted.phrases)])
    return f"({expression}) NOT ({_any(wanted.without)})" if wanted.without else f"({expression})"


def _all(wanted: Wanted) -> list[str]:
    """Expressions of which an entry is the better for each that it matches: all words, the last one but begun."""
    if not wanted.few:
        return []
    exact = " AND ".join(map(_quoted, wanted.few))
    if wanted.prefix is None:
        return [exact]
    begun = [_quoted(word) + ("*" if word == wanted.prefix else "") for word in wanted.few]
    return [exact, " AND ".join(begun)]


def _any(terms: Iterable[Term]) -> str:
    return " OR ".join(map(_quoted, terms))


def _quoted(term: Term) -> str:
    """An FTS5 string: its tokens are letters and digits alone, so there is nothing to escape."""
    return f'"{" ".join(term.tokens)}"'


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


def _words(*marked: str) -> AbstractSet[str]:
    return {token for text in marked for run in _MARKED.findall(text) for token in tokens(run)}
