"""What a search line asks for."""

from dataclasses import replace

import pytest

from bot.domain.query import Query, parse, with_words
from bot.domain.reading_state import ReadingState
from store.sql.search.query_plan import STOP_WORDS

LATER, READ, UNREAD = ReadingState.LATER, ReadingState.READ, ReadingState.UNREAD


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("caching", Query(words=("caching",))),
        ("Caching  in\tDEPTH", Query(words=("caching", "in", "depth"))),
        ("to be to", Query(words=("to", "be", "to"))),
        ("well-known", Query(words=("well-known",))),
        ('"Exact Phrase"', Query(phrases=("exact phrase",))),
        ('cache "exact phrase" hit', Query(words=("cache", "hit"), phrases=("exact phrase",))),
        ("“exact phrase”", Query(phrases=("exact phrase",))),
        ("„exact phrase“ x", Query(phrases=("exact phrase",), words=("x",))),
        ("«exact phrase» ‹two words› 「設計」", Query(phrases=("exact phrase", "two words", "設計"))),
        ("‘exact phrase’ don’t", Query(phrases=("exact phrase",), words=("don’t",))),
        ("it's 'zero downtime'", Query(phrases=("zero downtime",), words=("it's",))),
        ("rock 'n' roll", Query(words=("rock", "'n'", "roll"))),
        ("cache OR redis", Query(words=("cache", "redis"), either=(("cache", "redis"),))),
        ("a OR b OR c d", Query(words=("a", "b", "c", "d"), either=(("a", "b", "c"),))),
        ("(cache OR redis) disk", Query(words=("(cache", "redis)", "disk"), either=(("(cache", "redis)"),))),
        ("site:https://Stripe.com/blog?utm_source=x", Query(sites=("stripe.com",))),
        ("site:<http://stripe.com|stripe.com> site:www.a.b/c", Query(sites=("stripe.com", "a.b"))),
        ("-redis", Query(without=("redis",))),
        ('-"exact phrase"', Query(without=("exact phrase",))),
        ("tag:DB", Query(tags=("db",))),
        ('tag:"machine learning"', Query(tags=("machine learning",))),
        ('in:" spaced out "', Query(sections=("spaced out",))),
        ("tag:db tag:scale", Query(tags=("db", "scale"))),
        ("TAG:db Site:Stripe.com IN:Backend", Query(tags=("db",), sites=("stripe.com",), sections=("backend",))),
        ("site:stripe.com", Query(sites=("stripe.com",))),
        ('in:"Data bases"', Query(sections=("data bases",))),
        ("is:unread is:Later is:READ", Query(states=(UNREAD, LATER, READ))),
        ("as:typed cachnig", Query(words=("cachnig",), as_typed=True)),
        ("cachnig AS:Typed", Query(words=("cachnig",), as_typed=True)),
        ('is:"read"', Query(states=(READ,))),
        ("-tag:db -site:a.b", Query(without_tags=("db",), without_sites=("a.b",))),
        ('-in:"data bases" -IS:read', Query(without_sections=("data bases",), without_states=(READ,))),
        ("东京 cache 🔥", Query(words=("东京", "cache", "🔥"))),
        ('"分散 システム" -设计', Query(phrases=("分散 システム",), without=("设计",))),
    ],
)
def test_each_operator_narrows_and_the_rest_are_words(typed: str, query: Query) -> None:
    assert parse(typed) == query


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("is:finished", Query(words=("is:finished",))),
        ("OR redis", Query(words=("or", "redis"))),
        ("cache OR", Query(words=("cache", "or"))),
        ("cache or redis", Query(words=("cache", "or", "redis"))),
        ('"a b" OR redis', Query(words=("a b", "redis"), either=(("a b", "redis"),))),
        ('redis OR "a b" "c d"', Query(words=("redis", "a b"), phrases=("c d",), either=(("redis", "a b"),))),
        ('-"a b" OR redis', Query(words=("or", "redis"), without=("a b",))),
        ('"" OR redis', Query(words=("or", "redis"))),
        ("cache OR -redis", Query(words=("cache", "or"), without=("redis",))),
        ("cache OR OR redis", Query(words=("cache", "or", "or", "redis"))),
        ("as:is", Query(words=("as:is",))),
        ("-as:typed", Query(words=("-as:typed",))),
        ("-is:finished", Query(words=("-is:finished",))),
        ("tag:", Query(words=("tag:",))),
        ("colour:red", Query(words=("colour:red",))),
        ("https://example.org/a:b", Query(words=("https://example.org/a:b",))),
        ("-", Query(words=("-",))),
        ("--force", Query(words=("--force",))),
        ("a -- b", Query(words=("a", "--", "b"))),
        ("ſite:x İn:y", Query(words=("ſite:x", "i̇n:y"))),
        ('"never closed', Query(words=('"never', "closed"))),
        ('tag:"never closed', Query(words=('tag:"never', "closed"))),
        ('5" disks', Query(words=('5"', "disks"))),
    ],
)
def test_what_fits_no_rule_is_words(typed: str, query: Query) -> None:
    assert parse(typed) == query


@pytest.mark.parametrize("typed", ["", "   ", '""', '-""', 'tag:""', '"  "', 'is:""'])
def test_a_query_that_asks_for_nothing_is_empty(typed: str) -> None:
    assert parse(typed).empty


def test_a_query_of_one_filter_is_not_empty() -> None:
    assert not parse("is:read").empty


def test_terms_beyond_the_most_are_dropped() -> None:
    query = parse(" ".join(f"word{number}" for number in range(10_000)))

    assert query.words == tuple(f"word{number}" for number in range(64))


def test_words_are_replaced_wherever_they_stand_and_nothing_else_is() -> None:
    query = parse('a b a -a "a" tag:a')

    changed = with_words(query, {"a": "c", "x": "y"})

    assert changed == replace(parse('c b c -a "a" tag:a'), corrected=("c",))


SAID_EVERYWHERE = """
a about above after again against all am an and any are as at be because been before being below between
both but by can could did do does doing down during each few for from further had has have having he her
here hers herself him himself his how i if in into is it its itself just me more most my myself no nor not
of off on once only or other our ours ourselves out over own same she should so some such than that the
their theirs them themselves then there these they this those through to too under until up very was we were
what when where which while who whom why will with would you your yours yourself yourselves
"""


def test_words_that_are_in_every_text_are_known() -> None:
    assert set(SAID_EVERYWHERE.split()) == STOP_WORDS
