"""Words are taken apart alike, whatever the text is made of."""

from hypothesis import given
from hypothesis import strategies as st

from store.sql.search.words import distinct, runs, tokens

ascii_texts = st.text(alphabet=st.characters(max_codepoint=127), max_size=80)


@given(ascii_texts)
def test_the_words_of_plain_text_are_those_that_a_query_is_taken_apart_into(text: str) -> None:
    assert distinct(text) == set(tokens(text))


@given(
    st.lists(st.text(alphabet="aCcIΣσéß9缓存カが한ᄒ\u1161か\u3099\u0301.net+#-_", max_size=8)), st.text(max_size=20)
)
def test_the_words_of_any_text_are_those_that_a_query_is_taken_apart_into(parts: list[str], other: str) -> None:
    text = " ".join([*parts, other, *parts])

    assert distinct(text) == set(tokens(text))


@given(ascii_texts, st.text(max_size=20))
def test_a_text_with_any_letter_in_it_has_the_words_of_its_parts(text: str, other: str) -> None:
    assert distinct(f"{text} é {other}") >= distinct(text)


@given(st.text(alphabet="aCcé9缓存カ한.net+#-_ ", max_size=40))
def test_a_text_in_pieces_is_whole_and_its_words_are_those_of_the_text(text: str) -> None:
    pieces = list(runs(text))

    assert "".join(piece for piece, _ in pieces) == text
    assert [token for piece, word in pieces if word for token in tokens(piece)] == tokens(text)
    assert not any(tokens(piece) for piece, word in pieces if not word)
