"""Which links are entries, and which links are the same article."""

import pytest

from bot.domain.url import addresses_in, canonical, is_web, web


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("http://example.com/a", "https://example.com/a"),
        ("https://WWW.Example.COM/a", "https://example.com/a"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:80/a", "https://example.com/a"),
        ("http://example.com:8080/a", "https://example.com:8080/a"),
        ("https://example.com/", "https://example.com"),
        ("https://example.com/a/", "https://example.com/a"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com/a#part", "https://example.com/a"),
        ("https://example.com/#!/a", "https://example.com#!/a"),
        ("https://example.com/app#/a", "https://example.com/app#/a"),
        ("https://example.com/a#:~:text=and/or", "https://example.com/a"),
        ("https://example.com/a?utm_source=x&id=3&fbclid=y", "https://example.com/a?id=3"),
        ("https://example.com/a?ref=x&ref_src=y&gclid=z&mc_cid=1&igshid=2", "https://example.com/a"),
        ("https://example.com/a?__readwiseLocation=&uclick_id=1", "https://example.com/a"),
        ("https://example.com/a?UTM_Medium=x", "https://example.com/a"),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?b=2&a=1"),
        ("https://example.com/a?reference=1", "https://example.com/a?reference=1"),
        ("https://example.com/a?", "https://example.com/a"),
        ("https://www.com/a", "https://www.com/a"),
        ("https://example.com/%c3%a9", "https://example.com/%C3%A9"),
        ("https://example.com/é", "https://example.com/%C3%A9"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://example.com/a/../b", "https://example.com/b"),
        ("http://[::1]:80/a", "https://[::1]/a"),
        ("https://medium.com/@someone/post", "https://medium.com/@someone/post"),
    ],
)
def test_spellings_of_one_address_have_one_canonical_form(written: str, expected: str) -> None:
    assert canonical(written) == expected


def test_a_canonical_address_is_its_own_canonical_form() -> None:
    once = canonical("HTTP://www.Example.com:80/%7Ea//b/?q=é&utm_source=x#/r/")

    assert canonical(once) == once


@pytest.mark.parametrize("written", ["mailto:a@b.example", "#part", "", "https://example.com:99999/a"])
def test_what_has_no_canonical_form_stays_as_it_is(written: str) -> None:
    assert canonical(written) == written


@pytest.mark.parametrize("url", ["http://a.example", "HTTPS://a.example/b", "https://a.example:8080/", "http://[::1]/"])
def test_http_and_https_lead_to_the_web(url: str) -> None:
    assert is_web(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.example/b",
        "mailto:a@b.example",
        "//a.example/b",
        "/b",
        "b.md",
        "#part",
        "",
        "http://",
        "https:///b",
        "http:a.example",
        "https://user@a.example/",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "http:\\\\a.example\\b",
        "\\\\a.example",
        "https://a .example/",
        "https://a\x00.example/",
        "https://a.example/\x00",
        "https://a\u202eb.example/",
        "https://a\u200bb.example/",
        "https://./",
        "https://a.example:port/",
    ],
)
def test_anything_else_does_not(url: str) -> None:
    assert not is_web(url)


def test_what_browsers_ignore_is_taken_out_of_an_address() -> None:
    assert web(" ht\ttps://a.exa\nmple/b\r ") == "https://a.example/b"


def test_other_scripts_and_spaces_below_the_host_get_percent_signs() -> None:
    assert web("https://a.example/é b") == "https://a.example/%C3%A9%20b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/b.", "https://a.example/b"),
        ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
        ("https://a.example/b|c", "https://a.example/b"),
        ("http://user@a.example and http://b.example", "http://b.example"),
        ("[[Wiki|http://a.example/b]]", "http://a.example/b"),
        ("[[http://a.example/b][Org]]", "http://a.example/b"),
        ("{http://a.example/b},", "http://a.example/b"),
        ("http://a.example/b[1]?c[]=2", "http://a.example/b[1]?c[]=2"),
        ("「http://a.example/b」", "http://a.example/b"),
        ("详见http://a.example/b，然后", "http://a.example/b"),
        ("“http://a.example/b”", "http://a.example/b"),
        ("http://a.example/b…", "http://a.example/b"),
        ("http://a.example/日本語（仮）", "http://a.example/日本語"),
    ],
)
def test_an_addresses_in_text_ends_before_its_punctuation(text: str, expected: str) -> None:
    assert [text[start:end] for start, end in addresses_in(text)] == [expected]


def test_every_address_in_a_text_is_found() -> None:
    assert list(addresses_in("http://a.example http:// example.com http://b.example")) == [(0, 16), (37, 53)]


def test_an_address_of_brackets_alone_takes_no_time() -> None:
    text = "http://a.example/" + ")]}." * 50_000

    assert [text[start:end] for start, end in addresses_in(text)] == ["http://a.example/"]
