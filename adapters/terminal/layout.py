"""A card as rows of text that are safe on any terminal. Width and style are decided elsewhere.

Text is only data: control characters and direction marks are dropped, and nothing is parsed as markup.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import islice

from adapters.local.view import View, resolved
from bot.domain.card import Block, Card, Divider, Entries, EntryLine, Fields, NoteTree, Paragraph
from bot.domain.linked_page import minutes_text
from bot.domain.notes import NoteKind, NoteLine, lines
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.text import Span, Text, plain, string

INDENT = 3
GLYPHS = {ReadingState.UNREAD: "○", ReadingState.LATER: "◔", ReadingState.READ: "●"}

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_INVISIBLE = (0x200B, *range(0x2060, 0x2066), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080))
_HARMLESS: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *_DIRECTIONS, *_INVISIBLE)),
    **{ord(space): " " for space in _SPACES},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


class Look(Enum):
    """The kind of a row."""

    TITLE = auto()
    BODY = auto()
    QUIET = auto()
    FIELD = auto()
    ENTRY = auto()
    FOUND = auto()
    LINK = auto()
    NOTE = auto()
    QUOTE = auto()
    HEADING = auto()
    CODE = auto()
    SNIPPET = auto()
    BUTTONS = auto()
    RULE = auto()
    GAP = auto()


_CLOSE = frozenset(
    {(Look.TITLE, Look.BODY), (Look.TITLE, Look.QUIET), (Look.TITLE, Look.FIELD), (Look.QUIET, Look.QUIET)}
)
_CLOSE_IN_LIST = frozenset({(Look.QUIET, Look.ENTRY), (Look.QUIET, Look.FOUND), (Look.QUIET, Look.BUTTONS)})
"""What is not kept apart from the part above it; a card that lists entries saves more lines."""


@record
class Button:
    """An action in the terminal: the number to press, and the line that does the same. `shown` is as much of it as a
    person would type; empty if the button says something that cannot be typed.
    """

    number: int
    label: str
    line: str
    shown: str


@record
class Row:
    """One row. `marker` precedes the text, and wrapped lines are indented to the start of the text.

    Buttons follow the text. `brief` ones are shown without the line that does the same.
    """

    look: Look
    text: Text = ()
    marker: str = ""
    indent: int = 0
    buttons: tuple[Button, ...] = ()
    brief: bool = False


def harmless(text: str) -> str:
    """The text on one line, without control characters."""
    return text.translate(_HARMLESS)


def entries_of(card: Card) -> tuple[EntryLine, ...]:
    """Every entry of the card: the one it is about first, then those it lists."""
    listed = tuple(entry for block in card.blocks if isinstance(block, Entries) for entry in block.items)
    return (card.entry, *listed) if card.entry else listed


def rows(card: Card, view: View, buttons: Sequence[Button] = ()) -> Iterator[Row]:
    """The card from top to bottom. `buttons` are those of `actions_of`, or empty to hide them."""
    left = iter(buttons)
    above: Look | None = None
    close = _CLOSE | _CLOSE_IN_LIST if any(isinstance(block, Entries) for block in card.blocks) else _CLOSE
    for part in (_head(card, left), *(_block(block, view, left) for block in card.blocks), _buttons(left, None)):
        for number, row in enumerate(part):
            if number == 0 and above is not None and (above, row.look) not in close:
                yield Row(look=Look.GAP)
            yield row
            above = row.look


def _head(card: Card, buttons: Iterator[Button]) -> Iterator[Row]:
    title = harmless(card.title)
    entry = card.entry
    if entry is None or title not in {"", harmless(entry.title), f"#{entry.number} {harmless(entry.title)}"}:
        yield Row(look=Look.TITLE, text=plain(title))
    if entry is not None:
        yield from _name(entry)
        yield from _buttons(buttons, len(entry.actions), indent=INDENT)


def _block(block: Block, view: View, buttons: Iterator[Button]) -> Iterator[Row]:
    match block:
        case Paragraph():
            yield Row(look=Look.QUIET if block.quiet else Look.BODY, text=_resolved(block.text, view))
        case Fields():
            for label, text in block.items:
                yield Row(look=Look.FIELD, marker=f"{harmless(label)}:", text=_resolved(text, view))
            yield from _buttons(buttons, len(block.actions))
        case Entries():
            for entry in block.items:
                yield from _entry(entry, view, buttons)
        case NoteTree():
            yield from _notes(block, view)
        case Divider():
            yield Row(look=Look.RULE)


def _entry(entry: EntryLine, view: View, buttons: Iterator[Button]) -> Iterator[Row]:
    yield from _name(entry)
    state = f"{GLYPHS[entry.state]} {entry.state}" if view.personal else ""
    tags = ", ".join(harmless(tag) for tag in entry.tags)
    about = plain(" · ".join(filter(None, [state, string(minutes_text(entry.minutes)), tags])))
    offered = tuple(islice(buttons, len(entry.actions)))
    if about and not offered:
        yield Row(look=Look.QUIET, indent=INDENT, text=about)
    if entry.matched:
        path = plain("".join(f"{harmless(step)} › " for step in entry.path))
        yield Row(look=Look.SNIPPET, indent=INDENT, text=(*path, *_resolved(entry.matched, view)))
    if offered:
        yield Row(look=Look.BUTTONS, indent=INDENT, text=about, buttons=offered, brief=True)


def _name(entry: EntryLine) -> Iterator[Row]:
    if entry.found:
        found = tuple(Span(harmless(span.text), bold=span.bold) for span in entry.found)
        yield Row(look=Look.FOUND, marker=f"#{entry.number}", text=found)
    else:
        yield Row(look=Look.ENTRY, marker=f"#{entry.number}", text=plain(harmless(entry.title)))
    yield Row(look=Look.LINK, indent=INDENT, text=(Span(harmless(entry.url), url=entry.url),))


def _buttons(buttons: Iterator[Button], most: int | None, indent: int = 0) -> Iterator[Row]:
    taken = tuple(islice(buttons, most))
    if taken:
        yield Row(look=Look.BUTTONS, indent=indent, buttons=taken)


def _notes(tree: NoteTree, view: View) -> Iterator[Row]:
    for line in lines(tree.blocks):
        yield from _note(line, view)
    if tree.parts > 1:
        yield Row(look=Look.QUIET, text=plain(f"{tree.part} of {tree.parts}"))
    if tree.left_out:
        more = "1 more line" if tree.left_out == 1 else f"{tree.left_out} more lines"
        yield Row(look=Look.QUIET, text=plain(f"… {more}"))


_NOTE_LOOKS = {NoteKind.QUOTE: Look.QUOTE, NoteKind.HEADING: Look.HEADING}


def _note(line: NoteLine, view: View) -> Iterator[Row]:
    indent = line.depth * INDENT
    marker = harmless(line.marker or "")
    if line.kind is NoteKind.CODE:
        for code in string(line.text).expandtabs(4).split("\n"):
            yield Row(look=Look.CODE, indent=indent, marker=marker, text=plain(harmless(code)))
        return
    quote = ">" if line.kind is NoteKind.QUOTE else ""
    look = _NOTE_LOOKS.get(line.kind, Look.NOTE)
    yield Row(look=look, indent=indent, marker=" ".join(filter(None, [quote, marker])), text=_resolved(line.text, view))


def _resolved(text: Text, view: View) -> Text:
    return tuple(replace(span, text=harmless(span.text)) for span in resolved(text, view))


def unwrapped(shown: Iterable[Row]) -> str:
    """The rows as plain text, one line each."""
    return "\n".join(_line(row) for row in shown)


def _line(row: Row) -> str:
    words = string(row.text) if row.look is not Look.RULE else "———"
    return " " * row.indent + " ".join(filter(None, [row.marker, words]))
