"""Lists whose entries are no list items, and lists without entries."""

import pytest

from bot.domain.source import ReadList
from store.lists.formats.markdown_words import is_generic, tidy
from store.lists.reading import read


def list_of(markdown: str) -> ReadList:
    return read(markdown.encode(), "list.md")


@pytest.mark.parametrize("tag", ["`video`", "[paper]", "(talk)"])
def test_tags_that_are_called_as_fields_are_make_no_title_of_the_heading(tag: str) -> None:
    sections = "".join(
        f"## S{n}\n\n- {tag} [T{n}](https://example.org/{n})\n- {tag} [U{n}](https://example.org/u{n})\n\n"
        for n in (1, 2)
    )

    assert [entry.title for entry in read(sections.encode(), "l.md").entries] == ["T1", "U1", "T2", "U2"]


def test_rows_with_a_link_are_entries_and_their_other_cells_notes() -> None:
    table = list_of(
        "## Data\n\n| Article | Author | Why |\n|---|---|---|\n"
        "| [A](http://a.example) | Jo \\| Li | **good** |\n| no link | x | y |\n| 📖 [B](http://b.example) (pdf) | | |\n"
    )

    assert table.shapes == {"table rows": len(table.entries)}
    assert [(entry.line, entry.title, entry.url) for entry in table.entries] == [
        (5, "A", "http://a.example"),
        (7, "B", "http://b.example"),
    ]
    assert table.entries[0].notes.markdown == "- **Author:** Jo \\| Li\n- **Why:** **good**"
    assert table.entries[1].notes.markdown.endswith("(pdf)")
    assert table.entries[0].section == ("Data",)


def test_a_row_with_a_bare_address_is_called_by_its_first_other_cell() -> None:
    table = list_of("Name | Address\n--- | ---\nA | http://a.example/b\n")

    assert [(entry.title, entry.url, entry.notes.markdown) for entry in table.entries] == [
        ("A", "http://a.example/b", "")
    ]


def test_headings_that_are_links_are_entries_with_all_below_as_notes() -> None:
    headings = list_of(
        "# List\n\n## [A](http://a.example) - aside\n\nNotes of A.\n\n### More\n\n- point\n\n"
        "## Plain\n\nNot notes.\n\n[B](http://b.example)\n===\n"
    )

    assert headings.shapes == {"headings": len(headings.entries)}
    assert [(entry.line, entry.title, entry.section) for entry in headings.entries] == [
        (3, "A", ("List",)),
        (15, "B", ()),
    ]
    assert headings.entries[0].notes.markdown == "- aside\n\nNotes of A.\n\n### More\n\n- point"
    assert not headings.entries[1].notes


def test_paragraphs_and_lines_that_begin_with_a_link_are_entries() -> None:
    paragraphs = list_of(
        "Words first.\n\n[A](http://a.example) is good.\nTruly.\n[B](http://b.example)\n\nA remark on B.\n\n"
        "# Next\n\nwords [no](http://no.example)\n\nhttp://c.example/d\n"
    )

    assert paragraphs.shapes == {"paragraphs": len(paragraphs.entries)}
    assert [(entry.line, entry.title, entry.notes.markdown) for entry in paragraphs.entries] == [
        (3, "A", "is good.\nTruly."),
        (5, "B", "A remark on B."),
        (13, "http://c.example/d", ""),
    ]


@pytest.mark.parametrize(("first", "second"), [("a.", "b."), ("A)", "B)"), ("i.", "ii."), ("①", "②"), ("(1)", "(2)")])
def test_lines_that_are_counted_in_any_way_are_entries(first: str, second: str) -> None:
    lines = f"# Counted\n\n{first} [A](http://a.example)\n{second} [B](http://b.example): about it\n"

    assert [entry.title for entry in list_of(lines).entries] == ["A", "B"]


def test_fields_below_a_heading_or_an_item_are_one_entry_with_its_words_as_title() -> None:
    headed = list_of(
        "# Books\n\n## The first\n\n**Link:** http://a.example\n**Author:** Jane\n\n"
        "## The second\n\n**Link:** [here](http://b.example)\n**Code:** http://c.example\n"
    )
    nested = list_of(
        "# Talks\n\n1. The first\n   - Link: http://a.example\n   - Author: Jane\n"
        "2. The second\n   - Year: 2020\n   - Link: [here](http://b.example)\n   - Code: http://c.example\n"
    )

    assert [(entry.title, entry.url, entry.notes.markdown) for entry in headed.entries] == [
        ("The first", "http://a.example", "**Author:** Jane"),
        ("The second", "http://b.example", "**Code:** http://c.example"),
    ]
    assert [(entry.line, entry.title, entry.url, entry.notes.markdown) for entry in nested.entries] == [
        (3, "The first", "http://a.example", "- Author: Jane"),
        (6, "The second", "http://b.example", "- Year: 2020\n- Code: http://c.example"),
    ]
    assert not headed.unread
    assert not nested.unread


def test_an_address_in_brackets_ends_before_them() -> None:
    items = list_of(
        "* [[Wiki|http://a.example/b]]\n* [http://b.example]\n* {http://c.example}\n* 「http://d.example」\n"
    )

    assert [(entry.title, entry.url) for entry in items.entries] == [
        ("Wiki", "http://a.example/b"),
        ("http://b.example", "http://b.example"),
        ("http://c.example", "http://c.example"),
        ("http://d.example", "http://d.example"),
    ]


def test_lines_of_a_name_and_an_address_are_entries() -> None:
    lines = list_of(
        "# Data\nOne good read: http://a.example/b\n  with notes\n  on two lines\n"
        "- **Two** - <http://b.example>\n3. Three | http://c.example\nno address here\n\n```\nFour http://d.example\n```\n"
    )

    assert lines.shapes == {"lines": 1, "list items": 2}
    assert [(entry.line, entry.title, entry.url) for entry in lines.entries] == [
        (2, "One good read", "http://a.example/b"),
        (5, "Two", "http://b.example"),
        (6, "Three", "http://c.example"),
    ]
    assert lines.entries[0].notes.markdown == "with notes\non two lines"
    assert lines.entries[0].section == ("Data",)


def test_each_part_of_a_file_is_read_in_the_shape_it_has() -> None:
    mixed = list_of(
        "# List\n\n## [G](http://g.example)\n\n## [H](http://h.example)\n\n[P](http://p.example)\n\n"
        "* [A](http://a.example)\n\n| b | c |\n|---|---|\n| [B](http://b.example) | x |\n"
    )

    assert [entry.title for entry in mixed.entries] == ["G", "H", "P", "A", "B"]
    assert mixed.shapes == {"headings": 2, "paragraphs": 1, "list items": 1, "table rows": 1}


@pytest.mark.parametrize(
    ("markdown", "reason"),
    [
        ("# Only words\n", "the file has no links to web pages; add items such as `* [Title](https://…)`"),
        ("---\ntitle: T\n---\n", "there is nothing below the front matter; add items such as `* [Title](https://…)`"),
        ("```\n* [A](http://a.example)\n```\n", "all links are in code blocks or HTML comments; move them out"),
        ("<!--\n* [A](http://a.example)\n-->\n", "all links are in code blocks or HTML comments; move them out"),
        (
            "words, then [A](http://a.example)\n",
            "its links are in running text; begin a list item with each, `* [Title](https://…)`",
        ),
        (
            "* [A](#part)\n",
            "the file has no links to web pages; add items such as `* [Title](https://…)`",
        ),
    ],
)
def test_a_list_without_entries_says_why(markdown: str, reason: str) -> None:
    empty = list_of(markdown)

    assert not empty.failed
    assert [problem.message for problem in empty.problems] == [f"no entries: {reason}"]


LABELS = """
paper papers link links here pdf site website web webpage homepage home page url source sources article
articles post blog blogpost video videos slides slide deck code github gitlab repo repository project demo
docs doc documentation html arxiv doi abs abstract official download view this that read more watch listen
open talk recording youtube transcript book ebook epub ps acm ieee preprint poster dataset data model
weights colab notebook tweet thread hn discussion reference ref text full fulltext web-site mirror archive
archived cached go info details 链接 论文 代码 官网 主页 文章 地址 网站 原文 项目 视频 下载 点击 这里 リンク こちら 링크
"""
"""What is beside a title to say what a link is, and is not one."""


def test_a_link_named_by_what_it_is_is_not_an_entry_of_its_own() -> None:
    assert {word for word in LABELS.split() if not is_generic(word)} == set()
    for label in ("pdf", "Slides", "论文"):
        (entry,) = read(f"- [Queues](https://a.example) [{label}](https://b.example)\n".encode(), "").entries
        assert (entry.title, entry.url) == ("Queues", "https://a.example")


def test_an_address_in_code_after_another_address_is_not_a_link() -> None:
    found = read(b"See http://a.example and `http://b.example/x`\n", "")
    noted = read(b"- [T](http://t.example)\n  http://a.example `http://b.example`\n", "")

    assert [one.link for one in found.unread] == ["http://a.example"]
    assert (noted.links.entries, noted.links.notes) == (1, 1)


def test_what_opens_before_a_link_is_not_of_its_title() -> None:
    assert tidy("Queues (") == "Queues"
    assert tidy("1. Queues [") == "Queues"
    assert tidy("★ Queues") == "Queues"


@pytest.mark.parametrize("lead", ["`go`", "[go]", "(go)", "#go"])
def test_each_way_to_write_a_tag_before_a_link_is_understood(lead: str) -> None:
    (entry,) = list_of(f"- {lead} [One](https://a.example)\n").entries

    assert (entry.title, entry.tags) == ("One", ("go",))
