"""What is an entry, and what belongs to it."""

from pathlib import Path

import pytest

from bot.domain.source import ReadEntry
from store.lists.reading import read

ARTICLES = Path(__file__).parent / "lists" / "articles.md"


def entries_of(markdown: str) -> tuple[ReadEntry, ...]:
    return read(markdown.encode(), "list.md").entries


def only(markdown: str) -> ReadEntry:
    (entry,) = entries_of(markdown)
    return entry


def test_a_real_list_is_read_with_its_lines_and_front_matter() -> None:
    articles = read(ARTICLES.read_bytes(), "articles.md")

    assert articles.title == "Articles worth an hour"
    assert articles.shapes == {"list items": 4}
    assert articles.problems == ()
    assert [entry.line for entry in articles.entries] == [10, 23, 24, 34]
    assert [bool(entry.notes) for entry in articles.entries] == [True, False, True, False]
    assert {entry.tags for entry in articles.entries} == {("engineering",)}
    assert articles.entries[0].url == "https://www.caches.example/blog/edge/?utm_source=feed"
    assert articles.entries[0].key == "https://caches.example/blog/edge"
    assert articles.entries[3].title == "Fleet upgrades without a night shift"


@pytest.mark.parametrize(
    "item",
    [
        "* [T](http://a.example)",
        "- [T](http://a.example)",
        "+ [T](http://a.example 'with a title')",
        "1. [T](http://a.example)",
        "7) [T](<http://a.example>)",
        "* 📖 [T](http://a.example)",
        "* ⚙️ 👩‍💻 [T](http://a.example)",
        "* 1️⃣ [T](http://a.example)",
        "* :page_facing_up: [T](http://a.example)",
        "* **[T](http://a.example)**",
        "* _[T](http://a.example)_",
        "* ~~[T](http://a.example)~~",
        "* [ ] [T](http://a.example)",
        "* [x] [T](http://a.example)",
        "*\t[T](http://a.example)",
        "*\n  [T](http://a.example)",
        "* [*T*](http://a.example)",
        "* [`T`](http://a.example)",
        "* [![T](cover.png)](http://a.example)",
        "* [T][r]\n\n[r]: http://a.example",
        "* [T][]\n\n[t]: http://a.example",
        "* [T]\n\n[t]: http://a.example",
        "> * [T](http://a.example)",
        "- text\n  - [T](http://a.example)",
    ],
)
def test_an_item_that_begins_with_a_link_is_an_entry(item: str) -> None:
    entry = only(item)

    assert (entry.title, entry.url) == ("T", "http://a.example")
    assert not entry.notes


@pytest.mark.parametrize("item", ["* <http://a.example/b>", "* http://a.example/b", "* 📖 **http://a.example/b**"])
def test_an_address_alone_is_an_entry_under_its_address(item: str) -> None:
    entry = only(item)

    assert (entry.title, entry.url, entry.notes.markdown) == ("http://a.example/b", "http://a.example/b", "")


@pytest.mark.parametrize(
    "markdown",
    [
        "* for more words, see what [T](http://a.example) says",
        "* [![T](badge.svg)](http://a.example)",
        "* ![T](http://a.example)",
        "* text\n\n  [T](http://a.example)",
        "<!--\n* [T](http://a.example)\n-->",
        "```\n* [T](http://a.example)\n```",
    ],
)
def test_other_items_comments_and_code_are_no_entries(markdown: str) -> None:
    assert [entry.line for entry in entries_of(f"{markdown}\n\n* [Z](http://z.example)\n") if entry.title == "T"] == []


@pytest.mark.parametrize(
    ("item", "notes"),
    [
        ("* [T](http://a.example) - a guide", "a guide"),
        ("* [T](http://a.example) — a guide", "a guide"),
        ("* [T](http://a.example): a guide", "a guide"),
        ("* [T](http://a.example) : a guide", "a guide"),
        ("* [T](http://a.example) by *someone*", "by *someone*"),
        ("* **[T](http://a.example)** - a guide", "a guide"),
        ("* **[T](http://a.example) and more** text", "**and more** text"),
        ("* [T](http://a.example)\n  a guide", "a guide"),
        ("* [T](http://a.example)\nlazy", "lazy"),
        ("* [T](http://a.example) - a guide\n  that goes on", "a guide\nthat goes on"),
        ("* [T](http://a.example)\n\n  a guide\n\n  and more", "a guide\n\nand more"),
        ("* [T](http://a.example)\n    3. three\n    4. four", "3. three\n4. four"),
        ("* [T](http://a.example)\n\t- tab\n\t\t- deeper", "- tab\n    - deeper"),
        ("* [T](http://a.example)\n\n      code", "    code"),
        ("* [T](http://a.example)\n\n  ```\n  code\n    more\n  ```", "```\ncode\n  more\n```"),
        ("* [T](http://a.example)\n  > quote", "> quote"),
        ("> * [T](http://a.example)\n>   quoted notes\n>   - and a list", "quoted notes\n- and a list"),
        ("* http://a.example - a guide", "a guide"),
        ("* [T](http://a.example).", ""),
        ("* [T](http://a.example) -", ""),
    ],
)
def test_everything_else_in_the_item_is_its_notes_as_written(item: str, notes: str) -> None:
    assert only(item).notes.markdown == notes


@pytest.mark.parametrize("indent", [6, 7, 8, 12])
def test_a_list_far_to_the_right_under_the_link_keeps_its_structure(indent: int) -> None:
    pad = " " * indent

    entry = only(f"* [T](http://a.example)\n{pad}1. one\n{pad}   - below\n{pad}2. two\n")

    assert entry.notes.markdown == "1. one\n   - below\n2. two"


def test_links_in_a_list_far_to_the_right_are_entries_of_their_own() -> None:
    outer, inner, text = entries_of(
        "# H\n* [A](http://a.example)\n        - [B](http://b.example)\n          notes of B\n* [C](http://c.example)\n"
    )

    assert (inner.title, inner.line, inner.parent_line) == ("B", 3, outer.line)
    assert inner.section == ("H", "A")
    assert inner.notes.markdown == "notes of B"
    assert text.parent_line is None


def test_notes_that_step_back_to_the_left_stay_one_list() -> None:
    assert only("* [T](http://a.example)\n        1. one\n    2. two\n").notes.markdown == "1. one\n2. two"


def test_a_nested_entry_stands_for_itself_and_stays_in_the_notes_of_its_parent() -> None:
    outer, inner = entries_of("# Data\n## Caches\n- [A](http://a.example)\n  - [B](http://b.example) - good\n")

    assert outer.notes.markdown == "- [B](http://b.example) - good"
    assert outer.section == ("Data", "Caches")
    assert inner.section == ("Data", "Caches", "A")
    assert inner.parent_line == outer.line == 3


def test_nested_notes_in_the_front_matter_keep_nested_links_as_notes_only() -> None:
    entry = only("---\nnested: notes\n---\n- [A](http://a.example)\n  - [B](http://b.example)\n")

    assert entry.notes.markdown == "- [B](http://b.example)"


def test_definitions_that_notes_refer_to_travel_with_them() -> None:
    entry = only("* [A](http://a.example) see [that][one]\n\n[one]: http://b.example\n")

    assert entry.notes.markdown == "see [that][one]\n\n[one]: <http://b.example>"


def test_the_section_is_the_path_of_headings() -> None:
    first, second, third = entries_of(
        "# One\n## Two\n* [A](http://a.example)\n### Three\n* [B](http://b.example)\n\nFour\n----\n* [C](http://c.example)\n"
    )

    assert (first.section, second.section, third.section) == (
        ("One", "Two"),
        ("One", "Two", "Three"),
        ("One", "Four"),
    )


def test_tags_come_from_brackets_hashtags_and_the_front_matter() -> None:
    entry = only("---\ntags: [Team]\n---\n* [DB] [a, b] [T](http://a.example) - notes #Perf #x-y\n")

    assert entry.tags == ("db", "a", "b", "perf", "x-y", "team")
    assert entry.notes.markdown == "notes #Perf #x-y"


@pytest.mark.parametrize("notes", ["fixes #12", "C# and F#", "the #one in the middle of a line"])
def test_a_hash_elsewhere_is_text(notes: str) -> None:
    assert only(f"* [T](http://a.example) {notes}\n").tags == ()


@pytest.mark.parametrize("place", ["{#my-id}", "{#my-id} - notes", "- notes {#my-id}"])
def test_an_explicit_identity_is_the_key_and_no_notes(place: str) -> None:
    entry = only(f"* [T](http://a.example) {place}\n")

    assert entry.key == "#my-id"
    assert entry.notes.markdown in ("", "notes")


def test_the_second_of_two_spellings_is_a_duplicate() -> None:
    duplicates = read(
        b"* [A](http://a.example)\n* [B](http://b.example)\n* [A](https://www.a.example/?utm_id=1)\n", "l.md"
    )

    assert len(duplicates.entries) == 3
    assert [str(problem) for problem in duplicates.problems] == [
        "l.md:3: duplicate of line 1; the first is kept when it is synced"
    ]


def test_the_first_heading_is_the_title_if_the_front_matter_has_none() -> None:
    assert read(b"# Our *list*\n* [A](http://a.example)\n", "l.md").title == "Our list"
