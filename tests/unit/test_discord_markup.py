"""What people wrote stays what they wrote: no ping, no markup and no dressed-up link comes out of it."""

import re

import pytest

from adapters.discord.markup import address, clean, escaped, fenced, link, markdown, shortened, size, verbatim, written
from bot.domain.ids import ChannelRef, PlatformName, Url, WorkspaceRef
from bot.domain.text import Span, plain
from tests.fakes.records import NOW

PINGS = [
    "@everyone",
    "@here",
    "<@123456789012345678>",
    "<@!123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "</cmd:123456789012345678>",
    "<id:customize>",
    "<a:name:123456789012345678>",
    "<t:0:R>",
    "@\u200beveryone",
    "@\u2060here",
    "＠everyone",
    "<!channel>",
    "<!here|x>",
    "<!subteam^S1>",
    "&lt;!here&gt;",
    "x" * 1190 + "@everyone",
    "\\@everyone",
    "\\<@123456789012345678>",
]
LIVE = re.compile(r"@(everyone|here)|(?<!\\)(\\\\)*<(@[!&]?|#|/\w|id:|a?:|t:)[\w:-]*>")


@pytest.mark.parametrize("text", PINGS)
def test_nothing_that_a_person_wrote_pings(text: str) -> None:
    shapes = [
        plain(text),
        (Span(text, code=True),),
        (Span(text, bold=True, italic=True),),
        (Span(text, url=Url("https://example.org/")),),
        (Span("label", url=Url(f"https://example.org/{text}")),),
    ]

    shown = [piece for shape in shapes for piece in written(shape, 1200)] + [fenced(text), verbatim(text)]

    assert not any(LIVE.search(piece) for piece in shown)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//host/x",
        "http://user@host/",
        "https://user:secret@example.org/",
        "\\\\host\\share",
        "https://example.org\\@evil.example/",
        "https://",
        "https://[::1",
        "mailto:a@example.org",
        "",
    ],
)
def test_an_unsafe_address_is_no_link(url: str) -> None:
    assert address(url) is None
    assert "](" not in link("label", url)


@pytest.mark.parametrize(
    ("label", "url", "shown"),
    [
        ("A paper", "https://example.org/p", "[A paper](<https://example.org/p>)"),
        ("A paper", "HTTPS://example.org/p", "[A paper](<https://example.org/p>)"),
        ("bank.example", "https://evil.example/", "[bank.example](<https://evil.example/>) (evil.example)"),
        ("example.org", "https://example.org/", "[example.org](<https://example.org/>)"),
        ("-bank.example", "https://evil.example/", r"[\-bank.example](<https://evil.example/>) (evil.example)"),
        (
            "see(bank.example/x)",
            "https://evil.example/",
            r"[see\(bank.example/x\)](<https://evil.example/>) (evil.example)",
        ),
        ("a..bank.example", "https://evil.example/", "[a..bank.example](<https://evil.example/>) (evil.example)"),
        ("a]b", "https://example.org/", r"[a\]b](<https://example.org/>)"),
        ("x", "https://example.org/a>b|c d", "[x](<https://example.org/a%3Eb%7Cc%20d>)"),
        ("", "https://example.org/", "[example.org](<https://example.org/>)"),
    ],
)
def test_a_link_shows_where_it_leads(label: str, url: str, shown: str) -> None:
    assert link(label, url) == shown


@pytest.mark.parametrize("word", ["a", "a-", "a."])
def test_a_word_of_half_a_million_letters_is_looked_through_once(word: str) -> None:
    """Looked through from each of its letters, it would take days."""
    assert link(word * 500_000, "https://example.org/").startswith("[a")


def test_a_part_of_a_links_label_may_be_bold_but_is_no_link_nor_hides_a_host() -> None:
    found = (Span("Why "), Span("pay", bold=True, url=Url("https://evil.example")), Span("pal.example"))

    assert link("Why paypal.example", "https://example.org/a", found) == (
        "[Why **pay**pal.example](<https://example.org/a>) (example.org)"
    )


def test_markup_is_shown_as_it_was_typed() -> None:
    assert escaped("*a* _b_ ~c~ ||d|| `e` # f") == r"\*a\* \_b\_ \~c\~ \|\|d\|\| \`e\` \# f"


def test_what_steers_the_eye_is_dropped_and_a_turned_line_is_fenced_in() -> None:
    assert clean("a\u202eb\x1b[31m\u200bc\ufeff\U000e0041") == "ab[31mc"
    assert escaped("שלום") == "\u2068שלום\u2069"
    assert clean("one\ntwo\u2028three") == "one two three"


def test_styles_cling_to_words() -> None:
    spans = (Span("a "), Span(" bold ", bold=True), Span("b", strike=True, italic=True))

    assert markdown(spans) == "a  **bold** *~~b~~*"


def test_a_moment_is_shown_in_the_readers_own_zone_and_a_channel_by_its_name() -> None:
    place = WorkspaceRef(PlatformName("discord"), "1")

    assert markdown((Span("x", at=NOW),)) == f"<t:{int(NOW.timestamp())}:f>"
    assert markdown((Span("x", channel=ChannelRef(place, "123456789012345678")),)) == "<#123456789012345678>"
    assert markdown((Span("x", channel=ChannelRef(place, "general")),)) == r"\#general"


def test_a_cut_never_parts_what_a_reader_sees_as_one_character() -> None:
    for piece in written(plain("e\u0301" * 2000), 500):
        assert size(piece) <= 500
        assert not piece.startswith("\u0301")
    assert shortened("👍🏽" * 80, 80).endswith("…")
    assert size(shortened("👍🏽" * 80, 80)) <= 80
