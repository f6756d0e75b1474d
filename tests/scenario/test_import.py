"""`dogear import` as a host types it: any readable format becomes part of a Markdown list, once."""

import os
import subprocess
from pathlib import Path

import pytest

from store.lists.convert import convert
from store.lists.reading import read
from tests.fakes import commands

BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
<DL><p>
<DT><A HREF="https://example.org/loose">Loose [one]</A>
<DT><H3>Storage</H3>
<DL><p>
<DT><A HREF="https://example.org/1_(a)" ADD_DATE="1700000000" TAGS="db,big log">One *star*</A>
<DD>about *one*, see https://example.org/notes
<DT><H3>Deep</H3>
<DL><p><DT><A HREF="https://example.org/2?a=1&amp;copy;=2">Two</A></DL><p>
</DL><p>
</DL><p>
"""
ORG = "* Queues :mq:\n** [[https://example.org/q][Queues]]\n- why :: [[https://example.org/why][Paper]]\n"
RST = "Clocks\n======\n\n* `Time <https://example.org/t>`_ - lies\n\n  * `Part <https://example.org/t/1>`_\n"
PAGE = "<!doctype html><h2>Web</h2><ul><li><a href='https://example.org/w'>Web</a> <p>about it</ul>"
OPML = "<opml><body><outline text='Feeds'><outline text='A' htmlUrl='https://example.org/a'/></outline></body></opml>"
POCKET = "title,url,time_added,tags,status\nOne,https://example.org/p,1700000000,db|2024,unread\n"
PINBOARD = '[{"href":"https://example.org/j","description":"J","extended":"why","tags":"db log"}]'
MARKDOWN = "# L\n\n| Name | Paper |\n|---|---|\n| Raft | [paper](https://example.org/raft) |\n\n[Para](https://example.org/para) is good.\n"
FORMATS = {
    "b.html": BOOKMARKS,
    "l.org": ORG,
    "l.rst": RST,
    "page.html": PAGE,
    "f.opml": OPML,
    "p.csv": POCKET,
    "p.json": PINBOARD,
    "l.md": MARKDOWN,
}


def dogear(*arguments: str, to: Path | None = None) -> subprocess.CompletedProcess[str]:
    with (to or Path(os.devnull)).open("ab") as file:
        return commands.dogear(*arguments, stdout=file if to else None)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_imported_with_the_same_addresses_and_tags(name: str) -> None:
    found = read(FORMATS[name].encode(), name)

    written = read(convert(found, set()).markdown.encode(), "reading.md")

    assert written.problems == ()
    assert {(entry.url, entry.title) for entry in written.entries} == {(e.url, e.title) for e in found.entries}
    assert {(e.url, tag) for e in written.entries for tag in e.tags} == {
        (e.url, tag) for e in found.entries for tag in e.tags
    }


@pytest.mark.parametrize("name", FORMATS)
def test_sections_and_notes_are_kept(name: str) -> None:
    found = read(FORMATS[name].encode(), name)

    written = read(convert(found, set()).markdown.encode(), "reading.md")

    assert {(e.url, e.section, bool(e.notes)) for e in written.entries} == {
        (e.url, e.section, bool(e.notes)) for e in found.entries
    }


def test_importing_twice_into_a_list_adds_nothing(tmp_path: Path) -> None:
    reading = tmp_path / "reading.md"
    reading.write_text("# Club\r\n\r\n* [One](https://example.org/q)\r\n", newline="")
    (tmp_path / "l.org").write_text(ORG)

    first = dogear("import", str(tmp_path / "l.org"), "--into", str(reading))
    after = reading.read_bytes()
    again = dogear("import", str(tmp_path / "l.org"), "--into", str(reading))

    assert (first.returncode, again.returncode) == (0, 0)
    assert after.startswith(b"# Club\r\n\r\n* [One](https://example.org/q)\r\n\r\n## Queues\r\n")
    assert [entry.url for entry in read(after, "r.md").entries] == ["https://example.org/q", "https://example.org/why"]
    assert reading.read_bytes() == after
    assert "0 entries written, 2 on the list already" in again.stderr


def test_what_is_appended_with_the_shell_has_no_duplicates(tmp_path: Path) -> None:
    reading = tmp_path / "reading.md"
    (tmp_path / "b.html").write_text(BOOKMARKS)

    for _ in range(2):
        assert dogear("import", str(tmp_path / "b.html"), to=reading).returncode == 0

    found = read(reading.read_bytes(), "reading.md")
    assert (len(found.entries), found.problems) == (3, ())


def test_entries_of_another_list_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text(BOOKMARKS)
    (tmp_path / "other.md").write_text("* [Two](https://example.org/loose)\n")

    printed = dogear("import", str(tmp_path / "b.html"), "--without", str(tmp_path / "other.md"))

    assert "loose" not in printed.stdout
    assert printed.stdout.startswith("## Storage\n")


def test_entries_without_a_section_get_a_heading_below_a_list(tmp_path: Path) -> None:
    reading = tmp_path / "reading.md"
    reading.write_text("## Storage\n\n* [One](https://example.org/one)\n")
    (tmp_path / "p.csv").write_text(POCKET)

    dogear("import", str(tmp_path / "p.csv"), "--into", str(reading))

    assert read(reading.read_bytes(), "r.md").entries[1].section == ("p",)


def test_a_missing_file_is_named_and_the_others_are_imported(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(POCKET)

    run = dogear("import", str(tmp_path / "none.html"), str(tmp_path / "p.csv"))

    assert run.returncode == 1
    assert "none.html: there is no such file" in run.stderr
    assert "https://example.org/p" in run.stdout


def test_a_target_that_is_not_markdown_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(POCKET)
    (tmp_path / "b.html").write_text(BOOKMARKS)

    run = dogear("import", str(tmp_path / "p.csv"), "--into", str(tmp_path / "b.html"))

    assert run.returncode == 2
    assert "is not Markdown" in run.stderr
    assert (tmp_path / "b.html").read_text() == BOOKMARKS


def test_nothing_is_written_where_it_would_not_be_read(tmp_path: Path) -> None:
    reading = tmp_path / "reading.md"
    reading.write_text("---\ndraft: true\n---\n\n* [One](https://example.org/one)\n")
    (tmp_path / "p.csv").write_text(POCKET)

    run = dogear("import", str(tmp_path / "p.csv"), "--into", str(reading))

    assert run.returncode == 2
    assert "would not be read" in run.stderr
    assert reading.read_text().endswith("/one)\n")


def test_titles_tags_and_notes_that_look_like_markup_stay_text() -> None:
    rows = 'url,title,tags,note\nhttps://example.org/1,"[x] `Vec<T>` # 1. *a*","c|[y]|#z|two words","- [a](https://example.org/b)\n# no"\n'
    found = read(rows.encode(), "p.csv")

    written = read(convert(found, set()).markdown.encode(), "r.md")

    assert [(e.title, e.url) for e in written.entries] == [(e.title, e.url) for e in found.entries]
    assert set(written.entries[0].tags) == set(found.entries[0].tags)


def test_an_address_without_scheme_in_notes_stays_a_note() -> None:
    found = read(b'url,title,note\nhttps://example.org/1,One,"- www.example.org\n- example.org/2"\n', "p.csv")

    assert [e.url for e in read(convert(found, set()).markdown.encode(), "r.md").entries] == ["https://example.org/1"]


def test_an_address_in_a_folders_name_makes_no_entry() -> None:
    folder = "From https://example.org/2 and [x](https://example.org/3)"
    outlines = f"<opml><body><outline text='{folder}'><outline text='A' htmlUrl='https://example.org/a'/></outline></body></opml>"
    found = read(outlines.encode(), "f.opml")

    (entry,) = read(convert(found, set()).markdown.encode(), "r.md").entries

    assert (entry.url, entry.section) == ("https://example.org/a", ("From example.org/2 and [x](example.org/3)",))


def test_an_item_nested_in_notes_is_not_written_twice() -> None:
    text = b"* [A](https://example.org/a)\n    * [B](https://example.org/b)\n* [C](https://example.org/c)\n"
    found = read(text, "l.md")

    all_of_it = read(convert(found, set()).markdown.encode(), "r.md")
    without_b = read(convert(found, {"https://example.org/b"}).markdown.encode(), "r.md")

    assert [entry.url[-1] for entry in all_of_it.entries] == ["a", "b", "c"]
    assert [entry.url[-1] for entry in without_b.entries] == ["a", "c"]


def test_the_first_of_two_links_to_one_page_is_imported() -> None:
    export = (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><H3>Tea</H3>\n<DL><p>\n"
        '<DT><A HREF="https://example.org/1" TAGS="a,2024">First</A>\n<DD>Good.\n</DL><p>\n'
        '<DT><A HREF="https://example.org/1">Second</A>\n</DL><p>\n'
    )
    done = convert(read(export.encode(), "b.html"), set())

    (entry,) = read(done.markdown.encode(), "r.md").entries
    assert (entry.title, entry.tags, entry.section, entry.notes.markdown) == ("First", ("a", "2024"), ("Tea",), "Good.")
