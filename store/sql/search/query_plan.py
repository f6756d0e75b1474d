"""What a query asks of the full text, once its words are words: no engine's syntax is here, and none gets through."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from itertools import groupby, islice, pairwise

from bot.domain.query import Query
from bot.domain.record import record
from store.sql.search.words import tokens, unspaced

FEW_WORDS = 3
"""Up to so many distinct words, entries that hold all of them come first."""
MIN_PREFIX = 3
ENOUGH = 20
"""With so many entries that hold a word as typed, nobody looks for those that hold only its beginning."""
MAX_RANKED = 20_000
"""Of more entries that match, so many of the newest are ranked: what so many hold tells none from the other."""
MAX_TOKENS = 32
"""More tokens in one word than these do not help to find anything."""
MAX_WORDS = 64
"""Of a query, once a run of Chinese is several."""

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
    """A typed word or phrase: the tokens of which it consists, folded, in order."""

    tokens: tuple[str, ...]

    @property
    def stops(self) -> bool:
        return all(token in STOP_WORDS for token in self.tokens)


@record
class Tier:
    """Words of which an entry must hold one, and those by which such entries are ranked; repeated ones count again."""

    holds: tuple[Term, ...]
    weighs: tuple[Term, ...]


@record
class Wanted:
    """Words of which one must be there, phrases that all must, and what must not be.

    `words` keeps repeated words; `corrected` are those of them that nobody typed so. `prefix` is the last word if it may also stand for the beginning of a word, `begun`
    has the words of the list that begin so. `also` has for some of the words what may stand in for them.
    """

    words: tuple[Term, ...] = ()
    phrases: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    prefix: Term | None = None
    begun: tuple[Term, ...] = ()
    also: Mapping[Term, tuple[Term, ...]] = field(default_factory=dict)
    corrected: AbstractSet[Term] = frozenset()

    @property
    def tiers(self) -> Sequence[Tier]:
        """Entries that hold a word as typed come first, then those that hold a synonym of one, then a corrected word,
        then a synonym of that.
        """
        typed = tuple(word for word in self.words if word not in self.corrected)
        corrected = tuple(word for word in self.words if word in self.corrected)
        tiers = [
            Tier(holds=typed, weighs=self.words),
            *(Tier(holds=words, weighs=words) for words in (self._others(typed), corrected, self._others(corrected))),
        ]
        return [tier for tier in tiers if tier.holds] or [Tier(holds=(), weighs=())]

    def _others(self, words: Iterable[Term]) -> tuple[Term, ...]:
        return tuple(dict.fromkeys(term for word in words for term in self.also.get(word, ())))

    @property
    def stand_ins(self) -> tuple[Term, ...]:
        """What may stand in for a word."""
        return self._others(self.also)

    @property
    def anything(self) -> bool:
        """Whether there is something to look for in the text."""
        return bool(self.words or self.phrases)

    @property
    def all_ways(self) -> Sequence[Sequence[tuple[Term, ...]]]:
        """What an entry holds that has all of few words, best first: of each group one. Words alone, synonyms in
        place of some, a word that begins with the last one.
        """
        if not self.few:
            return []
        ways: list[list[tuple[Term, ...]]] = [[(word,) for word in self.few]]
        if self.also:
            ways.append([(word, *self.also.get(word, ())) for word in self.few])
        if self.begun:
            ways.append([(word, *(self.begun if word == self.prefix else ())) for word in self.few])
        return ways

    @property
    def few(self) -> tuple[Term, ...]:
        """The distinct words where all of them in one entry count for more; none where they do not."""
        distinct = tuple(dict.fromkeys(self.words))
        return distinct if 1 < len(distinct) <= FEW_WORDS else ()


def wanted_by(query: Query) -> Wanted:
    """What the query wants; stop words count only where there is nothing else."""
    words, phrases = tuple(islice(_words(query.words), MAX_WORDS)), _terms(query.phrases)
    telling = tuple(word for word in words if not word.stops)
    kept = telling if telling or phrases else words
    return Wanted(
        words=kept,
        phrases=phrases,
        without=_terms(query.without),
        prefix=_prefix(words, kept),
        also={term: _terms(others) for word, others in query.also.items() for term in _words([word]) if term in kept},
        corrected=frozenset(_words(query.corrected)),
    )


def _words(typed: Iterable[str]) -> Iterator[Term]:
    """What is typed without blanks is one term; in a script that has none, each pair of characters is."""
    for part in typed:
        for alone, run in groupby(tokens(part)[:MAX_TOKENS], key=unspaced):
            found = tuple(run)
            yield from (Term(tokens=each) for each in (pairwise(found) if alone and len(found) > 2 else [found]))


def _terms(typed: Iterable[str]) -> tuple[Term, ...]:
    split = (tokens(part)[:MAX_TOKENS] for part in typed)
    return tuple(Term(tokens=tuple(found)) for found in split if found)


def _prefix(typed: tuple[Term, ...], kept: tuple[Term, ...]) -> Term | None:
    last = typed[-1] if typed else None
    return last if last in kept and last is not None and len(last.tokens[-1]) >= MIN_PREFIX else None
