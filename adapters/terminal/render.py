"""Rows as lines of styled text, wrapped to a width in terminal cells with a hanging indent.

Rich styles, measures and prints. Its markup is never parsed, and its wrapping is not used, because it splits characters
of several code points.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from rich.cells import cell_len, split_graphemes
from rich.style import Style
from rich.text import Text

from adapters.terminal.layout import Look, Row, harmless, rows
from adapters.terminal.screen import Shown
from bot.domain.card import Tone
from bot.domain.record import record
from bot.domain.text import Span, string

WIDEST = 100
NARROWEST = 24

_STYLES = {
    Look.TITLE: Style(bold=True),
    Look.ENTRY: Style(bold=True),
    Look.HEADING: Style(bold=True),
    Look.QUIET: Style(dim=True),
    Look.LINK: Style(color="blue"),
    Look.QUOTE: Style(italic=True),
    Look.CODE: Style(color="magenta"),
    Look.RULE: Style(dim=True),
}
_NAMES = frozenset({Look.TITLE, Look.ENTRY})
_REPEATED = frozenset({Look.GAP, Look.RULE, Look.BUTTONS, Look.LINK})
"""Rows that say nothing new about a message that was changed."""
_MARKERS = {
    Look.ENTRY: Style(color="cyan", bold=True),
    Look.FOUND: Style(color="cyan", bold=True),
    Look.FIELD: Style(bold=True),
    Look.NOTE: Style(color="cyan"),
}
_TONES = {
    Tone.PLAIN: Style(color="cyan"),
    Tone.DONE: Style(color="green"),
    Tone.WARNING: Style(color="yellow"),
    Tone.REFUSAL: Style(color="red"),
}
_PLAIN = Style()
_DIM = Style(dim=True)
_BUTTON = Style(color="cyan", bold=True)

_WORD = re.compile("[^ ]+")
_HARD = "\xa0"
_ADDRESS = re.compile("https?://", re.IGNORECASE)


@record
class Paper:
    """The width in cells, and whether links are clickable.

    With `shortens`, an entry's address that is longer than a line is shown by its beginning: the terminal is known to
    follow the link, which leads to the whole.
    """

    width: int
    links: bool = False
    shortens: bool = False


def message(shown: Shown, paper: Paper, known: frozenset[Row] = frozenset()) -> Iterator[Text]:
    """The message behind a bar: a heavy one for what a channel sees, indented for a reply in a thread.

    Of a message that was changed, rows that are `known` are left out, except its name.
    """
    indent = "  " if shown.thread is not None else ""
    bar = Text(indent + ("│ " if shown.private else "┃ "), _TONES[shown.card.tone])
    inner = replace(paper, width=max(paper.width, NARROWEST) - bar.cell_len)
    every = rows(shown.card, shown.view, shown.buttons)
    content = [row for row in every if not known or row.look in _NAMES or not (row in known or row.look in _REPEATED)]
    for line in (*_wrapped(_audience(shown), inner.width), *body(content, inner)):
        yield Text.assemble(bar, line) if line else Text(bar.plain.rstrip(), bar.style)


def _audience(shown: Shown) -> Text:
    about = [harmless(shown.by or shown.to)]
    if shown.thread is not None:
        named = f"in the thread “{harmless(shown.thread)}”" if shown.thread else "in a thread"
        about.append("in the thread" if shown.by else named)
    if shown.at:
        about.append(shown.at)
    if shown.revised:
        about.append("changed")
    return Text(" · ".join(about), _DIM if shown.private else _TONES[Tone.PLAIN])


def body(shown: Iterable[Row], paper: Paper) -> Iterator[Text]:
    """The rows as lines no wider than the paper. The values of a card's fields are aligned in one column."""
    every = list(shown)
    labels = max((cell_len(row.marker) for row in every if row.look is Look.FIELD), default=0)
    for row in every:
        yield from _row(row, paper, labels)


def _row(row: Row, paper: Paper, labels: int) -> Iterator[Text]:
    if row.look is Look.RULE:
        yield Text("─" * (paper.width // 3), _DIM)
        return
    indent = min(row.indent, paper.width // 3)
    room = paper.width - indent
    marker = Text(row.marker, _MARKERS.get(row.look, _PLAIN))
    column = labels if row.look is Look.FIELD else marker.cell_len
    text = _styled(row, paper)
    if column > room // 3:
        marker, column, text = Text(), 0, Text.assemble(marker, " ", text)
    hang = column + 1 if column else 0
    if row.look is Look.LINK and paper.shortens and text.spans:
        text = _cropped(text, 0, room)
    for number, line in enumerate(_lines(row, text, room - hang)):
        head = marker if number == 0 else Text()
        yield Text.assemble(" " * indent, head, " " * (hang - head.cell_len), line)


def _lines(row: Row, text: Text, width: int) -> Iterator[Text]:
    if row.look is Look.CODE:
        yield from text.divide(list(_folds(text.plain, width)))
    elif row.look is Look.SNIPPET:
        yield _cropped(text, _found_at(row), width)
    elif row.look is Look.BUTTONS:
        yield from _wrapped(_offered(row, width), width)
    else:
        yield from _wrapped(text, width)


def _styled(row: Row, paper: Paper) -> Text:
    """The text in its styles. If links are not clickable, each is followed by its address."""
    text = Text()
    base = _STYLES.get(row.look, _PLAIN)
    for url, run in groupby(row.text, key=lambda span: span.url):
        spans = tuple(run)
        address = harmless(url or "")
        followed = paper.links and address.startswith(("https://", "http://"))
        link = Style(link=address, underline=True) if followed else _PLAIN
        for span in spans:
            text.append(span.text, base + link + _emphasis(span))
        if address and not followed and address != string(spans):
            text.append(f" ({address})", _DIM)
    return text


def _emphasis(span: Span) -> Style:
    style = Style(bold=span.bold or None, italic=span.italic or None, strike=span.strike or None)
    return style + _STYLES[Look.CODE] if span.code else style


def _offered(row: Row, width: int) -> Text:
    """The buttons in a row. The blanks of one that fits on a line are non-breaking until the row is wrapped."""
    text = Text()
    text.append(string(row.text), _DIM)
    for button in row.buttons:
        label = harmless(button.label)
        line = f"  {harmless(button.shown)}" if button.shown and not row.brief else ""
        blank = _HARD if cell_len(f"[{button.number}] {label}{line}") <= width else " "
        text.append("   " if text else "")
        text.append(f"[{button.number}]{blank}{label.replace(' ', blank)}", _BUTTON)
        text.append(line.replace(" ", blank), _DIM)
    return text


def _found_at(row: Row) -> int:
    """Where the first bold word of the row begins."""
    at = 0
    for span in row.text:
        if span.bold:
            return at
        at += len(span.text)
    return 0


def _cropped(text: Text, at: int, width: int) -> Text:
    """One line of the text that shows what is at this character, with an ellipsis where something is left out."""
    if cell_len(text.plain) <= width:
        return text
    if cell_len(text.plain[:at]) > width * 2 // 3:
        start = text.plain.rfind(" ", 0, max(at - width // 3, 0)) + 1
        text = Text("…") + text[start:]
    end = next(iter(_folds(text.plain, width - 1)), None)
    return text if end is None else text[:end] + Text("…")


def _wrapped(text: Text, width: int) -> Iterator[Text]:
    begun = text[len(text.plain) - len(text.plain.lstrip(" ")) :]
    for line in begun.divide(list(_breaks(begun.plain, width))):
        line.plain = line.plain.replace(_HARD, " ")
        line.rstrip()
        yield line


def _breaks(text: str, width: int) -> Iterator[int]:
    """Where to break the text: before a word that no longer fits, and within a word too long for a line.

    An address stays whole, however long: broken, it could be neither copied nor clicked.
    """
    used = end = 0
    for word in _WORD.finditer(text):
        gap, needed = word.start() - end, cell_len(word[0])
        if end and used + gap + needed > width:
            yield word.start()
            used = gap = 0
        if needed > width and not _ADDRESS.search(word[0]):
            folds = [word.start() + fold for fold in _folds(word[0], width)]
            yield from folds
            used = cell_len(text[folds[-1] : word.end()])
        else:
            used += gap + needed
        end = word.end()


def _folds(text: str, width: int) -> Iterator[int]:
    """Where to break a text without blanks: between characters as people see them."""
    used = 0
    for start, _, cells in split_graphemes(text)[0]:
        if used + cells > width:
            yield start
            used = 0
        used += cells
