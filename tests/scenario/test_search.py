"""What a search answers, line for line, on both engines."""

from pathlib import Path

from tests.fakes.talk import numbers, said

SEED = Path(__file__).with_name("seed.md")


def test_a_misspelt_word_is_corrected_and_the_answer_says_so(database: str) -> None:
    clean, misspelt = said(["/blog search caching", "/blog search cachnig"], database=database, reading_list=SEED)

    assert numbers(misspelt) == numbers(clean)
    assert "Showing results for caching." in misspelt["text"]
    assert "Showing results" not in clean["text"]


def test_the_words_can_be_searched_as_they_were_typed(database: str) -> None:
    (misspelt,) = said(["/blog search cachnig tag:none-such kafka"], database=database, reading_list=SEED)
    (corrected,) = said(["/blog search cachnig kafka"], database=database, reading_list=SEED)
    button = next(button for button in corrected["buttons"] if "cachnig" in button["label"])
    (typed,) = said([button["line"]], database=database, reading_list=SEED)

    assert "Nothing on the list" in misspelt["title"]
    assert "Showing results" not in typed["text"]
    assert numbers(typed) == numbers(said(["/blog search kafka"], database=database, reading_list=SEED)[0])


def test_every_entry_leads_to_those_that_are_like_it(database: str) -> None:
    lines = ["/blog show #1", "/blog related #1"]
    entry, related = said(lines, database=database, reading_list=SEED)

    assert {"label": "Related", "line": "/blog related #1"} in entry["buttons"]
    assert numbers(related)
    assert 1 not in numbers(related)
