"""A made-up reading list of any length, the same in every run, whose words are spread as those of people are: few are
common and most are rare.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from hashlib import shake_256
from itertools import accumulate

from bot.domain.ids import Url
from bot.domain.notes import Notes
from bot.domain.source import ReadEntry

WORDS = 30_000
COMMONEST = 30
"""The higher, the flatter the top: with 30 the commonest word stands in a fifth of the entries."""
TAGS = 60
TITLE = 6
SYLLABLES = ("ka", "ro", "min", "tes", "lu", "ver", "co", "dan", "pi", "sto", "ne", "gra", "fu", "bel", "ta", "xo")
ENDINGS = ("", "s", "ing", "ed", "er", "tion", "al", "ment")
SMALL = ("the", "of", "to", "and", "in", "is", "for", "that", "with", "as")


def sql_of(rank: int) -> str:
    """The word of this rank; every rank has another one."""
    syllables, number = [], rank + len(SYLLABLES)
    while number:
        number, digit = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[digit])
    return "".join(syllables) + ENDINGS[rank * 7 % len(ENDINGS)]


VOCABULARY = [sql_of(rank) for rank in range(WORDS)]
_REACHED = list(accumulate(1 / (rank + COMMONEST) for rank in range(1, WORDS + 1)))


def chances(seed: str, count: int) -> Sequence[float]:
    """Numbers from 0 up to 1 that follow from the seed."""
    drawn = shake_256(seed.encode()).digest(4 * count)
    return [int.from_bytes(drawn[4 * n : 4 * n + 4]) / 2**32 for n in range(count)]


def word(chance: float) -> str:
    return VOCABULARY[bisect(_REACHED, chance * _REACHED[-1])]


def entry(number: int, whose: str = "ours") -> ReadEntry:
    """An entry with a title of 6 words, one tag or two, and 10 to 60 words of notes."""
    length, *drawn = chances(f"{whose}/{number}", 80)
    said = [SMALL[int(chance * 25)] if chance < 0.4 else word((chance - 0.4) / 0.6) for chance in drawn[10:]]
    notes = said[: 10 + int(length * 50)]
    half = len(notes) // 2
    return ReadEntry(
        line=number,
        title=" ".join(map(word, drawn[:TITLE])).capitalize(),
        url=Url(f"https://site{int(drawn[6] * 500)}.example.org/{whose}/{number}"),
        key=f"https://example.org/{whose}/{number}",
        notes=Notes(markdown=f"* {' '.join(notes[:half])}\n    * {' '.join(notes[half:])}"),
        tags=tuple(f"tag{int(TAGS * chance**2)}" for chance in drawn[7 : 8 + (number % 2)]),
        section=(f"Section {number % 40}",),
    )


def entries(count: int, whose: str = "ours") -> Iterator[ReadEntry]:
    return (entry(number, whose) for number in range(1, count + 1))
