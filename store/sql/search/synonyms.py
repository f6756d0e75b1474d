"""A team's synonyms for searching: from front matter, and from curators."""

import json
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import and_, delete, or_, select, text

from bot.domain.ids import SourceId, TeamId
from bot.domain.query import Query, Synonym
from store.sql.compiled_query import FastRows
from store.sql.ids import number_of, team_of
from store.sql.search.words import tokens
from store.sql.session import Session
from store.sql.tables import SYNONYM

LONGEST = 100
"""Characters of a word or phrase that has synonyms."""
MAX_WORDS = 3
"""Words of a query that are looked up together as one phrase."""
MAX_STANDING_IN = 10

_NO_SOURCE, _NO_FILE = 0, ""
_LISTED = {
    "sqlite": "(SELECT value FROM json_each(:phrases))",
    "postgresql": "(SELECT json_array_elements_text(CAST(:phrases AS json)))",
}
_OF = (
    "SELECT word, other FROM synonym WHERE team = :team AND (word IN {these} OR other IN {these}) ORDER BY word, other"
)
_THESE = FastRows(**{engine: text(_OF.format(these=these)) for engine, these in _LISTED.items()})


class SqlSynonyms:
    def __init__(self, work: Session) -> None:
        self._work = work

    def for_query(self, team: TeamId, query: Query) -> Mapping[str, tuple[str, ...]]:
        typed = dict(_phrases(query.words))
        if not typed:
            return {}
        rows = self._work.fast_rows(_THESE, team=team, phrases=json.dumps(list(typed)))
        found: dict[str, dict[str, None]] = {}
        for one, two in rows:
            for phrase, other in ((one, two), (two, one)):
                if phrase in typed and other not in typed:
                    for word in typed[phrase]:
                        found.setdefault(word, {})[other] = None
        return {word: tuple(others)[:MAX_STANDING_IN] for word, others in found.items()}

    def all(self, team: TeamId) -> Sequence[Synonym]:
        kept = select(SYNONYM).where(SYNONYM.c.team == team).order_by(SYNONYM.c.word, SYNONYM.c.other, SYNONYM.c.file)
        return [Synonym(word=row.word, other=row.other, file=row.file or None) for row in self._work.rows(kept)]

    def add(self, team: TeamId, word: str, other: str) -> bool:
        pair = _pair(word, other)
        if pair is None:
            return False
        self._insert(team, _NO_SOURCE, _NO_FILE, [pair])
        return True

    def remove(self, team: TeamId, word: str, other: str | None) -> int:
        here = and_(SYNONYM.c.team == team, SYNONYM.c.source == _NO_SOURCE)
        having = [
            or_(SYNONYM.c.word == _phrase(each), SYNONYM.c.other == _phrase(each)) for each in (word, other) if each
        ]
        return self._work.change(delete(SYNONYM).where(here, *having))

    def save_file(self, source: SourceId, file: str, synonyms: Mapping[str, Sequence[str]]) -> None:
        team, number = team_of(source), number_of(source)
        here = and_(SYNONYM.c.team == team, SYNONYM.c.source == number, SYNONYM.c.file == file)
        self._work.change(delete(SYNONYM).where(here))
        pairs = [_pair(word, other) for word, others in synonyms.items() for other in others]
        self._insert(team, number, file, [pair for pair in dict.fromkeys(pairs) if pair])

    def _insert(self, team: TeamId, source: int, file: str, pairs: Sequence[tuple[str, str]]) -> None:
        rows = [{"team": team, "source": source, "file": file, "word": word, "other": other} for word, other in pairs]
        self._work.change(self._work.insert(SYNONYM).on_conflict_do_nothing(), rows)


def _phrases(words: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """The query's phrases of up to `MAX_WORDS` words as they are stored, each with the words as typed."""
    split = [tokens(word) for word in words]
    for start in range(len(words)):
        for end in range(start + 1, min(start + MAX_WORDS, len(words)) + 1):
            phrase = " ".join(token for typed in split[start:end] for token in typed)
            if phrase and len(phrase) <= LONGEST:
                yield phrase, words[start:end]


def _pair(word: str, other: str) -> tuple[str, str] | None:
    """The pair as it is stored; None if both are the same word."""
    one, two = _phrase(word), _phrase(other)
    fit = one != two and 0 < len(one) <= LONGEST and 0 < len(two) <= LONGEST
    return (one, two) if fit else None


def _phrase(written: str) -> str:
    return " ".join(tokens(written))
