"""No input is an error, and nothing that was asked for is lost."""

from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.query import MAX_TERMS, Query, parse
from bot.domain.reading_state import ReadingState

pieces = st.sampled_from(
    ["tag:", "site:", "in:", "is:", "is:read", '"', "-", " ", "\\", "“", "ſite:", "🔥", "a", "东", "\n"]
)
typed_texts = st.text() | st.lists(pieces | st.text(max_size=3), max_size=40).map("".join)
plain_words = st.text(alphabet="abcdefgäß东京0123456789", min_size=1, max_size=8)


@given(typed_texts)
@example("ſite:x")
@example("İs:read")
@example('"' * 10_000)
@example('tag:"' * 2_000)
@example("-" * 10_000)
@example("x" * 10_000)
@example("\ud800 \x00 \u202e")
def test_any_text_is_a_query(typed: str) -> None:
    query = parse(typed)

    narrowing = (*query.tags, *query.sites, *query.sections)
    leaving_out = (*query.without, *query.without_tags, *query.without_sites, *query.without_sections)
    terms = (*query.words, *query.phrases, *narrowing, *leaving_out)
    assert len(terms) + len(query.states) + len(query.without_states) <= MAX_TERMS
    assert all(term and term == term.lower() for term in terms)


@given(st.lists(plain_words, max_size=MAX_TERMS))
def test_plain_words_are_kept_in_the_order_typed(words: list[str]) -> None:
    query = parse(" ".join(words))

    assert query == Query(words=tuple(words))


terms = st.one_of(
    st.tuples(st.just("words"), plain_words, st.just("{}")),
    st.tuples(st.just("phrases"), plain_words, st.just('"{}"')),
    st.tuples(st.just("without"), plain_words, st.sampled_from(["-{}", '-"{}"'])),
    st.tuples(st.just("tags"), plain_words, st.sampled_from(["tag:{}", 'TAG:"{}"'])),
    st.tuples(st.just("sites"), plain_words, st.just("site:{}")),
    st.tuples(st.just("sections"), plain_words, st.just("In:{}")),
    st.tuples(st.just("without_tags"), plain_words, st.sampled_from(["-tag:{}", '-Tag:"{}"'])),
    st.tuples(st.just("without_sites"), plain_words, st.just("-site:{}")),
    st.tuples(st.just("states"), st.sampled_from(ReadingState), st.just("is:{}")),
)


@given(st.lists(terms, max_size=20))
def test_every_term_goes_where_its_operator_says(asked: list[tuple[str, str, str]]) -> None:
    query = parse(" ".join(form.format(value) for _, value, form in asked))

    for part in ("words", "phrases", "without", "tags", "sites", "sections", "states", "without_tags", "without_sites"):
        assert getattr(query, part) == tuple(value for where, value, _ in asked if where == part)
