"""Turns a query into words, phrases and filters for the full-text index. No engine's syntax is here, and none passes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from itertools import groupby, islice, pairwise
from typing import TypeAlias

from bot.domain.query import Query
from bot.domain.record import record
from store.sql.search.stems import stems
from store.sql.search.words import tokens, unspaced

FEW_WORDS = 3
"""Up to this many distinct words, entries that contain all of them come first."""
MIN_PREFIX = 3
ENOUGH = 20
"""If this many entries contain a word as typed, its prefixes are not searched."""
MAX_RANKED = 20_000
"""If more entries match, only this many of the newest are ranked: so common a word does not distinguish them."""
MAX_TOKENS = 32
"""Tokens of one word that count. More do not help to find anything."""
MAX_WORDS = 64
"""Tokens of a query, after Chinese has been split into pairs."""

STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "above",
        "after",
        "again",
        "against",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "down",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "herself",
        "him",
        "himself",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "me",
        "more",
        "most",
        "my",
        "myself",
        "no",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "ours",
        "ourselves",
        "out",
        "over",
        "own",
        "same",
        "she",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "themselves",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "yours",
        "yourself",
        "yourselves",
    ]
)


@record
class Term:
    """A typed word or phrase: its tokens, folded, in order; and its stems in the languages of the lists."""

    tokens: tuple[str, ...]
    stems: tuple[tuple[str, ...], ...] = ()

    @property
    def ways(self) -> Sequence[tuple[str, ...]]:
        """Its tokens in each way that the index may contain them."""
        return self.tokens, *self.stems

    @property
    def stops(self) -> bool:
        return all(token in STOP_WORDS for token in self.tokens)


Group: TypeAlias = tuple[Term, ...]
"""Words of which an entry may contain any, such as a word and its synonyms."""


def each(terms: Iterable[Term]) -> list[Group]:
    """Each term as a group by itself."""
    return [(term,) for term in terms]


@record
class Tier:
    """An entry must contain one of `words`. The words of `ranking` rank it; repeated ones count again."""

    words: tuple[Term, ...]
    ranking: tuple[Term, ...]

    def groups(self, phrases: tuple[Term, ...]) -> Sequence[Group]:
        """What ranks its entries, each word by itself."""
        return each((*self.ranking, *phrases))


@record
class QueryPlan:
    """At least one word, every phrase, and none of `without`.

    `words` keeps repeats; `corrected` are those of them that are corrections. `prefix` is the last word if it may also
    be the beginning of a word, and `prefixed` are the words of the list that begin with it. `also` maps words to their
    synonyms. `either` has groups of words of which one is enough.
    """

    words: tuple[Term, ...] = ()
    phrases: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    prefix: Term | None = None
    prefixed: tuple[Term, ...] = ()
    also: Mapping[Term, tuple[Term, ...]] = field(default_factory=dict)
    corrected: AbstractSet[Term] = frozenset()
    either: tuple[Group, ...] = ()

    @property
    def tiers(self) -> Sequence[Tier]:
        """Entries with a word as typed come first, then with a synonym, then with a corrected word, then with its
        synonym.
        """
        typed = tuple(word for word in self.words if word not in self.corrected)
        corrected = tuple(word for word in self.words if word in self.corrected)
        tiers = [
            Tier(words=typed, ranking=self.words),
            *(Tier(words=words, ranking=words) for words in (self._others(typed), corrected, self._others(corrected))),
        ]
        return [tier for tier in tiers if tier.words] or [Tier(words=(), ranking=())]

    def _others(self, words: Iterable[Term]) -> tuple[Term, ...]:
        return tuple(dict.fromkeys(term for word in words for term in self.also.get(word, ())))

    @property
    def synonyms(self) -> tuple[Term, ...]:
        """The synonyms of all words."""
        return self._others(self.also)

    @property
    def anything(self) -> bool:
        """Whether there is any text to search for."""
        return bool(self.words or self.phrases)

    @property
    def all_ways(self) -> Sequence[Sequence[Group]]:
        """What an entry may contain that has all of few words, best first. One word of each group is enough.

        First the words themselves, then with synonyms for some, then with a prefix match of the last one.
        """
        if not self.few:
            return []
        ways: list[list[Group]] = [list(self.few)]
        if self.also:
            ways.append([(*group, *self._others(group)) for group in self.few])
        if self.prefixed:
            ways.append([(*group, *(self.prefixed if self.prefix in group else ())) for group in self.few])
        return ways

    @property
    def few(self) -> tuple[Group, ...]:
        """The distinct words, or groups of `either`, if entries with all of them rank higher, else empty."""
        groups = {word: group for group in self.either for word in group}
        distinct = tuple(dict.fromkeys(groups.get(word, (word,)) for word in self.words))
        return distinct if 1 < len(distinct) <= FEW_WORDS else ()


def plan_query(query: Query, languages: Sequence[str] = ()) -> QueryPlan:
    """The query's plan. Stop words count only if there is nothing else. `languages` are those of the team's lists."""
    words = tuple(islice(words_of(query.words, languages), MAX_WORDS))
    phrases = _terms(query.phrases, languages)
    content = tuple(word for word in words if not word.stops)
    kept = content if content or phrases else words
    last = words[-1] if words else None
    return QueryPlan(
        words=kept,
        phrases=phrases,
        without=_terms(query.without, languages),
        prefix=last if last is not None and last in kept and len(last.tokens[-1]) >= MIN_PREFIX else None,
        also={
            term: _terms(others, languages)
            for word, others in query.also.items()
            for term in words_of([word], languages)
            if term in kept
        },
        corrected=frozenset(words_of(query.corrected, languages)),
        either=tuple(tuple(term for term in words_of(group, languages) if term in kept) for group in query.either),
    )


def words_of(typed: Iterable[str], languages: Sequence[str]) -> Iterator[Term]:
    """Text without blanks is one term. In a script without blanks each pair of characters is one."""
    for part in typed:
        split = tokens(part)[:MAX_TOKENS]
        if not any(map(unspaced, split)):
            yield from _terms([part], languages)
            continue
        for alone, run in groupby(split, key=unspaced):
            found = tuple(run)
            yield from (Term(tokens=each) for each in (pairwise(found) if alone and len(found) > 2 else [found]))


def _terms(typed: Iterable[str], languages: Sequence[str]) -> tuple[Term, ...]:
    split = ((part, tokens(part)[:MAX_TOKENS]) for part in typed)
    return tuple(Term(tokens=tuple(found), stems=_stems(part, languages)) for part, found in split if found)


def _stems(part: str, languages: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    every = (tuple(stems(part, language)[:MAX_TOKENS]) for language in languages)
    return tuple(found for found in every if found)
