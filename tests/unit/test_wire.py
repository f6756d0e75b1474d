"""The JSON form of a card, which the next version of the program has to read as well."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.domain.card import (
    Action,
    Call,
    Card,
    Divider,
    Entries,
    EntryLine,
    Fields,
    NoteTree,
    Paragraph,
    Tone,
)
from bot.domain.ids import ChannelRef, EntryNumber, PlatformName, Url, WorkspaceRef
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.reading_state import ReadingState
from bot.domain.text import Span, plain
from bot.domain.wire import VERSION, from_json, to_json

GOLDEN = Path(__file__).parent.parent / "golden" / "wire"

ENTRY = EntryLine(
    number=EntryNumber(12),
    title="Caching at scale — “漢字” 👩‍👩‍👧‍👦",
    url=Url("https://example.org/12?a=b#c"),
    state=ReadingState.LATER,
    tags=("caching", "scale"),
    matched=(Span("why a "), Span("cache", bold=True)),
    path=("Storage", "Bounds"),
    actions=(Action(label="Notes", call=Call(path=("show",), arguments={"entry": "#12"})),),
)
RICH = Card(
    title="Everything that a card can hold",
    blocks=(
        Paragraph(
            text=(
                Span("bold", bold=True),
                Span("italic", italic=True),
                Span("gone", strike=True),
                Span("code()", code=True),
                Span("a link", url=Url("https://example.org")),
                Span("soon", at=datetime(2026, 11, 23, 8, 30, 15, 250_000, tzinfo=UTC)),
                Span("#reading", channel=ChannelRef(WorkspaceRef(PlatformName("terminal"), "T1"), "reading")),
            )
        ),
        Paragraph(text=plain("page 1 of 2"), quiet=True),
        Fields(items=(("Site", plain("example.org")), ("Nothing", ()))),
        Divider(),
        Entries(items=(ENTRY, EntryLine(number=EntryNumber(7), title="", url=Url(""), state=ReadingState.UNREAD))),
        NoteTree(
            blocks=(
                NoteBlock(
                    kind=NoteKind.ITEM,
                    marker="1.",
                    text=plain("An item"),
                    children=(
                        NoteBlock(kind=NoteKind.CODE, text=plain("a = 1\n\tb = 2\n")),
                        NoteBlock(kind=NoteKind.QUOTE, children=(NoteBlock(kind=NoteKind.PARAGRAPH),)),
                    ),
                ),
                NoteBlock(kind=NoteKind.HEADING, text=plain("A heading")),
            ),
            part=2,
            parts=3,
            left_out=4,
        ),
    ),
    actions=(
        Action(label="Read", call=Call(path=("read",), arguments={"entry": "#12"}), primary=True),
        Action(label="Next", call=Call(path=("list",), arguments={"is": "later", "page": "2"}), replaces=True),
        Action(label="Help", call=Call(path=("schedule", "list"))),
    ),
    tone=Tone.WARNING,
    entry=ENTRY,
)


def test_a_rich_card_is_written_as_it_always_was() -> None:
    written = json.dumps(json.loads(to_json(RICH)), ensure_ascii=False, indent=2) + "\n"

    assert written == (GOLDEN / "rich.json").read_text(encoding="utf-8")


def test_a_rich_card_that_was_written_once_is_read_as_it_was() -> None:
    assert from_json((GOLDEN / "rich.json").read_text(encoding="utf-8")) == RICH


def test_only_what_differs_from_a_default_is_written() -> None:
    assert json.loads(to_json(Card(title="Plain"))) == {"version": VERSION, "card": {"title": "Plain"}}


def test_a_card_is_one_line() -> None:
    assert "\n" not in to_json(RICH)


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(to_json(RICH))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.update(version=VERSION + 1), f"version {VERSION + 1}"),
        (lambda data: data.pop("version"), "version None"),
        (lambda data: data["card"].update(colour="red"), "Card has no field colour"),
        (lambda data: data["card"]["entry"].update(stars=5), "EntryLine has no field stars"),
        (lambda data: data["card"]["blocks"][0].update(size="big"), "Paragraph has no field size"),
        (lambda data: data["card"]["blocks"][0].update({"is": "picture"}), "unknown kind of block: picture"),
        (lambda data: data["card"]["blocks"][0].pop("is"), "unknown kind of block: None"),
        (lambda data: data["card"].pop("title"), "Card lacks title"),
        (lambda data: data["card"]["actions"][0]["call"].pop("path"), "Call lacks path"),
        (lambda data: data["card"]["blocks"][2]["items"][0].append("more"), "longer"),
        (lambda data: data["card"].update(tone="furious"), "furious"),
        (lambda data: data.pop("card"), "no card"),
    ],
)
def test_a_card_of_another_kind_or_version_is_refused(change: Callable[[dict[str, Any]], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_json(changed(change))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"card"'])
def test_text_that_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no card|Expecting"):
        from_json(text)
