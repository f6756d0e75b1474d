"""The full-text index on SQLite: one FTS5 table for each team, over a view of the team's entries on the list.

`bm25()` counts over its whole table: in a table shared by all teams a search would pay for the other teams' entries and
weigh words by them. The view is external content: no text is stored twice, and FTS5 itself reads the old text of a row
that is removed. Each connection has our SQL function `spelled_out` (see `engine`), so that FTS5 finds the same words as
`words`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from sqlalchemy import Select, column, select, text

from bot.domain.source import ReadEntry
from store.sql.compiled_query import fetched
from store.sql.filters import Among, Tagged
from store.sql.search.index import MAX_RERANKED, Reranked
from store.sql.search.query_plan import ENOUGH, MAX_RANKED, Group, QueryPlan, Term, Tier, each
from store.sql.search.words import distinct, tokens
from store.sql.session import Session
from store.sql.tables import storable

_SCHEMA = (
    """CREATE VIEW {index}_entry AS
        SELECT number, spelled_out(title, language) AS title, spelled_out(tags, language) AS tags,
            spelled_out(notes, language) AS notes
        FROM entry WHERE team = {team} AND retired_at IS NULL""",
    """CREATE VIRTUAL TABLE {index} USING fts5(title, tags, notes, content='{index}_entry', content_rowid='number',
        tokenize='porter unicode61 remove_diacritics 2')""",
)
_DROP = ("DROP TABLE IF EXISTS {index}", "DROP VIEW IF EXISTS {index}_entry")
_ADD = """INSERT INTO {index}(rowid, title, tags, notes)
    SELECT number, title, tags, notes FROM {index}_entry WHERE number BETWEEN ? AND ?"""
_REMOVE = "DELETE FROM {index} WHERE rowid = ?"
_COUNT = "SELECT count(*) FROM {index} WHERE {index} MATCH ?{narrowed}"
# The weights of title, tags and notes that measured best on two collections (design §7). FTS5's own `rank` is slower.
_HOLDS = "SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT 1"
_HOLDERS = "SELECT count(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT ?)"
_BEST = "SELECT rowid FROM {index} WHERE {index} MATCH ?{narrowed} ORDER BY bm25({index}, 1.5, 1.2, 1.0) LIMIT ?"
_BEST_OF_NEWEST = """SELECT number FROM (
    SELECT rowid AS number, bm25({index}, 1.5, 1.2, 1.0) AS score FROM {index}
    WHERE {index} MATCH ?{narrowed} ORDER BY rowid DESC LIMIT ?) ORDER BY score LIMIT ?"""
_COUNTED = """WITH found AS MATERIALIZED
    (SELECT rowid AS number, bm25({index}, 1.5, 1.2, 1.0) AS score FROM {index} WHERE {index} MATCH ?{narrowed})
    SELECT number, (SELECT count(*) FROM found) FROM found ORDER BY score LIMIT ?"""
# The unary plus makes SQLite start with FTS5.
_TAGGED = " AND +rowid IN (SELECT entry FROM entry_tag WHERE team = ? AND tag IN ({tags}))"
_OTHER = " AND +rowid NOT IN (SELECT value FROM json_each(?))"
# One row at a time: with IN, FTS5 would read every matching entry.
_MARKED = """SELECT wanted.value, highlight({index}, 0, char(2), char(3)) || ' ' || highlight({index}, 2, char(2), char(3))
    FROM json_each(?) AS wanted CROSS JOIN {index} ON {index}.rowid = wanted.value WHERE {index} MATCH ?"""
_MATCHING = """SELECT count(*) FROM json_each(?) AS wanted CROSS JOIN {index} ON {index}.rowid = wanted.value
    WHERE {index} MATCH ?"""
_MARK = re.compile("\x02([^\x03]*)\x03")

MAX_HOLDERS = 20_000
"""Entries with a word that are counted: more common words are equally common."""

Where: TypeAlias = tuple[str, tuple[Any, ...]]
"""A further condition, and its parameters."""
Step: TypeAlias = tuple[str, Sequence[Group]]
"""An FTS5 expression, and what ranks the entries that match it."""


class SqliteIndex:
    """The index on SQLite.

    The statements are plain SQL: building them with SQLAlchemy took ten times as long as FTS5 takes to answer, and
    running them through it still adds 30 µs each.
    """

    def __init__(self, work: Session) -> None:
        self._work = work

    def create(self, team: int) -> None:
        for statement in _SCHEMA:
            self._work.connection.exec_driver_sql(statement.format(index=_index(team), team=team))

    def drop(self, team: int) -> None:
        for statement in _DROP:
            self._work.connection.exec_driver_sql(statement.format(index=_index(team)))

    def add(self, team: int, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        self._for_each(_ADD, team, list(_spans(number for number, _ in entries)))

    def remove(self, team: int, numbers: Sequence[int]) -> None:
        self._for_each(_REMOVE, team, [(number,) for number in numbers])

    def _for_each(self, statement: str, team: int, rows: Sequence[tuple[int, ...]]) -> None:
        if rows:
            self._work.connection.exec_driver_sql(statement.format(index=_index(team)), list(rows))

    def known(self, team: int, words: Sequence[str]) -> AbstractSet[str]:
        statement = _HOLDS.format(index=_index(team))
        return {word for word in words if self._rows(statement, (f'"{word}"',))}

    def holders(self, team: int, terms: Sequence[Term]) -> Mapping[Term, int]:
        statement = _HOLDERS.format(index=_index(team))
        return {term: self._rows(statement, (_quoted(term), MAX_HOLDERS))[0][0] for term in terms}

    def find(
        self, team: int, plan: QueryPlan, among: Among | None, reranked: Reranked, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        narrowed = self._narrowed(team, among)
        ways = [  # entries that contain all of few words, in each way
            (_with_phrases(plan, " AND ".join(f"({_any(group)})" for group in way)), [*way, *each(plan.phrases)])
            for way in plan.all_ways
        ]
        # entries that contain a word of a tier and every phrase
        tiers: list[Step] = [(_with_phrases(plan, _tier(tier)), tier.groups(plan.phrases)) for tier in plan.tiers]
        found: list[int] = []
        if narrowed[0] and not ways and len(tiers) == 1:
            expression, groups = tiers[0]
            total, best = self._counted(team, expression, narrowed, max(offset + limit, MAX_RERANKED))
            found += reranked(best, groups)
        else:
            total = self._count(team, tiers, narrowed)
        if plan.prefixed and total < ENOUGH:
            tiers = [*(tiers if total else ()), (_with_phrases(plan, _any(plan.prefixed)), [plan.prefixed])]
            total = self._count(team, tiers, narrowed)
        every = total + self._not_matching(team, tiers, reranked.near) if total else 0
        for expression, groups in [*ways, *tiers]:
            if len(found) >= min(offset + limit, every):
                break
            rest = offset + limit - len(found)
            ranked = max(MAX_RANKED, rest) if total > MAX_RANKED else None
            best = self._best(team, expression, narrowed, found, max(rest, MAX_RERANKED), ranked)
            found += reranked(best, groups)
        if total and len(found) < offset + limit:
            found += [number for number in reranked.near if number not in found]
        return every, found[offset : offset + limit]

    def excluded(self, team: int, plan: QueryPlan) -> Select[Any] | None:
        if not plan.without:
            return None
        match = text(f"{_index(team)} MATCH :excluded").bindparams(excluded=_any(plan.without))
        return select(column("rowid")).select_from(text(_index(team))).where(match)

    def matched(self, team: int, plan: QueryPlan, texts: Mapping[int, str]) -> Mapping[int, AbstractSet[str]]:
        """Prefix matches are found in the texts: 50 of them in one expression took FTS5 5 ms."""
        prefixed = {term.tokens[0] for term in plan.prefixed if len(term.tokens) == 1}
        found = {number: prefixed & distinct(text) if prefixed else set() for number, text in texts.items()}
        phrases = (term for term in plan.prefixed if len(term.tokens) > 1)
        asked = (*plan.words, *plan.phrases, *plan.synonyms, *phrases)
        expression = _any(Term(tokens=term.tokens) for term in asked)
        for number, marked in self._rows(_MARKED.format(index=_index(team)), (json.dumps(list(texts)), expression)):
            found[number] |= {word for run in set(_MARK.findall(marked)) for word in tokens(run)}
        return found

    def _narrowed(self, team: int, among: Among | None) -> Where:
        if among is None:
            return "", ()
        if isinstance(among, Tagged):
            return _TAGGED.format(tags=",".join("?" * len(among.tags))), (team, *map(storable, among.tags))
        inner, parameters = self._work.sql_of(among.numbers(team))
        return f" AND +rowid IN ({inner})", parameters

    def _count(self, team: int, tiers: Sequence[Step], narrowed: Where) -> int:
        statement = _COUNT.format(index=_index(team), narrowed=narrowed[0])
        expressions = " OR ".join(expression for expression, _ in tiers)
        (count,) = self._rows(statement, (expressions, *narrowed[1]))[0]
        return int(count)

    def _not_matching(self, team: int, tiers: Sequence[Step], numbers: Sequence[int]) -> int:
        """How many of the entries contain nothing that is searched."""
        if not numbers:
            return 0
        expressions = " OR ".join(expression for expression, _ in tiers)
        (count,) = self._rows(_MATCHING.format(index=_index(team)), (json.dumps(list(numbers)), expressions))[0]
        return len(numbers) - int(count)

    def _counted(self, team: int, expression: str, narrowed: Where, limit: int) -> tuple[int, list[int]]:
        """`_count` and `_best` together, so that the filtered numbers are computed once: they are most of the cost of a
        tag.
        """
        where, parameters = narrowed
        rows = self._rows(_COUNTED.format(index=_index(team), narrowed=where), (expression, *parameters, limit))
        return (rows[0][1] if rows else 0), [number for number, _ in rows]

    def _best(
        self, team: int, expression: str, narrowed: Where, before: Sequence[int], limit: int, ranked: int | None
    ) -> list[int]:
        """The best of the newest `ranked` matches, or of all."""
        where, parameters = narrowed
        if before:
            where, parameters = where + _OTHER, (*parameters, json.dumps(before))
        limits = (limit,) if ranked is None else (ranked, limit)
        statement = _BEST if ranked is None else _BEST_OF_NEWEST
        rows = self._rows(statement.format(index=_index(team), narrowed=where), (expression, *parameters, *limits))
        return [number for (number,) in rows]

    def _rows(self, statement: str, parameters: tuple[Any, ...]) -> Sequence[Any]:
        return fetched(self._work.connection, statement, parameters)


def _index(team: int) -> str:
    return f"search_{team:d}"


def _tier(tier: Tier) -> str:
    """`bm25` ranks by everything that the expression names, as often as it does. If more words rank than are required,
    each of them is in the expression twice.
    """
    if tier.words == tier.ranking:
        return _any(tier.words)
    more = [term for term in tier.ranking if term not in tier.words]
    return f"({_any(tier.words)}) AND ({_any((*tier.words, *more, *more))})"


def _with_phrases(plan: QueryPlan, words: str) -> str:
    parts = [f"({words})"] if words else []
    expression = " AND ".join([*parts, *map(_quoted, plan.phrases)])
    return f"({expression}) NOT ({_any(plan.without)})" if plan.without else f"({expression})"


def _any(terms: Iterable[Term]) -> str:
    return " OR ".join(map(_quoted, terms))


def _quoted(term: Term) -> str:
    """FTS5 strings. Tokens are only letters, digits and the mark of stems, so nothing needs escaping."""
    ways = " OR ".join([f'"{" ".join(way)}"' for way in term.ways])
    return f"({ways})" if term.stems else ways


def _spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers, as (first, last)."""
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
