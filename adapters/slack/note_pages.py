"""Notes that are too long to be shown at once, cut between items into pieces that each can be."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.slack.richtext import length, notes
from adapters.slack.text import split
from bot.domain.card import NoteTree
from bot.domain.notes import NoteBlock, NoteKind, parts
from bot.domain.text import Span, Text

NOTES_PART = 7000
"""Characters of notes shown at once; the rest is a button away."""
MAX_LINE = 2400


def pages_of(part: NoteTree) -> tuple[tuple[NoteBlock, ...], ...]:
    """The notes cut between items into parts that can each be shown, however long their lines and addresses are."""
    if _characters(part.blocks) <= MAX_LINE:
        return (part.blocks,) if part.blocks else ()
    tree = tuple(_broken(one) for one in part.blocks)
    budget = NOTES_PART
    while True:
        pieces = parts(tree, budget)
        if budget < MAX_LINE // 8 or all(
            length(notes(piece, personal=False)) <= NOTES_PART + MAX_LINE for piece in pieces
        ):
            return pieces
        budget //= 2


def _characters(tree: Sequence[NoteBlock]) -> int:
    """How many characters the notes have, with their addresses."""
    return sum(
        sum(len(span.text) + len(span.url or "") for span in block.text) + _characters(block.children) for block in tree
    )


def _broken(one: NoteBlock) -> NoteBlock:
    """The block with a line that is too long to be shown at once gone on with below it."""
    first, *rest = _lines(one.text)
    kind = one.kind if one.kind is NoteKind.CODE else NoteKind.PARAGRAPH
    more = tuple(NoteBlock(kind=kind, text=text) for text in rest)
    return replace(one, text=first, children=(*more, *(_broken(child) for child in one.children)))


def _lines(text: Text) -> list[Text]:
    found: list[list[Span]] = [[]]
    room = MAX_LINE
    for span in text:
        for piece in split(span.text, MAX_LINE):
            if len(piece) > room:
                found.append([])
                room = MAX_LINE
            found[-1].append(replace(span, text=piece))
            room -= len(piece)
    return [tuple(line) for line in found]
