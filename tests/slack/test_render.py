"""Cards as Block Kit: every limit kept for any card, nothing live in it, and no note line lost."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from slack_sdk.models.blocks import Block

from adapters.slack import button_value, forms, render
from adapters.slack.answers import message
from adapters.slack.richtext import length, pages_of
from bot.chat.command import Reply
from bot.chat.platform import Answer
from bot.commands.cards import entry_card
from bot.domain.card import Action, Call, Card, Entries, EntryLine, Form, NoteTree, Paragraph
from bot.domain.digest import Digest, card_of, replies_of
from bot.domain.entry import Entry
from bot.domain.featuring import Why
from bot.domain.ids import EntryNumber, Url
from bot.domain.notes import NoteBlock, NoteKind, Notes, lines
from bot.domain.reading_state import ReadingState
from bot.domain.takeaway import Counts
from bot.domain.text import Span, plain, string
from store.lists.notes import tree
from store.lists.reading import read_path
from tests.fakes.cards import cards, crowded
from tests.fakes.cards import forms as any_forms
from tests.fakes.core import an_entry as a_line
from tests.fakes.records import NOW, an_entry, an_item
from tests.fakes.slack import checked_message, checked_view, live_mentions, strings_of

QUESTION = "What would you take from this into our own work?"

GOLDEN = Path(__file__).parents[1] / "golden" / "slack"
SEED = Path(__file__).parents[1] / "scenario" / "seed.md"
SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("value", ['a "quoted" \\ word', '"],"n":2}', "Büro – 日本", "<!channel>"])
@pytest.mark.parametrize("part", [1, 2])
def test_what_a_button_carries_is_read_as_what_was_written(value: str, part: int) -> None:
    call = Call(path=("settings", "zone"), arguments={"query": value, 'odd "name"': "x"})
    carried = button_value.written(call, part)

    assert carried is not None
    assert button_value.read("use.0", carried) == button_value.Press(way=button_value.Way.USE, call=call, part=part)


@pytest.mark.parametrize(
    ("reply", "refusal", "expected"),
    [(Reply.PUBLIC, False, "in_channel"), (Reply.PUBLIC, True, "ephemeral"), (Reply.PRIVATE, False, "ephemeral")],
)
def test_only_an_answer_that_is_no_refusal_is_shown_to_everyone(reply: Reply, refusal: bool, expected: str) -> None:
    shown = message(Answer(show=Card(title="A"), reply=reply, refusal=refusal))

    assert shown is not None
    assert shown["response_type"] == expected
    assert (shown["unfurl_links"], shown["unfurl_media"]) == (False, False)


def test_a_public_answer_shows_no_members_own_reading_state() -> None:
    read = EntryLine(number=EntryNumber(1), title="T", url=Url("https://example.org/1"), state=ReadingState.READ)
    shown = {
        reply: json.dumps(message(Answer(show=Card(title="A", blocks=(Entries(items=(read,)),)), reply=reply)))
        for reply in Reply
    }

    assert [reply for reply in Reply if json.dumps("●")[1:-1] in shown[reply]] == [Reply.PRIVATE]


def body_of(card: Card, *, personal: bool = False) -> dict[str, Any]:
    made = render.message(card, personal=personal)
    return {"text": made.text, "blocks": list(made.blocks)}


MAX_BLOCKS, MAX_TEXT, MAX_IN_MESSAGE = 50, 4000, 10_000
"""Slack's, and ours for a message; written down apart from the renderer so that a slip there shows."""


@SETTINGS
@given(cards | crowded)
def test_any_card_keeps_every_limit_of_a_message(card: Card) -> None:
    for personal in (True, False):
        body = body_of(card, personal=personal)

        checked_message(body)
        assert 1 <= len(body["blocks"]) <= MAX_BLOCKS
        assert 0 < len(body["text"]) <= MAX_TEXT
        shown = [one for one in body["blocks"] if one["type"] in {"rich_text", "context"}]
        assert sum(length(one["elements"]) for one in shown) <= MAX_IN_MESSAGE
        for parsed in Block.parse_all(body["blocks"]):
            parsed.validate_json()


@SETTINGS
@given(cards)
def test_any_card_is_a_modal_and_a_home_tab(card: Card) -> None:
    checked_view(render.modal(card, metadata="{}"))
    checked_view(render.home([card] * 30))


@SETTINGS
@given(cards)
def test_no_card_holds_anything_live_or_invisible(card: Card) -> None:
    body = body_of(card)

    assert live_mentions(body) == []
    for words in strings_of(body):
        assert not set(words) & set("\u202e\u200b\u200f\ufeff\x00\x1b\ud800")
        json.dumps(words, ensure_ascii=False).encode()


@SETTINGS
@given(any_forms)
def test_any_form_is_a_modal(form: Form) -> None:
    checked_view(forms.modal(form, channel="C0001"))
    forms.problems(form)


def words_of(blocks: list[dict[str, Any]]) -> str:
    return "".join(strings_of(blocks))


@pytest.mark.parametrize("count", [50, 200, 600])
def test_long_notes_go_on_behind_a_button_until_the_last_line(count: int) -> None:
    tree = tuple(an_item(f"line {number} " + "word " * 12, marker=f"{number}.") for number in range(1, count + 1))
    card = entry_card(an_entry(*tree), ReadingState.UNREAD, all_notes=True)

    seen, part = "", 1
    while True:
        view = render.modal(card, metadata="{}", part=part)
        checked_view(view)
        seen += words_of(view["blocks"])
        buttons = [b for one in view["blocks"] if one["type"] == "actions" for b in one["elements"]]
        following = next((b for b in buttons if b["text"]["text"] in {"All notes", "Next part"}), None)
        if following is None:
            break
        part = json.loads(following["value"])["n"]

    positions = [seen.find(f"line {number} word") for number in range(1, count + 1)]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_what_does_not_fit_into_a_message_is_counted() -> None:
    tree = tuple(an_item(f"line {number} " + "word " * 20) for number in range(200))
    card = entry_card(an_entry(*tree), ReadingState.UNREAD, all_notes=True)

    body = body_of(card, personal=True)

    shown = sum(f"line {number} word" in words_of(body["blocks"]) for number in range(200))
    assert f"… {200 - shown} more lines" in words_of(body["blocks"])
    assert "All notes" in words_of(body["blocks"])


def test_one_line_of_twenty_thousand_characters_is_shown_whole() -> None:
    words = " ".join(f"w{number}" for number in range(3500))
    pieces = pages_of(NoteTree(blocks=(an_item(words),)))

    shown = "".join(string(line.text) for piece in pieces for line in lines(piece))

    assert sorted(set(shown.split())) == sorted(set(words.split()))


def test_numbers_depth_code_and_quotes_are_kept() -> None:
    tree = (
        an_item("one", an_item("deep", an_item("deeper", marker="b)")), marker="1."),
        an_item("seven", NoteBlock(kind=NoteKind.QUOTE, text=plain("quoted")), marker="7."),
        NoteBlock(kind=NoteKind.CODE, text=plain("a\n  b")),
    )
    _, shown = body_of(Card(title="t", blocks=(NoteTree(blocks=tree),)))["blocks"]

    first, deep, deeper, seventh, code = shown["elements"]
    assert (first["style"], first["indent"], first.get("offset", 0)) == ("ordered", 0, 0)
    assert (deep["style"], deep["indent"]) == ("bullet", 1)
    assert deeper["indent"] == 2
    assert deeper["elements"][0]["elements"][0]["text"] == "b) "
    assert (seventh["style"], seventh["offset"]) == ("ordered", 6)
    assert "\n> " in words_of([seventh])
    assert code == {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a\n  b"}]}


def test_a_quote_by_itself_is_one_and_goes_on_in_the_next_line() -> None:
    tree = tuple(
        NoteBlock(kind=kind, text=plain(words))
        for kind, words in ((NoteKind.QUOTE, "one"), (NoteKind.QUOTE, "two"), (NoteKind.PARAGRAPH, "three"))
    )
    _, shown = body_of(Card(title="t", blocks=(NoteTree(blocks=tree),)))["blocks"]

    assert [(one["type"], words_of([one])) for one in shown["elements"]] == [
        ("rich_text_quote", "one\ntwo"),
        ("rich_text_section", "three"),
    ]


def named(title: str, *found: Span) -> list[tuple[str, bool, bool]]:
    """Of an entry that a search found: the pieces of its name, whether each is a link, and whether it is bold."""
    line = a_line(title=title, found=found)
    _, shown = body_of(Card(title="Search", blocks=(Entries(items=(line,)),)))["blocks"]
    elements = shown["elements"][0]["elements"]
    return [(one["text"], "url" in one, "style" in one) for one in elements]


def test_what_a_search_found_in_a_title_is_bold_and_nothing_else_of_it() -> None:
    found = (Span("Why "), Span("caching", bold=True), Span(" pays"))

    assert named("Why caching pays", *found) == [
        ("#12 ", False, False),
        ("Why", True, False),
        (" ", False, False),
        ("caching", True, True),
        (" ", False, False),
        ("pays", True, False),
    ]
    assert named("Why") == [("#12 ", False, False), ("Why", True, True)]


@pytest.mark.parametrize("title", ["paypal.com", "שלום caching", "", "another title"])
def test_a_title_that_has_to_be_one_link_is_one_and_not_in_part_bold(title: str) -> None:
    half = len(title) // 2
    found = (Span(title[:half] or "x"), Span(title[half:], bold=True))

    _, (_, is_link, is_bold) = named(title, *(found if title != "another title" else (Span("title", bold=True),)))

    assert is_link
    assert not is_bold


def test_what_is_quiet_is_a_small_line_in_which_nothing_is_parsed() -> None:
    words = "*page* 1 of 2 <!channel> :warning:"

    _, shown = body_of(Card(title="t", blocks=(Paragraph(text=plain(words), quiet=True),)))["blocks"]

    assert shown == {"type": "context", "elements": [{"type": "plain_text", "text": words, "emoji": False}]}


def test_a_quiet_moment_is_told_in_the_time_of_who_reads_it() -> None:
    card = Card(title="t", blocks=(Paragraph(text=(Span("due "), Span("then", at=NOW)), quiet=True),))

    _, shown = body_of(card)["blocks"]

    assert [element["type"] for element in shown["elements"][0]["elements"]] == ["text", "date"]


def seeded(number: int) -> Entry:
    read = read_path(SEED, "seed.md").entries[number - 1]
    notes = Notes(markdown=read.notes.markdown, tree=tree(read.notes.markdown))
    return an_entry(
        number=EntryNumber(number), title=read.title, url=read.url, notes=notes, tags=("platform",), section=()
    )


def noted(blocks: list[Any]) -> list[tuple[int, str, str]]:
    """The lines of notes as a person sees them: how deep, with which number or bullet, and their words."""
    found = []
    for block in (one for one in blocks if one["type"] == "rich_text"):
        for part in block["elements"]:
            if part["type"] != "rich_text_list":
                continue
            for place, item in enumerate(part["elements"], part.get("offset", 0) + 1):
                words = "".join(element["text"] for element in item["elements"])
                mark = f"{place}." if part["style"] == "ordered" else "•"
                found.append((part["indent"], mark, words))
    return found


def written(number: int) -> list[tuple[int, str, str]]:
    """The same of the list's own file, read by eye: what is indented once more is one deeper."""
    body = SEED.read_text(encoding="utf-8").split("\n* [")[number]
    found = []
    for line in body.splitlines():
        mark = re.match(r"    ( *)(\d+\.|-) (.*)", line)
        if mark:
            found.append((len(mark[1]) // 3, mark[2].replace("-", "•"), mark[3].replace("**", "")))
    return found


def golden(name: str, shown: Any) -> None:
    path = GOLDEN / f"{name}.json"
    written = json.dumps(shown, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8"), f"UPDATE_GOLDEN=1 renews {path.name}; review the diff"


@pytest.mark.parametrize("number", [1, 6])
def test_the_noted_entries_of_the_seed_list_come_out_whole(number: int) -> None:
    entry = seeded(number)
    digest = Digest(
        week="2026-W48",
        due_at=NOW,
        late=False,
        entry=entry,
        why=Why.NEVER_FEATURED,
        reason="never featured here",
        question=QUESTION,
        counts=Counts(readers=2),
        newest=(),
    )
    whole = body_of(entry_card(entry, ReadingState.UNREAD, all_notes=True), personal=True)
    posted = [body_of(card) for card in (card_of(digest), *replies_of(entry, QUESTION))]

    for body in (whole, *posted):
        checked_message(body)
    words = words_of(whole["blocks"])
    found = 0
    for line in lines(entry.notes.tree):
        for span in line.text:
            found = words.index(span.text, found)
    assert noted(whole["blocks"]) == written(number)
    assert len(written(number)) == {1: 11, 6: 9}[number]
    in_channel = [line for body in posted for line in noted(body["blocks"])]
    assert [line for line in written(number) if line in in_channel] == written(number)
    golden(f"entry-{number}", whole)
    golden(f"digest-{number}", posted)


def test_a_form_with_problems_says_them_at_their_fields() -> None:
    from tests.fakes.core import FakeCore

    form = FakeCore()._form({"weekday": "mon", "time": "25:00"}, {"time": "“25:00” is not a time of day."})

    assert forms.problems(form) == {"time": "“25:00” is not a time of day."}
    golden("form", forms.modal(form, channel="C0001"))


def test_an_entry_without_notes_has_none(tmp_path: Path) -> None:
    shown = words_of(body_of(entry_card(an_entry(notes=Notes()), ReadingState.READ, all_notes=True))["blocks"])

    assert "more line" not in shown


def test_a_screen_reader_says_which_of_several_buttons_it_is() -> None:
    read = Action(label="Read", call=Call(path=("read",), arguments={"entry": "1"}))
    lines_of_list = [
        EntryLine(
            number=EntryNumber(n),
            title=title,
            url=Url("https://example.org"),
            state=ReadingState.UNREAD,
            actions=(read,),
        )
        for n, title in ((1, "Caching"), (2, "A very long title " * 9))
    ]
    card = Card(title="List", blocks=(Entries(items=tuple(lines_of_list)),), actions=(read,))

    buttons = [
        one
        for block in render.message(card, personal=True).blocks
        for one in block.get("elements", ())
        if one["type"] == "button"
    ]

    assert [one.get("accessibility_label", "")[:20] for one in buttons] == [
        "Read, #1 Caching",
        "Read, #2 A very long",
        "",
    ]
    assert all(len(one.get("accessibility_label", "")) <= 75 for one in buttons)
