"""Text as people wrote it."""

import pytest

from bot.domain.text import Span, bold, joined, plain, site_of, string
from bot.domain.visible import holds_invisible, visible


def test_plain_and_bold_text_is_one_span_and_none_for_nothing() -> None:
    assert plain("<!channel> *x*") == (Span("<!channel> *x*"),)
    assert bold("x") == (Span("x", bold=True),)
    assert plain("") == bold("") == ()


def test_parts_are_joined_with_the_separator_between_those_that_are_not_empty() -> None:
    text = joined([plain("a"), (), bold("b"), plain("c")], ", ")

    assert text == (Span("a"), Span(", "), Span("b", bold=True), Span(", "), Span("c"))
    assert string(text) == "a, b, c"


def test_nothing_joined_is_nothing() -> None:
    assert joined([]) == joined([(), ()]) == ()


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.Example.org/a?b#c", "example.org"),
        ("http://example.org:8080", "example.org"),
        ("https://blog.example.org", "blog.example.org"),
        ("https://www.example.org?a", "example.org"),
        ("https://example.org.#b", "example.org."),
        ("https://www.", ""),
        ("https://name@example.org/", "example.org"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https://www.中文.example/", "中文.example"),
        ("mailto:a@example.org", ""),
        ("not an address", ""),
        ("", ""),
        ("https://[broken/", ""),
        ("https://exam℀ple.org/", ""),
    ],
)
def test_the_site_is_the_host_a_reader_would_name(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(
    "text",
    ["می\u200cخواهم", "क्\u200dष", "👩\u200d💻", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
)
def test_joiners_stay_where_a_script_or_an_emoji_needs_them(text: str) -> None:
    assert visible(text) == text
    assert not holds_invisible(text)


@pytest.mark.parametrize(
    "text", ["a\u200db", "a\u200cb", "\u200dab", "ab\u200c", "a\u200bb", "a\U000e0067b", "a\ufff9b"]
)
def test_joiners_go_where_nothing_needs_them(text: str) -> None:
    assert visible(text) == "ab"
    assert holds_invisible(text)
