"""Words are taken apart alike, whatever the text is made of."""

import re

from hypothesis import given
from hypothesis import strategies as st

from store.sql.search.words import LETTERS, distinct, indexed, runs, tokens

ascii_texts = st.text(alphabet=st.characters(max_codepoint=127), max_size=80)


@given(ascii_texts)
def test_the_words_of_plain_text_are_those_that_a_query_is_taken_apart_into(text: str) -> None:
    assert distinct(text) == set(tokens(text))


@given(
    st.lists(st.text(alphabet="aCcIıΣσéßØ9缓存カがｶ한ᄒأىةكงานี\u1161か\u3099\u0301.net+#-_", max_size=8)),
    st.text(max_size=20),
)
def test_the_words_of_any_text_are_those_that_a_query_is_taken_apart_into(parts: list[str], other: str) -> None:
    text = " ".join([*parts, other, *parts])

    assert distinct(text) == set(tokens(text))


@given(ascii_texts, st.text(max_size=20))
def test_a_text_with_any_letter_in_it_has_the_words_of_its_parts(text: str, other: str) -> None:
    assert distinct(f"{text} é {other}") >= distinct(text)


@given(st.text(alphabet="aCcéß9缓存カｶ한งานีمُ.net+#-_ ", max_size=40))
def test_a_text_in_pieces_is_whole_and_its_words_are_those_of_the_text(text: str) -> None:
    pieces = list(runs(text))

    assert "".join(piece for piece, _ in pieces) == text
    assert [token for piece, word in pieces if word for token in tokens(piece)] == tokens(text)
    assert not any(tokens(piece) for piece, word in pieces if not word)


@given(st.text(), st.text(alphabet="aßéＡｶﾞأمُงานี缓+#.", max_size=20))
def test_what_an_engine_indexes_has_the_same_words(text: str, other: str) -> None:
    split = re.findall(r"[^\W_]+", indexed(text + other).lower())

    assert split == tokens(text + other)


@given(st.sampled_from([chr(code) for code, usual in LETTERS.items() if usual.isalnum()]))
def test_a_letter_is_searched_as_its_usual_spelling(letter: str) -> None:
    usual = LETTERS[ord(letter)]

    assert tokens(f"x{letter}y {letter}") == tokens(f"x{usual}y {usual}")
    assert distinct(f"x{letter}y") == distinct(f"x{usual}y")
