"""Chooses the line of an entry that shows why it was found. Pure: the engines say which words matched."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache
from itertools import groupby
from operator import itemgetter

from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span, Text, plain, string
from store.sql.search.words import distinct, runs, tokens

MAX_SHOWN = 1_000
"""Characters of a line; a note may be as long as a book."""


def best_line(tree: Sequence[NoteBlock], words: AbstractSet[str], beyond: int) -> tuple[Text, tuple[str, ...]]:
    """The line with the most matching words, emphasised, and the items above it. The first of equal ones.

    Empty if no line contains more than `beyond` of them.
    """
    best: tuple[Text, tuple[str, ...]] = ((), ())
    most = beyond
    for line, path in _note_lines(tree, ()):
        count = len(words & distinct(string(line)))
        if count > most:
            best, most = (line, path), count
    line, path = best
    return emphasised(_excerpt(line, words), words), path


def emphasised(line: Text, words: AbstractSet[str]) -> Text:
    """The line with the words in bold, and nothing else in bold."""
    meant = _meant(words)
    return tuple(piece for span in line for piece in _pieces(span, meant))


def _meant(words: AbstractSet[str]) -> Callable[[str], bool]:
    return cache(lambda run: not words.isdisjoint(tokens(run)))


def _pieces(span: Span, meant: Callable[[str], bool]) -> Iterator[Span]:
    marked = ((run, word and meant(run)) for run, word in runs(span.text))
    for bold, pieces in groupby(marked, key=itemgetter(1)):
        text = "".join([run for run, _ in pieces])
        # `replace` takes five times as long
        yield Span(text, bold, span.italic, span.strike, span.code, span.url, span.at, span.channel)


def _excerpt(line: Text, words: AbstractSet[str]) -> Text:
    """The part of the line to show: of a very long one, an excerpt that starts just before the first match."""
    whole = string(line)
    if len(whole) <= MAX_SHOWN:
        return line
    meant, at = _meant(words), 0
    for run, word in runs(whole):
        if word and meant(run):
            break
        at += len(run)
    start = max(at - MAX_SHOWN // 4, 0)
    begin = max(whole.rfind(" ", 0, start) + 1, start - MAX_SHOWN // 4)  # not every script has blanks
    end = begin + MAX_SHOWN
    before, after = (plain("… ") if begin else ()), (plain(" …") if end < len(whole) else ())
    return (*before, *_between(line, begin, end), *after)


def _between(line: Text, begin: int, end: int) -> Iterator[Span]:
    at = 0
    for span in line:
        part = span.text[max(begin - at, 0) : max(end - at, 0)]
        if part:
            yield replace(span, text=part)
        at += len(span.text)


def _note_lines(tree: Sequence[NoteBlock], path: tuple[str, ...]) -> Iterator[tuple[Text, tuple[str, ...]]]:
    for block in tree:
        yield from ((line, path) for line in _split(block))
        inner = (*path, string(block.text)) if block.kind is NoteKind.ITEM else path
        yield from _note_lines(block.children, inner)


def _split(block: NoteBlock) -> Sequence[Text]:
    """A block's lines. Only a code block has several."""
    if block.kind is not NoteKind.CODE:
        return (block.text,)
    return [plain(line) for line in string(block.text).splitlines()]
