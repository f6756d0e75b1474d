"""Ways to show part of an entry's notes."""

from dataclasses import replace

import pytest

from bot.domain.ids import Url
from bot.domain.notes import NoteBlock, NoteKind, NoteLine, Notes, count, levels, lines, parts
from bot.domain.text import Span, plain, string
from tests.fakes.records import a_block, an_item

TREE = (
    an_item("one", an_item("one a", an_item("one a i")), a_block(NoteKind.PARAGRAPH, "more on one")),
    a_block(NoteKind.QUOTE, "quoted", an_item("in the quote", an_item("deep in the quote"))),
    an_item("two", marker="2."),
)


def shown(tree: tuple[NoteBlock, ...]) -> list[str]:
    return [f"{'  ' * line.depth}{line.marker or ''}{string(line.text)}" for line in lines(tree)]


def test_lines_come_in_reading_order_and_only_items_deepen_what_is_below_them() -> None:
    assert shown(TREE) == [
        "•one",
        "  •one a",
        "    •one a i",
        "  more on one",
        "quoted",
        "•in the quote",
        "  •deep in the quote",
        "2.two",
    ]


def test_a_block_without_text_and_marker_is_no_line_but_what_is_below_it_is() -> None:
    tree = (a_block(NoteKind.QUOTE, "", an_item("inside")), an_item("", marker="3."), a_block(NoteKind.PARAGRAPH))

    assert shown(tree) == ["•inside", "3."]
    assert count(tree) == 2


def test_a_line_keeps_its_kind_and_text() -> None:
    code = a_block(NoteKind.CODE, "a = 1\nb = 2")

    assert list(lines([an_item("x", code)]))[1] == NoteLine(
        depth=1, kind=NoteKind.CODE, marker=None, text=plain("a = 1\nb = 2")
    )


def test_no_tree_has_no_lines_and_no_parts() -> None:
    assert (list(lines(())), count(()), levels((), 2), parts((), 100)) == ([], 0, (), ())


@pytest.mark.parametrize(
    ("most", "left"),
    [
        (0, ["quoted"]),
        (1, ["•one", "  more on one", "quoted", "•in the quote", "2.two"]),
        (
            2,
            ["•one", "  •one a", "  more on one", "quoted", "•in the quote", "  •deep in the quote", "2.two"],
        ),
    ],
)
def test_levels_count_items_and_keep_what_an_item_says_itself(most: int, left: list[str]) -> None:
    assert shown(levels(TREE, most)) == left


def test_items_in_a_quote_below_the_last_level_are_dropped_too() -> None:
    tree = (an_item("one", a_block(NoteKind.QUOTE, "quoted", an_item("in the quote"))),)

    assert shown(levels(tree, 1)) == ["•one", "  quoted"]


def test_enough_levels_keep_the_tree_as_it_is() -> None:
    assert levels(TREE, 3) == TREE


def test_what_fits_is_one_part() -> None:
    assert parts(TREE, 10_000) == (TREE,)


def test_parts_are_cut_between_items() -> None:
    tree = tuple(an_item(letter * 7) for letter in "abcde")

    assert parts(tree, 20) == (tree[:2], tree[2:4], tree[4:])


def test_the_address_of_a_link_takes_room_in_its_part() -> None:
    link = NoteBlock(kind=NoteKind.ITEM, marker="•", text=(Span("here", url=Url("https://example.org/1")),))

    assert parts((link, link), 30) == ((link,), (link,))


def test_an_item_that_exceeds_a_part_is_opened_and_its_line_repeated() -> None:
    below = [an_item(letter * 17) for letter in "abc"]
    tree = (an_item("head", *below),)

    cut = parts(tree, 50)

    assert cut == ((an_item("head", *below[:2]),), (an_item("head", below[2]),))


def test_a_long_line_is_not_repeated_in_every_part() -> None:
    below = [an_item(letter * 17) for letter in "abc"]
    head = an_item("h" * 40)

    cut = parts((replace(head, children=tuple(below)),), 50)

    unsaid = replace(head, text=(), marker=None)
    assert cut == ((head,), (replace(unsaid, children=tuple(below[:2])),), (replace(unsaid, children=(below[2],)),))


def test_a_line_longer_than_a_part_stays_whole_and_alone() -> None:
    tree = (an_item("short"), an_item("x" * 100, an_item("below")), an_item("also short"))

    cut = parts(tree, 50)

    assert [shown(part) for part in cut] == [["•short"], ["•" + "x" * 100], ["  •below", "•also short"]]


def test_notes_without_markdown_are_none() -> None:
    assert not Notes()
    assert Notes(markdown="- one")
