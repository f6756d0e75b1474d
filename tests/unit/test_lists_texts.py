"""Lists in org, reStructuredText and HTML: read as a Markdown list is, each entry at its own line."""

import pytest

from bot.domain.source import ReadEntry, ReadList
from store.lists.reading import read
from store.lists.text import is_html_tag

ORG = """#+TITLE: Reading club
#+FILETAGS: :club:
#+LINK: wiki https://en.wikipedia.org/wiki/
#+TODO: TOREAD | FINISHED

* Databases [1/2]   :db:
:PROPERTIES:
:ORIGIN: https://example.org/drawer
:END:
** TOREAD [#A] [[https://example.org/1][On /Postgres/]]   :pg:
SCHEDULED: <2026-03-01 Sun>
:LOGBOOK:
- State "DONE" from "TODO" [2026-01-01 Thu]
:END:
What it says of *WAL*.
** Named below
https://example.org/2

Notes of it.
** A paper
   :PROPERTIES:
   :URL: https://example.org/3
   :END:
** COMMENT Hidden
- [[https://example.org/hidden][Hidden]]
* Lists
- [X] [[https://example.org/4][Four]] -- about four
  goes on
  1. [[https://example.org/5][Five]]
- <2026-05-01 Fri> [[https://example.org/6][Six]]
- [[https://example.org/7][Seven]] :: about seven
- [[wiki:Org_mode][Org mode]]
# https://example.org/comment
| Title                             | Year |
|-----------------------------------+------|
| [[https://example.org/8][Eight]]  | 2001 |
#+begin_src sh
curl https://example.org/code
#+end_src
"""

RST = """.. title: The papers
.. tags: papers

Storage
=======

* `One <https://example.org/1>`_ - about *one*
* `Two
  <https://example.org/2>`__: about two
* Three_ is named
* `Four of them`_
* `Five`__
* |six|

.. _Three: https://example.org/3
.. _Four of them: https://example.org/4
__ https://example.org/5
.. |six| replace:: `Six <https://example.org/6>`__
.. _spare: https://example.org/spare

Words
-----

`Seven <https://example.org/7>`_
    What seven says.

Eight
    https://example.org/8

.. list-table::
   :header-rows: 1

   * - Title
     - Why
   * - `Nine <https://example.org/9>`_
     - it is
       good

.. csv-table::
   :header: "Talk", "Year"

   "`Ten <https://example.org/10>`_", "2001"

=================================  =====
Site                               Year
=================================  =====
`Eleven <https://example.org/11>`_ 2003
=================================  =====

+-------------------------------+------+
| Name                          | Year |
+===============================+======+
| `Twelve                       | 2004 |
| <https://example.org/12>`_    |      |
+-------------------------------+------+

.. image:: https://example.org/picture.png
   :target: https://example.org/target

.. code-block:: sh

   curl https://example.org/code

.. https://example.org/comment
"""

TEMPLATES = """\
* [A](https://a.example)
* {{video https://video.example/1}} A talk
* {{< figure src="https://video.example/2" >}}

{% embed https://video.example/3 %}

* {{done}} https://c.example
"""
PAGE = """<!DOCTYPE html>
<html><head><title>Ana&#39;s links</title><script>"https://example.org/script"</script></head><body>
<nav><ul><li><a href="https://example.org/home">Home</a></li></ul></nav>
<main><h1>Links</h1>
<p>You may want to read <a href="https://example.org/intro">the introduction</a> before anything else.</p>
<h2>Databases</h2>
<ul>
<li><a href="https://example.org/1">One</a> &mdash; about <em>one</em> &amp; more
<li><a href="https://example.org/2">Two</a>
<ul><li><a href="https://example.org/3">Three</a></li></ul>
</ul>
<table><tr><th>Name</th><th>Year</th></tr>
<tr><td>Four</td><td><a href="https://example.org/4">paper</a></td></tr></table>
<dl><dt><a href="https://example.org/5">Five</a></dt><dd>about five</dd></dl>
<h3><a href="https://example.org/6">Six</a></h3>
<p>About six.</p><p><a href="https://example.org/6/more">Read more</a></p>
<h3>Seven</h3>
<p><a href="https://example.org/7">https://example.org/7</a></p>
<h3>Posts</h3>
<article><h4><a href="https://example.org/8">Eight</a></h4><p>A post.</p></article>
</main>
<!-- <a href="https://example.org/comment">gone</a> -->
<footer><a href="https://example.org/footer">Theme</a></footer>
</body></html>
"""


def at(found: ReadList, line: int) -> ReadEntry:
    (entry,) = (entry for entry in found.entries if entry.line == line)
    return entry


def test_org_is_read_at_its_own_lines() -> None:
    found = read(ORG.encode(), "l.org")

    assert found.title == "Reading club"
    assert [(entry.line, entry.title, entry.url.removeprefix("https://example.org/")) for entry in found.entries] == [
        (10, "On Postgres", "1"),
        (17, "Named below", "2"),
        (20, "A paper", "3"),
        (27, "Four", "4"),
        (29, "Five", "5"),
        (30, "Six", "6"),
        (31, "Seven", "7"),
        (32, "Org mode", "https://en.wikipedia.org/wiki/Org_mode"),
        (36, "Eight", "8"),
    ]


def test_tags_of_org_headings_hold_for_what_is_below_them() -> None:
    found = read(ORG.encode(), "l.org")

    assert at(found, 10).tags == ("club", "pg", "db")
    assert at(found, 17).tags == ("club", "db")
    assert at(found, 27).tags == ("club",)


def test_drawers_and_planning_are_not_notes_of_org_entries() -> None:
    found = read(ORG.encode(), "l.org")

    assert at(found, 10).notes.markdown == "What it says of **WAL**."
    assert at(found, 17).notes.markdown == "Notes of it."
    assert at(found, 20).notes.markdown == ""
    assert at(found, 31).notes.markdown == "about seven"


def test_sections_and_parents_of_org_items() -> None:
    found = read(ORG.encode(), "l.org")

    assert (at(found, 10).section, at(found, 27).section) == (("Databases",), ("Lists",))
    assert (at(found, 29).section, at(found, 29).parent_line) == (("Lists", "Four"), 27)


@pytest.mark.parametrize(
    ("text", "file", "unread"),
    [
        (
            ORG,
            "l.org",
            {
                8: "it is in a drawer",
                25: "it is below a heading that is not exported",
                33: "it is in a comment",
                38: "it is in a code block",
            },
        ),
        (
            RST,
            "l.rst",
            {
                19: "no link uses this target",
                57: "it is in a directive, `image`",
                58: "it is in a directive, `image`",
                62: "it is in a code block",
                64: "it is in a comment",
            },
        ),
        (
            PAGE,
            "l.html",
            {
                3: "it is in a part that leads around the site",
                5: "it is in running text",
                22: "it is in a comment",
                23: "it is in a part that leads around the site",
            },
        ),
        (
            TEMPLATES,
            "l.md",
            {
                3: "it is in a template tag",
                5: "it is in a template tag",
            },
        ),
    ],
)
def test_links_that_are_not_read_are_named_at_their_lines(text: str, file: str, unread: dict[int, str]) -> None:
    found = read(text.encode(), file)

    assert {link.line: link.reason for link in found.unread} == unread
    assert found.links.not_read == len(found.unread)


def test_restructured_text_is_read_at_its_own_lines() -> None:
    found = read(RST.encode(), "l.rst")

    assert (found.title, found.problems) == ("The papers", ())
    assert [(entry.line, entry.title, entry.url.rpartition("/")[2]) for entry in found.entries] == [
        (7, "One", "1"),
        (8, "Two", "2"),
        (10, "Three", "3"),
        (11, "Four of them", "4"),
        (12, "Five", "5"),
        (13, "Six", "6"),
        (24, "Seven", "7"),
        (27, "Eight", "8"),
        (35, "Nine", "9"),
        (42, "Ten", "10"),
        (47, "Eleven", "11"),
        (53, "Twelve", "12"),
    ]


def test_notes_sections_and_tags_of_restructured_text() -> None:
    found = read(RST.encode(), "l.rst")

    assert at(found, 7).notes.markdown == "about *one*"
    assert at(found, 24).notes.markdown == "What seven says."
    assert at(found, 35).notes.markdown == "- **Why:** it is good"
    assert (at(found, 7).section, at(found, 7).tags) == (("Storage",), ("papers",))
    assert at(found, 24).section == ("Storage", "Words")


def test_a_name_without_an_address_is_an_error_at_its_line() -> None:
    found = read(b"* `Here`_ it is\n* `One <https://example.org/1>`_\n* `Two`__\n", "l.rst")

    assert [(problem.line, problem.severity.value) for problem in found.problems] == [(1, "error"), (3, "error")]


def test_a_page_is_read_without_what_leads_around_the_site() -> None:
    found = read(PAGE.encode(), "l.html")

    assert (found.title, found.problems) == ("Ana's links", ())
    assert [(entry.line, entry.title, entry.url.rpartition("/")[2]) for entry in found.entries] == [
        (8, "One", "1"),
        (9, "Two", "2"),
        (10, "Three", "3"),
        (13, "Four", "4"),
        (14, "Five", "5"),
        (15, "Six", "6"),
        (18, "Seven", "7"),
        (20, "Eight", "8"),
    ]


def test_notes_and_sections_of_a_page() -> None:
    found = read(PAGE.encode(), "l.html")

    assert at(found, 8).notes.markdown == "about one & more"
    assert at(found, 10).section == ("Links", "Databases", "Two")
    assert at(found, 14).notes.markdown == "about five"
    assert "Read more" in at(found, 15).notes.markdown


def test_relative_addresses_of_a_page_need_its_own_address() -> None:
    item = b'<ul><li><a href="/a">A</a></ul>'

    (entry,) = read(b'<!doctype html><base href="https://example.org/b/">' + item, "l.html").entries
    assert entry.url == "https://example.org/a"
    assert not read(b"<!doctype html>" + item, "l.html").entries


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("* A\n- [[https://example.org/1][One]]\n", "list.txt"),
        ("#+TITLE: T\n- [[https://example.org/1][One]]\n", "list.md"),
        ("A\n=\n\n* `One <https://example.org/1>`_\n", "list.txt"),
        ('<!doctype html><ul><li><a href="https://example.org/1">One</a></ul>', "list.txt"),
    ],
)
def test_formats_are_known_by_their_content(text: str, file: str) -> None:
    (entry,) = read(text.encode(), file).entries

    assert (entry.title, entry.url) == ("One", "https://example.org/1")


def test_duplicates_are_named_by_the_lines_of_the_file() -> None:
    text = "#+TITLE: T\n#+FILETAGS: :a:\n\n* S\n- [[https://example.org/1][One]]\n- [[https://example.org/1][Again]]\n"

    (problem,) = read(text.encode(), "l.org").problems

    assert (problem.line, problem.message) == (6, "duplicate of line 5; the first is kept when it is synced")


def test_a_block_of_org_without_its_end_is_an_error_and_what_is_below_is_read() -> None:
    found = read(b"- [[https://example.org/1][One]]\n#+begin_src\n- [[https://example.org/2][Two]]\n", "l.org")

    assert [entry.line for entry in found.entries] == [1, 3]
    assert [problem.line for problem in found.problems] == [2]


def test_an_address_after_a_closed_template_tag_or_in_a_tag_that_embeds_it_is_an_entry() -> None:
    found = read(TEMPLATES.encode(), "l.md")

    assert [(entry.title, entry.url) for entry in found.entries] == [
        ("A", "https://a.example"),
        ("A talk", "https://video.example/1"),
        ("https://c.example", "https://c.example"),
    ]


ELEMENTS = """
a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote
body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div
dl dt em embed fieldset figcaption figure font footer form frame frameset g h1 h2 h3 h4 h5 h6 head header
hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee menu meta meter nav
nobr noscript object ol optgroup option output p param path picture pre progress q rp rt ruby s samp script
search section select slot small source span strike strong style sub summary sup svg table tbody td template
textarea tfoot th thead time title tr track tt u ul var video wbr
"""
"""What HTML has, past elements too."""


def test_tags_that_html_has_are_no_words_and_others_are() -> None:
    assert {
        name for name in ELEMENTS.split() if not (is_html_tag(f"<{name}>") and is_html_tag(f"</{name.upper()}>"))
    } == set()
    assert not is_html_tag("<T>")
    assert not is_html_tag("<your-token>")


def test_fields_of_a_restructuredtext_item_are_its_notes_line_by_line() -> None:
    (entry,) = read(b"* `One <https://a.example>`_\n\n  :by: Jo\n  :on: ``a`b``\n", "l.rst").entries

    assert entry.notes.markdown == "by: Jo\\\non: `a'b`"
