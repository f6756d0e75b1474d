"""Any card at all, for renderers to prove themselves on: every kind of block, deep trees, hostile text."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from hypothesis import strategies as st

from bot.domain.card import (
    Action,
    Block,
    Call,
    Card,
    Choice,
    Divider,
    Entries,
    EntryLine,
    Field,
    Fields,
    Form,
    NoteTree,
    Paragraph,
    Tone,
)
from bot.domain.ids import ChannelRef, EntryNumber, PlatformName, Url, WorkspaceRef
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.reading_state import ReadingState
from bot.domain.text import Span, Text
from bot.domain.value import Kind

DEEPEST = 6

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x9b2J",
    "bell\x07",
    "a\rb",
    "\x00",
    "\u202eevil\u202c",
    "\u2066isolated\u2069",
    "\u200fright\u200eleft",
    "\ufeff",
    "line\nbreak",
    "para\u2029graph",
    "next\x85line",
    "[bold]not markup[/bold]",
    "[/]",
    ":warning:",
    "<!channel> <@U123> @everyone",
    "*stars* _lines_ `ticks` ~waves~ ||bars||",
    "<b>&amp;</b>",
    "漢字かな交じり文",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☑️ 🇩🇪",
    "e\u0301\u0301\u0301",
    "\ufe0f\u200d",
    "\u200b",
    "x" * 200,
    "  spaced   out  ",
    "\t",
    "\ud800",
)

strings = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.lists(st.sampled_from((*HOSTILE, "word", "and")), max_size=6).map(" ".join),
)
urls = st.one_of(
    st.sampled_from(("https://example.org/a", "http://example.org/?q=[b]", "javascript:alert(1)", "//x", "")), strings
).map(Url)
channels = strings.map(lambda name: ChannelRef(WorkspaceRef(PlatformName("any"), "any"), name))
moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
spans = st.one_of(
    st.builds(Span, strings),
    st.builds(
        Span,
        strings,
        bold=st.booleans(),
        italic=st.booleans(),
        strike=st.booleans(),
        code=st.booleans(),
        url=st.none() | urls,
    ),
    st.builds(Span, strings, at=moments),
    st.builds(Span, strings, channel=channels),
)
texts = st.lists(spans, max_size=4).map(tuple)
markers = st.sampled_from((None, "•", "1.", "10.", "b)", "iv.")) | strings


kinds = st.sampled_from((NoteKind.ITEM, NoteKind.ITEM, *NoteKind))
leaves = st.builds(NoteBlock, kind=kinds, text=texts, marker=markers)
outlines = st.one_of(
    st.lists(st.tuples(st.integers(min_value=0, max_value=DEEPEST), leaves), max_size=12),
    st.lists(leaves, min_size=DEEPEST + 1, max_size=DEEPEST + 1).map(lambda spine: list(enumerate(spine))),
)


def nested(outline: Sequence[tuple[int, NoteBlock]]) -> tuple[NoteBlock, ...]:
    """The tree in which each block stands under the last one before it that is less deep."""
    if not outline:
        return ()
    (level, head), rest = outline[0], outline[1:]
    below = list(takewhile(lambda row: row[0] > level, rest))
    return (replace(head, children=nested(below)), *nested(rest[len(below) :]))


calls = st.builds(
    Call,
    path=st.sampled_from((("show",), ("search",), ("schedule", "set"), ("gone",))),
    arguments=st.dictionaries(st.sampled_from(("entry", "words", "tag", "gone")), strings, max_size=2),
)
actions = st.builds(Action, label=strings, call=calls, primary=st.booleans(), replaces=st.booleans())
lines_of_entries = st.builds(
    EntryLine,
    number=st.integers(min_value=1, max_value=99_999).map(EntryNumber),
    title=strings,
    url=urls,
    state=st.sampled_from(ReadingState),
    tags=st.lists(strings, max_size=3).map(tuple),
    matched=texts,
    path=st.lists(strings, max_size=3).map(tuple),
    actions=st.lists(actions, max_size=3).map(tuple),
)


def emphasised(title: str, every: int) -> Text:
    """The title with each piece of so many characters in bold by turns."""
    starts = range(0, len(title), every)
    return tuple(Span(title[at : at + every], bold=at // every % 2 == 1) for at in starts)


entry_lines = st.builds(
    lambda entry, every: replace(entry, found=emphasised(entry.title, every) if every else ()),
    lines_of_entries,
    st.integers(min_value=0, max_value=9),
)
note_trees = st.builds(
    NoteTree,
    blocks=outlines.map(nested),
    part=st.just(1),
    parts=st.integers(min_value=1, max_value=3),
    left_out=st.integers(min_value=0, max_value=9),
)
blocks = st.one_of(
    st.builds(Paragraph, text=texts, quiet=st.booleans()),
    st.builds(
        Fields,
        items=st.lists(st.tuples(strings, texts), max_size=4).map(tuple),
        actions=st.lists(actions, max_size=3).map(tuple),
    ),
    st.builds(Entries, items=st.lists(entry_lines, max_size=5).map(tuple)),
    note_trees,
    st.builds(Divider),
)
cards = st.builds(
    Card,
    title=strings,
    blocks=st.lists(blocks, max_size=4).map(tuple),
    actions=st.lists(actions, max_size=5).map(tuple),
    tone=st.sampled_from(Tone),
    entry=st.none() | entry_lines,
)
small_actions = st.builds(Action, label=st.just("Show"), call=st.just(Call(path=("show",), arguments={"entry": "#1"})))


def _crowded(numbers: Sequence[tuple[int, Sequence[Action], bool]], last: Sequence[Action]) -> Card:
    blocks: list[Block] = []
    for number, own, divided in numbers:
        line = EntryLine(
            number=EntryNumber(number),
            title=f"Entry{number}.",
            url=Url("https://example.org/"),
            state=ReadingState.UNREAD,
            actions=tuple(own),
        )
        blocks.append(Entries(items=(line,)))
        if divided:
            blocks.append(Divider())
    return Card(title="Many", blocks=tuple(blocks), actions=tuple(last))


crowded = st.builds(
    _crowded,
    st.lists(
        st.tuples(st.integers(min_value=1, max_value=999), st.lists(small_actions, max_size=3), st.booleans()),
        min_size=12,
        max_size=40,
    ),
    st.lists(small_actions, max_size=5),
)
"""Cards of many small parts: they meet a platform's limit of parts long before that of characters."""
choices = st.builds(Choice, value=strings, label=strings)
fields = st.builds(
    Field,
    name=st.sampled_from(("entry", "words", "tag", "zone")),
    label=strings,
    kind=st.sampled_from(Kind),
    required=st.booleans(),
    value=strings,
    choices=st.lists(choices, max_size=3).map(tuple),
    problem=st.none() | strings,
)
forms = st.builds(Form, title=strings, fields=st.lists(fields, max_size=4).map(tuple), submit=calls)
