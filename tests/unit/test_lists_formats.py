"""Lists in other formats than Markdown: exports of browsers, feed readers and read-later programs."""

import pytest

from bot.domain.errors import Conflict
from store.lists import write
from store.lists.reading import read

BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE>
<DL><p>
<DT><H3>Storage</H3>
<DL><p>
<DT><A HREF="https://example.org/1" ADD_DATE="1700000000" TAGS="db,log">One</A>
<DD>about *one*
<DT><A HREF="javascript:void(0)">Script</A>
</DL><p>
<DT><A HREF="https://ana:secret@example.org/2">Two</A>
</DL><p>
"""
OPML = """<?xml version="1.0"?>
<opml version="2.0"><body><outline text="Feeds">
<outline text="A & B" htmlUrl="https://example.org/1" xmlUrl="https://example.org/1/feed"/>
</outline></body></opml>
"""
POCKET = "title,url,time_added,tags,status\nOne,https://example.org/1,1700000000,db|big log,unread\n"
PINBOARD = '[{"href":"https:\\/\\/example.org\\/1","description":"One","extended":"why","tags":"db log"}]'


def test_bookmarks_have_tags_notes_and_folders() -> None:
    found = read(BOOKMARKS.encode(), "b.html")

    (one,) = found.entries
    assert (one.line, one.title, one.tags, one.section) == (6, "One", ("db", "log"), ("Storage",))
    assert one.notes.markdown == "about \\*one\\*"


def test_links_that_are_not_read_are_named_without_their_passwords() -> None:
    problems = read(BOOKMARKS.encode(), "b.html").problems

    assert [problem.line for problem in problems] == [8, 10]
    assert "secret" not in str(problems[1])


def test_an_outline_links_to_its_page_and_not_to_its_feed() -> None:
    (one,) = read(OPML.encode(), "o.opml").entries

    assert (one.line, one.title, one.url) == (3, "A & B", "https://example.org/1")
    assert one.section == ("Feeds",)


def test_declarations_in_xml_are_refused_with_their_line() -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "c">]>\n<opml><outline text="&b;" url="https://a.b"/></opml>'

    found = read(bomb.encode(), "o.opml")

    assert found.failed
    assert found.problems[0].line == 2


@pytest.mark.parametrize(("text", "name"), [(POCKET, "p.csv"), (PINBOARD, "p.json"), (PINBOARD, "p.txt")])
def test_exports_of_read_later_programs_are_read(text: str, name: str) -> None:
    (one,) = read(text.encode(), name).entries

    assert (one.title, one.url, one.tags[0]) == ("One", "https://example.org/1", "db")


def test_json_nested_too_deep_is_refused_with_its_line() -> None:
    found = read(b"\n" + b"[" * 100_000, "p.json")

    assert found.failed
    assert found.problems[0].line == 2


@pytest.mark.parametrize("text", [POCKET, "* [A](https://a.example)\n"])
def test_utf_16_with_a_mark_is_read(text: str) -> None:
    assert len(read(text.encode("utf-16"), "l.txt").entries) == 1


def test_other_formats_are_never_written() -> None:
    with pytest.raises(Conflict, match="Only Markdown"):
        write.Document(OPML.encode()).added(title="T", url="https://example.org/2")


def test_an_export_with_too_many_links_is_cut_with_a_line() -> None:
    rows = "".join(f"Title {number},https://example.org/{number}\n" for number in range(20_002))

    found = read(f"title,url\n{rows}".encode(), "export.csv")

    assert len(found.entries) == 20_000
    assert found.links.not_read == 2
    assert str(found.problems[0]).startswith("export.csv:20002: only the first 20,000 links")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("#+TITLE: L\n#+LANGUAGE: de_AT\n* Lesen\n- [[https://example.org/1][Eins]]\n", "list.org"),
        (
            '<html lang="de-AT"><title>L</title><ul><li><a href="https://example.org/1">Eins</a></ul></html>',
            "list.html",
        ),
    ],
)
def test_other_formats_say_their_language_too(text: str, name: str) -> None:
    known, unknown = read(text.encode(), name), read(text.replace("de", "ja", 1).encode(), name)

    assert [(entry.title, entry.language) for entry in known.entries] == [("Eins", "de")]
    assert [(entry.title, entry.language) for entry in unknown.entries] == [("Eins", None)]
    assert not any("lang" in problem.message for problem in unknown.problems)


@pytest.mark.parametrize(
    "name",
    [
        *("p", "div", "section", "article", "main", "address", "figure", "figcaption", "details", "summary"),
        *("center", "fieldset", "legend", "hgroup", "blockquote"),
    ],
)
def test_a_block_within_an_item_is_apart_from_the_words_after_it(name: str) -> None:
    page = f"<ul><li><a href='https://example.org/1'>One</a><{name}>first</{name}>second</ul>"

    (one,) = read(page.encode(), "page.html").entries

    assert one.notes.markdown.replace(">", "").split() == ["first", "second"]
