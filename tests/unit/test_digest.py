"""Which entry a week features, and the cards that show it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.card import Card, Entries, NoteTree, Paragraph
from bot.domain.digest import (
    MAX_NEW_ENTRIES,
    PART_BUDGET,
    Digest,
    card_of,
    entry_actions,
    post_actions,
    replies_of,
    shared_card,
    thread_title,
    with_counts,
)
from bot.domain.entry import Entry
from bot.domain.featuring import Why
from bot.domain.notes import NoteBlock, NoteLine, Notes, count, lines
from bot.domain.reading_state import ReadingState
from bot.domain.takeaway import Counts
from bot.domain.text import Span, plain, string
from bot.domain.wire import to_json
from tests.fakes.records import NOW, an_entry, an_item

QUESTION = "What would you take from this into our own work?"

ROOT = Path(__file__).parents[2]
REASON = "5 members want to read it"


def a_digest(entry: Entry, **changes: object) -> Digest:
    digest = Digest(
        week="2026-W48",
        due_at=NOW,
        late=False,
        entry=entry,
        why=Why.WANTED,
        reason=REASON,
        question=QUESTION,
        counts=Counts(),
        newest=(),
    )
    return replace(digest, **changes)  # type: ignore[arg-type]  # changes are fields of the record


DEEP = tuple(
    an_item(f"point {number}", an_item(f"reason {number}", an_item(f"detail {number}"))) for number in range(3)
)
LONG = tuple(an_item(f"point {number} " + "x" * 200, an_item(f"reason {number}")) for number in range(30))


def trees(*cards: Card) -> list[NoteTree]:
    return [block for card in cards for block in card.blocks if isinstance(block, NoteTree)]


def all_lines(*cards: Card) -> list[NoteLine]:
    return [line for tree in trees(*cards) for line in lines(tree.blocks)]


def small_print(card: Card) -> list[str]:
    return [string(block.text) for block in card.blocks if isinstance(block, Paragraph) and block.quiet]


def test_the_card_of_a_digest_says_what_the_entry_is_and_why_this_one() -> None:
    card = card_of(a_digest(an_entry(), counts=Counts(readers=2)))

    assert card.title == "Caching at scale"
    assert small_print(card) == [
        "This week's article · example.org · Backend › Speed · caching, scale",
        "Why this one: 5 members want to read it. Read by 2 members.",
    ]


def test_what_the_article_says_comes_before_why_it_was_chosen() -> None:
    about, notes, why = card_of(a_digest(an_entry(an_item("point")))).blocks

    assert isinstance(notes, NoteTree)
    assert isinstance(about, Paragraph)
    assert isinstance(why, Paragraph)


@pytest.mark.parametrize(("readers", "said"), [(1, "1 member"), (12, "12 members")])
def test_the_card_counts_its_readers(readers: int, said: str) -> None:
    assert small_print(card_of(a_digest(an_entry(), counts=Counts(readers=readers))))[-1].endswith(f". Read by {said}.")


def test_a_card_without_readers_has_no_count() -> None:
    for card in (card_of(a_digest(an_entry())), shared_card(an_entry(), "Anna", Counts())):
        assert "Read by" not in " ".join(small_print(card))


def test_facts_that_an_entry_lacks_are_left_out() -> None:
    bare = an_entry(tags=(), section=(), url="mailto:a@example.org")

    assert small_print(card_of(a_digest(bare)))[0] == "This week's article"


def test_a_message_for_everybody_shows_nobodys_own_state() -> None:
    entry = an_entry()

    for card in (card_of(a_digest(entry)), shared_card(entry, "Anna", Counts(readers=3))):
        assert card.entry is not None
        assert (card.entry.number, card.entry.state) == (entry.number, ReadingState.UNREAD)
        assert card.actions[: len(post_actions(entry))] == post_actions(entry)
        assert post_actions(entry)[:-1] == entry_actions(entry.number, has_notes=bool(entry.notes.tree))


def test_only_a_digest_without_notes_asks_for_the_first_note() -> None:
    bare, noted = an_entry(), an_entry(notes=Notes(markdown="Why"))

    asks = [[one.label for one in card_of(a_digest(entry)).actions][-1] for entry in (bare, noted)]

    assert asks == ["Write the first note", "Takeaway"]


def test_a_digest_that_is_late_says_when_it_was_due() -> None:
    late = card_of(a_digest(an_entry(), late=True)).blocks[1]

    assert isinstance(late, Paragraph)
    assert string(late.text) == "Late: this was due 2026-11-23 08:30 UTC."
    assert Span("2026-11-23 08:30 UTC", at=NOW) in late.text


def test_a_digest_in_time_says_nothing_of_it() -> None:
    assert "Late: " not in to_json(card_of(a_digest(an_entry())))


def test_a_digest_names_the_newest_entries_and_how_many_more() -> None:
    newest = tuple(an_entry(number=number) for number in range(20, 20 + MAX_NEW_ENTRIES + 2))

    heading, block = card_of(a_digest(an_entry(), newest=newest)).blocks[-2:]

    assert isinstance(heading, Paragraph)
    assert string(heading.text) == "New on the list this week, and 2 more:"
    assert isinstance(block, Entries)
    assert [line.number for line in block.items] == [20, 21, 22, 23, 24]


def test_a_digest_of_a_week_without_news_has_no_heading_for_it() -> None:
    assert "New on the list" not in to_json(card_of(a_digest(an_entry())))


def test_an_entry_without_notes_has_no_notes_in_channel_or_thread() -> None:
    entry = an_entry()

    assert trees(card_of(a_digest(entry)), *replies_of(entry, QUESTION)) == []


def test_short_notes_stand_in_the_channel_alone() -> None:
    entry = an_entry(an_item("point", an_item("reason")))

    card, replies = card_of(a_digest(entry)), replies_of(entry, QUESTION)

    assert trees(card) == [NoteTree(blocks=entry.notes.tree)]
    assert [reply.title for reply in replies] == ["Discussion"]


@pytest.mark.parametrize("notes", [DEEP, LONG, (an_item("x" * 3 * PART_BUDGET), *DEEP)])
def test_notes_are_complete_over_channel_and_thread(notes: tuple[NoteBlock, ...]) -> None:
    entry = an_entry(*notes)

    card, replies = card_of(a_digest(entry)), replies_of(entry, QUESTION)

    (in_channel,) = trees(card)
    assert in_channel.left_out == count(notes) - count(in_channel.blocks)
    assert in_channel.left_out > 0
    assert list(dict.fromkeys(all_lines(*replies))) == list(dict.fromkeys(lines(notes)))


def test_the_channel_shows_two_levels_and_says_how_many_lines_it_leaves_out() -> None:
    (tree,) = trees(card_of(a_digest(an_entry(*DEEP))))

    assert {line.depth for line in lines(tree.blocks)} == {0, 1}
    assert tree.left_out == 3


def test_the_parts_in_the_thread_are_numbered_and_cut_only_between_items() -> None:
    entry = an_entry(*LONG)

    parts = trees(*replies_of(entry, QUESTION))

    assert len(parts) == 3
    assert [(tree.part, tree.parts) for tree in parts] == [(1, 3), (2, 3), (3, 3)]
    assert tuple(block for tree in parts for block in tree.blocks) == LONG
    assert {reply.title for reply in replies_of(entry, QUESTION)[:-1]} == {"All notes of #12"}


def test_the_thread_ends_with_one_question() -> None:
    for entry in (an_entry(), an_entry(*DEEP), an_entry(*LONG)):
        *_, last = replies_of(entry, QUESTION)

        assert last == Card(title="Discussion", blocks=(Paragraph(text=(Span(QUESTION),)),))


def test_a_shared_card_names_who_shared_it_as_data_and_shows_the_notes_as_a_digest_does() -> None:
    entry = an_entry(*LONG)

    card = shared_card(entry, "<@everyone>", Counts(readers=1))

    assert small_print(card) == [
        "Shared by <@everyone> · example.org · Backend › Speed · caching, scale",
        "Read by 1 member.",
    ]
    assert trees(card) == trees(card_of(a_digest(entry)))


def written() -> list[str]:
    entry = an_entry(*LONG)
    digest = a_digest(entry, newest=(an_entry(number=20),), late=True)
    return [
        to_json(card)
        for card in (card_of(digest), *replies_of(entry, QUESTION), shared_card(entry, "Anna", Counts(readers=1)))
    ]


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_writes_the_same_cards(seed: str) -> None:
    """Its sets have another order, its clock another time."""
    code = "import json; from tests.unit.test_digest import written; print(json.dumps(written()))"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}

    other = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(other.stdout) == written()


def test_a_thread_is_named_by_its_entry() -> None:
    assert thread_title(an_entry()) == "#12 Caching at scale"


@pytest.mark.parametrize(
    ("said", "readers", "expected"),
    [
        ("Why this one: picked by an admin.", 1, "Why this one: picked by an admin. Read by 1 member."),
        (
            "Why this one: picked by an admin. Read by 1 member.",
            12,
            "Why this one: picked by an admin. Read by 12 members.",
        ),
        ("Why this one: never featured here. Read by nobody yet.", 0, "Why this one: never featured here."),
        ("Read by 2 members.", 1, "Read by 1 member."),
        ("Read by 2 members. 1 takeaway. 3 found something here.", 1, "Read by 1 member."),
        ("Why this one: 5 members want to read it. 2 takeaways.", 0, "Why this one: 5 members want to read it."),
    ],
)
def test_the_counts_in_a_card_are_replaced(said: str, readers: int, expected: str) -> None:
    card = Card(
        title="Caching", blocks=(Paragraph(text=plain(said), quiet=True), Paragraph(text=plain("Read by 9 members.")))
    )

    revised = with_counts(card, Counts(readers=readers))

    assert [string(block.text) for block in revised.blocks if isinstance(block, Paragraph)] == [
        expected,
        "Read by 9 members.",
    ]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts(takeaways=1), "1 takeaway."),
        (Counts(insights=1), "1 found something here."),
        (Counts(readers=4, takeaways=2, insights=3), "Read by 4 members. 2 takeaways. 3 found something here."),
    ],
)
def test_a_post_counts_takeaways_and_what_was_found_as_it_counts_readers(counts: Counts, said: str) -> None:
    fresh = card_of(a_digest(an_entry(), counts=counts))
    plain_post = card_of(a_digest(an_entry()))

    assert small_print(fresh)[-1].endswith(f". {said}")
    assert with_counts(plain_post, counts) == fresh
    assert with_counts(fresh, Counts()) == plain_post


def test_a_card_without_a_count_gets_one_from_the_first_reader_on() -> None:
    card = Card(title="Caching", blocks=(Paragraph(text=plain("Shared by ana"), quiet=True),))

    assert with_counts(card, Counts()) == card
    assert [
        string(block.text) for block in with_counts(card, Counts(readers=3)).blocks if isinstance(block, Paragraph)
    ] == [
        "Shared by ana",
        "Read by 3 members.",
    ]
