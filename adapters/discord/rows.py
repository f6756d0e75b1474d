"""A card as rows of Discord Markdown, top to bottom. Only the length of a row is limited here."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from adapters.discord.markup import escaped, fenced, link, shortened, verbatim, written
from bot.domain.card import Action, Block, Card, Divider, Entries, EntryLine, Fields, NoteTree, Paragraph
from bot.domain.ids import Url
from bot.domain.linked_page import minutes_text
from bot.domain.notes import NoteKind, NoteLine, lines
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.text import Span, Text, plain, string

MAX_LINE = 1200
"""Our limit of Markdown per row. A longer paragraph continues in the next row, so that a message can be split there."""
MAX_TITLE = 200
MAX_TAGS = 300
INDENT = "\u2003"
"""Two em spaces per level: Discord drops ordinary leading blanks and shows at most three levels of its own lists."""
GLYPHS = {ReadingState.UNREAD: "○", ReadingState.LATER: "🔖", ReadingState.READ: "✅"}


@record
class Words:
    """A line of Markdown. A `note` may be left out if it is counted; `goes_on` continues the previous row."""

    markdown: str
    note: bool = False
    goes_on: bool = False


@record
class Beside:
    """Text with one button beside it."""

    markdown: str
    action: Action


@record
class Buttons:
    """Buttons side by side; after the first one that opens `article`, if there is one."""

    actions: tuple[Action, ...]
    article: Url | None = None


@record
class Rule:
    """A horizontal line."""


@record
class LeftOut:
    """The number of lines not shown here. `torn` means that part of the first one is shown."""

    lines: int
    torn: bool = False

    @property
    def markdown(self) -> str:
        if not self.torn:
            return f"-# … {_lines(self.lines)}"
        more = f" and {_lines(self.lines - 1)}" if self.lines > 1 else ""
        return f"-# … the rest of this{more}"


def _lines(count: int) -> str:
    return f"{count} more {'line' if count == 1 else 'lines'}"


Row: TypeAlias = Words | Beside | Buttons | Rule | LeftOut


def rows(card: Card, *, personal: bool) -> Iterator[Row]:
    """The card without its own buttons. `personal` if only one person sees it, with their reading states."""
    yield from _heading(card)
    for block in card.blocks:
        yield from _block(block, personal=personal)


def _heading(card: Card) -> Iterator[Row]:
    entry = card.entry
    if entry is not None and entry.title == card.title:
        yield Words(markdown=f"### {_name(entry)}")
        return
    yield Words(markdown=f"### {escaped(shortened(card.title, MAX_TITLE))}")
    if entry is not None:
        yield Words(markdown=_name(entry))
        if entry.actions:
            yield Buttons(actions=entry.actions)


def _block(block: Block, *, personal: bool) -> Iterator[Row]:
    match block:
        case Paragraph():
            mark = "-# " if block.quiet else ""
            yield from _line(mark + part for part in written(block.text, MAX_LINE) if part.strip())
        case Fields():
            for label, text in block.items:
                head = f"**{escaped(shortened(label, MAX_TITLE))}:** "
                first, *more = written(text, MAX_LINE)
                yield from _line([head + first, *more])
            if block.actions:
                yield Buttons(actions=block.actions)
        case Entries():
            for entry in block.items:
                yield from _entry(entry, personal=personal)
        case NoteTree():
            yield from _notes(block)
        case Divider():
            yield Rule()


def _line(parts: Iterable[str], *, note: bool = False) -> Iterator[Words]:
    """One line, in as many rows as needed."""
    return (Words(markdown=part, note=note, goes_on=number > 0) for number, part in enumerate(parts))


def _name(entry: EntryLine) -> str:
    short = shortened(entry.title, MAX_TITLE)
    whole = short == entry.title  # a cut title has no emphasis
    return f"\\#{entry.number} {link(short, entry.url, entry.found if whole else ())}"


def _entry(entry: EntryLine, *, personal: bool) -> Iterator[Row]:
    tags = escaped(shortened(", ".join(entry.tags), MAX_TAGS)) if entry.tags else ""
    state = f"{GLYPHS[entry.state]} {entry.state}" if personal else ""
    about = " · ".join(filter(None, [state, string(minutes_text(entry.minutes)), tags]))
    head = "\n".join(filter(None, [_name(entry), f"-# {about}" if about else ""]))
    if len(entry.actions) == 1:
        yield Beside(markdown=head, action=entry.actions[0])
    else:
        yield Words(markdown=head)
    if entry.matched:
        path = plain("".join(f"{step} › " for step in entry.path))
        yield from _line(f"> {part}" for part in written((*path, *entry.matched), MAX_LINE))
    if len(entry.actions) > 1:
        yield Buttons(actions=entry.actions)


def _notes(tree: NoteTree) -> Iterator[Row]:
    for line in lines(tree.blocks):
        yield from _line(_note(line), note=True)
    if tree.parts > 1:
        yield Words(markdown=f"-# {tree.part} of {tree.parts}")
    if tree.left_out:
        yield LeftOut(lines=tree.left_out)


def _note(line: NoteLine) -> Iterator[str]:
    """The line at its depth with its own number. Not a Discord list, which would be renumbered."""
    indent = INDENT * 2 * line.depth
    marker = (
        f"{escaped(shortened(line.marker, 20))} ".replace(".", "\\.") if line.marker and line.marker.strip() else ""
    )
    if line.kind is NoteKind.CODE:
        yield from _code(line, indent, marker)
        return
    text: Text = line.text
    if line.kind is NoteKind.HEADING:
        text = tuple(Span(span.text, bold=True, url=span.url, at=span.at, channel=span.channel) for span in text)
    lead = f"{indent}{'│ ' if line.kind is NoteKind.QUOTE else ''}"
    first, *more = written(text, MAX_LINE)
    yield f"{lead}{marker}{first}"
    yield from (f"{lead}{part}" for part in more)


def _code(line: NoteLine, indent: str, marker: str) -> Iterator[str]:
    """A code block at the margin. At a deeper level, where a fence would lose the indentation, line by line."""
    code = string(line.text)
    if not indent and not marker and len(code) <= MAX_LINE // 2:
        yield fenced(code)
        return
    for number, part in enumerate(code.replace("\r\n", "\n").split("\n")):
        lead = f"{indent}{marker if number == 0 else ''}"
        for start in range(0, max(len(part), 1), MAX_LINE // 4):
            shown = verbatim(part.expandtabs(4)[start : start + MAX_LINE // 4])
            yield f"{lead}`{shown}`" if shown.strip() else f"{lead}{shown}"
