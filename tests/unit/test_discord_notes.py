"""Notes in messages: every line is there, or is counted where it is missing."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from adapters.discord.render import MAX_MESSAGES, Layout, message, messages
from bot.commands.cards import entry_card
from bot.domain.card import Action, Call, Card, NoteTree, Paragraph
from bot.domain.digest import replies_of, shared_card
from bot.domain.entry import Entry
from bot.domain.ids import Url
from bot.domain.notes import NoteBlock, NoteKind, lines
from bot.domain.reading_state import ReadingState
from bot.domain.takeaway import Counts
from bot.domain.text import Span, plain, string
from tests.fakes.records import a_block, an_entry, an_item
from tests.fakes.server import buttons, read_aloud

QUESTION = "What would you take from this into our own work?"

KEY = "k3y_of-a-delivery-24-abc"
MISSING = re.compile(r"^… (?:the rest of this(?: and )?)?(?:([\d,]+) more lines?)?$")


def numbered(count: int, words: str = "said about caching") -> list[NoteBlock]:
    return [an_item(f"{number} {words}") for number in range(1, count + 1)]


def a_link(number: int) -> NoteBlock:
    url = Url(f"https://example.org/{number}/{'a-path-of-words-' * 5}")
    return NoteBlock(kind=NoteKind.ITEM, marker="•", text=(Span(f"{number} see "), Span("a survey", url=url)))


def components_of(layout: Layout) -> list[Any]:
    made: list[Any] = layout.to_components()  # type: ignore[no-untyped-call]  # the library's
    return made


def said(layouts: Iterable[Layout]) -> list[str]:
    """The lines that a person reads, top to bottom."""
    return "\n".join(read_aloud(components_of(layout)) for layout in layouts).splitlines()


def missing(shown: Sequence[str]) -> list[int]:
    """Every count of lines that are not there, in the order in which they are told."""
    found = [MISSING.match(line) for line in shown]
    return [int((one[1] or "0").replace(",", "")) + ("the rest" in one[0]) for one in found if one]


def posted(entry: Entry) -> list[Layout]:
    """The message in the channel and those of its thread."""
    return [
        message(card, key=KEY, word="blog")
        for card in (shared_card(entry, "ana", Counts(readers=2)), *replies_of(entry, QUESTION))
    ]


def answered(entry: Entry) -> list[Layout]:
    return messages(entry_card(entry, ReadingState.UNREAD, all_notes=True), word="blog")


def test_a_post_and_its_thread_hold_every_line_however_many_are_short() -> None:
    entry = an_entry(an_item("all of it", an_item("below", *numbered(120))))

    shown = said(posted(entry))

    wanted = [f"• {string(line.text)}" for line in lines(entry.notes.tree)]
    assert [line for line in wanted if line not in {one.strip() for one in shown}] == []


def test_a_post_and_its_thread_hold_every_line_however_many_links_there_are() -> None:
    entry = an_entry(an_item("all of it", an_item("below", *(a_link(number) for number in range(1, 121)))))

    shown = said(posted(entry))

    wanted = [f"• {string(line.text)}" for line in lines(entry.notes.tree)]
    assert [line for line in wanted if line not in {one.strip() for one in shown}] == []


def test_an_answer_holds_hundreds_of_short_lines_and_its_buttons() -> None:
    entry = an_entry(*numbered(450))

    layouts = answered(entry)

    shown = said(layouts)
    assert len(layouts) <= MAX_MESSAGES
    assert [line for line in shown if "said about caching" in line] == [
        f"• {n} said about caching" for n in range(1, 451)
    ]
    assert missing(shown) == []
    assert len(layouts) > 1
    pages = [line for line in shown if re.search(r"^(-# )?\d+ of \d+$", line)]
    assert [page.removeprefix("-# ") for page in pages] == [
        f"{n} of {len(layouts)}" for n in range(1, len(layouts) + 1)
    ]
    assert [label for label, _ in buttons(components_of(layouts[-1]))] == ["Mark as read", "Later", "Related", "Share"]


def test_an_answer_too_long_for_its_messages_counts_what_it_leaves_out_and_keeps_its_buttons() -> None:
    entry = an_entry(*numbered(1000, "x" * 60))

    layouts = answered(entry)

    shown = said(layouts)
    kept = [line for line in shown if "xxx" in line]
    assert len(layouts) == MAX_MESSAGES
    assert kept == [f"• {number} {'x' * 60}" for number in range(1, len(kept) + 1)]
    assert missing(shown) == [1000 - len(kept)]
    assert [label for label, _ in buttons(components_of(layouts[-1]))] == ["Mark as read", "Later", "Related", "Share"]


def test_what_the_card_leaves_out_and_what_finds_no_room_are_one_count_where_the_notes_end() -> None:
    tree = NoteTree(blocks=tuple(numbered(100, "y" * 60)), left_out=40)
    card = Card(title="A card", blocks=(tree, Paragraph(text=plain("New on the list"))))

    shown = said([message(card, key=KEY, word="blog")])

    kept = [line for line in shown if "yyy" in line]
    assert 0 < len(kept) < 100
    assert missing(shown) == [140 - len(kept)]
    assert shown[-2:] == [f"… {140 - len(kept)} more lines", "New on the list"]


def test_notes_end_between_lines_where_the_lines_are_short() -> None:
    card = Card(title="A card", blocks=(NoteTree(blocks=tuple(numbered(20, "word " * 60))),))

    shown = said([message(card, key=KEY, word="blog")])

    *notes, count = shown[1:]
    assert notes == [f"• {number} {('word ' * 60)}" for number in range(1, len(notes) + 1)]
    assert count == f"… {20 - len(notes)} more lines"


@pytest.mark.parametrize(("after", "told"), [(0, "… the rest of this"), (3, "… the rest of this and 3 more lines")])
def test_a_line_that_no_message_holds_is_cut_at_a_word_and_said_to_be(after: int, told: str) -> None:
    phrases = [f"phrase-{number}" for number in range(600)]
    long = a_block(NoteKind.PARAGRAPH, " ".join(phrases))
    card = Card(title="A card", blocks=(NoteTree(blocks=(long, *numbered(after))),))

    shown = said([message(card, key=KEY, word="blog")])

    *notes, count = shown[1:]
    words = " ".join(notes).split()
    assert count == told
    assert words[-1] == "…"
    assert words[:-1] == phrases[: len(words) - 1]
    assert len(words) > 200


def test_a_long_line_is_one_line_of_the_count() -> None:
    long = an_item(" ".join("phrase" for _ in range(300)))
    card = Card(
        title="A card",
        blocks=(NoteTree(blocks=(an_item("first"), long, long, long)),),
        actions=(Action(label="Read", call=Call(path=("read",))),),
    )

    assert missing(said([message(card, key=KEY, word="blog")])) == [2]
