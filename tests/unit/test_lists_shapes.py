"""Lists whose entries are no list items, and lists without entries."""

from time import process_time

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


def titles(markdown: str) -> list[str]:
    return [entry.title for entry in list_of(markdown).entries]


def test_fields_that_are_less_indented_than_what_they_are_about_are_read() -> None:
    found = list_of("1. A news item\n  - Paper: https://example.org/1\n2. Another one\n  - https://example.org/2\n")

    assert [entry.line for entry in found.entries] == [2, 4]


def test_fields_below_a_bold_line_are_one_entry_with_its_words_as_title() -> None:
    found = list_of(
        "# 检测\n\n**First method**\n\n- 论文：https://example.org/1\n\n- 代码（没有）：https://example.org/2\n\n"
        "**Second method**\n\n论文：https://example.org/3\n\n代码：https://example.org/4\n\n"
        "**Third method**\n\n- Oral\n- Paper: [arXiv](https://example.org/5)\n"
    )

    assert [(entry.line, entry.title, entry.section) for entry in found.entries] == [
        (5, "First method", ("检测",)),
        (11, "Second method", ("检测",)),
        (18, "Third method", ("检测",)),
    ]
    assert found.entries[1].notes.markdown == "代码：https://example.org/4"
    assert found.entries[2].notes.markdown == "- Oral"
    assert not found.unread


def test_fields_of_one_name_with_titles_of_their_own_are_entries_each() -> None:
    sections = (
        f"## S{n}\n\n- Paper: [Title A{n}](https://example.org/a{n})\n- Paper: [Title B{n}](https://example.org/b{n})\n\n"
        for n in (1, 2)
    )

    assert titles("".join(sections)) == ["Title A1", "Title B1", "Title A2", "Title B2"]


def test_a_link_in_quotes_after_its_authors_is_an_entry() -> None:
    found = list_of(
        "1.  Ann Lee, Bo Kim, Cy Roe, Di Fox,\n    Eva Poe, and Flo Gray:\n"
        "    “[Clocks drift](https://example.org/1),” at *A Conference*, 2013.\n    [doi:1](https://example.org/doi)\n"
        "2.  In the essay “[Tea](https://example.org/2)” she says so.\n"
    )

    assert [entry.title for entry in found.entries] == ["Clocks drift"]
    assert found.entries[0].notes.markdown.startswith("Ann Lee, Bo Kim, Cy Roe, Di Fox, Eva Poe, and Flo Gray — at *A")


def test_a_link_that_names_authors_and_year_is_called_by_the_words_before_it() -> None:
    found = list_of(
        "1. **On clocks**. [Lee (1978)](https://example.org/1).\n"
        "    * A note on time. [Kim, Roe (1981)](https://example.org/2).\n"
        "    * How late is it?. [Fox et al (1985)](https://example.org/3).\n"
        "1. **On tea**. [Poe (1999)](https://example.org/4).\n"
    )

    assert [(entry.title, entry.parent_line) for entry in found.entries] == [
        ("On clocks", None),
        ("A note on time", 1),
        ("How late is it?", 1),
        ("On tea", None),
    ]


def test_the_title_before_a_link_is_without_date_and_authors() -> None:
    item = "- [2023/02] Tools that teach *Ann Lee et al. arXiv.* [[paper](https://example.org/1)] [[code](https://e.org)]\n"
    found = list_of(item)

    assert [entry.title for entry in found.entries] == ["Tools that teach"]
    assert found.entries[0].notes.markdown == "[2023/02] Ann Lee et al. arXiv. — [[code](https://e.org)]"


def test_a_summary_is_the_section_of_the_headings_in_its_details() -> None:
    found = list_of(
        "# L\n\n## All\n\n<details>\n<summary>One</summary>\n\n### Posts\n\n* [A](https://a.example)\n\n"
        "### Talks\n\n* [B](https://b.example)\n\n</details>\n\n<details>\n<summary>Two</summary>\n\n"
        "* [C](https://c.example)\n\n</details>\n\n* [D](https://d.example)\n"
    )

    assert [entry.section for entry in found.entries] == [
        ("L", "All", "One", "Posts"),
        ("L", "All", "One", "Talks"),
        ("L", "All", "Two"),
        ("L", "All"),
    ]


def test_what_is_centred_in_html_is_a_banner() -> None:
    items = "".join(f'<p>:tea: <a href="https://example.org/{n}"><b>T{n}</b></a> - good.<br></p>\n' for n in range(4))
    found = list_of(
        '<h1 align="center"><a href="https://example.org">The list</a></h1>\n<p align="center">\n'
        '<a href="https://example.org/job"><b>A job?</b><br>Apply</a>\n</p>\n\n## Tea\n\n' + items
    )

    assert [(entry.title, entry.notes.markdown) for entry in found.entries] == [(f"T{n}", "good.") for n in range(4)]


def test_a_row_about_a_file_beside_the_list_is_not_an_entry() -> None:
    found = list_of(
        "Course | Talk\n--- | ---\n[A](https://a.example) | [chat](https://c.example)\n"
        "[B](courses/b.md) | [chat](https://d.example)\n[C](c.md) | https://e.example\n"
    )

    assert [(entry.title, entry.url) for entry in found.entries] == [
        ("A", "https://a.example"),
        ("C", "https://e.example"),
    ]


def test_a_line_below_a_bold_name_belongs_to_it() -> None:
    found = list_of(
        "### Data\n<b>Chairs (2003)</b> [[Link]](https://example.org/1)\n<br>1,814 models.\n"
        "<br>ChairCore [[Link]](https://example.org/2): fewer.\n\n"
        ":tea: <b>Tables (2004)</b> [[Link]](https://example.org/3)\n"
    )

    assert [(entry.title, "tea" in entry.notes.markdown) for entry in found.entries] == [
        ("Chairs (2003)", False),
        ("Tables (2004)", False),
    ]


ITEMS = "".join(f"* [T{n}](https://example.org/{n})\n" for n in range(12))


@pytest.mark.parametrize(
    "prose",
    [
        "Mirror: <https://m.example> (thanks to [Ann](https://a.example)).\n\nMore is [there](https://b.example), too.\n",
        "It got faster this week.\nRange: [a..b](https://a.example)\n",
        "> I like tea.\n\n– [Ann](https://a.example)\n",
        "> I like tea.\n> — [Ann](https://a.example)\n",
        "[Please send us your links!](https://a.example)\n",
        "[Discuss on a forum](https://a.example)\n",
        "### [Open questions](https://a.example)\n\n* [U](https://example.org/u)\n",
        "## Contributing\n\n* Review [open submissions](https://a.example) by commenting\n",
    ],
)
def test_links_about_a_list_of_items_are_not_entries(prose: str) -> None:
    found = titles(f"# L\n\n## One\n\n{ITEMS}\n## Two\n\n{prose}\n## Three\n\n## Four\n")

    assert [title for title in found if title != "U"] == [f"T{n}" for n in range(12)]


def test_items_with_links_below_a_linked_heading_are_its_notes() -> None:
    found = list_of(
        "# L\n\n## [A](https://a.example)\n\n* **Hype:** good\n* **But:** raw data is [here](https://b.example)\n\n"
        "## [B](https://c.example)\n\n* **But:** starts at [3:30](https://d.example).\n"
    )

    assert [entry.title for entry in found.entries] == ["A", "B"]
    assert "https://b.example" in found.entries[0].notes.markdown


def test_paragraphs_of_the_notes_stay_apart() -> None:
    found = list_of('[A](https://a.example)。First.\n\nSecond.\n\n[B](https://b.example)：好。\n\n<a name="c" />\n')

    assert [entry.notes.markdown for entry in found.entries] == ["First.\n\nSecond.", "好。"]


def test_counters_pictures_and_addresses_before_a_link_are_neither_notes_nor_tags() -> None:
    found = list_of("1、[A](https://a.example)：好。\n\n2、[B](https://b.example)\n")
    items = list_of("* [:scroll:](join-calculus.pdf) [C](https://c.example)\n* :tea: 3) [D](https://d.example)\n")

    assert [entry.notes.markdown for entry in found.entries] == ["好。", ""]
    assert [(entry.title, entry.notes.markdown, entry.tags) for entry in items.entries] == [
        ("C", "", ()),
        ("D", "", ()),
    ]


def test_the_words_around_an_embedded_address_are_its_title() -> None:
    found = list_of(
        "- {{video https://v.example/1}} A talk\n- Another talk {{youtube https://v.example/2}}\n"
        "- {{tweet https://t.example/3}}\n- {{renderer https://t.example/4}}\n"
    )

    assert [(entry.title, entry.url) for entry in found.entries] == [
        ("A talk", "https://v.example/1"),
        ("Another talk", "https://v.example/2"),
        ("https://t.example/3", "https://t.example/3"),
    ]


def test_pictures_that_lead_somewhere_are_entries_where_nothing_else_is() -> None:
    pictures = "# Talks\n\n[![Tea](t.png)](https://a.example)\n\n[![Rain](r.png)](https://b.example)\n"
    badge = "[![Build](https://img.shields.io/b.svg)](https://c.example)\n"

    assert titles(pictures + badge) == ["Tea", "Rain"]
    assert titles(f"{pictures}\n* [Snow](https://d.example)\n") == ["Snow"]
    assert titles("[![Tea](t.png)](https://a.example)\n") == []


def test_items_that_say_to_read_a_link_are_entries() -> None:
    assert titles(
        "- read [A](https://a.example)\n- Watch: [B](https://b.example)\n- **To read** [C](https://c.example) (long)\n"
        "- Read [the guide](https://d.example) before you write.\n- See [Contributing](https://e.example).\n"
    ) == ["A", "B", "C"]


def test_titles_that_begin_as_sentences_do_are_read_where_links_come_last() -> None:
    found = list_of(
        "## Models\n\n1. **A new model.**\n*Ann Lee.* 2005. [paper](https://example.org/1)\n"
        "1. **On tea.** 2006. [paper](https://example.org/2)\n1. **For all of us** (2007) [[pdf]](https://example.org/3)\n"
        "1. The effect of rain, Bo Kim [[pdf]](https://example.org/4)\n1. Rain, Cy Roe [pdf](https://example.org/5)\n"
        "1. The slides are available at [YouTube](https://example.org/6)\n"
    )

    assert [entry.title for entry in found.entries] == [
        "A new model",
        "On tea",
        "For all of us",
        "The effect of rain, Bo Kim",
        "Rain, Cy Roe",
    ]


def test_a_bold_title_with_its_author_beside_it_is_not_a_row_of_links() -> None:
    found = list_of(
        "**[A](https://a.example)** — [Ann](https://ann.example)\nAbout A.\n\n"
        "**[B](https://b.example)** | **[Home](https://home.example)**\n\n[C](https://c.example) — one.\n"
    )

    assert [entry.title for entry in found.entries] == ["A", "C"]
    assert found.entries[0].notes.markdown.startswith("[Ann](https://ann.example)\nAbout A.")


def test_the_notes_of_a_paragraph_are_without_what_is_called_below_it_and_whom_it_quotes() -> None:
    found = list_of(
        "**Blogs**\n\n[A](https://a.example) by Ann\n[B](https://b.example) by Bo\n\n**People**\n\n"
        '- [C](https://c.example)\n\n> **Quote:** "Ship it." — [Kim](https://kim.example)\n'
    )

    assert [(entry.title, entry.notes.markdown) for entry in found.entries[:2]] == [("A", "by Ann"), ("B", "by Bo")]
    assert "Kim" not in [entry.title for entry in found.entries]


def test_a_line_in_a_wrapped_sentence_that_begins_with_a_link_is_not_an_entry() -> None:
    found = list_of(
        "# L\n\n### [A book](https://a.example)\n\nIts code is free to be read from the site of the book, at\n"
        "[b.example](https://b.example),\nand may be copied.\n\n### [C](https://c.example)\n"
    )

    assert [entry.title for entry in found.entries] == ["A book", "C"]


def test_headings_without_a_space_after_their_signs_are_headings() -> None:
    found = list_of("Books\n-----\n\n###Tea\n* [A](https://a.example)\n\n###Rain\n* [B](https://b.example)\n#tag\n")

    assert [entry.section for entry in found.entries] == [("Books", "Tea"), ("Books", "Rain")]


def test_notes_are_without_the_quotes_and_tags_that_were_around_the_title() -> None:
    found = list_of(
        '**[2]** Lee, Ann. "**On tea**." Science 7 (2006): 4-5. [[pdf]](https://a.example)\n\n'
        '- <b><a href="https://b.example">B</a></b> - good\n'
    )

    assert [(entry.title, entry.notes.markdown) for entry in found.entries] == [
        ("On tea", "[2] Lee, Ann. Science 7 (2006): 4-5"),
        ("B", "good"),
    ]


def test_tags_of_digits_are_read_as_code_only() -> None:
    found = list_of(
        "- `2024` [A](https://a.example)\n- [2024] [B](https://b.example)\n- [C](https://c.example) `2024`\n"
    )

    assert [entry.tags for entry in found.entries] == [("2024",), (), ("2024",)]


def test_every_heading_of_the_first_level_may_be_an_entry_if_there_are_several() -> None:
    assert titles("# [A](https://a.example)\n\nGood.\n\n# [B](https://b.example)\n\n* [C](https://c.example)\n") == [
        "A",
        "B",
        "C",
    ]
    assert titles("# [The list](https://a.example)\n\n* [C](https://c.example)\n") == ["C"]


def test_notes_of_a_heading_end_above_the_headings_and_tables_of_other_entries() -> None:
    found = list_of(
        "## [A](https://a.example)\n\nGood.\n\n### More\n\n* [B](https://b.example)\n\n"
        "## [C](https://c.example)\n\n| Name | Why |\n|---|---|\n| [D](https://d.example) | tea |\n"
    )

    assert [(entry.title, entry.notes.markdown) for entry in found.entries] == [
        ("A", "Good."),
        ("B", ""),
        ("C", ""),
        ("D", "- **Why:** tea"),
    ]


def test_tags_that_are_written_as_text_stay_at_the_end_of_notes() -> None:
    found = list_of(
        "<ul>\n<li>[A](https://a.example) - good</li>\n</ul>\n\n* [B](https://b.example) ends with \\</p>\n"
    )

    assert [entry.notes.markdown for entry in found.entries] == ["good", "ends with \\</p>"]


def test_bold_words_in_brackets_are_not_the_title() -> None:
    found = list_of(
        "- **[PED]** A walk in the rain (**ECCV**) [[paper](https://example.org/1)]\n"
        "- **[Tea]** On leaves[[paper](https://example.org/2)][[code](https://example.org/3)]\n"
        "- **[Only](https://example.org/4)**\n"
    )

    assert [entry.title for entry in found.entries] == ["A walk in the rain", "On leaves", "Only"]
    assert found.entries[0].notes.markdown == "[PED] (ECCV)"


def test_many_words_in_brackets_are_a_remark_and_not_a_tag() -> None:
    found = list_of(
        "- https://a.example [A list of open source games]\n- https://b.example [C++ 2D]\n"
        "- `a tag of five words here` [C](https://c.example)\n"
    )

    assert [entry.tags for entry in found.entries] == [(), ("c++ 2d",), ("a tag of five words here",)]
    assert found.entries[0].notes.markdown == "[A list of open source games]"


def test_a_row_is_about_the_link_in_the_column_of_titles() -> None:
    found = list_of(
        "| Date | Presenter | Paper | Slides |\n|---|---|---|---|\n"
        "| 1 May | [Ann](https://ann.example) | [Clocks](https://a.example) | [slides](https://s.example) |\n"
        "| 8 May | [Bo](https://bo.example) | Tea [[pdf](https://b.example)] | |\n"
        "| 9 May | [Cy](https://cy.example) | open | |\n"
    )

    assert [(entry.title, entry.url) for entry in found.entries] == [
        ("Clocks", "https://a.example"),
        ("Tea", "https://b.example"),
        ("Cy", "https://cy.example"),
    ]
    assert "- **Presenter:** [Ann](https://ann.example)" in found.entries[0].notes.markdown


def test_signs_of_other_scripts_around_a_link_are_not_notes() -> None:
    found = list_of(
        "・[A](https://a.example)\n・[B](https://b.example)\n\n① [C](https://c.example)\n② [D](https://d.example)\n\n"
        "- 「[E](https://e.example)」和田\n- «[F](https://f.example)»، ۱۴۰۱\n"
    )

    assert [(entry.title, entry.notes.markdown) for entry in found.entries] == [
        ("A", ""),
        ("B", ""),
        ("C", ""),
        ("D", ""),
        ("E", "和田"),
        ("F", "۱۴۰۱"),
    ]


def test_a_list_of_quotations_has_those_they_are_from_as_entries() -> None:
    assert titles(
        "# Said\n\nTea is good.\n\n— [Ann](https://a.example)\n\nRain is good.\n\n— [Bo](https://b.example)\n"
    ) == [
        "Ann",
        "Bo",
    ]


def test_bold_lines_and_headings_at_the_end_of_notes_stay_if_nothing_is_below_them() -> None:
    paragraphs = list_of("[A](https://a.example) - one.\n\n**Read it!**\n\n[B](https://b.example) - two.\n")
    headings = list_of("## [A](https://a.example)\n\nOne.\n\n### Later\n\n## [B](https://b.example)\n")

    assert paragraphs.entries[0].notes.markdown == "one.\n\n**Read it!**"
    assert headings.entries[0].notes.markdown == "One.\n\n### Later"


@pytest.mark.parametrize("signs", [30, 3_000])
def test_a_line_of_signs_below_a_linked_heading_takes_no_time(signs: int) -> None:
    banner = "# " * signs
    text = f"## [A](https://example.org/a)\n\nWords.\n\n```\n{banner}\nx\n```\n\n- [B](https://example.org/b)\n- [C](https://example.org/c)\n"

    began = process_time()
    found = read(text.encode(), "list.md").entries

    assert [entry.title for entry in found] == ["A", "B", "C"]
    assert process_time() - began < 2


def test_the_column_of_a_table_is_not_that_of_the_table_before() -> None:
    one = "| Name | [Paper list](https://example.org/list) |\n|---|---|\n| [Zed](https://example.org/z) | [x](https://example.org/x) |\n"
    other = "\n| Who | Paper |\n|---|---|\n| [Ana](https://example.org/ana) | [On trees](https://example.org/trees) |\n"

    alone = read(one.encode(), "list.md").entries
    both = read((one + other).encode(), "list.md").entries

    assert [entry.title for entry in both][: len(alone)] == [entry.title for entry in alone]
    assert [entry.title for entry in both][len(alone) :] == ["On trees"]


def test_paragraphs_within_a_centred_block_are_a_banner_and_its_lists_are_not() -> None:
    links = "".join(f'<p><a href="https://example.org/{name}">{name}</a></p>\n' for name in ("web", "docs", "chat"))
    items = '<ul><li><a href="https://example.org/a">Article</a> why</li></ul>'
    text = f'<div align="center">\n{links}{items}\n</div>\n'

    assert [entry.title for entry in read(text.encode(), "list.md").entries] == ["Article"]


def test_a_glued_heading_is_one_on_the_first_line_too_and_has_six_signs_at_most() -> None:
    first = read(b"##Storage\n- [A](https://example.org/a)\n", "list.md").entries
    seven = read(b"#######Storage\n- [A](https://example.org/a)\n", "list.md").entries

    assert [entry.section for entry in first] == [("Storage",)]
    assert [entry.section for entry in seven] == [()]


def test_a_bold_line_of_code_does_not_begin_a_part() -> None:
    def titles(text: str) -> list[str]:
        return [entry.title for entry in read(text.encode(), "list.md").entries]

    fields = "- Paper: [PDF](https://example.org/a)\n- Code: [Code](https://example.org/a/code)\n"
    other = "\n**On trees**\n\n" + fields.replace("/a", "/b")

    assert titles(f"**On logs**\n\n{fields}{other}") == ["On logs", "On trees"]
    assert titles(f"**On logs**\n\n```\n**Example**\n```\n\n{fields}{other}") == ["On logs", "On trees"]
