"""What holds for any bytes and any text: reading never fails, trees lose no word, edits touch nothing else."""

from typing import Any

import pyromark
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.errors import Refusal
from bot.domain.notes import lines
from bot.domain.text import string
from bot.domain.url import canonical, is_web, web
from bot.domain.visible import visible
from store.lists import write
from store.lists.notes import tree
from store.lists.reading import read

BLOCKS = "* |- |1. |  |    |\t|\n|\n\n|\r\n|\r|> |# |---|+++|```|<!--|-->|title: T|tags: [a|draft: true|a: &x|*x|: "
INLINE = (
    "**|_|`|![|](|<b>|</b>|{#id}|#tag|[tag]|📖 |word|é|\u202e|\0|&amp;|\\|[r]|[r]: http://r.example|date: 2024-13-45"
)
LINKS = "[a](http://a.example)|[b](javascript:x)|<http://b.example>|http://c.example|[c](http://c.example)"
pieces = st.sampled_from(["|", *BLOCKS.split("|"), *INLINE.split("|"), *LINKS.split("|")])
markdown = st.lists(pieces | st.text(max_size=5), max_size=40).map("".join)
content = st.binary(max_size=200) | markdown.map(lambda text: text.encode("utf-8", "replace"))


@settings(max_examples=300, deadline=None)
@given(content)
@example(b"---\n")
@example(b"-\n-")
@example(b"* \t")
def test_reading_never_fails_and_names_lines_that_exist(data: bytes) -> None:
    found = read(data, "l.md")

    last = 1 + data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
    assert all(1 <= entry.line <= last and entry.title and is_web(entry.url) for entry in found.entries)
    assert all(0 <= problem.line <= last + 1 for problem in found.problems)
    assert not (found.failed and found.entries)


@settings(max_examples=300, deadline=None)
@given(markdown)
def test_a_tree_never_fails_and_shows_every_word(text: str) -> None:
    blocks = tree(text)

    source = text.encode("utf-8", "replace").decode()
    options = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
    events: list[Any] = [*pyromark.events(source, options=options)]
    words = "".join(visible(event["Text"]) for event in events if "Text" in event)
    shown = "".join((line.marker or "") + string(line.text) for line in lines(blocks))
    assert {letter for letter in words if letter.isalnum()} <= set(shown)
    assert words.count("word") <= shown.count("word")


markers = st.sampled_from(["* ", "- ", "1. ", "  * ", "*\t"])
ends = st.sampled_from(["\n", "\r\n"])
words = st.text("abé*_`[]<>&#!~ ", max_size=12)
notes = st.lists(words | st.sampled_from(["* a", "    * b", "> c", "", "```", "1. d"]), max_size=4)


@st.composite
def lists(draw: st.DrawFn) -> bytes:
    """A list of entries with notes, in one style or several, with whatever else between them."""
    end, out = draw(ends), []
    for number in range(draw(st.integers(1, 4))):
        out.append(f"{draw(markers)}[Title {draw(words)}](http://{number}.example){draw(words)}")
        out += [f"{draw(st.sampled_from(['    ', '  ', '']))}{line}" for line in draw(notes)]
        out += draw(st.lists(markdown.map(lambda text: " ".join(text.split())), max_size=1))
    return end.join([*out, ""]).encode()


def tried(data: bytes, line: int, notes: str) -> bytes | None:
    """The edited list, None where the edit is refused."""
    try:
        return write.Document(data).with_notes(line=line, notes=notes).data
    except Refusal:
        return None


@settings(max_examples=150, deadline=None)
@given(lists())
@example(b"* [A](http://a.example)> b \n  \n    \n    > c\n")
def test_writing_back_what_was_read_changes_no_byte(data: bytes) -> None:
    for entry in read(data, "l.md").entries:
        edited = tried(data, entry.line, entry.notes.markdown)
        if edited is not None:
            assert edited == data


@settings(max_examples=150, deadline=None)
@given(lists(), notes.map("\n".join))
def test_new_notes_change_one_entry_and_no_other(data: bytes, given: str) -> None:
    before = read(data, "l.md").entries
    for entry in before:
        edited = tried(data, entry.line, given)
        if edited is None:
            continue
        now = {one.key: one for one in read(edited, "l.md").entries}
        assert now[entry.key].title == entry.title
        assert set(now) >= {one.key for one in before}
        kept = edited.splitlines()
        assert data.splitlines()[: entry.line - 1] == kept[: entry.line - 1]


titles = st.text(min_size=1, max_size=20) | st.sampled_from(["A title", "[a] b", "*a*", "a `b", "é <b>"])


@settings(max_examples=100, deadline=None)
@given(lists() | content, titles, markdown)
def test_an_addition_keeps_every_line_of_the_file(data: bytes, title: str, notes: str) -> None:
    try:
        edited = write.Document(data).added(title=title, url="https://new.example/a", notes=notes).data
    except Refusal:
        return

    kept = data.splitlines()
    lines_now = iter(edited.splitlines())
    assert all(line in lines_now for line in kept)
    assert len([entry for entry in read(edited, "l.md").entries if entry.url == "https://new.example/a"]) == 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30).map(lambda rest: f"http://a.example/{rest}") | st.text(max_size=30))
def test_a_canonical_address_is_stable(url: str) -> None:
    once = canonical(url)

    assert canonical(once) == once
    if web(url):
        assert once.startswith("https://") or "99999" in url


@pytest.mark.parametrize("size", [1, 2, 3])
def test_lines_longer_than_the_cap_never_cost_another_line(size: int) -> None:
    text = ("* [A](http://a.example)\n" + "x" * 20_001 + "\n") * size

    assert len(read(text.encode(), "l.md").entries) == size
