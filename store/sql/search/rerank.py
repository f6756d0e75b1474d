"""Re-ranks the first entries that an engine found, by BM25F over titles and notes, and by meaning if there are vectors.

Neither engine weighs the length of a title and of notes separately: FTS5 adds them up, and `ts_rank` ignores length.
The words are counted here, in the entries' texts, so both engines rank alike. Lengths are in characters.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import log
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Text, bindparam, func, select, type_coerce
from sqlalchemy import text as sql

from bot.domain.ids import TeamId
from store.sql.compiled_query import FastRows, these
from store.sql.search.index import MAX_RERANKED, Index
from store.sql.search.query_plan import FEW_WORDS, Group, Term
from store.sql.search.stems import stem, stems
from store.sql.search.vectors import Asked
from store.sql.search.words import fold, spelled_out
from store.sql.session import Session
from store.sql.tables import ENTRY

MAX_TEXT = 20_000
"""Characters of notes in which words are counted."""
MAX_STEMMED = 5_000
"""Characters of notes in which they are counted in other forms of the list's language, which takes longer."""
SATURATION = 1.4
TITLE_LENGTH, NOTES_LENGTH = 0.6, 0.45
"""How much a field's length counts, from 0 to 1."""
TITLE_WEIGHT = 4.0
"""A word of the title or of a tag counts as much as so many words of the notes."""
WORDS_SHARE = 0.55
"""How much the words count where there are vectors; the rest is the meaning."""
MIN_SPREAD = 0.05
"""Cosines that are closer together than this do not distinguish entries."""

MAX_COUNTED = 50
"""Occurrences of a word in a text that count."""

_Query: TypeAlias = "Sequence[tuple[float, Sequence[_Form]]]"
"""The weight and the words of each group."""
_WORD = re.compile(r"[^\W_]+")
_NEXT = re.compile(r"[\W_]+([^\W_]+)")
_CANDIDATES = """SELECT number, title, tags, substr(notes, 1, :most), length(notes), language
    FROM entry WHERE team = :team AND number IN ({numbers})"""
_TEXTS = FastRows(
    sqlite=sql(_CANDIDATES.format(numbers="SELECT value FROM json_each(:numbers)")),
    postgresql=sql(
        _CANDIDATES.format(numbers="SELECT CAST(json_array_elements_text(CAST(:numbers AS json)) AS integer)")
    ),
)
_TOTALS: Sequence[ColumnElement[Any]] = (
    func.count().label("entries"),
    func.sum(func.length(ENTRY.c.title) + func.length(type_coerce(ENTRY.c.tags, Text))).label("titles"),
    func.sum(func.length(ENTRY.c.notes)).label("notes"),
)
_SUMS = these(select(*_TOTALS).where(ENTRY.c.team == bindparam("team"), ENTRY.c.retired_at.is_(None)), ENTRY.c.number)
_SIZE = sql("SELECT entries, titles, notes FROM search_size WHERE team = :team")
_SIZES = FastRows(sqlite=_SIZE, postgresql=_SIZE)
_ADD = sql("""INSERT INTO search_size (team, entries, titles, notes) VALUES (:team, :entries, :titles, :notes)
    ON CONFLICT (team) DO UPDATE SET entries = search_size.entries + excluded.entries,
        titles = search_size.titles + excluded.titles, notes = search_size.notes + excluded.notes""")


def count_sizes(work: Session, team: TeamId, numbers: Sequence[int], *, sign: int) -> None:
    """Add entries to the team's totals with sign 1, or subtract them with -1 before their rows change.

    Ignores entries that are not on the list.
    """
    if not numbers:
        return
    (row,) = work.fast_rows(_SUMS, team=team, numbers=json.dumps(numbers))
    if row.entries:
        work.change(_ADD, team=team, entries=sign * row.entries, titles=sign * row.titles, notes=sign * row.notes)


class Reranker:
    """Re-ranks the tiers of one search, by words and, if the search has a vector, by meaning too."""

    def __init__(
        self,
        work: Session,
        index: Index,
        team: int,
        *,
        asked: Asked | None = None,
        near: Sequence[int] = (),
        joins_at: int | None = None,
        words_share: float = WORDS_SHARE,
    ) -> None:
        """`near` joins the first tier from the step `joins_at` on in which the engine found anything; with None it is
        left to the engine.
        """
        self._work = work
        self._index = index
        self._team = team
        self._asked = asked
        self._joins_at = joins_at
        self._words_share = words_share
        self._steps = 0
        self._placed: set[int] = set()
        self.near = near

    def __call__(self, numbers: Sequence[int], groups: Sequence[Group]) -> list[int]:
        """The entries, best first. Of equal ones the engine's order stays."""
        candidates = dict.fromkeys((*numbers[:MAX_RERANKED], *(self._joining() if numbers else ())))
        self._steps += 1
        rest = [number for number in numbers[MAX_RERANKED:] if number not in candidates]
        first = list(candidates)
        if len(first) > 1 and groups:
            scores = self._scores(first, groups)
            first.sort(key=lambda number: -scores.get(number, 0))
        self._placed.update(first, rest)
        return [*first, *rest]

    def _joining(self) -> Sequence[int]:
        if self._joins_at is None or self._steps < self._joins_at:
            return ()
        self._joins_at = None
        return [number for number in self.near if number not in self._placed]

    def _scores(self, numbers: Sequence[int], groups: Sequence[Group]) -> Mapping[int, float]:
        entries, titles, notes = self._size
        query = [(weight, [_Form(term) for term in group]) for group, weight in self._weights(groups, entries)]
        rows = self._work.fast_rows(_TEXTS, team=self._team, numbers=json.dumps(numbers), most=MAX_TEXT)
        averages = (max(titles / max(entries, 1), 1), max(notes / max(entries, 1), 1))
        texts = _folded(rows)
        scores = {
            row[0]: _score(row, title, notes, query, *averages)
            for row, title, notes in zip(rows, texts[::2], texts[1::2], strict=True)
        }
        if self._asked is None:
            return scores
        # An entry with one of three words is a worse answer than one with one of thirty that describe something.
        best = sum(weight for weight, _ in query) if len(query) <= FEW_WORDS else max(scores.values(), default=0)
        return _with_meaning(scores, best, self._asked.cosines(numbers), self._words_share)

    @cached_property
    def _size(self) -> tuple[int, int, int]:
        """How many entries are on the list, and the characters of their titles and notes."""
        rows = self._work.fast_rows(_SIZES, team=self._team)
        return tuple(rows[0]) if rows else (0, 0, 0)

    def _weights(self, groups: Sequence[Group], entries: int) -> Sequence[tuple[Group, float]]:
        """How often each group was typed, times how rare its first word is."""
        typed = Counter(groups)
        if len(typed) == 1:
            return [(group, 1.0) for group in typed]
        holders = self._index.holders(self._team, [group[0] for group in typed])
        return [
            (group, count * log(1 + (max(entries - holders[group[0]], 0) + 0.5) / (holders[group[0]] + 0.5)))
            for group, count in typed.items()
        ]


def _with_meaning(
    scores: Mapping[int, float], best: float, cosines: Mapping[int, float], words_share: float
) -> Mapping[int, float]:
    """The scores as shares of `best`, mixed with the cosines from the lowest to the highest. An entry without a vector
    has the average cosine.
    """
    if not cosines or best <= 0:
        return scores
    low, high = min(cosines.values()), max(cosines.values())
    usual = sum(cosines.values()) / len(cosines)
    return {
        number: words_share * score / best
        + (1 - words_share) * (cosines.get(number, usual) - low) / max(high - low, MIN_SPREAD)
        for number, score in scores.items()
    }


def _folded(rows: Sequence[Any]) -> list[str]:
    """The folded title with tags, and the folded notes, of each row in turn. One long text is folded faster than many."""
    return fold(spelled_out("\0".join([f"{row[1]} {row[2]}\0\n{row[3]}" for row in rows]))).split("\0")


def _score(row: Any, title: str, notes: str, query: _Query, average_title: float, average_notes: float) -> float:
    _, titled, tags, beginning, length, language = row
    of_title = TITLE_WEIGHT / (1 - TITLE_LENGTH + TITLE_LENGTH * (len(titled) + len(tags)) / average_title)
    of_notes = 1 / (1 - NOTES_LENGTH + NOTES_LENGTH * length / average_notes)
    text, end = title + notes, len(title)
    stemmed = None
    if language:
        stemmed = _joined(stems(f"{titled} {tags}", language)), _joined(stems(beginning[:MAX_STEMMED], language))
    score = 0.0
    for weight, forms in query:
        found = 0.0
        for form in forms:
            titles, lines = form.counts(text, end)
            if stemmed:
                titles, lines = max(titles, form.count_stems(stemmed[0])), max(lines, form.count_stems(stemmed[1]))
            found += of_title * titles + of_notes * lines
        score += weight * found / (SATURATION + found)
    return score


def _joined(words: Sequence[str]) -> str:
    return f" {'  '.join(words)} "


class _Form:
    """Counts a word or phrase in folded texts, in whatever form its words are."""

    def __init__(self, term: Term) -> None:
        self._stems = [stem(token) for token in term.tokens]
        self._ways = [_joined(way) for way in term.stems]
        self._begins = self._stems[0].rstrip("eiy") or self._stems[0]  # happy and happiness are happi

    def counts(self, text: str, end: int) -> tuple[int, int]:
        """How often it is before `end`, and from there on."""
        found = [0, 0]
        at = text.find(self._begins)
        while at >= 0 and found[0] + found[1] < MAX_COUNTED:
            word = _WORD.match(text, at)
            assert word is not None
            if (at == 0 or not text[at - 1].isalnum()) and self._is(text, word):
                found[at >= end] += 1
            at = text.find(self._begins, word.end())
        return found[0], found[1]

    def count_stems(self, joined: str) -> int:
        """How often its stems are among those of a text."""
        return min(max((joined.count(way) for way in self._ways), default=0), MAX_COUNTED)

    def _is(self, text: str, word: re.Match[str]) -> bool:
        if stem(word[0]) != self._stems[0]:
            return False
        for one in self._stems[1:]:
            following = _NEXT.match(text, word.end())
            if following is None or stem(following[1]) != one:
                return False
            word = following
        return True
