"""The words of each team's entries as written, to correct misspelt words of a query.

The engines' indexes only have stems, which cannot be compared with what was typed: the stem of `cachnig` is far from
that of `caching`. Why a table and not FTS5: decision 6.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Any

from sqlalchemy import delete, select, text

from bot.domain.ids import TeamId
from bot.domain.query import Query
from bot.domain.source import ReadEntry
from store.sql.compiled_query import FastRows
from store.sql.filters import on_list
from store.sql.search.index import Index
from store.sql.search.query_plan import STOP_WORDS, Term
from store.sql.search.words import distinct, fold, of_signs, replaced, tokens
from store.sql.session import Session
from store.sql.tables import ENTRY, SPELLING, storable

MAX_CORRECTED = 3
"""With more unknown words than this, none is corrected: pasted text is not a misspelt query."""
SHORTEST, LONGEST = 3, 40
"""The minimum length of a word to correct, and of its correction."""
MAX_PREFIXED = 50
"""Words that a prefix may expand to. Enough to find what is meant, and no prefix is slow."""
ONE_EDIT_UP_TO = 5
"""Words up to this length may differ by one edit, longer ones by two."""
MAX_TEXT = 100_000
"""Characters of an entry whose words are stored."""

_COUNT = {
    "sqlite": """INSERT INTO spelling (team, word, entries)
        SELECT :team, key, :sign * value FROM json_each(:counts) WHERE true ORDER BY key
        ON CONFLICT (team, word) DO UPDATE SET entries = spelling.entries + excluded.entries""",
    "postgresql": """INSERT INTO spelling (team, word, entries)
        SELECT :team, key, :sign * CAST(value AS integer) FROM json_each_text(CAST(:counts AS json)) ORDER BY key
        ON CONFLICT (team, word) DO UPDATE SET entries = spelling.entries + excluded.entries""",
}
# One long text instead of a row per word: the drivers took ten times as long to build the rows.
_OF_LENGTHS = " FROM spelling WHERE team = :team AND entries > 0 AND length(word) BETWEEN :shortest AND :longest"
_WORDS = FastRows(
    sqlite=text("SELECT group_concat(word || ' ' || entries, ' ')" + _OF_LENGTHS),
    postgresql=text("SELECT string_agg(word || ' ' || entries, ' ')" + _OF_LENGTHS),
)
_HELD = FastRows(
    sqlite=text("""SELECT word FROM spelling
        WHERE team = :team AND entries > 0 AND word IN (SELECT value FROM json_each(:words))"""),
    postgresql=text("""SELECT word FROM spelling
        WHERE team = :team AND entries > 0 AND word IN (SELECT json_array_elements_text(CAST(:words AS json)))"""),
)
_BEGINS = text("""SELECT word FROM spelling WHERE team = :team AND word >= :prefixed AND word < :beyond AND entries > 0
    ORDER BY entries DESC, word LIMIT :most""")
_WITH_PREFIX = FastRows(sqlite=_BEGINS, postgresql=_BEGINS)


class Spelling:
    def __init__(self, work: Session, index: Index) -> None:
        self._work = work
        self._index = index

    def add(self, team: int, entries: Iterable[ReadEntry]) -> None:
        """Count the words of entries that are new on the list."""
        self._count(team, ((entry.title, entry.tags, entry.notes.markdown) for entry in entries), sign=1)

    def remove(self, team: TeamId, numbers: Sequence[int]) -> None:
        """Uncount the words of entries, before their rows change. Ignores entries that are not on the list."""
        texts = select(ENTRY.c.title, ENTRY.c.tags, ENTRY.c.notes).where(on_list(team), ENTRY.c.number.in_(numbers))
        rows = self._work.rows(texts)
        if rows:
            self._count(team, (tuple(row) for row in rows), sign=-1)
            self._work.change(delete(SPELLING).where(SPELLING.c.team == team, SPELLING.c.entries <= 0))

    def _count(self, team: int, texts: Iterable[tuple[str, Sequence[str], str]], *, sign: int) -> None:
        said = (storable(f"{title} {' '.join(tags)} {notes}"[:MAX_TEXT]) for title, tags, notes in texts)
        held = Counter(chain.from_iterable(map(distinct, said)))
        counts = {
            word: entries for word, entries in held.items() if SHORTEST <= len(word) <= LONGEST and not word.isdigit()
        }
        if counts:
            statement = text(_COUNT[self._work.engine])
            self._work.change(statement, [{"team": team, "sign": sign, "counts": json.dumps(counts)}])

    def corrected(self, team: int, query: Query, *, known: AbstractSet[str]) -> dict[str, str]:
        """Corrections for words of the query that are not `known` and that no entry contains.

        C++ is never corrected to CSS.
        """
        unknown = self._unknown(team, [word for word in query.words if word not in query.also and word not in known])
        if not unknown or len(unknown) > MAX_CORRECTED:
            return {}
        shortest = min(len(token) - _edits(token) for token in unknown)
        longest = max(len(token) + _edits(token) for token in unknown)
        (row,) = self._work.fast_rows(_WORDS, team=team, shortest=shortest, longest=longest)
        said = (row[0] or "").split()
        words = dict(zip(said[::2], map(int, said[1::2]), strict=True))
        found = {token: _nearest(token, words) for token in unknown}
        meant = {token: nearest for token, nearest in found.items() if nearest}
        changed = {word: replaced(word, meant) for word in query.words if meant.keys() & set(tokens(word))}
        return {word: better for word, better in changed.items() if better != fold(word)}

    def _unknown(self, team: int, words: Sequence[str]) -> list[str]:
        asked = [token for word in words if not of_signs(word) for token in tokens(word)]
        # Numbers and names with digits are not corrected: HTTP3 is not a misspelt HTTP2.
        fit = [
            token
            for token in dict.fromkeys(asked)
            if token.isalpha() and token not in STOP_WORDS and SHORTEST <= len(token) <= LONGEST
        ]
        if not fit:
            return []
        held = {word for (word,) in self._work.fast_rows(_HELD, team=team, words=json.dumps(fit))}  # as written
        doubtful = [
            token for token in fit if token not in held and not (token == asked[-1] and self._with_prefix(team, token))
        ]
        known = self._index.known(team, doubtful) if doubtful else ()
        return [token for token in doubtful if token not in known]

    def prefixed(self, team: int, term: Term) -> tuple[Term, ...]:
        """Words on the list that begin with the last one of the term, the most common first, without the word itself."""
        *before, last = term.tokens
        found = self._with_prefix(team, last)
        most = MAX_PREFIXED // len(term.tokens)  # the total of tokens is limited: each phrase is searched by itself
        return tuple(Term(tokens=(*before, word)) for word in found[:most] if word != last)

    def _with_prefix(self, team: int, prefixed: str) -> Sequence[str]:
        rows = self._work.fast_rows(
            _WITH_PREFIX, team=team, prefixed=prefixed, beyond=f"{prefixed}\U0010ffff", most=MAX_PREFIXED
        )
        return [word for (word,) in rows]


def warm() -> None:
    """Import what the first misspelt word needs, so that no search waits for these 50 ms."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    process.extractOne("a", ["b"], scorer=OSA.distance)


def _nearest(token: str, words: Mapping[str, int]) -> str | None:
    """The word with the fewest edits; of equally near ones the most common."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near: list[Any] = process.extract(token, list(words), scorer=OSA.distance, score_cutoff=_edits(token), limit=None)
    return min(near, key=lambda found: (found[1], -words[found[0]], found[0]))[0] if near else None


def _edits(token: str) -> int:
    return 1 if len(token) <= ONE_EDIT_UP_TO else 2
