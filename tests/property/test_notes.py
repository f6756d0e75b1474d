"""However notes are cut, nothing is lost, nothing changes places, and a part is too long only for one line's sake."""

from collections.abc import Sequence
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.notes import NoteBlock, NoteKind, NoteLine, count, levels, lines, parts
from bot.domain.text import plain, string
from tests.fakes.records import a_block, an_item

sizes = st.sampled_from([0, 1, 5, 20, 60, 200])
texts = st.tuples(sizes, st.sampled_from("abcdefgh")).map(lambda drawn: drawn[0] * drawn[1])
leaves = st.one_of(
    st.builds(an_item, texts, marker=st.sampled_from(["•", "1.", "b)"])),
    st.builds(a_block, st.sampled_from([kind for kind in NoteKind if kind is not NoteKind.ITEM]), texts),
)


def with_children(children: st.SearchStrategy[NoteBlock]) -> st.SearchStrategy[NoteBlock]:
    below = st.lists(children, min_size=1, max_size=4)
    items = st.builds(lambda text, inner: an_item(text, *inner), texts, below)
    quotes = st.builds(lambda text, inner: a_block(NoteKind.QUOTE, text, *inner), texts, below)
    return items | quotes


trees = st.lists(st.recursive(leaves, with_children, max_leaves=15), max_size=5).map(tuple)
budgets = st.integers(10, 300)


def numbered(tree: Sequence[NoteBlock]) -> tuple[NoteBlock, ...]:
    """The tree with a number before each text, so that each line can be told from all others."""
    numbers = iter(range(10_000))

    def each(blocks: Sequence[NoteBlock]) -> tuple[NoteBlock, ...]:
        return tuple(
            NoteBlock(
                kind=block.kind,
                text=plain(f"{next(numbers)}:{string(block.text)}"),
                marker=block.marker,
                children=each(block.children),
            )
            for block in blocks
        )

    return each(tree)


def length(line: NoteLine) -> int:
    return len(string(line.text)) + len(line.marker or "") + 2


@given(trees, budgets)
def test_every_line_is_kept_once_in_order_and_at_its_depth(tree: tuple[NoteBlock, ...], budget: int) -> None:
    tree = numbered(tree)

    cut = parts(tree, budget)

    assert list(dict.fromkeys(chain.from_iterable(lines(part) for part in cut))) == list(lines(tree))


@given(trees, budgets)
def test_a_line_is_repeated_only_at_the_head_of_a_part_above_what_is_below_it(
    tree: tuple[NoteBlock, ...], budget: int
) -> None:
    seen: set[NoteLine] = set()

    for part in parts(numbered(tree), budget):
        repeated = [line in seen for line in lines(part)]
        assert repeated == sorted(repeated, reverse=True)
        assert not all(repeated)
        seen.update(lines(part))


@given(trees, budgets)
def test_a_part_exceeds_the_budget_only_for_a_single_line(tree: tuple[NoteBlock, ...], budget: int) -> None:
    for part in parts(tree, budget):
        shown = [length(line) for line in lines(part)]
        assert sum(shown) <= budget or len(shown) == 1


@given(trees, budgets)
def test_there_are_never_more_parts_than_lines(tree: tuple[NoteBlock, ...], budget: int) -> None:
    assert len(parts(tree, budget)) <= max(count(tree), len(tree[:1]))


@given(trees, st.integers(0, 6))
def test_levels_keep_exactly_the_lines_that_stand_above_too_many_items(tree: tuple[NoteBlock, ...], most: int) -> None:
    tree = numbered(tree)

    kept = list(lines(levels(tree, most)))

    assert kept == [line for line in lines(tree) if line.depth + (line.kind is NoteKind.ITEM) <= most]
    assert count(levels(tree, most)) == len(kept)
