"""Renders any card as Block Kit: messages, modals and the Home tab, within Slack's limits.

Limits: https://docs.slack.dev/reference/block-kit/blocks and …/methods/chat.postMessage (2026-08).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from adapters.slack import button_value
from adapters.slack.button_value import OPENS, Way
from adapters.slack.names import ID
from adapters.slack.richtext import Json, block, length, notes, pages_of, section, spans, spoken
from adapters.slack.text import ELLIPSIS, clean, cut, escaped, escaped_and_cut, followed, isolated, poses_as
from bot.domain.card import OPEN, Action, Block, Call, Card, Divider, Entries, EntryLine, Fields, NoteTree, Paragraph
from bot.domain.linked_page import minutes_text
from bot.domain.notes import NoteBlock, count, lines
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.text import Span, Text, plain, site_of, string

MAX_BLOCKS = 50
MAX_BLOCKS_IN_VIEW = 100
MAX_BUTTONS = 25
MAX_LABEL = 75
MAX_CONFIRM_TITLE = 100
MAX_CONFIRM_TEXT = 300
MAX_CONFIRM_BUTTON = 30
"""https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object (2026-08)"""
MAX_TITLE_OF_VIEW = 24
MAX_ADDRESS = 3000
MAX_CHANNELS = 20
"""Channels that a notification names."""
MAX_TEXT = 4000
"""Characters of a message's `text`. Slack rejects longer ones when a message is updated."""
MAX_IN_MESSAGE = 10_000
"""Characters of block text per message. A mix of blocks failed from about 13,200 on."""
MAX_IN_VIEW = 30_000
MAX_IN_ASIDE = 2000
"""Characters of a quiet paragraph. Slack allows 3,000 in a text object."""
GLYPHS = {ReadingState.UNREAD: "○", ReadingState.LATER: "◔", ReadingState.READ: "●"}


@record
class Message:
    """The parts of a message. `text` is shown in notifications and read by screen readers."""

    text: str
    blocks: tuple[Json, ...]


@record
class _Sheet:
    """The remaining blocks and characters, and whether it is personal."""

    blocks: int
    characters: int
    personal: bool
    part: int = 1


def message(card: Card, *, personal: bool) -> Message:
    """The card as a message, to one person (`personal`) or to a channel."""
    sheet = _Sheet(blocks=MAX_BLOCKS, characters=MAX_IN_MESSAGE, personal=personal)
    return Message(text=text_of(card), blocks=tuple(_laid_out(card, sheet)))


def view_blocks(cards: Iterable[Card], *, part: int = 1) -> list[Json]:
    """Several cards below each other, as the blocks of a view."""
    blocks: list[Json] = []
    room = MAX_IN_VIEW
    for card in cards:
        left = MAX_BLOCKS_IN_VIEW - len(blocks) - 1
        if left < 2 or room < MAX_LABEL:
            break
        laid = _laid_out(card, _Sheet(blocks=left, characters=room, personal=True, part=part))
        room -= sum(_size(one) for one in laid)
        blocks += [{"type": "divider"}, *laid] if blocks else laid
    return _numbered(blocks)


def modal(card: Card, *, metadata: str, part: int = 1) -> Json:
    """The card as a modal; `metadata` comes back with every press in it. A title that is too long stands below, whole."""
    name = clean(card.title).strip()
    title = name if len(cut(name, MAX_TITLE_OF_VIEW)) == len(name) else ""
    return {
        "type": "modal",
        "title": plain_text(title or "Dogear"),
        "close": plain_text("Close"),
        "private_metadata": metadata,
        "blocks": view_blocks([card], part=part),
    }


def home(cards: Iterable[Card]) -> Json:
    """The cards as the Home tab."""
    return {"type": "home", "blocks": view_blocks(cards)}


def plain_text(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": False}


def text_of(card: Card) -> str:
    """The whole card as text, as far as it goes: the entry once, with its number, and channels by their names."""
    title, entry = clean(card.title), card.entry
    named = f"#{entry.number} {clean(entry.title)}" if entry else ""
    head = [named] if entry and title.strip() == clean(entry.title).strip() else [title, named]
    said = [*head, *(line for part in card.blocks for line in _said(part))]
    unique = dict.fromkeys(line for line in said if line.strip())
    text = escaped_and_cut("\n".join(unique), MAX_TEXT - MAX_CHANNELS * len("<>"))
    for channel in list(dict.fromkeys(_channels(card)))[:MAX_CHANNELS]:
        text = re.sub(rf"#{channel}\b", f"<#{channel}>", text, count=1)
    return text or "Dogear"


def _channels(card: Card) -> Iterator[str]:
    """The ids of the channels that the card names."""
    texts = [text for part in card.blocks if isinstance(part, Fields) for _, text in part.items]
    texts += [part.text for part in card.blocks if isinstance(part, Paragraph)]
    yield from (span.channel.id for text in texts for span in text if span.channel and ID.fullmatch(span.channel.id))


def _said(part: Block) -> Iterator[str]:
    match part:
        case Paragraph():
            yield spoken(part.text)
        case Fields():
            yield from (f"{clean(label)}: {spoken(text)}" for label, text in part.items)
        case Entries():
            yield from (f"#{entry.number} {clean(entry.title)}" for entry in part.items)
        case NoteTree():
            yield from (
                "  " * line.depth + f"{clean(line.marker or '')} {spoken(line.text)}" for line in lines(part.blocks)
            )
        case Divider():
            return


def _laid_out(card: Card, sheet: _Sheet) -> list[Json]:
    """The blocks of the card within what there is room for; its buttons are never lost for want of it."""
    last = [*_buttons(card.actions, _notes_button(card, sheet), article=card.article)][: max(sheet.blocks - 2, 0)]
    most = sheet.blocks - len(last)
    room = sheet.characters
    shown: list[Json] = []
    for one in chain(_head(card, sheet), *(_block(part, sheet) for part in card.blocks)):
        if len(shown) == most - 1 or room < MAX_LABEL:
            shown.append(_context("… and more that does not fit here."))
            break
        fitted, size = _fitted(one, room)
        room -= size
        shown.append(fitted)
    return _numbered([*shown, *last])


def _numbered(blocks: list[Json]) -> list[Json]:
    """Give every button an id of its own."""
    number = 0
    for one in blocks:
        if one["type"] == "actions":
            for button in one["elements"]:
                button["action_id"] = f"{button['action_id'].partition('.')[0]}.{number}"
                number += 1
    return blocks


def _head(card: Card, sheet: _Sheet) -> Iterator[Json]:
    entry = card.entry
    title = clean(card.title).strip()
    if title and (entry is None or title != clean(entry.title).strip()):
        yield block([section((Span(isolated(title), bold=True),), personal=sheet.personal)])
    if entry is not None:
        yield block([section(_named(entry, sheet, head=True), personal=sheet.personal)])
        yield from _buttons(entry.actions)
    elif not title:
        yield block([section(plain("Dogear"), personal=sheet.personal)])


def _block(part: Block, sheet: _Sheet) -> Iterator[Json]:
    match part:
        case Paragraph() if part.quiet and all(span == Span(span.text) for span in part.text):
            shown = cut(clean(string(part.text)).strip(), MAX_IN_ASIDE)
            if shown:  # in plain text nothing is parsed
                yield {"type": "context", "elements": [plain_text(shown)]}
        case Paragraph():
            yield block([section(part.text, personal=sheet.personal)])
        case Fields():
            if part.items:
                yield block([_fields(part, sheet)])
            about = ", ".join(f"{clean(label)}: {clean(string(text))}" for label, text in part.items)
            yield from _buttons(part.actions, about=about)
        case Entries():
            yield from _entries(part, sheet)
        case NoteTree():
            yield from _notes(part, sheet)
        case Divider():
            yield {"type": "divider"}


def _fields(part: Fields, sheet: _Sheet) -> Json:
    elements: list[Json] = []
    for label, text in part.items:
        if elements:
            elements.append({"type": "text", "text": "\n"})
        elements.append({"type": "text", "text": f"{clean(label)}: ", "style": {"bold": True}})
        elements += spans(text, personal=sheet.personal)
    return {"type": "rich_text_section", "elements": elements}


def _entries(part: Entries, sheet: _Sheet) -> Iterator[Json]:
    together: list[Json] = []
    for entry in part.items:
        elements = spans(_named(entry, sheet, head=False), personal=sheet.personal)
        if entry.actions:
            if together:
                yield block(together)
                together = []
            yield block([{"type": "rich_text_section", "elements": elements}])
            yield from _buttons(entry.actions, about=f"#{entry.number} {clean(entry.title).strip()}")
            continue
        if together:
            together[-1]["elements"].append({"type": "text", "text": "\n"})
        together.append({"type": "rich_text_section", "elements": elements})
    if together:
        yield block(together)


def _named(entry: EntryLine, sheet: _Sheet, *, head: bool) -> Text:
    """The entry's number, title and tags, and in a list the matching line."""
    glyph = f"{GLYPHS[entry.state]} " if sheet.personal and not head else ""
    named: Text = (Span(f"{glyph}#{entry.number} "), *_title(entry))
    if head:
        return named
    tags = ", ".join(filter(None, (clean(tag).strip() for tag in entry.tags)))
    said = " · ".join(filter(None, [string(minutes_text(entry.minutes)), tags]))
    about: Text = (Span(f"  {said}", italic=True),) if said else ()
    found: Text = ()
    if entry.matched:
        path = "".join(f"{clean(step)} › " for step in entry.path)
        found = (Span("\u2003" + path), *entry.matched)
        named = (*named, *about)
        return (*named, Span(" — "), *found)
    return (*named, *about)


def _title(entry: EntryLine) -> Iterator[Span]:
    """The title as a link. A title with parts in bold needs several links, so it has no bold if it must be one link: if
    it reads from right to left, or looks like an address.
    """
    title = clean(entry.title).strip()
    one = isolated(title or "(no title)")
    whole = not entry.found or one != title or title != clean(string(entry.found)).strip()
    if whole or poses_as(title, site_of(entry.url)):
        yield Span(one, bold=not entry.found, url=entry.url)
        return
    for span in entry.found:
        text = clean(span.text)
        words = text.strip()
        before, _, after = text.partition(words) if words else (text, "", "")
        pieces = (Span(before), Span(words, bold=span.bold, url=entry.url), Span(after))
        yield from (piece for piece in pieces if piece.text)


def _notes(part: NoteTree, sheet: _Sheet) -> Iterator[Json]:
    pieces = pages_of(part)
    if not pieces:
        return
    shown = pieces[min(sheet.part, len(pieces)) - 1]
    elements = notes(shown, personal=sheet.personal)
    if elements:
        yield block(elements)
    counted = list(_counted(part, pieces, sheet))
    if counted:
        yield _context(" · ".join(counted))


def _counted(part: NoteTree, pieces: Sequence[Sequence[NoteBlock]], sheet: _Sheet) -> Iterator[str]:
    if part.parts > 1:
        yield f"{part.part} of {part.parts}"
    here = min(sheet.part, len(pieces))
    if len(pieces) > 1:
        yield f"part {here} of {len(pieces)}"
    after = sum(count(piece) for piece in pieces[here:])
    left = part.left_out + after
    if left:
        yield f"… {left} more line{'' if left == 1 else 's'}"


def _notes_button(card: Card, sheet: _Sheet) -> Iterator[Json]:
    """If the notes do not fit, a button that shows all of them, part by part."""
    if card.entry is None:
        return
    most = max((len(pages_of(part)) for part in card.blocks if isinstance(part, NoteTree)), default=1)
    if most < 2:
        return
    following = sheet.part % most + 1
    label = "All notes" if sheet.part == 1 else ("Next part" if following > 1 else "First part")
    value = button_value.written(Call(path=("show",), arguments={"entry": f"#{card.entry.number}"}), following)
    yield {"type": "button", "action_id": Way.NOTES, "text": plain_text(label), "value": value}


def _buttons(
    actions: Sequence[Action], more: Iterable[Json] = (), *, article: str | None = None, about: str = ""
) -> Iterator[Json]:
    """Rows of buttons. `about` is which of several alike a screen reader should say that they are for."""
    made = [button for action in actions if (button := _button(action, about)) is not None]
    address = followed(article, MAX_ADDRESS) if article else None
    if address:
        made.insert(1, {"type": "button", "action_id": OPENS, "text": plain_text(OPEN), "url": address, "value": "{}"})
    made.extend(more)
    for first in range(0, len(made), MAX_BUTTONS):
        yield {"type": "actions", "elements": made[first : first + MAX_BUTTONS]}


def _button(action: Action, about: str) -> Json | None:
    value = button_value.written(action.call, confirmed=action.confirmed or bool(action.confirm))
    if value is None:
        return None
    way = Way.TURN if action.replaces else Way.USE
    label = cut(clean(action.label).strip(), MAX_LABEL) or ELLIPSIS
    style = {"style": "primary"} if action.primary else {}
    confirm = {"confirm": _confirm(action, label)} if action.confirm else {}
    spoken = {"accessibility_label": cut(f"{label}, {about}", MAX_LABEL)} if about else {}
    return {"type": "button", "action_id": way, "text": plain_text(label), "value": value, **style, **confirm, **spoken}


def _confirm(action: Action, label: str) -> Json:
    """The question that Slack asks before it sends the press."""
    return {
        "title": plain_text(cut(f"{label}?", MAX_CONFIRM_TITLE)),
        "text": plain_text(cut(clean(action.confirm).strip(), MAX_CONFIRM_TEXT) or ELLIPSIS),
        "confirm": plain_text(cut(label, MAX_CONFIRM_BUTTON)),
        "deny": plain_text("Cancel"),
    }


def _context(words: str) -> Json:
    """A small line of our own text."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(words)}]}


def _size(one: Json) -> int:
    if one["type"] == "context":
        return sum(len(element["text"]) for element in one["elements"])
    return length(one.get("elements", ())) if one["type"] == "rich_text" else MAX_LABEL


def _fitted(one: Json, room: int) -> tuple[Json, int]:
    """The block, shortened if there is too little room, and its size."""
    size = _size(one)
    if size <= room:
        return one, size
    if one["type"] == "context":
        words = cut(one["elements"][0]["text"], room)
        return {"type": "context", "elements": [{**one["elements"][0], "text": words}]}, len(words)
    elements, _ = _shortened(one["elements"], room - 1)
    fitted = block(elements or [section(plain(ELLIPSIS), personal=True)])
    return fitted, _size(fitted)


def _shortened(elements: Sequence[Json], room: int) -> tuple[list[Json], int]:
    """As many of the elements as fit, with the last one cut; and the remaining room."""
    kept: list[Json] = []
    for element in elements:
        if room <= 0:
            break
        if "elements" in element:
            inner, room = _shortened(element["elements"], room)
            if inner:
                kept.append({**element, "elements": inner})
            continue
        size = length([element])
        if size > room:
            words = cut(element.get("text") or element.get("fallback") or ELLIPSIS, room)
            kept.append({"type": "text", "text": words or ELLIPSIS})
            return kept, 0
        kept.append(element)
        room -= size
    return kept, room
