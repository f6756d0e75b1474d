"""Which part of a line is shown of what a search found."""

import pytest

from bot.domain.notes import NoteBlock
from bot.domain.text import string
from store.lists.notes import tree
from store.sql.search.snippet import best_line


@pytest.mark.parametrize("filler", ["缓存系统", "long-hyphenated-", "with blanks "])
def test_of_a_long_line_the_part_that_holds_the_word_is_shown_with_blanks_in_it_or_without(filler: str) -> None:
    notes: tuple[NoteBlock, ...] = tree(f"* {filler * 700} zanzibar {filler * 20}")

    line, _ = best_line(notes, {"zanzibar"}, 0)

    assert "zanzibar" in string(line)
    assert len(string(line)) < 1_100
