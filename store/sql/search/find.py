"""The search as use cases call it: filters, a page of results, and the line that each shows."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from math import log

from sqlalchemy import and_, func, select, text

from bot.domain.entry import Entry
from bot.domain.ids import MemberId, TeamId
from bot.domain.query import Query
from bot.domain.text import plain
from bot.ports.search import Hit, Hits
from store.sql import hot_queries
from store.sql.compiled_query import FastRows
from store.sql.entries import entry_of
from store.sql.filters import among as narrowed
from store.sql.filters import asked as conditions
from store.sql.filters import on_list
from store.sql.ids import number_of
from store.sql.search.index import Index, Reranked
from store.sql.search.query_plan import STOP_WORDS, Group, QueryPlan, Term, plan_query, words_of
from store.sql.search.rerank import Reranker
from store.sql.search.snippet import best_line, emphasised
from store.sql.search.spelling import Spelling
from store.sql.search.stems import stem_token
from store.sql.search.vectors import Asked, Memory
from store.sql.search.words import distinct, tokens, unspaced, written
from store.sql.session import Session
from store.sql.tables import ENTRY, SPELLING, unpacked

MAX_TELLING = 12
MAX_CONSIDERED = 500
"""Distinct words of an entry that are looked up, the most frequent first: the first pages of a book show its subject.
"""
MAX_TEXT = 20_000
COMMON_ENTRIES = 20
MAX_NEAR = 20
"""Entries that are added because they are close in meaning."""
CLOSE = 0.23
"""The least cosine of such an entry. Entries of the sample that have nothing to do with a query seldom reach it."""
RELATED_SHARE = 0.3
"""How much words count for related entries: no one typed them, and in a short list few of them are shared."""
COMMON_SHARE_OF_FEW, COMMON_SHARE = 0.5, 0.05
"""A word in half of the entries is not distinctive. In long lists a word in a twentieth is common, and costs the most.
"""

_IN_SECTION = "SELECT section, count(*) FROM entry WHERE team = :team AND number IN ({numbers}) GROUP BY section"
_SECTIONS = FastRows(
    sqlite=text(_IN_SECTION.format(numbers="SELECT value FROM json_each(:numbers)")),
    postgresql=text(
        _IN_SECTION.format(numbers="SELECT CAST(json_array_elements_text(CAST(:numbers AS json)) AS integer)")
    ),
)
# The next language each time: there are few of them, and many entries in each.
_EACH = text("""WITH RECURSIVE found(language) AS (
    SELECT min(language) FROM entry WHERE team = :team AND language IS NOT NULL
    UNION ALL SELECT (SELECT min(language) FROM entry WHERE team = :team AND language > found.language)
        FROM found WHERE found.language IS NOT NULL)
    SELECT language FROM found WHERE language IS NOT NULL""")
_LANGUAGES = FastRows(sqlite=_EACH, postgresql=_EACH)
_STILL_LISTED = "SELECT number FROM entry WHERE team = :team AND retired_at IS NULL AND number IN ({numbers})"
_LISTED = FastRows(
    sqlite=text(_STILL_LISTED.format(numbers="SELECT value FROM json_each(:numbers)")),
    postgresql=text(
        _STILL_LISTED.format(numbers="SELECT CAST(json_array_elements_text(CAST(:numbers AS json)) AS integer)")
    ),
)


def key_terms(work: Session, entry: Entry) -> Sequence[str]:
    """The entry's folded words that are frequent in it and rare elsewhere, the most distinctive first."""
    counts = _counted(entry)
    every: int = work.value(select(func.count()).where(on_list(entry.team)))
    # How many entries on the list contain each of the words.
    known = select(SPELLING.c.word, SPELLING.c.entries).where(
        SPELLING.c.team == entry.team,
        SPELLING.c.word.in_([word for word, _ in counts.most_common(MAX_CONSIDERED)]),
        SPELLING.c.entries > 0,
    )
    holders = {row.word: row.entries for row in work.rows(known)}
    most = max(min(COMMON_ENTRIES, every * COMMON_SHARE_OF_FEW), every * COMMON_SHARE)
    weights = {word: counts[word] * log(1 + every / held) for word, held in holders.items() if 1 < held <= most}
    return sorted(weights, key=lambda word: (-weights[word], word))[:MAX_TELLING]


def _counted(entry: Entry) -> Counter[str]:
    """How often each word occurs in the entry. Words of the title and the tags count more."""
    counts = Counter(tokens(entry.notes.markdown[:MAX_TEXT]))
    for word in tokens(" ".join((entry.title, *entry.tags))):
        counts[word] += 3
    return Counter({word: count for word, count in counts.items() if word not in STOP_WORDS})


class SqlSearch:
    def __init__(self, work: Session, index: Index, spelling: Spelling, memory: Memory | None = None) -> None:
        self._work = work
        self._index = index
        self._spelling = spelling
        self._memory = memory

    def find(
        self, team: TeamId, member: MemberId, query: Query, *, offset: int, limit: int, lines: bool = True
    ) -> Hits:
        plan = self._plan(team, query)
        asked = self._asked(team, query, plan) if lines else None
        near = self._near(team, member, query, plan, asked) if asked else ()
        # After one word come first the entries that contain it, as they do where all of a few words are.
        joins_at = len(plan.all_ways) if len(plan.words) > 1 else None
        reranked = Reranker(self._work, self._index, team, asked=asked, near=near, joins_at=joins_at)
        total, numbers = self._numbers(team, member, query, plan, reranked, offset, limit)
        if not total and near:
            return Hits(total=len(near), items=self._hits(team, plan, near[offset : offset + limit]), close=True)
        return Hits(total=total, items=self._hits(team, plan if lines else QueryPlan(), numbers))

    def _asked(self, team: TeamId, query: Query, plan: QueryPlan) -> Asked | None:
        """The search by meaning. Models for languages with blanks do not know words of others."""
        if self._memory is None or any(unspaced(token) for word in plan.words for token in word.tokens):
            return None
        return self._memory.asked(self._work, team, " ".join((*query.words, *query.phrases))) if plan.anything else None

    def _near(self, team: TeamId, member: MemberId, query: Query, plan: QueryPlan, asked: Asked) -> Sequence[int]:
        """Entries on the list that are close in meaning and pass the filters, the closest first."""
        if plan.phrases or query.as_typed:
            return ()
        nearest = asked.nearest(MAX_NEAR, CLOSE)
        if not nearest:
            return ()
        filters, excluded = conditions(team, member, query), self._index.excluded(team, plan)
        if not filters and excluded is None:
            rows = self._work.fast_rows(_LISTED, team=team, numbers=json.dumps(list(nearest)))
            listed = {number for (number,) in rows}
        else:
            without = [] if excluded is None else [ENTRY.c.number.not_in(excluded)]
            these = select(ENTRY.c.number).where(on_list(team), ENTRY.c.number.in_(nearest), *filters, *without)
            listed = {row.number for row in self._work.rows(these)}
        return [number for number in nearest if number in listed]

    def _numbers(
        self,
        team: TeamId,
        member: MemberId,
        query: Query,
        plan: QueryPlan,
        reranked: Reranked,
        offset: int,
        limit: int,
    ) -> tuple[int, Sequence[int]]:
        if plan.anything:
            among = narrowed(team, member, query)
            return self._index.find(team, plan, among, reranked, offset=offset, limit=limit)
        if query.words or query.phrases:
            return 0, ()
        # A query of filters only has the list's own order.
        excluded = self._index.excluded(team, plan)
        without = [] if excluded is None else [ENTRY.c.number.not_in(excluded)]
        where = and_(on_list(team), *conditions(team, member, query), *without)
        total: int = self._work.value(select(func.count()).where(where))
        page = select(ENTRY.c.number).where(where).order_by(ENTRY.c.number).offset(offset).limit(limit)
        return total, [row.number for row in self._work.rows(page)]

    def sections(self, team: TeamId, member: MemberId, query: Query, limit: int) -> Mapping[tuple[str, ...], int]:
        plan = self._plan(team, query)
        asked = self._asked(team, query, plan)
        near = self._near(team, member, query, plan, asked) if asked else ()
        _, numbers = self._numbers(team, member, query, plan, _AsFound(near), 0, limit)
        rows = self._work.fast_rows(_SECTIONS, team=team, numbers=json.dumps(list(numbers)))
        return {unpacked(section): count for section, count in rows}

    def corrected(self, team: TeamId, query: Query) -> Mapping[str, str]:
        return self._spelling.corrected(team, query, known=self._inflected(team, query.words))

    def _inflected(self, team: TeamId, words: Sequence[str]) -> AbstractSet[str]:
        """Which of the words some entry contains in another form of its list's language."""
        languages = self._languages(team)
        ways = {
            word: [Term(tokens=way) for term in words_of([word], languages) for way in term.stems]
            for word in (words if languages else ())
        }
        holders = self._index.holders(team, [way for each in ways.values() for way in each]) if ways else {}
        return {word for word, each in ways.items() if any(holders[way] for way in each)}

    def _languages(self, team: TeamId) -> Sequence[str]:
        """The languages of the team's lists, without English."""
        return [language for (language,) in self._work.fast_rows(_LANGUAGES, team=team)]

    def _plan(self, team: TeamId, query: Query) -> QueryPlan:
        plan = plan_query(query, self._languages(team))
        return replace(plan, prefixed=self._spelling.prefixed(team, plan.prefix)) if plan.prefix else plan

    def related(self, team: TeamId, entry: Entry, limit: int) -> Sequence[Hit]:
        plan = QueryPlan(words=tuple(Term(tokens=(word,)) for word in key_terms(self._work, entry)))
        number = number_of(entry.id)
        asked = self._memory.like(self._work, team, number) if self._memory else None
        nearest = asked.nearest(MAX_NEAR, CLOSE) if asked else ()
        rows = self._work.fast_rows(_LISTED, team=team, numbers=json.dumps(list(nearest))) if nearest else ()
        listed = {one for (one,) in rows}
        near = [one for one in nearest if one in listed]
        numbers: Sequence[int] = ()
        if plan.anything:
            reranked = Reranker(
                self._work, self._index, team, asked=asked, near=near, joins_at=0, words_share=RELATED_SHARE
            )
            _, numbers = self._index.find(team, plan, None, reranked, offset=0, limit=limit + 1)
        return self._hits(team, plan, [one for one in numbers or near if one != number][:limit])

    def _hits(self, team: TeamId, plan: QueryPlan, numbers: Sequence[int]) -> tuple[Hit, ...]:
        if not numbers:
            return ()
        rows = self._work.fast_rows(hot_queries.THESE, team=team, numbers=json.dumps(list(numbers)))
        found = {row.number: entry_of(row, lambda _: ()) for row in rows}
        if not plan.anything:
            return tuple(Hit(entry=found[number], title=plain(found[number].title)) for number in numbers)
        words = self._index.matched(team, plan, {number: _text(entry) for number, entry in found.items()})
        inflected = {
            row.number: _inflected_in(_text(found[row.number]), plan, row.language) for row in rows if row.language
        }
        return tuple(
            self._hit(found[number], words.get(number, frozenset()) | inflected.get(number, frozenset()))
            for number in numbers
        )

    def _hit(self, entry: Entry, words: AbstractSet[str]) -> Hit:
        """Notes are only parsed if one of their lines may contain more of the words than the title."""
        elsewhere = words - distinct(entry.title)
        tree = self._work.tree(entry.notes.markdown) if elsewhere and entry.notes else ()
        matched, path = best_line(tree, words, beyond=len(words & distinct(entry.title)))
        return Hit(entry=entry, title=emphasised(plain(entry.title), words), matched=matched, path=path)


def _inflected_in(text: str, plan: QueryPlan, language: str) -> AbstractSet[str]:
    """The folded words of a text that are forms of the query's words in the language."""
    asked = {token for term in (*plan.words, *plan.phrases, *plan.synonyms) for way in term.stems for token in way}
    forms = (word for word in set(written(text)) if stem_token(word, language) in asked) if asked else ()
    return {token for word in forms for token in tokens(word)}


def _text(entry: Entry) -> str:
    return f"{entry.title} {entry.notes.markdown}"


class _AsFound:
    """Leaves the engine's order."""

    def __init__(self, near: Sequence[int]) -> None:
        self.near = near

    def __call__(self, numbers: Sequence[int], groups: Sequence[Group]) -> Sequence[int]:  # noqa: ARG002
        return numbers
