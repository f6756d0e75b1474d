"""What each program's export becomes, and small things of Markdown that are not text."""

import pytest

from bot.domain.source import ReadEntry, Severity
from store.lists.reading import read

ONE = "https://example.org/1"
EXPORTS = {
    "instapaper.csv": f'URL,Title,Selection,Folder,Timestamp,Tags\n{ONE},One,why it matters,Deep/Work,1700000000,"[""db"",""two words""]"\n',
    "raindrop.csv": f'id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n7,One,why it matters,,{ONE},Deep / Work,"db, two words",2026-01-02T03:04:05.678Z,,,false\n',
    "pocket.csv": f"title,url,time_added,tags,status\nOne,{ONE},1700000000,db|two words,unread\n",
    "linkding.csv": f"url,title,description,notes,tag_names,date_added\n{ONE},One,why it matters,,db two-words,2026-01-02\n",
    "linkding.json": f'{{"results": [{{"id": 1, "url": "{ONE}", "title": "One", "description": "why it matters", "tag_names": ["db", "two words"], "date_added": "2026-01-02T03:04:05Z"}}]}}',
    "karakeep.json": f'{{"bookmarks": [{{"createdAt": 1700000000, "title": "One", "tags": ["db", "two words"], "content": {{"type": "link", "url": "{ONE}"}}, "note": "why it matters"}}]}}',
    "pinboard.json": f'[{{"href": "{ONE}", "description": "One", "extended": "why it matters", "tags": "db two-words", "time": "2026-01-02T03:04:05Z", "toread": "no"}}]',
    "linkding.html": f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="{ONE}" ADD_DATE="1700000000" PRIVATE="0" TOREAD="0" TAGS="db,two words">One</A>\n<DD>why it matters\n</DL><p>',
    "firefox.html": f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<H1>Menu</H1>\n<DL><p>\n<DT><H3 ADD_DATE="1">Deep</H3>\n<DL><p>\n<DT><H3>Work</H3>\n<DL><p>\n<DT><A HREF="{ONE}" TAGS="db,two words">One</A>\n<DD>why it matters\n</DL><p>\n</DL><p>\n</DL>',
    "chrome.html": f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n    <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Deep</H3>\n    <DL><p>\n        <DT><A HREF="{ONE}" ICON="data:image/png;base64,AAAA">One</A>\n    </DL><p>\n</DL><p>',
    "pocket.html": f'<!DOCTYPE html>\n<html><head><title>Pocket Export</title></head><body><h1>Unread</h1>\n<ul>\n<li><a href="{ONE}" time_added="1700000000" tags="db,two words">One</a></li>\n</ul></body></html>',
    "feeds.opml": f'<opml version="2.0"><body><outline text="Deep"><outline text="Work"><outline text="One" category="/db,/two words" description="why it matters" htmlUrl="{ONE}" xmlUrl="{ONE}/feed"/></outline></outline></body></opml>',
}


def only(name: str) -> ReadEntry:
    (entry,) = read(EXPORTS[name].encode(), name).entries
    return entry


@pytest.mark.parametrize("name", EXPORTS)
def test_each_export_gives_its_title_and_address_without_a_problem(name: str) -> None:
    found = read(EXPORTS[name].encode(), name)

    assert [(entry.title, entry.url) for entry in found.entries] == [("One", ONE)]
    assert (found.problems, found.links.not_read) == ((), 0)


@pytest.mark.parametrize("name", sorted(EXPORTS.keys() - {"chrome.html"}))
def test_each_export_keeps_its_tags(name: str) -> None:
    spaced = name not in ("linkding.csv", "pinboard.json")

    assert only(name).tags == ("db", "two words" if spaced else "two-words")


@pytest.mark.parametrize("name", EXPORTS)
def test_notes_are_what_the_owner_wrote_and_no_date(name: str) -> None:
    has_notes = name not in ("pocket.csv", "pocket.html", "chrome.html")

    assert only(name).notes.markdown == ("why it matters" if has_notes else "")


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("instapaper.csv", ("Deep", "Work")),
        ("raindrop.csv", ("Deep", "Work")),
        ("firefox.html", ("Deep", "Work")),
        ("chrome.html", ("Deep",)),
        ("feeds.opml", ("Deep", "Work")),
    ],
)
def test_folders_are_sections(name: str, section: tuple[str, ...]) -> None:
    assert only(name).section == section


def test_a_bullet_below_a_table_adds_one_entry() -> None:
    table = "| Name | Why |\n|---|---|\n" + "".join(f"| [T{n}](https://example.org/{n}) | w |\n" for n in range(20))

    found = read(f"{table}\n* [New](https://example.org/new)\n".encode(), "l.md")

    assert len(found.entries) == 21
    assert dict(found.shapes) == {"table rows": 20, "list items": 1}


def test_a_fence_opened_in_the_middle_is_an_error_and_all_entries_stay() -> None:
    items = [f"* [T{n}](https://example.org/{n})\n" for n in range(20)]

    found = read("".join([*items[:3], "```\n", *items[3:]]).encode(), "l.md")

    assert len(found.entries) == 20
    assert [(problem.line, problem.severity) for problem in found.problems] == [(4, Severity.ERROR)]


@pytest.mark.parametrize(
    ("text", "title", "notes", "tags"),
    [
        (f"* [One]({ONE}) {{% include x.html %}} why\n", "One", "why", ()),
        (f"* [One]({ONE}) {{{{ page.x }}}} why\n", "One", "why", ()),
        (f"* [One]({ONE}) why {{: .wide}}\n", "One", "why", ()),
        (f"- [One]({ONE})\n  id:: 64f0\n  collapsed:: true\n", "One", "", ()),
        (
            f"* [Vec<T> and std::vector<int>]({ONE}) takes <your-token>\n",
            "Vec<T> and std::vector<int>",
            "takes <your-token>",
            (),
        ),
        (f"* [One]({ONE})[^1]\n\n[^1]: said below\n", "One", "said below", ()),
        (f"- [-] [One]({ONE})\n", "One", "", ()),
        (f"- [/] [One]({ONE})\n", "One", "", ()),
        (f"- [#A] [One]({ONE})\n", "One", "", ()),
        (f"Title: L\nTags: a, b\n\n* [One]({ONE})\n", "One", "", ("a", "b")),
        (f'---toml\ntags = ["a"]\n---\n\n* [One]({ONE})\n', "One", "", ("a",)),
    ],
)
def test_what_is_meant_for_a_program_is_no_text(text: str, title: str, notes: str, tags: tuple[str, ...]) -> None:
    (entry,) = read(text.encode(), "l.md").entries

    assert (entry.title, " ".join(entry.notes.markdown.split()), entry.tags) == (title, notes, tags)


def test_a_password_in_an_address_is_an_error_that_does_not_show_it() -> None:
    found = read(f"* [Zero](https://ana:secret@example.org/0)\n* [One]({ONE})\n".encode(), "l.md")

    assert [(problem.line, problem.severity) for problem in found.problems] == [(1, Severity.ERROR)]
    assert "secret" not in str((found.problems, found.unread, found.entries))


def test_details_without_blank_lines_are_read() -> None:
    text = f"<details><summary>More</summary>\n- [One]({ONE})\n- [Two](https://example.org/2)\n</details>\n"

    assert [(entry.line, entry.title) for entry in read(text.encode(), "l.md").entries] == [(2, "One"), (3, "Two")]


@pytest.mark.parametrize("title", ['["a"]', '{"a": 1}', "true", "null"])
def test_a_title_that_is_not_a_text_is_not_the_title_of_the_list(title: str) -> None:
    text = f'{{"title": {title}, "items": [{{"url": "{ONE}", "title": "One"}}]}}'

    found = read(text.encode(), "list.json")

    assert (found.title, [entry.title for entry in found.entries]) == (None, ["One"])
