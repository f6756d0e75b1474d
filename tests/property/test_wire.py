"""Whatever a card holds, it comes back from its JSON as it was."""

from hypothesis import given

from bot.domain.card import Card, NoteTree
from bot.domain.wire import from_json, to_json
from tests.fakes.cards import cards
from tests.fakes.records import an_item

DEEPEST_LIST = 50
"""Lists nest no deeper than this, see design §6."""


@given(cards)
def test_a_card_comes_back_as_it_was(card: Card) -> None:
    assert from_json(to_json(card)) == card


@given(cards)
def test_the_same_card_is_written_the_same_way_after_it_was_read(card: Card) -> None:
    written = to_json(card)

    assert to_json(from_json(written)) == written


def test_notes_as_deep_as_a_list_may_be_come_back_as_they_were() -> None:
    block = an_item("deepest")
    for depth in range(DEEPEST_LIST):
        block = an_item(f"level {depth}", block)
    card = Card(title="Deep", blocks=(NoteTree(blocks=(block,)),))

    assert from_json(to_json(card)) == card
