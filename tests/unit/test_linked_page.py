"""How long a text takes to read, which titles are those of walls, and when a link is dead."""

from datetime import timedelta

import pytest

from bot.domain.linked_page import DEAD_AFTER, KnownPage, LinkedPage, Seen, is_bot_wall, reading_minutes, with_look
from bot.runtime.linked_page_text import MAX_TITLE, read_page
from tests.fakes.clock import START

GONE = LinkedPage(seen=Seen.GONE, reason="The page is gone (404).")
READ = LinkedPage(seen=Seen.PAGE, title="On queues", minutes=6)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("word " * 238, 1),
        ("word " * 476, 2),
        ("don’t re-read " * 119, 1),
        ("語" * 1000, 2),
        ("語" * 500 + " word" * 238, 2),
        ("カタカナとひらがな" * 100, 2),
        ("word " * 60, 1),
        ("Enable JavaScript to see this page.", None),
        ("", None),
        ("… – ! " * 500, None),
    ],
)
def test_the_reading_time_of_a_text(text: str, minutes: int | None) -> None:
    assert reading_minutes(text) == minutes


@pytest.mark.parametrize(
    "title",
    [
        *("Just a moment...", "Just a moment…", "Attention Required! | Cloudflare", "Access Denied", "ACCESS DENIED"),
        *(
            "403 Forbidden",
            "Robot Check",
            "Are you a robot?",
            "Vercel Security Checkpoint",
            "Making sure you're not a bot!",
        ),
    ],
)
def test_the_title_of_a_wall_is_not_that_of_an_article(title: str) -> None:
    assert is_bot_wall(title)
    assert read_page(f"<title>{title}</title>".encode(), "text/html").seen is Seen.WALL


@pytest.mark.parametrize(
    "title",
    ["Access denied: how we lost a weekend", "Just a moment in time", "Please wait for the queue", "", "Errors"],
)
def test_an_article_may_begin_like_a_wall(title: str) -> None:
    assert not is_bot_wall(title)


def test_only_the_words_of_the_article_count() -> None:
    around = "<nav>{0}</nav><aside>{0}</aside><footer>{0}</footer><script>{0}</script><style>{0}</style>".format(
        "menu " * 500
    )
    comments = "<section><article>first comment</article></section>"
    page = f"<body>{around}<article>{'word ' * 476}</article>{comments}</body>"

    assert read_page(page.encode(), "text/html").minutes == 2


def test_a_small_part_is_not_taken_for_the_article() -> None:
    page = f"<body><article>a teaser of {'few ' * 60}</article><p>{'word ' * 714}</p></body>"

    assert read_page(page.encode(), "text/html").minutes == 3


def test_a_long_title_and_description_are_cut() -> None:
    page = read_page(
        f'<title>{"long " * 100}</title><meta name="description" content="{"why " * 200}">'.encode(), "text/html"
    )

    assert len(page.title) <= MAX_TITLE
    assert page.title.endswith("…")
    assert len(page.description) <= 500


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"\0",
        b"<",
        b"<title>",
        b"\xff\xfe<\0t\0i\0t\0l\0e\0>\0",
        b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script>",
        b'<script type="application/ld+json">[[[{"headline": 1}], null, "x"]]</script>',
        b"<frameset><frame></frameset>",
        b"<meta property=og:title><meta name=description>",
        b"</div>" * 10_000,
        b"<meta charset=zlib>",
        b"<meta charset=idna>",
    ],
)
def test_no_page_is_too_broken(page: bytes) -> None:
    assert read_page(page, "text/html").seen is Seen.PAGE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-2", "shift_jis", "utf-8"])
def test_a_page_is_read_in_its_encoding(encoding: str) -> None:
    title = "日本" if encoding == "shift_jis" else "Žižkov"
    page = f"<meta charset={encoding}><title>\0{title}</title>".encode(encoding)

    assert read_page(page, "text/html").title == title


def test_long_drawings_and_bold_words_do_not_cut_a_page() -> None:
    drawing = b"<svg><path d='" + b"M 1 2 L 3 4 " * 20_000 + b"'></svg>"
    page = b"<title>Drawn</title>" + drawing + b"<p>" + b"<b class=a>word</b> <a href='/'>word</a> " * 238

    seen = read_page(page, "text/html")

    assert (seen.title, seen.minutes) == ("Drawn", 2)


def test_a_link_is_dead_after_three_failures_within_three_weeks() -> None:
    known: KnownPage | None = with_look(None, READ, START, counts=True)
    at, failures = START + timedelta(days=30), []
    for _ in range(DEAD_AFTER):
        known = with_look(known, GONE, at, counts=True)
        failures.append((known.failures, at - (known.failing_since or at)))
        at = known.due_at

    assert [count for count, _ in failures] == [1, 2, 3]
    assert failures[-1][1] <= timedelta(weeks=3)
    assert known is not None
    assert known.page.minutes == 6  # how long it took to read is still known
    assert with_look(known, READ, at, counts=True).failures == 0


def test_a_look_that_a_member_asked_for_does_not_count_as_a_failure() -> None:
    known = None
    for _ in range(5):
        known = with_look(known, GONE, START, counts=False)

    assert known is not None
    assert (known.failures, known.failing_since) == (0, None)


@pytest.mark.parametrize("seen", [Seen.WALL, Seen.OTHER, Seen.FORBIDDEN])
def test_what_dogear_cannot_read_is_not_dead(seen: Seen) -> None:
    assert with_look(None, LinkedPage(seen=seen), START, counts=True).failures == 0
