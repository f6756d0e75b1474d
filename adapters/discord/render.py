"""Renders any card as messages of Components V2 within Discord's limits.

The limits are from Discord's documentation of components and messages, August 2026. Text is measured in UTF-16 units
and kept under nine tenths of the limit, because Discord does not document how it counts.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import discord
from discord import ui

from adapters.discord.button_value import SERVER, custom_id
from adapters.discord.markup import label, shortened, size
from adapters.discord.rows import Beside, Buttons, LeftOut, Row, Rule, Words, rows
from bot.domain.card import OPEN, Action, Call, Card, Tone
from bot.domain.ids import Url, WorkspaceRef

MAX_COMPONENTS = 40
MAX_TEXT = 4000
MAX_IN_ROW = 5
MAX_LABEL = 80
MAX_ADDRESS = 512
TEXT_BUDGET = MAX_TEXT * 9 // 10
COMPONENT_BUDGET = MAX_COMPONENTS - 2
"""Without the container itself and the line that says which of several messages this is."""
MAX_ACTIONS = 15
"""Our limit per card: more would leave no room for the content."""
MAX_NUMBER = 99
MAX_MESSAGES = 10
"""Our limit per answer."""
PAGE_NOTE = 60
"""Characters reserved for `2 of 3`."""

COLOURS = {Tone.DONE: 0x2E7D32, Tone.WARNING: 0xF9A825, Tone.REFUSAL: 0xC62828}
HELP = Action(label="Help", call=Call(path=("help",)))
"""Added to a delivery whose buttons have no room for its key: this one carries it, so that the message is found again.

A message without a key is never searched for.
"""

Layout: TypeAlias = ui.LayoutView
_MAX_COUNT = LeftOut(lines=999_999, torn=True)


class _Page:
    """The rows of one message and how much of its limits they use. Adjacent text is one component."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.components = 0
        self.text = 0

    def add(self, row: Row) -> None:
        self.components += self._components(row)
        self.text += _text(row)
        self.rows.append(row)

    def holds(self, row: Row) -> bool:
        components, text = self.components + self._components(row), self.text + _text(row)
        return components <= COMPONENT_BUDGET and text <= TEXT_BUDGET - PAGE_NOTE

    def _components(self, row: Row) -> int:
        match row:
            case Beside():
                return 3
            case Buttons():
                return 1 + len(row.actions) + bool(row.article)
            case Words() | LeftOut():
                return 0 if self.rows and isinstance(self.rows[-1], Words | LeftOut) else 1
            case Rule():
                return 1


def _text(row: Row) -> int:
    return size(row.markdown) + 1 if isinstance(row, Words | LeftOut | Beside) else 0


def _packed(all_rows: Iterable[Row]) -> list[_Page]:
    pages = [_Page()]
    for row in all_rows:
        if not pages[-1].holds(row):
            pages.append(_Page())
        pages[-1].add(row)
    return pages


def message(card: Card, *, key: str, word: str, about: WorkspaceRef | None = None) -> Layout:
    """Render the card as one message. A `key` means that it is a delivery, `about` that it is a direct message about
    this server. Notes that do not fit are left out and counted.
    """
    body = tuple(_merged(rows(card, personal=False)))
    marked = any(custom_id(action, key=key, number=MAX_NUMBER) for action in card.actions)
    help_ = HELP if about is None else replace(HELP, call=replace(HELP.call, arguments={SERVER: about.id}))
    actions = card.actions if marked or not key else (*card.actions, help_)
    tail = tuple(_tail(actions, key=key, word=word, article=card.article))
    whole = (*body, *tail)
    return _layout(whole if len(_packed(whole)) == 1 else (*_cut(body, tail), *tail), card.tone, key=key)


def messages(card: Card, *, word: str) -> list[Layout]:
    """Render the card as the messages of a private answer, with the buttons last.

    Only what exceeds `MAX_MESSAGES` is left out and counted.
    """
    pages = _answer(
        tuple(_merged(rows(card, personal=True))), tuple(_tail(card.actions, key="", word=word, article=card.article))
    )
    if len(pages) == 1:
        return [_layout(pages[0], card.tone, key="")]
    return [
        _layout((*page, Words(markdown=f"-# {number} of {len(pages)}")), card.tone, key="")
        for number, page in enumerate(pages, start=1)
    ]


def _answer(body: Sequence[Row], tail: Sequence[Row]) -> list[Sequence[Row]]:
    pages = [page.rows for page in _packed((*body, *tail))]
    if len(pages) <= MAX_MESSAGES:
        return [*pages]
    full = pages[: MAX_MESSAGES - 1]
    rest = body[sum(map(len, full)) :]
    return [*full, (*_cut(rest, tail), *tail)]


def _merged(all_rows: Iterable[Row]) -> Iterable[Row]:
    """Rows with as many buttons as Discord allows."""
    for row in all_rows:
        if isinstance(row, Buttons):
            yield from (Buttons(actions=part) for part in _fives(row.actions[:MAX_ACTIONS]))
        else:
            yield row


def _fives(actions: Sequence[Action]) -> Iterable[tuple[Action, ...]]:
    return (tuple(actions[at : at + MAX_IN_ROW]) for at in range(0, len(actions), MAX_IN_ROW))


def _tail(actions: Sequence[Action], *, key: str, word: str, article: Url | None) -> Iterable[Row]:
    """The card's own buttons; a call that is too long for a custom id is shown as a line to type."""
    fitting = [action for action in actions if _fits(action, key)]
    shown = fitting[:MAX_ACTIONS]
    if article and shown and size(article) <= MAX_ADDRESS:
        yield Buttons(actions=tuple(shown[: MAX_IN_ROW - 1]), article=article)
        shown = shown[MAX_IN_ROW - 1 :]
    yield from (Buttons(actions=part) for part in _fives(shown))
    for action in actions:
        if not _fits(action, key):
            yield Words(markdown=f"-# {_typed(action, word)}")


def _fits(action: Action, key: str) -> bool:
    return _id(action, key, MAX_NUMBER) is not None


def _id(action: Action, key: str, number: int) -> str | None:
    """The button's custom id, without the key where there is no room for it: one button with it is enough."""
    return custom_id(action, key=key, number=number) or custom_id(action, key="", number=number)


def _typed(action: Action, word: str) -> str:
    from adapters.discord.markup import escaped

    given = " ".join(f"{name}:{value}" for name, value in action.call.arguments.items())
    line = shortened(f"/{word} {' '.join(action.call.path)} {given}", 300)
    return f"{escaped(shortened(action.label, MAX_LABEL))}: {escaped(line)}"


def _cut(body: Sequence[Row], tail: Sequence[Row]) -> Sequence[Row]:
    """As much of the body as fits with the tail. Notes are cut first, from their end, then whatever comes last.

    The number of missing lines is shown once, in their place, including those that the card itself leaves out.
    """
    told = sum(row.lines for row in body if isinstance(row, LeftOut))
    body = [row for row in body if not isinstance(row, LeftOut)]
    gone = _too_much(body, tail)
    first = min(gone, default=len(body))
    torn = first in gone and _goes_on(body[first])
    kept = [row for at, row in enumerate(body) if at not in gone]
    if torn and first > 0:
        kept[first - 1] = _torn(kept[first - 1])
    missing = LeftOut(lines=told + _lines_of(body, gone), torn=torn)
    return [*kept[:first], missing, *kept[first:]] if missing.lines else kept


def _too_much(body: Sequence[Row], tail: Sequence[Row]) -> Collection[int]:
    """Which rows to leave out: the fewest, so that the rest and the count of missing lines fit into a message."""
    notes = [at for at, row in enumerate(body) if isinstance(row, Words) and row.note]
    others = [at for at, row in enumerate(body) if not isinstance(row, Words) or not row.note]
    going = [*reversed(notes), *reversed(others)]

    def enough(lost: int) -> bool:
        gone = set(going[:lost])
        kept = (row for at, row in enumerate(body) if at not in gone)
        return len(_packed((*kept, _MAX_COUNT, *tail))) == 1

    fewest = max(len(going) - TEXT_BUDGET - COMPONENT_BUDGET, 0)  # every row takes up some room
    return set(going[: bisect_left(range(len(going)), True, fewest, key=enough)])


def _lines_of(body: Sequence[Row], gone: Collection[int]) -> int:
    """How many lines the rows have that are left out. A line in several rows counts where it starts."""
    lines = [at for at in gone if isinstance(body[at], Words | Beside)]
    return sum(1 for at in lines if not _goes_on(body[at]) or at - 1 not in gone)


def _goes_on(row: Row) -> bool:
    return isinstance(row, Words) and row.goes_on


def _torn(row: Row) -> Row:
    return replace(row, markdown=f"{row.markdown.rstrip()} …") if isinstance(row, Words) else row


def _layout(page: Sequence[Row], tone: Tone, *, key: str) -> Layout:
    numbers = iter(range(100))
    children: list[Any] = []
    words: list[str] = []
    for row in page:
        if isinstance(row, Words | LeftOut):
            words.append(row.markdown)
            continue
        children += _texts(words)
        words = []
        children.append(_component(row, numbers, key))
    children += _texts(words)
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*(children or [ui.TextDisplay("…")]), accent_colour=COLOURS.get(tone)))
    return view


def _texts(words: Sequence[str]) -> list[Any]:
    joined = "\n".join(words)
    return [ui.TextDisplay(joined)] if joined.strip() else []


def _component(row: Row, numbers: Any, key: str) -> Any:
    match row:
        case Beside():
            return ui.Section(row.markdown, accessory=_button(row.action, next(numbers), key))
        case Buttons():
            made = [_button(action, next(numbers), key) for action in row.actions]
            if row.article:
                made.insert(1, ui.Button(label=OPEN, url=row.article))
            return ui.ActionRow(*made)
        case _:
            assert isinstance(row, Rule)
            return ui.Separator()


def _button(action: Action, number: int, key: str) -> Any:
    own = _id(action, key, number)
    style = discord.ButtonStyle.primary if action.primary else discord.ButtonStyle.secondary
    shown = label(action.label, MAX_LABEL)
    if own is None:
        return ui.Button(label=shown, style=style, custom_id=f"-:{number}", disabled=True)
    return ui.Button(label=shown, style=style, custom_id=own)
