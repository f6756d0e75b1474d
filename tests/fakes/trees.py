"""Notes as a tree, read in the simplest way there is, for tests that are not about reading Markdown."""

from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import plain


def tree(markdown: str) -> tuple[NoteBlock, ...]:
    """One item for each line; a line with two blanks before it stands below the line before."""
    items: list[NoteBlock] = []
    for line in markdown.splitlines():
        item = NoteBlock(kind=NoteKind.ITEM, text=plain(line.strip().removeprefix("* ")), marker="•")
        if line.startswith("  ") and items:
            above = items.pop()
            item = NoteBlock(kind=above.kind, text=above.text, marker="•", children=(*above.children, item))
        items.append(item)
    return tuple(items)
