"""How each sort of value is read from what a person typed, and what they are told when it cannot be."""

from collections.abc import Callable

import pytest

from bot.domain.errors import BadUsage
from bot.domain.value import MAX_ENTRIES, Kind, entry_names, entry_number, page_number, words_taken


def refused(read: Callable[[str], object], typed: str) -> tuple[str, str | None]:
    with pytest.raises(BadUsage) as caught:
        read(typed)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("#12", 12),
        ("12", 12),
        (" #7 ", 7),
        ("#12.", 12),
        ("# 12", 12),
        ("12,", 12),
        ("007", 7),
        ("999999999", 999_999_999),
    ],
)
def test_an_entry_is_named_by_its_number_with_or_without_a_hash(typed: str, number: int) -> None:
    assert entry_number(typed) == number


@pytest.mark.parametrize("typed", ["", "#", "twelve", "##12", "12a", "-1", "1.5", "1234567890", "#²"])
def test_anything_else_is_no_entry_number(typed: str) -> None:
    assert refused(entry_number, typed) == (f"“{typed}” is not an entry number.", "Type its number, such as #12.")


@pytest.mark.parametrize(("typed", "number"), [("1", 1), (" 2 ", 2), ("010", 10), ("999999", 999_999)])
def test_a_page_is_a_whole_number_from_one(typed: str, number: int) -> None:
    assert page_number(typed) == number


@pytest.mark.parametrize("typed", ["", "0", "000", "-1", "1.5", "two", "1000000", "²"])
def test_anything_else_is_no_page(typed: str) -> None:
    assert refused(page_number, typed) == (f"“{typed}” is not a page.", "Pages are counted from 1.")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("#12", (12,)),
        ("# 12", (12,)),
        ("#5 #6", (5, 6)),
        ("#1, #2", (1, 2)),
        ("5 and 6 & 7", (5, 6, 7)),
        ("#5 #5", (5,)),
        ("https://example.org/2", ("https://example.org/2",)),
        ("<https://example.org/2|the second>", ("https://example.org/2",)),
        ("#3 <https://example.org/2>, #4", (3, "https://example.org/2", 4)),
        ("caching at scale", ("caching at scale",)),
        ("12 rules for caches", ("12 rules for caches",)),
        ("#12 Caching at scale", ("#12 Caching at scale",)),
    ],
)
def test_entries_are_named_by_numbers_addresses_or_words(typed: str, names: tuple[object, ...]) -> None:
    assert entry_names(typed) == names


@pytest.mark.parametrize("typed", ["", "#", "…", "# ?", ",,"])
def test_what_has_no_letter_and_no_digit_names_no_entry(typed: str) -> None:
    message, hint = refused(entry_names, typed)

    assert message == f"“{typed}” is not an entry."
    assert hint == "Type its number, such as #12, its address or its title."


def test_a_line_names_a_limited_number_of_entries() -> None:
    assert len(entry_names(" ".join(f"#{number}" for number in range(1, MAX_ENTRIES + 1)))) == MAX_ENTRIES
    with pytest.raises(BadUsage, match="more than I can take"):
        entry_names(" ".join(f"#{number}" for number in range(1, MAX_ENTRIES + 2)))


@pytest.mark.parametrize(
    ("kind", "words", "taken"),
    [
        (Kind.TIME, ["9:30", "pm", "Berlin"], 2),
        (Kind.ZONE, ["New", "York", "#books"], 2),
        (Kind.ZONE, ["Eastern", "Standard", "Time"], 3),
        (Kind.WEEKDAY, ["every", "monday", "at", "9"], 2),
        (Kind.PERIOD, ["until", "4", "January", "2027"], 4),
        (Kind.DAY, ["#books"], 0),
        (Kind.CHANNEL, ["#books", "#other"], 1),
        (Kind.ENTRY, ["#1,", "#2", "#books"], 2),
        (Kind.ENTRY, ["#12", "reading"], 1),
        (Kind.ENTRY, ["caching", "at", "scale", "#books"], 3),
        (Kind.TEXT, ["anything"], 0),
    ],
)
def test_a_value_takes_the_words_that_belong_to_it(kind: Kind, words: list[str], taken: int) -> None:
    assert words_taken(kind, words) == taken
