"""Which line of an entry shows why it was found. Pure: the engines say which words are meant."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span, Text, plain, string
from store.sql.search.words import distinct, runs, tokens


def best_line(tree: Sequence[NoteBlock], words: AbstractSet[str], beyond: int) -> tuple[Text, tuple[str, ...]]:
    """The line with most of the words, emphasised, and the items above it; the first of equal ones.

    Empty where no line holds more than `beyond` of them.
    """
    best: tuple[Text, tuple[str, ...]] = ((), ())
    most = beyond
    for line, path in _note_lines(tree, ()):
        count = len(words & distinct(string(line)))
        if count > most:
            best, most = (line, path), count
    line, path = best
    return emphasised(line, words), path


def emphasised(line: Text, words: AbstractSet[str]) -> Text:
    """The line with the words in bold, and nothing else in bold."""
    return tuple(piece for span in line for piece in _pieces(span, words))


def _pieces(span: Span, words: AbstractSet[str]) -> Iterator[Span]:
    marked = ((run, word and not words.isdisjoint(tokens(run))) for run, word in runs(span.text))
    for bold, pieces in groupby(marked, key=itemgetter(1)):
        yield replace(span, text="".join(run for run, _ in pieces), bold=bold)


def _note_lines(tree: Sequence[NoteBlock], path: tuple[str, ...]) -> Iterator[tuple[Text, tuple[str, ...]]]:
    for block in tree:
        yield from ((line, path) for line in _split(block))
        inner = (*path, string(block.text)) if block.kind is NoteKind.ITEM else path
        yield from _note_lines(block.children, inner)


def _split(block: NoteBlock) -> Sequence[Text]:
    """A block's lines: only a code block has several."""
    if block.kind is not NoteKind.CODE:
        return (block.text,)
    return [plain(line) for line in string(block.text).splitlines()]
