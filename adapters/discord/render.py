"""Cards as messages of Components V2, within every limit that Discord has for one, for any card.

Limits are Discord's documentation of components and messages, August 2026. Text is measured in UTF-16 units and
kept under nine tenths of what is allowed, for how Discord itself counts is not written down.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import discord
from discord import ui

from adapters.discord.markup import shortened, size
from adapters.discord.presses import custom_id
from adapters.discord.rows import Beside, Buttons, Row, Rule, Words, left_out, rows
from bot.domain.card import Action, Call, Card, Tone
from bot.domain.record import record

MOST_COMPONENTS = 40
MOST_TEXT = 4000
MOST_IN_ROW = 5
LONGEST_LABEL = 80
TEXT_BUDGET = MOST_TEXT * 9 // 10
COMPONENT_BUDGET = MOST_COMPONENTS - 2
"""Without the container itself and the line that says where in the messages this one is."""
MOST_ACTIONS = 15
"""Ours, of a card: with more there is no room for what they are about."""
PAGE_NOTE = 60
"""Text kept free for `2 of 3` and for what was left out."""

COLOURS = {Tone.DONE: 0x2E7D32, Tone.WARNING: 0xF9A825, Tone.REFUSAL: 0xC62828}
HELP = Action(label="Help", call=Call(path=("help",)))
"""On a delivery without buttons of its own: the button is what tells the message apart when it is looked for."""

Layout: TypeAlias = ui.LayoutView


@record
class _Page:
    rows: tuple[Row, ...]

    @property
    def components(self) -> int:
        return sum(_components(row) for row in self.rows)

    @property
    def text(self) -> int:
        return sum(_text(row) for row in self.rows)

    def holds(self, more: Iterable[Row], *, spare: int = 0) -> bool:
        page = _Page(rows=(*self.rows, *more))
        return page.components <= COMPONENT_BUDGET and page.text <= TEXT_BUDGET - PAGE_NOTE - spare


def _components(row: Row) -> int:
    match row:
        case Beside():
            return 3
        case Buttons():
            return 1 + len(row.actions)
        case _:
            return 1


def _text(row: Row) -> int:
    return size(row.markdown) + 1 if isinstance(row, Words | Beside) else 0


def message(card: Card, *, key: str, word: str) -> Layout:
    """The card as the one message of a delivery: notes that find no room are left out and counted."""
    body = tuple(_merged(rows(card, personal=False)))
    marked = any(_fits(action, key) for action in card.actions)
    actions = card.actions if marked else (*card.actions, HELP)
    tail = tuple(_tail(actions, key=key, word=word))
    whole = _Page(rows=(*body, *tail))
    if whole.holds(()):
        return _layout(whole.rows, card.tone, key=key)
    return _layout((*_cut(body, tail), *tail), card.tone, key=key)


def messages(card: Card, *, word: str) -> list[Layout]:
    """The card as the messages of an answer that one person sees: nothing is left out, the buttons come last."""
    pages = [_Page(rows=())]
    body = _merged(rows(card, personal=True))
    for row in (*body, *_tail(card.actions, key="", word=word)):
        if not pages[-1].holds((row,)):
            pages.append(_Page(rows=()))
        pages[-1] = _Page(rows=(*pages[-1].rows, row))
    if len(pages) == 1:
        return [_layout(pages[0].rows, card.tone, key="")]
    return [
        _layout((*page.rows, Words(markdown=f"-# {number} of {len(pages)}")), card.tone, key="")
        for number, page in enumerate(pages, start=1)
    ]


def _merged(all_rows: Iterable[Row]) -> Iterable[Row]:
    """Rows of buttons as long as Discord takes them."""
    for row in all_rows:
        if isinstance(row, Buttons):
            yield from (Buttons(actions=part) for part in _fives(row.actions[:MOST_ACTIONS]))
        else:
            yield row


def _fives(actions: Sequence[Action]) -> Iterable[tuple[Action, ...]]:
    return (tuple(actions[at : at + MOST_IN_ROW]) for at in range(0, len(actions), MOST_IN_ROW))


def _tail(actions: Sequence[Action], *, key: str, word: str) -> Iterable[Row]:
    """The card's own buttons; a call too long for a custom id is told as a line to type."""
    fitting = [action for action in actions if _fits(action, key)]
    yield from (Buttons(actions=part) for part in _fives(fitting[:MOST_ACTIONS]))
    for action in actions:
        if not _fits(action, key):
            yield Words(markdown=f"-# {_typed(action, word)}")


def _fits(action: Action, key: str) -> bool:
    return custom_id(action, key=key, number=99) is not None


def _typed(action: Action, word: str) -> str:
    from adapters.discord.markup import escaped

    given = " ".join(f"{name}:{value}" for name, value in action.call.arguments.items())
    line = shortened(f"/{word} {' '.join(action.call.path)} {given}", 300)
    return f"{escaped(shortened(action.label, LONGEST_LABEL))}: {escaped(line)}"


def _cut(body: Sequence[Row], tail: Sequence[Row]) -> Iterable[Row]:
    """As much of the body as stands with the tail: first its notes are cut from their end, then whatever comes last."""
    kept = list(body)
    lost = 0
    while kept and not _Page(rows=(*kept, *tail)).holds((), spare=PAGE_NOTE):
        at = max((index for index, row in enumerate(kept) if isinstance(row, Words) and row.note), default=None)
        kept.pop(len(kept) - 1 if at is None else at)
        lost += 1
    return (*kept, left_out(lost)) if lost else tuple(kept)


def _layout(page: Sequence[Row], tone: Tone, *, key: str) -> Layout:
    numbers = iter(range(100))
    children: list[Any] = []
    words: list[str] = []
    for row in page:
        if isinstance(row, Words):
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
            return ui.ActionRow(*(_button(action, next(numbers), key) for action in row.actions))
        case _:
            assert isinstance(row, Rule)
            return ui.Separator()


def _button(action: Action, number: int, key: str) -> Any:
    own = custom_id(action, key=key, number=number)
    style = discord.ButtonStyle.primary if action.primary else discord.ButtonStyle.secondary
    label = shortened(action.label, LONGEST_LABEL)
    if own is None:
        return ui.Button(label=label, style=style, custom_id=f"-:{number}", disabled=True)
    return ui.Button(label=label, style=style, custom_id=own)
