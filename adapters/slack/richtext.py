"""Spans and notes as Slack's rich_text: JSON in which nothing is parsed, so that no text can become a mention.

Reference: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block (2026-08).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from adapters.slack.names import ID
from adapters.slack.text import clean, cut, followed, isolated, poses_as, split
from bot.domain.card import NoteTree
from bot.domain.notes import NoteBlock, NoteKind, NoteLine, lines, parts
from bot.domain.text import Span, Text, plain, site_of, string

DEEPEST = 8
"""Levels of indentation that a list can have."""
MAX_URL = 3000
MAX_IN_TEXT = 2900
"""Characters per text element. Longer text is split into several."""
DATE_FORMAT = "{date_short_pretty} {time}"
BULLETS = {"•", "-", "*", "+", "–", "◦", ""}
_ORDERED = re.compile(r"(\d{1,6})[.)]")

Json = dict[str, Any]


NOTES_PART = 7000
"""Characters of notes shown at once. A button shows the rest."""
MAX_NOTE_LINE = 2400


def pages_of(part: NoteTree) -> tuple[tuple[NoteBlock, ...], ...]:
    """The notes split between items into parts that can each be shown, however long their lines and addresses are."""
    if _count_characters(part.blocks) <= MAX_NOTE_LINE:
        return (part.blocks,) if part.blocks else ()
    tree = tuple(_wrapped_block(one) for one in part.blocks)
    budget = NOTES_PART
    while True:
        pieces = parts(tree, budget)
        if budget < MAX_NOTE_LINE // 8 or all(
            length(notes(piece, personal=False)) <= NOTES_PART + MAX_NOTE_LINE for piece in pieces
        ):
            return pieces
        budget //= 2


def _count_characters(tree: Sequence[NoteBlock]) -> int:
    """The number of characters of the notes, including their addresses."""
    return sum(
        sum(len(span.text) + len(span.url or "") for span in block.text) + _count_characters(block.children)
        for block in tree
    )


def _wrapped_block(one: NoteBlock) -> NoteBlock:
    """The block, with a line that is too long continued below it."""
    first, *rest = _note_lines(one.text)
    kind = one.kind if one.kind is NoteKind.CODE else NoteKind.PARAGRAPH
    more = tuple(NoteBlock(kind=kind, text=text) for text in rest)
    return replace(one, text=first, children=(*more, *(_wrapped_block(child) for child in one.children)))


def _note_lines(text: Text) -> list[Text]:
    found: list[list[Span]] = [[]]
    room = MAX_NOTE_LINE
    for span in text:
        for piece in split(span.text, MAX_NOTE_LINE):
            if len(piece) > room:
                found.append([])
                room = MAX_NOTE_LINE
            found[-1].append(replace(span, text=piece))
            room -= len(piece)
    return [tuple(line) for line in found]


def block(elements: Sequence[Json]) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def section(text: Text, *, personal: bool) -> Json:
    return {"type": "rich_text_section", "elements": spans(text, personal=personal)}


def spans(text: Text, *, personal: bool, code: bool = False) -> list[Json]:
    """The elements of a section, at least one. In a `personal` one, times are shown as the text has them."""
    found: list[Json] = []
    for span in text:
        found += _span(span, personal=personal, lines=code)
    return found or [{"type": "text", "text": " "}]


def _span(span: Span, *, personal: bool, lines: bool) -> list[Json]:
    label = clean(span.text, lines=lines)
    if span.at is not None and not (personal and label):
        stamp = max(int(span.at.timestamp()), 0)
        fallback = {"fallback": label} if label else {}
        return [{"type": "date", "timestamp": stamp, "format": DATE_FORMAT, **fallback}]
    if span.channel is not None:
        return [_channel(span.channel.id)]
    url = followed(span.url, MAX_URL) if span.url else None
    if url is not None:
        return [{"type": "link", "url": url, "text": _label(label, url), **_style(span)}]
    return [{"type": "text", "text": piece, **_style(span)} for piece in split(label, MAX_IN_TEXT) if piece]


def _channel(id: str) -> Json:
    if ID.fullmatch(id):
        return {"type": "channel", "channel_id": id}
    return {"type": "text", "text": f"#{clean(id)}"}


def _label(label: str, url: str) -> str:
    site = site_of(url)
    shown = label.strip() or site
    if poses_as(shown, site):
        shown = f"{cut(shown, MAX_IN_TEXT - len(site) - 3)} ({site})"
    return isolated(shown[:MAX_IN_TEXT])


def _style(span: Span) -> Json:
    if not (span.bold or span.italic or span.strike or span.code):
        return {}
    return {"style": {name: True for name in ("bold", "italic", "strike", "code") if getattr(span, name)}}


def notes(tree: Sequence[NoteBlock], *, personal: bool) -> list[Json]:
    """The notes as elements of one block, every line in order, with its depth and number."""
    elements: list[Json] = []
    for line in lines(tree):
        _add(elements, line, personal=personal)
    return elements


def _add(elements: list[Json], line: NoteLine, *, personal: bool) -> None:
    """Add one line: to the list that it continues, under its item, or by itself."""
    if line.kind is NoteKind.CODE:
        code = [Span(span.text) for span in line.text]
        elements.append({"type": "rich_text_preformatted", "elements": spans(tuple(code), personal=True, code=True)})
        return
    if line.kind is NoteKind.ITEM:
        _add_item(elements, line, personal=personal)
        return
    words = tuple(replace(span, bold=True) for span in line.text) if line.kind is NoteKind.HEADING else line.text
    last = elements[-1] if elements else {}
    if line.depth and last.get("type") == "rich_text_list":
        mark = "\n> " if line.kind is NoteKind.QUOTE else "\n"
        below = [{"type": "text", "text": mark}, *spans(words, personal=personal)]
        last["elements"][-1]["elements"].extend(below)
        return
    kind = "rich_text_quote" if line.kind is NoteKind.QUOTE else "rich_text_section"
    if last.get("type") == kind:
        last["elements"].extend([{"type": "text", "text": "\n"}, *spans(words, personal=personal)])
        return
    elements.append({"type": kind, "elements": spans(words, personal=personal)})


def _add_item(elements: list[Json], line: NoteLine, *, personal: bool) -> None:
    style, offset, shown = _numbered(clean(line.marker or "").strip(), line.depth)
    item = {"type": "rich_text_section", "elements": spans((*plain(shown), *line.text), personal=personal)}
    indent = min(line.depth, DEEPEST)
    last = elements[-1] if elements else {}
    goes_on = last.get("type") == "rich_text_list" and (last["style"], last["indent"]) == (style, indent)
    if goes_on and (style == "bullet" or last.get("offset", 0) + len(last["elements"]) == offset):
        last["elements"].append(item)
        return
    started: Json = {"type": "rich_text_list", "style": style, "indent": indent, "elements": [item]}
    elements.append(started | ({"offset": offset} if offset else {}))


def _numbered(marker: str, depth: int) -> tuple[str, int, str]:
    """The marker of an item: the style of its list, the preceding number, and text to write out.

    Slack numbers only the first level with digits and the second with letters, so deeper numbers are written out.
    """
    ordered = _ORDERED.fullmatch(marker)
    if ordered and depth == 0 and int(ordered[1]) > 0:
        return "ordered", int(ordered[1]) - 1, ""
    return "bullet", 0, "" if marker in BULLETS else f"{marker} "


def length(elements: Iterable[Json]) -> int:
    """The number of characters that the elements show."""
    total = 0
    for element in elements:
        if "elements" in element:
            total += length(element["elements"])
        else:
            total += len(element.get("text", "")) + len(element.get("url", "")) + len(element.get("fallback", ""))
    return total


def spoken(text: Text) -> str:
    """The characters of the spans, for plain text."""
    return clean(string(text))
