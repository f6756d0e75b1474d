"""The summary notes under an entry: a tree of paragraphs, items, quotes and code, and ways to show part of it.

`store.lists` parses Markdown into such a tree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from bot.domain.record import record
from bot.domain.text import Text


class NoteKind(StrEnum):
    PARAGRAPH = "paragraph"
    ITEM = "item"
    QUOTE = "quote"
    CODE = "code"
    HEADING = "heading"


@record
class NoteBlock:
    """One block of notes.

    An item has its `marker` as shown (`3.`, `b)` or `•`) and its first paragraph as `text`; the blocks below it are in
    `children`. A code block keeps its line ends in `text`.
    """

    kind: NoteKind
    text: Text = ()
    marker: str | None = None
    children: tuple["NoteBlock", ...] = ()


@record
class Notes:
    """Notes as written (`markdown`, without the indentation of the entry) and as parsed (`tree`)."""

    markdown: str = ""
    tree: tuple[NoteBlock, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.markdown)


@record
class NoteLine:
    """One block as a line. `depth` counts from 0; only the `text` of a code block has line ends."""

    depth: int
    kind: NoteKind
    marker: str | None
    text: Text


def lines(tree: Sequence[NoteBlock], depth: int = 0) -> Iterator[NoteLine]:
    """Every block of the tree in reading order. Only items add depth."""
    for block in tree:
        if block.text or block.marker:
            yield NoteLine(depth=depth, kind=block.kind, marker=block.marker, text=block.text)
        yield from lines(block.children, depth + 1 if block.kind is NoteKind.ITEM else depth)


def count(tree: Sequence[NoteBlock]) -> int:
    """How many lines the tree shows."""
    return sum(bool(block.text or block.marker) + count(block.children) for block in tree)


def levels(tree: Sequence[NoteBlock], most: int) -> tuple[NoteBlock, ...]:
    """The tree down to `most` levels of items. 1 keeps the outermost items and their text, without the items below
    them.
    """
    return tuple(
        replace(block, children=levels(block.children, most - 1 if block.kind is NoteKind.ITEM else most))
        if block.children
        else block
        for block in tree
        if most > 0 or block.kind is not NoteKind.ITEM
    )


def parts(tree: Sequence[NoteBlock], budget: int) -> tuple[tuple[NoteBlock, ...], ...]:
    """Split the tree between blocks into parts of at most `budget` characters each, in order, losing nothing. Addresses
    of links count, because some platforms send them with the text.

    A block that alone exceeds the budget is split between its children. Its own line is repeated at the head of the
    next part, unless it takes more than half of it, so that each part can be read alone. A single line longer than the
    budget stays whole: only a renderer knows where its platform may break a line.
    """
    cut: list[list[NoteBlock]] = [[]]
    room = budget
    for block in tree:
        for piece in _pieces(block, budget):
            size = _size([piece])
            if room < budget and size > max(room, 0):
                cut.append([])
                room = budget
            cut[-1].append(piece)
            room -= size
    return tuple(tuple(part) for part in cut if part)


def _pieces(block: NoteBlock, budget: int) -> Iterator[NoteBlock]:
    if _size([block]) <= budget or not block.children:
        yield block
        return
    line = replace(block, children=())
    room = budget - _size([line])
    repeated = 2 * room >= budget
    inner = parts(block.children, room if repeated else budget)
    if room < budget and (not repeated or _size(inner[0]) > room):
        yield line
    unsaid = replace(block, text=(), marker=None)
    for part in inner:
        yield replace(block if repeated and _size(part) <= room else unsaid, children=part)


def _size(blocks: Sequence[NoteBlock]) -> int:
    size = 0
    for line in lines(blocks):
        size += len(line.marker or "") + 2 + sum(len(span.text) + len(span.url or "") for span in line.text)
    return size
