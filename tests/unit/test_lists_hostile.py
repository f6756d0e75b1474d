"""Broken and hostile files: each gives one clear line, and the rest loads."""

from pathlib import Path

import pytest

from bot.domain.source import ReadList, Severity
from store.lists.reading import read, read_path

ENTRY = "* [A](http://a.example)\n"


def messages(found: ReadList) -> list[str]:
    return [str(problem) for problem in found.problems]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_failed(data: bytes) -> None:
    found = read(data, "l.md")

    assert found.failed
    assert messages(found) == ["l.md: the file is empty; add entries such as `* [Title](https://…)`, or delete it"]


def test_a_missing_file_has_failed(tmp_path: Path) -> None:
    found = read_path(tmp_path / "l.md", "l.md")

    assert found.failed
    assert messages(found) == ["l.md: there is no such file; correct the path or put the file back"]


def test_a_folder_in_place_of_a_file_has_failed(tmp_path: Path) -> None:
    assert messages(read_path(tmp_path, "l.md")) == ["l.md: this is not a file; name a Markdown file"]


def test_a_file_below_a_file_has_failed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(ENTRY)

    found = read_path(tmp_path / "file" / "l.md", "l.md")

    assert found.failed
    assert messages(found) == ["l.md: the file cannot be read (Not a directory); correct its path or its permissions"]


def test_a_path_with_a_nul_has_failed() -> None:
    found = read_path(Path("a\0b.md"), "l.md")

    assert found.failed
    assert len(found.problems) == 1


def test_a_huge_file_has_failed_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "l.md").open("wb") as file:
        file.truncate(50 * 1024 * 1024)

    found = read_path(tmp_path / "l.md", "l.md")

    assert found.failed
    assert messages(found) == [
        "l.md: the file has 52,428,800 bytes and more than 2 MiB are not read; split it into several files"
    ]


def test_a_file_of_just_2_mib_is_read() -> None:
    size = 2 * 1024 * 1024
    line = "x" * 1023 + "\n"
    data = (ENTRY + "\n" + line * 2048).encode()[:size]

    assert len(read(data, "l.md").entries) == 1
    assert read(data + b"x", "l.md").failed


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_has_failed(encoding: str) -> None:
    found = read(ENTRY.encode(encoding), "l.md")

    assert found.failed
    assert messages(found)[0].startswith("l.md: this is ")


def test_a_binary_file_has_failed() -> None:
    found = read(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "l.md")

    assert found.failed
    assert messages(found) == ["l.md: this is not UTF-8 text; save the file as Markdown in UTF-8, or remove it"]


def test_another_encoding_is_one_error_and_all_entries_load() -> None:
    found = read("# Été\n* [Café](http://a.example)\n* [B](http://b.example)\n".encode("latin-1"), "l.md")

    assert [entry.title for entry in found.entries] == ["Caf\ufffd", "B"]
    assert messages(found) == [
        "l.md:1:3: the byte 0xC9, which is not UTF-8, is shown as \ufffd (1 more such); save the file as UTF-8"
    ]


def test_lone_surrogates_are_not_utf_8() -> None:
    found = read(b"* [A\xed\xa0\x80](http://a.example/a/b)\n", "l.md")

    assert [problem.line for problem in found.problems] == [1]
    assert len(found.entries) == 1


def test_a_nul_is_one_error_with_its_place() -> None:
    found = read(b"* [A](http://a.example) no\0tes\n* [B](http://b.example)\n", "l.md")

    assert [entry.title for entry in found.entries] == ["A", "B"]
    assert messages(found) == ["l.md:1:27: a NUL character is shown as \ufffd; delete it"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(line_end: str) -> None:
    text = line_end.join(
        ["---", "title: T", "---", "", "* [A](http://a.example)", "  notes", "* [B](http://b.example)", ""]
    )

    found = read(text.encode("utf-8-sig"), "l.md")

    assert found.title == "T"
    assert [(entry.line, entry.notes.markdown) for entry in found.entries] == [(5, "notes"), (7, "")]
    assert found.problems == ()


def test_a_line_that_is_too_long_is_left_out_and_the_rest_loads() -> None:
    found = read(f"{ENTRY}* [{'x' * 20_000}](http://b.example)\n* [C](http://c.example)\n".encode(), "l.md")

    assert [entry.title for entry in found.entries] == ["A", "C"]
    assert messages(found) == ["l.md:2: the line has 20,022 characters and is left out; break it below 20,000"]


def test_a_line_may_have_20000_characters() -> None:
    title = "é" * (20_000 - len("* [](http://b.example)"))

    found = read(f"* [{title}](http://b.example)\n".encode(), "l.md")

    assert (len(found.entries), found.problems) == (1, ())


def test_twenty_thousand_images_that_never_end_are_one_error() -> None:
    found = read(f"{ENTRY}{'![' * 20_000}\n* [B](http://b.example)\n".encode(), "l.md")

    assert [entry.title for entry in found.entries] == ["A", "B"]
    assert messages(found) == ["l.md:2: the line has 40,000 characters and is left out; break it below 20,000"]


@pytest.mark.parametrize("text", ["![\n" * 20_000, "[](\n" * 20_000, ">" * 19_000 + "\n", "[a](\n" * 20_000])
def test_openings_that_never_close_do_no_harm(text: str) -> None:
    found = read(f"{ENTRY}\n# H\n\n{text}\n\n# H\n\n* [B](http://b.example)\n".encode(), "l.md")

    assert [entry.title for entry in found.entries] == ["A", "B"]


def test_lists_deeper_than_50_levels_are_one_error_and_the_rest_loads() -> None:
    deep = "".join("  " * level + f"- [L{level}](http://a.example/{level})\n" for level in range(300))

    found = read(f"{deep}- [B](http://b.example)\n".encode(), "l.md")

    assert len(found.entries) == 51
    assert found.entries[-1].title == "B"
    assert messages(found) == ["l.md:51: nested deeper than 50 levels; entries below are read as notes only"]
    assert "[L299]" in found.entries[49].notes.markdown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt&colon;alert(1)", "data:text/html,x", "b.md", "mailto:a@b.example"]
)
def test_a_link_that_leads_to_no_page_is_a_warning_at_its_place(url: str) -> None:
    found = read(f"* [A]({url})\n* [B](http://b.example)\n".encode(), "l.md")

    assert [entry.title for entry in found.entries] == ["B"]
    (problem,) = found.problems
    assert (problem.line, problem.column, problem.severity) == (1, 3, Severity.WARNING)
    assert problem.message.endswith("is not read: it is not a web address; start it with https://")


def test_a_table_of_contents_needs_no_warning() -> None:
    assert read(f"* [Part](#part)\n{ENTRY}".encode(), "l.md").problems == ()


@pytest.mark.parametrize("unseen", ["\u202e", "\u200b", "\u2066", "\u061c", "\ufeff", "\U000e0041", "\x07"])
def test_characters_that_cannot_be_seen_leave_the_title_with_a_warning(unseen: str) -> None:
    found = read(f"* [A{unseen}b](http://a.example)\n".encode(), "l.md")

    assert found.entries[0].title == "Ab"
    assert messages(found) == [
        "l.md:1:3: the title holds characters that cannot be seen, which are left out; delete them"
    ]


def test_titles_are_composed_without_a_warning() -> None:
    found = read("* [Cafe\u0301](http://a.example)\n".encode(), "l.md")

    assert (found.entries[0].title, found.problems) == ("Café", ())


def test_right_to_left_letters_are_welcome() -> None:
    found = read("* [مرحبا](http://a.example)\n".encode(), "l.md")

    assert (found.entries[0].title, found.problems) == ("مرحبا", ())


def test_a_link_without_a_title_goes_by_its_address() -> None:
    found = read(b"* [](http://a.example/b)\n", "l.md")

    assert found.entries[0].title == "http://a.example/b"
    assert messages(found) == [
        "l.md:1:3: the link has no title, so its address is shown instead; write one between the brackets"
    ]


def test_a_thousand_problems_are_enough() -> None:
    found = read(b"* [A](b.md)\n" * 5_000 + ENTRY.encode(), "l.md")

    assert len(found.problems) == 1_001
    assert found.problems[-1].message == "4000 more problems are not shown; correct these first"


@pytest.mark.parametrize("name", ["l.org", "l.rst"])
def test_lines_after_the_first_20000_are_left_out_with_an_error(name: str) -> None:
    found = read(b"- https://example.org/1\n" + b"words\n" * 20_000, name)

    assert len(found.entries) == 1
    assert [(problem.line, problem.severity) for problem in found.problems] == [(20_001, Severity.ERROR)]


@pytest.mark.parametrize("text", ["<" * 50_000, "[" * 50_000, "`" * 50_000])
def test_a_text_of_a_page_that_is_too_long_is_left_out_and_the_rest_loads(text: str) -> None:
    page = f"<!doctype html>\n<ul><li><a href='https://example.org/1'>One</a></ul>\n{text}"

    found = read(page.encode(), "l.html")

    assert [entry.title for entry in found.entries] == ["One"]
    assert [problem.line for problem in found.problems] == [2]


@pytest.mark.parametrize("link", ["[](b)\n", "* <http:a>\n", "http://a\n"])
def test_a_file_of_more_links_than_a_list_has_is_refused_by_its_line_and_not_parsed(link: str) -> None:
    found = read(f"{ENTRY}{link * 100_001}".encode(), "l.md")

    assert found.failed
    (said,) = messages(found)
    assert said.startswith("l.md:100000: here the file has more than 100,000 brackets and addresses; split it")
