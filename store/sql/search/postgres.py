"""The full-text index on PostgreSQL: a tsvector for each entry, and how many entries of a team contain each word.

The team is a lexeme of the tsvector, so one GIN index serves all teams and reads only the team's part. `ts_rank`
ignores how rare a word is, so a vocabulary table counts that, updated in the transaction that changes the entries. Text
is split into words here and not by PostgreSQL, whose parser depends on the database's locale and treats
`zero-downtime`, `8.0` and host names as other kinds of tokens.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import log
from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    ColumnElement,
    Float,
    Integer,
    Select,
    Text,
    all_,
    cast,
    column,
    delete,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from bot.domain.record import record
from bot.domain.source import ReadEntry
from store.sql.filters import Among
from store.sql.search.index import MAX_RERANKED, Reranked
from store.sql.search.query_plan import ENOUGH, MAX_RANKED, Group, QueryPlan, Term, Tier, each
from store.sql.search.stems import stems
from store.sql.search.words import distinct, tokens
from store.sql.session import Session

WEIGHTS = [weight / 1.5 for weight in (1.0, 1.0, 1.2, 1.5)]
"""The weights of the tsvector's labels D to A: unused, notes, tags, title. `ts_rank` takes them in this order, at most
1.
"""
MAX_RANKS, MIN_WEIGHED = 120_000, 8
"""`ts_rank` runs for each match and each word. Of many words only the heaviest are ranked, to stay near 0.1 s."""
MAX_TEXT = 100_000
"""Characters of notes that are searched: PostgreSQL rejects a tsvector over 1 MB."""

MAX_PLACE, MAX_PLACES = 16_383, 255
"""The last place of a word that a tsvector can store, and how many places of one word."""

SCHEMA = (
    "CREATE TEXT SEARCH DICTIONARY dogear_stem (TEMPLATE = snowball, LANGUAGE = porter)",
    "CREATE TEXT SEARCH CONFIGURATION dogear (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION dogear ALTER MAPPING FOR asciiword, word, numword WITH dogear_stem",
    """CREATE TABLE search_entry (
        team integer NOT NULL, entry integer NOT NULL, words tsvector NOT NULL, PRIMARY KEY (team, entry))""",
    "CREATE INDEX ix_search_entry_words ON search_entry USING gin (words)",
    """CREATE TABLE search_word (
        team integer NOT NULL, word text NOT NULL, entries integer NOT NULL, PRIMARY KEY (team, word))""",
)
"""Schema objects only for this engine. The configuration keeps stop words: a query may consist of them. The stemmer is
the one of FTS5, so that both engines find the same entries.
"""

_EVERY = ""
"""The word that counts all entries of a team."""

_ENTRY = table("search_entry", column("team", Integer), column("entry", Integer), column("words", TSVECTOR))
_WORD = table("search_word", column("team", Integer), column("word", Text), column("entries", Integer))

_ADD = """
    INSERT INTO search_entry (team, entry, words)
    VALUES (%(team)s, %(entry)s, %(lexeme)s::tsvector
        || setweight(to_tsvector('dogear', %(title)s), 'A')
        || setweight(to_tsvector('dogear', %(tags)s), 'B')
        || setweight(to_tsvector('dogear', %(notes)s), 'C') || %(stems)s::tsvector)"""
# Sorted by word, so that two transactions in the same team wait for each other and do not deadlock.
_COUNT = """
    WITH held AS (
        SELECT unnest(tsvector_to_array(words)) AS word FROM search_entry
        WHERE team = %(team)s AND entry = ANY(%(entries)s)
        UNION ALL SELECT '' FROM search_entry WHERE team = %(team)s AND entry = ANY(%(entries)s)
    )
    INSERT INTO search_word (team, word, entries)
    SELECT %(team)s, word, %(sign)s * count(*) FROM held WHERE word NOT LIKE '%%/%%' GROUP BY word ORDER BY word
    ON CONFLICT (team, word) DO UPDATE SET entries = search_word.entries + excluded.entries"""
_REMOVE = "DELETE FROM search_entry WHERE team = %(team)s AND entry = ANY(%(entries)s)"
_STEMS = """
    SELECT token, stem, coalesce(entries, 0) AS entries
    FROM unnest(%(tokens)s::text[]) AS token, unnest(ts_lexize('dogear_stem', token)) AS stem
    LEFT JOIN search_word ON team = %(team)s AND word = stem"""

# One long text instead of an array: the driver needs as long to build an array of thousands of words as the query.
_MEANT = """
    SELECT word FROM unnest(string_to_array(%(words)s, ' ')) AS word
    WHERE (ts_lexize('dogear_stem', word))[1] IN (
        SELECT (ts_lexize('dogear_stem', token))[1] FROM unnest(string_to_array(%(asked)s, ' ')) AS token)"""


class PostgresIndex:
    def __init__(self, work: Session) -> None:
        self._work = work

    def create(self, team: int) -> None:
        """One index serves every team."""

    def drop(self, team: int) -> None:
        for rows in (_ENTRY, _WORD):
            self._work.change(delete(rows).where(rows.c.team == team))

    def add(self, team: int, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        if not entries:
            return
        rows = [{"team": team, "entry": number, "lexeme": _of_team(team), **_text(entry)} for number, entry in entries]
        self._work.connection.exec_driver_sql(_ADD, rows)
        self._carry_out(_COUNT, team, [number for number, _ in entries], sign=1)

    def remove(self, team: int, numbers: Sequence[int]) -> None:
        if numbers:
            self._carry_out(_COUNT, team, numbers, sign=-1)
            self._carry_out(_REMOVE, team, numbers)

    def _carry_out(self, statement: str, team: int, numbers: Sequence[int], **more: int) -> None:
        self._work.connection.exec_driver_sql(statement, {"team": team, "entries": list(numbers), **more})

    def known(self, team: int, words: Sequence[str]) -> AbstractSet[str]:
        return {word for word, (_, entries) in self._stems(team, words).items() if entries}

    def holders(self, team: int, terms: Sequence[Term]) -> Mapping[Term, int]:
        stems = self._stems(team, _tokens(terms))
        return {term: _holders(term, stems) for term in terms}

    def find(
        self, team: int, plan: QueryPlan, among: Among | None, reranked: Reranked, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        words = self._words(team, plan)
        tiers = words.tiers(plan)
        total = self._count(team, tiers, among)
        if plan.prefixed and total < ENOUGH:
            tiers = [*(tiers if total else ()), words.prefixed(plan)]
            total = self._count(team, tiers, among)
        every = total + self._not_matching(team, tiers, reranked.near) if total else 0
        found: list[int] = []
        for tier in [*words.all(plan), *tiers]:
            if len(found) >= min(offset + limit, every):
                break
            rest = offset + limit - len(found)
            ranked = min(total, max(MAX_RANKED, rest))
            best = self._best(team, tier, among, found, max(rest, MAX_RERANKED), total, ranked)
            found += reranked(best, tier.groups)
        if total and len(found) < offset + limit:
            found += [number for number in reranked.near if number not in found]
        return every, found[offset : offset + limit]

    def _not_matching(self, team: int, tiers: Sequence["_Ranked"], numbers: Sequence[int]) -> int:
        """How many of the entries contain nothing that is searched."""
        if not numbers:
            return 0
        where = _where(team, " | ".join(tier.expression for tier in tiers), None)
        matching = select(func.count()).select_from(_ENTRY).where(*where, _ENTRY.c.entry.in_(numbers))
        count: int = self._work.value(matching)
        return len(numbers) - count

    def _count(self, team: int, tiers: Sequence["_Ranked"], among: Among | None) -> int:
        where = _where(team, " | ".join(tier.expression for tier in tiers), among)
        count: int = self._work.value(select(func.count()).select_from(_ENTRY).where(*where))
        return count

    def _best(
        self,
        team: int,
        tier: "_Ranked",
        among: Among | None,
        before: Sequence[int],
        limit: int,
        total: int,
        matches: int,
    ) -> Sequence[int]:
        """The best of the newest `matches`, of `total` in all."""
        where = [*_where(team, tier.expression, among), _ENTRY.c.entry != all_(literal(before, ARRAY(Integer)))]
        if matches < total:
            newest = select(_ENTRY.c.entry).where(*where).order_by(_ENTRY.c.entry.desc()).limit(matches)
            where = [_ENTRY.c.team == team, _ENTRY.c.entry.in_(newest)]
        # Without the concatenation each rank would decompress a long text again. OFFSET keeps it in a subquery.
        words = _ENTRY.c.words.op("||", return_type=TSVECTOR())(cast(literal("", TSVECTOR), TSVECTOR)).label("words")
        found = select(_ENTRY.c.entry, words).where(*where).offset(literal_column("0")).subquery()
        score = tier.score(max(MIN_WEIGHED, MAX_RANKS // matches), found.c.words)
        best = select(found.c.entry).order_by(score.desc(), found.c.entry).limit(limit)
        return [row.entry for row in self._work.rows(best)]

    def excluded(self, team: int, plan: QueryPlan) -> Select[Any] | None:
        if not plan.without:
            return None
        expression = self._words(team, plan).any(plan.without)
        return select(_ENTRY.c.entry).where(_ENTRY.c.team == team, _holds(f"{_of_team(team)} & {expression}"))

    def matched(
        self,
        team: int,  # noqa: ARG002 -- stems do not depend on the team
        plan: QueryPlan,
        texts: Mapping[int, str],
    ) -> Mapping[int, AbstractSet[str]]:
        held = {number: distinct(text[:MAX_TEXT]) for number, text in texts.items()}
        asked = [
            token for term in (*plan.words, *plan.phrases, *plan.synonyms, *plan.prefixed) for token in term.tokens
        ]
        prefixed = {token[0] for token in asked}  # a stem begins as its word does, and long texts have many words
        likely = {word for words in held.values() for word in words if word[0] in prefixed}
        parameters = {"asked": " ".join(asked), "words": " ".join(likely)}
        means = {word for (word,) in self._work.connection.exec_driver_sql(_MEANT, parameters)}
        return {number: found & means for number, found in held.items()}

    def _words(self, team: int, plan: QueryPlan) -> "_Words":
        terms = (*plan.words, *plan.phrases, *plan.without, *plan.synonyms, *plan.prefixed)
        every: int = self._work.value(select(_WORD.c.entries).where(_WORD.c.team == team, _WORD.c.word == _EVERY))
        return _Words(self._stems(team, _tokens(terms)), every or 0)

    def _stems(self, team: int, asked: Iterable[str]) -> dict[str, tuple[str, int]]:
        parameters = {"team": team, "tokens": sorted(set(asked))}
        rows = self._work.connection.exec_driver_sql(_STEMS, parameters)
        return {row.token: (row.stem, row.entries) for row in rows}


@record
class _Ranked:
    """Entries that match a tsquery, the highest score first, after those of the previous tiers.

    The score is the weighted sum of the ranks of the tsqueries. The groups re-rank the first ones.
    """

    expression: str
    ranking: tuple[tuple[float, str], ...]
    groups: Sequence[Group]

    def score(self, most: int, words: ColumnElement[Any]) -> ColumnElement[Any]:
        """The score by the `most` heaviest words."""
        heaviest = sorted(self.ranking, reverse=True)[:most]
        return sum(
            (
                literal(weight, Float) * func.ts_rank(_WEIGHTS, words, _query(expression))
                for weight, expression in heaviest
            ),
            start=literal(0.0, Float),
        )


class _Words:
    """The query's words as in the index: their stems, and how many of the team's entries contain each."""

    def __init__(self, stems: Mapping[str, tuple[str, int]], every: int) -> None:
        self._stems = stems
        self._every = every

    def tiers(self, plan: QueryPlan) -> list[_Ranked]:
        """Entries that contain a word of a tier and every phrase."""
        return [self._tier(plan, tier) for tier in plan.tiers]

    def _tier(self, plan: QueryPlan, tier: Tier) -> _Ranked:
        expression = self._with_phrases(plan, [self.any(tier.words)] if tier.words else [])
        ranking = self._weighed((*tier.ranking, *plan.phrases))
        return _Ranked(expression=expression, ranking=ranking, groups=tier.groups(plan.phrases))

    def prefixed(self, plan: QueryPlan) -> _Ranked:
        """Entries that contain a word that begins with the last one."""
        prefixed = self.any(plan.prefixed)
        expression = self._with_phrases(plan, [prefixed])
        return _Ranked(expression=expression, ranking=((1.0, prefixed),), groups=[plan.prefixed])

    def all(self, plan: QueryPlan) -> list[_Ranked]:
        """Entries that contain all of few words, in each way."""
        return [self._every_group(plan, way) for way in plan.all_ways]

    def _every_group(self, plan: QueryPlan, way: Sequence[tuple[Term, ...]]) -> _Ranked:
        expression = self._with_phrases(plan, [self.any(group) for group in way])
        groups = tuple((self._rarity(group[0]), self.any(group)) for group in way)
        ranking = (*groups, *self._weighed(plan.phrases))
        return _Ranked(expression=expression, ranking=ranking, groups=[*way, *each(plan.phrases)])

    def _with_phrases(self, plan: QueryPlan, words: list[str]) -> str:
        without = [f"!{self.any(plan.without)}"] if plan.without else []
        return f"({' & '.join([*words, *map(self._one, plan.phrases), *without])})"

    def any(self, terms: Iterable[Term]) -> str:
        return f"({' | '.join(map(self._one, dict.fromkeys(terms)))})"

    def _weighed(self, terms: Iterable[Term]) -> tuple[tuple[float, str], ...]:
        """The weight of each word: how rare it is and how often it was typed. Words that no entry contains are left
        out.
        """
        typed = Counter(term for term in terms if _holders(term, self._stems))
        return tuple((count * self._rarity(term), self._one(term)) for term, count in typed.items())

    def _rarity(self, term: Term) -> float:
        """The inverse document frequency as in BM25, of the rarest token."""
        holders = _holders(term, self._stems)
        return log(1 + (self._every - holders + 0.5) / (holders + 0.5))

    def _one(self, term: Term) -> str:
        """Tokens are only letters, digits and the mark of stems, so nothing needs escaping."""
        ways = [" <-> ".join([f"'{self._stems[token][0]}'" for token in way]) for way in term.ways]
        return f"({' | '.join(ways)})"


def _tokens(terms: Iterable[Term]) -> Iterator[str]:
    return (token for term in terms for way in term.ways for token in way)


def _holders(term: Term, stems: Mapping[str, tuple[str, int]]) -> int:
    """About how many entries contain the term: its rarest token, in the way that most contain."""
    return max(min(stems[token][1] for token in way) for way in term.ways)


_WEIGHTS = cast(literal(WEIGHTS, ARRAY(REAL)), ARRAY(REAL))


def _query(expression: str) -> ColumnElement[Any]:
    """A parameter typed as tsquery: with a cached plan, a text would be parsed again for each row."""
    return cast(literal(expression, TSQUERY), TSQUERY)


def _where(team: int, expression: str, among: Among | None) -> list[ColumnElement[bool]]:
    where = [_ENTRY.c.team == team, _holds(f"{_of_team(team)} & ({expression})")]
    return where if among is None else [*where, _ENTRY.c.entry.in_(among.numbers(team))]


def _holds(expression: str) -> ColumnElement[bool]:
    return _ENTRY.c.words.op("@@", is_comparison=True)(_query(expression))


def _of_team(team: int) -> str:
    """The team as a lexeme. No word of a text contains a slash."""
    return f"'team/{team:d}'"


def _text(entry: ReadEntry) -> dict[str, str]:
    return {
        "title": _plain(entry.title),
        "tags": _plain(" ".join(entry.tags)),
        "notes": _plain(entry.notes.markdown[:MAX_TEXT]),
        "stems": _stem_vector(entry),
    }


def _stem_vector(entry: ReadEntry) -> str:
    """The stems in the list's language as a tsvector. No phrase goes from one field into the next."""
    if entry.language is None:
        return ""
    places: dict[str, list[str]] = defaultdict(list)
    place = 0
    texts = (("A", entry.title), ("B", " ".join(entry.tags)), ("C", entry.notes.markdown[:MAX_TEXT]))
    for weight, text in texts:
        made = stems(text, entry.language)
        for at, token in enumerate(made, start=place + 1):
            places[token].append(f"{min(at, MAX_PLACE)}{weight}")
        place += len(made) + 1
    return " ".join(f"'{token}':{','.join(every[:MAX_PLACES])}" for token, every in places.items())


def _plain(text: str) -> str:
    return " ".join(tokens(text))
