"""Editing a list changes the lines of one entry and no other byte."""

from pathlib import Path

import pytest

from bot.domain.errors import BadUsage, Conflict, NotFound
from store.lists import write
from store.lists.reading import read

ARTICLES = (Path(__file__).parent / "lists" / "articles.md").read_bytes()


def test_an_entry_is_added_after_the_last_in_the_style_of_the_file() -> None:
    edited = (
        write.Document(ARTICLES)
        .added(title="New", url="https://new.example/a", notes="First.\n\n1. one\n   - deep\n2. two")
        .data
    )

    assert edited == ARTICLES + (
        b"* [New](https://new.example/a)\n    First.\n\n    1. one\n       - deep\n    2. two\n"
    )
    assert read(edited, "l.md").entries[-1].notes.markdown == "First.\n\n1. one\n   - deep\n2. two"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"- [A](http://a.example)\n", b"- [A](http://a.example)\n- [N](http://n.example)\n  notes\n"),
        (b"- [A](http://a.example)", b"- [A](http://a.example)\n- [N](http://n.example)\n  notes"),
        (b"+ [A](http://a.example)\r\n", b"+ [A](http://a.example)\r\n+ [N](http://n.example)\r\n  notes\r\n"),
        (b"+ [A](http://a.example)\r\r", b"+ [A](http://a.example)\r+ [N](http://n.example)\r  notes\r\r"),
        (b"9. [A](http://a.example)\n", b"9. [A](http://a.example)\n10. [N](http://n.example)\n    notes\n"),
        (
            b"1) [A](http://a.example)\n1) [B](http://b.example)\n",
            b"1) [A](http://a.example)\n1) [B](http://b.example)\n1) [N](http://n.example)\n   notes\n",
        ),
        (
            b"* [A](http://a.example)\n\n* [B](http://b.example)\n\nend",
            b"* [A](http://a.example)\n\n* [B](http://b.example)\n\n* [N](http://n.example)\n  notes\n\nend",
        ),
        (
            b"\xef\xbb\xbf*\t[A](http://a.example)\n\tx\n",
            b"\xef\xbb\xbf*\t[A](http://a.example)\n\tx\n*\t[N](http://n.example)\n\tnotes\n",
        ),
        (
            b"- Group\n  - [A](http://a.example)\n",
            b"- Group\n  - [A](http://a.example)\n  - [N](http://n.example)\n    notes\n",
        ),
        (b"---\ntitle: T\n---\n", b"---\ntitle: T\n---\n\n* [N](http://n.example)\n    notes\n"),
    ],
)
def test_bullet_indentation_and_line_ends_are_those_of_the_file(before: bytes, after: bytes) -> None:
    assert write.Document(before).added(title="N", url="http://n.example", notes="notes").data == after


SECTIONS = b"# One\n\n- [A](http://a.example)\n  - [B](http://b.example)\n\n# Two\nwords\n\n# Three\n\n- [C](http://c.example)\n"


@pytest.mark.parametrize(
    ("section", "after", "expected"),
    [
        ("one", b"  - [B](http://b.example)\n", b"- [N](http://n.example)\n"),
        ("Two", b"# Two\n", b"\n* [N](http://n.example)\n\n"),
        (None, b"- [C](http://c.example)\n", b"- [N](http://n.example)\n"),
    ],
)
def test_an_entry_is_added_to_its_section(section: str | None, after: bytes, expected: bytes) -> None:
    edited = write.Document(SECTIONS).added(title="N", url="http://n.example", section=section).data

    assert edited == SECTIONS.replace(after, after + expected)


def test_an_unknown_section_is_not_found() -> None:
    with pytest.raises(NotFound, match="no section Four"):
        write.Document(SECTIONS).added(title="N", url="http://n.example", section="Four")


@pytest.mark.parametrize(
    "title", ["a [b] c", "a *b* `c` _d_ <e> &amp; ~~f~~", "back\\slash \\[", "# one", "**", "a\nb"]
)
@pytest.mark.parametrize(
    "url", ["https://n.example/a_(b", "https://n.example/?a=1&amp;b=2&copy;", "https://n.example/a b<c>"]
)
def test_titles_and_addresses_are_read_back_as_given(title: str, url: str) -> None:
    edited = write.Document(ARTICLES).added(title=title, url=url).data

    added = read(edited, "l.md").entries[-1]
    assert added.title == " ".join(title.split())
    assert added.url == url.replace(" ", "%20")
    assert edited.startswith(ARTICLES)


@pytest.mark.parametrize(
    "notes",
    ["---", "===", "2. two", "- a\n- b", "    code", "| a |\n|---|", "> q", "# h", "[x]: y", "- [L](http://l.example)"],
)
def test_notes_are_read_back_as_given(notes: str) -> None:
    edited = write.Document(ARTICLES).added(title="N", url="http://n.example", notes=notes).data

    added = next(entry for entry in read(edited, "l.md").entries if entry.title == "N")
    assert added.notes.markdown.split() == notes.split()
    assert edited.startswith(ARTICLES)


@pytest.mark.parametrize(("title", "url", "field"), [(" ", "http://n.example", "title"), ("N", "javascript:x", "url")])
def test_an_entry_needs_a_title_and_a_web_address(title: str, url: str, field: str) -> None:
    with pytest.raises(BadUsage) as refused:
        write.Document(ARTICLES).added(title=title, url=url)

    assert refused.value.field == field


def test_an_article_that_is_on_the_list_is_not_added_again() -> None:
    with pytest.raises(Conflict, match="at line 23"):
        write.Document(ARTICLES).added(title="N", url="http://www.queues.example/lesson/?utm_source=x")


@pytest.mark.parametrize(
    "data",
    [b"", "* [A](http://a.example)".encode("utf-16"), b"| [A](http://a.example) |\n|---|\n| [B](http://b.example) |\n"],
)
def test_a_file_that_is_no_list_of_items_is_not_edited(data: bytes) -> None:
    with pytest.raises(Conflict):
        write.Document(data).added(title="N", url="http://n.example")


def test_notes_are_replaced_and_nothing_else() -> None:
    edited = write.Document(ARTICLES).with_notes(line=24, notes="Short.\n- point").data

    assert edited.splitlines()[:24] == ARTICLES.splitlines()[:24]
    assert edited.splitlines()[24:] == [b"    Short.", b"    - point", *ARTICLES.splitlines()[33:]]


def test_notes_are_added_and_taken_away_again() -> None:
    added = write.Document(ARTICLES).with_notes(line=34, notes="New.").data

    assert added == ARTICLES + b"    New.\n"
    assert write.Document(added).with_notes(line=34, notes="").data == ARTICLES


def test_unchanged_notes_change_nothing() -> None:
    for entry in read(ARTICLES, "l.md").entries:
        assert write.Document(ARTICLES).with_notes(line=entry.line, notes=entry.notes.markdown).data == ARTICLES


def test_the_emphasis_and_identity_of_a_link_stay() -> None:
    before = b"- **[A](http://a.example)** {#a} - old\n  older\n\ntext\n"

    edited = write.Document(before).with_notes(line=1, notes="new")

    assert edited.data == b"- **[A](http://a.example)** {#a}\n  new\n\ntext\n"


def test_the_notes_of_a_nested_entry_change_alone() -> None:
    before = b"- [A](http://a.example)\n  - [B](http://b.example)\n"

    edited = write.Document(before).with_notes(line=2, notes="new")

    assert edited.data == b"- [A](http://a.example)\n  - [B](http://b.example)\n    new\n"


def test_notes_that_hold_other_entries_are_not_replaced() -> None:
    with pytest.raises(Conflict, match="another entry"):
        write.Document(b"- [A](http://a.example)\n  - [B](http://b.example)\n").with_notes(line=1, notes="new")


def test_notes_of_no_entry_are_not_found() -> None:
    with pytest.raises(NotFound, match="line 3"):
        write.Document(ARTICLES).with_notes(line=3, notes="new")
