"""An entry's most distinctive words in its team's list, to find similar entries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

from sqlalchemy import func, select

from bot.domain.entry import Entry
from store.sql.filters import on_list
from store.sql.search.query_plan import STOP_WORDS
from store.sql.search.words import tokens
from store.sql.session import Session
from store.sql.tables import SPELLING

MAX_TELLING = 12
MAX_CONSIDERED = 500
"""Distinct words of an entry that are looked up, the most frequent first: the first pages of a book show its subject.
"""
MAX_TEXT = 20_000
COMMON_ENTRIES = 20
COMMON_SHARE_OF_FEW, COMMON_SHARE = 0.5, 0.05
"""A word in half of the entries is not distinctive. In long lists a word in a twentieth is common, and costs the most.
"""


def key_terms(work: Session, entry: Entry) -> Sequence[str]:
    """The entry's folded words that are frequent in it and rare elsewhere, the most distinctive first."""
    counts = _counted(entry)
    every: int = work.value(select(func.count()).where(on_list(entry.team)))
    holders = _holders(work, entry, [word for word, _ in counts.most_common(MAX_CONSIDERED)])
    most = max(min(COMMON_ENTRIES, every * COMMON_SHARE_OF_FEW), every * COMMON_SHARE)
    weights = {word: counts[word] * log(1 + every / held) for word, held in holders.items() if 1 < held <= most}
    return sorted(weights, key=lambda word: (-weights[word], word))[:MAX_TELLING]


def _counted(entry: Entry) -> Counter[str]:
    """How often each word occurs in the entry. Words of the title and the tags count more."""
    counts = Counter(tokens(entry.notes.markdown[:MAX_TEXT]))
    for word in tokens(" ".join((entry.title, *entry.tags))):
        counts[word] += 3
    return Counter({word: count for word, count in counts.items() if word not in STOP_WORDS})


def _holders(work: Session, entry: Entry, words: Sequence[str]) -> Mapping[str, int]:
    """How many entries on the list contain each of the words."""
    known = select(SPELLING.c.word, SPELLING.c.entries).where(
        SPELLING.c.team == entry.team, SPELLING.c.word.in_(words), SPELLING.c.entries > 0
    )
    return {row.word: row.entries for row in work.rows(known)}
