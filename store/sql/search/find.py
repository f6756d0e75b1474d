"""The search as use cases call it: filters, a page of results, and the line that each shows."""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, func, select

from bot.domain.entry import Entry
from bot.domain.ids import MemberId, TeamId
from bot.domain.query import Query
from bot.domain.text import plain
from bot.ports.search import Hit, Hits
from store.sql import hot_queries
from store.sql.entries import entry_of
from store.sql.filters import among as narrowed
from store.sql.filters import asked, on_list
from store.sql.search.index import Index
from store.sql.search.key_terms import key_terms
from store.sql.search.query_plan import QueryPlan, Term, plan_query
from store.sql.search.snippet import best_line, emphasised
from store.sql.search.spelling import Spelling
from store.sql.search.words import distinct
from store.sql.session import Session
from store.sql.tables import ENTRY


class SqlSearch:
    def __init__(self, work: Session, index: Index, spelling: Spelling) -> None:
        self._work = work
        self._index = index
        self._spelling = spelling

    def find(
        self, team: TeamId, member: MemberId, query: Query, *, offset: int, limit: int, lines: bool = True
    ) -> Hits:
        plan = self._plan(team, query)
        if plan.anything:
            among = narrowed(team, member, query)
            total, numbers = self._index.find(team, plan, among, offset=offset, limit=limit)
        elif query.words or query.phrases:
            total, numbers = 0, ()
        else:
            total, numbers = self._listed(team, plan, asked(team, member, query), offset, limit)
        return Hits(total=total, items=self._hits(team, plan if lines else QueryPlan(), numbers))

    def corrected(self, team: TeamId, query: Query) -> Mapping[str, str]:
        return self._spelling.corrected(team, query)

    def _plan(self, team: TeamId, query: Query) -> QueryPlan:
        plan = plan_query(query)
        return replace(plan, prefixed=self._spelling.prefixed(team, plan.prefix)) if plan.prefix else plan

    def related(self, team: TeamId, entry: Entry, limit: int) -> Sequence[Hit]:
        plan = QueryPlan(words=tuple(Term(tokens=(word,)) for word in key_terms(self._work, entry)))
        if not plan.anything:
            return ()
        _, numbers = self._index.find(team, plan, None, offset=0, limit=limit + 1)
        return self._hits(team, plan, [number for number in numbers if number != entry.number][:limit])

    def _listed(
        self, team: TeamId, plan: QueryPlan, filters: Sequence[Any], offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        """A query of filters only has the list's own order."""
        excluded = self._index.excluded(team, plan)
        without = [] if excluded is None else [ENTRY.c.number.not_in(excluded)]
        where = and_(on_list(team), *filters, *without)
        total: int = self._work.value(select(func.count()).where(where))
        page = select(ENTRY.c.number).where(where).order_by(ENTRY.c.number).offset(offset).limit(limit)
        return total, [row.number for row in self._work.rows(page)]

    def _hits(self, team: TeamId, plan: QueryPlan, numbers: Sequence[int]) -> tuple[Hit, ...]:
        if not numbers:
            return ()
        rows = self._work.fast_rows(hot_queries.THESE, team=team, numbers=json.dumps(list(numbers)))
        found = {row.number: entry_of(row, _no_tree) for row in rows}
        if not plan.anything:
            return tuple(Hit(entry=found[number], title=plain(found[number].title)) for number in numbers)
        words = self._index.matched(team, plan, {number: _text(entry) for number, entry in found.items()})
        return tuple(self._hit(found[number], words.get(number, frozenset())) for number in numbers)

    def _hit(self, entry: Entry, words: AbstractSet[str]) -> Hit:
        """Notes are only parsed if one of their lines may contain more of the words than the title."""
        elsewhere = words - distinct(entry.title)
        tree = self._work.tree(entry.notes.markdown) if elsewhere and entry.notes else ()
        matched, path = best_line(tree, words, beyond=len(words & distinct(entry.title)))
        return Hit(entry=entry, title=emphasised(plain(entry.title), words), matched=matched, path=path)


def _text(entry: Entry) -> str:
    return f"{entry.title} {entry.notes.markdown}"


def _no_tree(_markdown: str) -> tuple[()]:
    return ()
