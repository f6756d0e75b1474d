"""One pass over a list's Markdown that finds every place where an entry may stand; nothing is decided here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

import pyromark

from bot.domain.url import addresses_in
from store.lists.characters import seen

OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
MAX_LEVELS = 50

_EMOJI = "\u00a9\u00ae\u2010-\u2bff\u3000-\u303f\ufe0f\u200d\u20e3\U0001f000-\U0001fbff\U000e0020-\U000e007f"
_LEAD = re.compile(
    r"\s*(?:(?:[-*+]|\d{1,9}[.)]|\#{1,6})\s+)?"
    rf"((?:[{_EMOJI}\s]|[\d#*]\ufe0f?\u20e3|:[\w+-]{{1,60}}:|\[[^\[\]\n]{{0,60}}\]|[*_~])*)"
)
_SPACE = ord(" ")
_BULLETS = frozenset((b"* ", b"- "))
_INLINE = frozenset(("Strong", "Emphasis", "Strikethrough", "TableCell"))


class Range(TypedDict):
    """Where something is in the body, in bytes."""

    start: int
    end: int


class Shape(StrEnum):
    """How the entries of a list are recognised, in the order in which it is tried."""

    ITEMS = "list items"
    ROWS = "table rows"
    HEADINGS = "headings"
    PARAGRAPHS = "paragraphs"
    LINES = "lines"


@dataclass(slots=True)
class Place:
    """Where an entry may stand: a link that is first in an item, a heading or a line, or the first of a table row.

    Offsets count bytes of the body: `start` of the item, row, heading or line, `link` and `link_end` of the link,
    `end` of all that belongs to it. `lead` is what stands between the marker and the link, `quotes` how many levels
    of quotation it is in, `references` the link definitions that its content uses. `notes` are given where they are
    not simply what follows the link. `line` and `section` are set once it has become an entry.
    """

    shape: Shape
    start: int
    link: int
    link_end: int
    end: int
    url: str
    headings: tuple[str, ...] = ()
    lead: str = ""
    title: str = ""
    parent: "Place | None" = None
    quotes: int = 0
    references: dict[str, str] | None = None
    notes: str | None = None
    line: int = 0
    section: tuple[str, ...] = ()


@dataclass(slots=True)
class Heading:
    """A heading that is not part of an item; offsets count bytes of the body."""

    start: int
    end: int
    level: int
    text: str = ""


@dataclass(slots=True)
class Findings:
    """All that was found in a body, and the body in UTF-8.

    `opaque` is code and HTML, `too_deep` where nesting first exceeds `MAX_LEVELS`.
    """

    body: bytes
    places: list[Place] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    table_heads: list[tuple[int, int]] = field(default_factory=list)
    opaque: list[tuple[int, int]] = field(default_factory=list)
    links: int = 0
    too_deep: int | None = None


def find(text: str) -> Findings:
    """Find the places in a body whose lines end with LF."""
    return _Finder(text.encode()).run(text)


class _Finder:
    """The state of the pass: `_entries` are the open items that begin with a link, `_lists` the ends of open lists."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._findings = Findings(body)
        self._entries: list[Place] = []
        self._lists: list[int] = []
        self._quotes: list[int] = []
        self._sections: list[Heading] = []
        self._headings: tuple[str, ...] = ()
        self._lists_end = self._deep_end = 0

    def run(self, text: str) -> Findings:
        """Go through the events. A list of 1 MB has 60,000, so most must pass after two or three look-ups.

        `around` is the range where a link would stand first, `pieces` the text so far of a title or heading.
        """
        around: Range | None = None
        paragraph: Range | None = None
        shape = Shape.ITEMS
        untitled: Place | None = None
        pieces: list[str] | None = None
        events: Iterable[tuple[Any, Range]] = pyromark.events_with_range(text, options=OPTIONS)
        for event, span in events:
            if "Start" in event:
                tag = event["Start"]
                if tag == "Item":
                    around, shape = span, Shape.ITEMS
                elif isinstance(tag, dict):
                    if "Link" in tag:
                        untitled = self._link(shape, around, tag["Link"], span)
                        if untitled is not None:
                            pieces = []
                    elif "Heading" in tag and span["start"] >= self._lists_end:
                        self._heading(int(tag["Heading"]["level"][1]), span)
                        shape, pieces = Shape.HEADINGS, []
                    else:
                        self._block(tag, span)
                    around = span if "Heading" in tag and pieces is not None else None
                elif tag == "Paragraph":
                    if span["start"] >= self._lists_end:
                        around = paragraph = span
                        shape = Shape.PARAGRAPHS
                elif tag == "TableRow":
                    around = span if span["start"] >= self._lists_end else None
                    shape = Shape.ROWS
                elif tag not in _INLINE:
                    self._block(tag, span)
                    around = None
            elif pieces is not None:
                if "Text" in event:
                    pieces.append(event["Text"])
                elif "End" in event:
                    if untitled is not None and event["End"] == "Link":
                        untitled.title = "".join(pieces)
                        untitled = None
                        if shape is not Shape.HEADINGS:
                            pieces = None
                    elif "Heading" in event["End"]:
                        self._name_heading("".join(pieces))
                        pieces = None
                else:
                    pieces.append(" " if isinstance(event, str) else event.get("Code", ""))
            elif around is not None and "Text" in event:
                if "://" in event["Text"]:
                    self._bare(shape, around, span["start"])
                    around = None
            elif shape is Shape.PARAGRAPHS and isinstance(event, str) and paragraph is not None:
                around = {"start": span["end"], "end": paragraph["end"]}
        return self._findings

    def _block(self, tag: Any, span: Range) -> None:
        if "List" in tag:
            self._list(span["start"], span["end"])
        elif "BlockQuote" in tag:
            self._quotes.append(span["end"])
        elif tag == "TableHead":
            self._findings.table_heads.append((span["start"], span["end"]))
        elif tag == "HtmlBlock" or "CodeBlock" in tag:
            self._findings.opaque.append((span["start"], span["end"]))

    def _list(self, start: int, end: int) -> None:
        start = self._after_space(start)
        while self._lists and self._lists[-1] <= start:
            self._lists.pop()
        self._lists.append(end)
        self._lists_end = max(self._lists_end, end)
        if len(self._lists) > MAX_LEVELS and start >= self._deep_end:
            self._deep_end = end
            if self._findings.too_deep is None:
                self._findings.too_deep = start

    def _after_space(self, start: int) -> int:
        """Where a block really starts: with tabs pyromark lets it begin in the white space before."""
        while self._body[start] <= _SPACE:
            start += 1
        return start

    def _heading(self, level: int, span: Range) -> None:
        while self._sections and self._sections[-1].level >= level:
            self._sections.pop()
        self._headings = tuple(heading.text for heading in self._sections if heading.text)
        self._sections.append(Heading(span["start"], span["end"], level))

    def _name_heading(self, text: str) -> None:
        heading = self._sections[-1]
        heading.text = " ".join(seen(text).split())
        self._findings.headings.append(heading)
        self._headings = tuple(above.text for above in self._sections if above.text)

    def _link(self, shape: Shape, around: Range | None, link: Any, span: Range) -> Place | None:
        """The place of the link if it stands first; else, if it is by reference, remember what it refers to."""
        self._findings.links += 1
        start, end = span["start"], span["end"]
        if link["link_type"] == "Collapsed" and self._body.startswith(b"[]", end):
            end += 2  # which pyromark leaves out
        if around is not None and self._deep_end <= start < around["end"]:
            before = self._body[around["start"] : start]
            if before in _BULLETS:
                return self._add(shape, around, start, end, link["dest_url"], "")
            if match := _LEAD.fullmatch(before.decode()):
                return self._add(shape, around, start, end, link["dest_url"], match[1])
            if shape is Shape.ROWS:
                return self._add(shape, around, start, end, link["dest_url"], "")
        if link["id"]:
            self._close_entries(start)
            for entry in self._entries:
                if entry.references is None:
                    entry.references = {}
                entry.references[link["id"]] = link["dest_url"]
        return None

    def _bare(self, shape: Shape, around: Range, start: int) -> None:
        """An address as plain text, if nothing but a lead stands before it."""
        line_end = self._body.find(b"\n", start)
        text = self._body[start : line_end if line_end >= 0 else None].decode()
        address = next(addresses_in(text), None)
        if address is None or start < self._deep_end:
            return
        match = _LEAD.fullmatch(self._body[around["start"] : start].decode() + text[: address[0]])
        if match or shape is Shape.ROWS:
            url = text[slice(*address)]
            link = start + len(text[: address[0]].encode())
            place = self._add(shape, around, link, link + len(url.encode()), url, match[1] if match else "")
            place.title = url
            self._findings.links += 1

    def _add(self, shape: Shape, around: Range, link: int, link_end: int, url: str, lead: str) -> Place:
        start = self._after_space(around["start"])
        place = Place(shape, start, link, link_end, around["end"], url, self._headings, lead)
        self._findings.places.append(place)
        while self._quotes and self._quotes[-1] <= link:
            self._quotes.pop()
        place.quotes = len(self._quotes)
        if shape is Shape.ITEMS:
            self._close_entries(start)
            if self._entries:
                place.parent = self._entries[-1]
            self._entries.append(place)
        return place

    def _close_entries(self, start: int) -> None:
        while self._entries and self._entries[-1].end <= start:
            self._entries.pop()
