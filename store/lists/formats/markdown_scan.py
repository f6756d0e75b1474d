"""One pass over a list's Markdown that finds every link and where it is. Which links are entries is decided in
`markdown_regions`, apart from the plainest kind: an item that begins with its link.
"""

import html
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

import pyromark

from bot.domain.url import addresses_in
from bot.domain.visible import visible
from store.lists.text import is_html_tag

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
_TABLE = frozenset(("TableHead", "TableRow"))
_BLOCKS = frozenset(("Item", "Paragraph", "TableRow", "TableHead", "HtmlBlock"))
_HEADING_MARKS = re.compile(r"\s*\{[#:][^{}\n]*\}\s*$|\[\^[^\]\s]*\]")
"""An identity such as `{#storage}`, attributes, and marks of footnotes."""
_ANCHOR = re.compile(r"<a\s", re.IGNORECASE)
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_DOMAINS = "com|org|net|io|dev|edu|gov|co|app|ai|info|me|blog|tech|de|fr|uk|nl|ch|se|eu|jp|cn|kr|in|br|ru|es|it|example"
_MAX_ADDRESS = 4_096
_SCHEMELESS = re.compile(
    rf"(?:www\.(?:[\w-]+\.)+[a-z]{{2,}}|(?:[a-z0-9-]+\.)+(?:{_DOMAINS})(?=/|$))(?:/\S*)?", re.IGNORECASE
)


class Range(TypedDict):
    """Where something is in the body, in bytes."""

    start: int
    end: int


class Shape(StrEnum):
    """What part of a file an entry is."""

    ITEMS = "list items"
    ROWS = "table rows"
    HEADINGS = "headings"
    PARAGRAPHS = "paragraphs"
    LINES = "lines"
    HTML = "HTML"


@dataclass(slots=True)
class Place:
    """Where an entry is.

    Offsets count bytes of the body: `start` of the item, row, heading or line, `link` and `link_end` of the link,
    `end` of all that belongs to it. `lead` is the text between the marker and the link, `quotes` how many levels
    of quotation it is in, `references` the link definitions that its content uses. `notes` are given where they are
    not simply what follows the link, `said` are words before the link that belong to the notes, `tags` those of the
    lead. `line` and `section` are set once it has become an entry.
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
    said: str = ""
    tags: tuple[str, ...] = ()
    is_picture: bool = False
    line: int = 0
    section: tuple[str, ...] = ()


@dataclass(slots=True)
class Block:
    """A part of the body that holds text of its own; `shape` says what would be an entry in it."""

    shape: Shape
    start: int
    end: int
    headings: tuple[str, ...]
    quotes: int
    in_table_head: bool = False


@dataclass(slots=True)
class Link:
    """A link that is not the first thing in an item; `is_picture` if it holds no words but a picture."""

    start: int
    end: int
    url: str
    block: Block
    title: str = ""
    is_bare: bool = False
    is_picture: bool = False


@dataclass(slots=True)
class Heading:
    """A heading that is not part of an item; offsets count bytes of the body."""

    start: int
    end: int
    level: int
    text: str = ""


@dataclass(slots=True)
class Scan:
    """All that was found in a body, and the body in UTF-8.

    `places` are the items that begin with a link, `links` all other links, both in order. `items` are the ranges of
    all items, `starts` where any block begins, `code` and `html` the blocks of code and of HTML, `references` the
    links by reference, with label and address, `unwrapped` the HTML whose
    tags were taken out before. `too_deep` is where nesting first exceeds `MAX_LEVELS`.
    """

    body: bytes
    places: list[Place] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    table_heads: list[tuple[int, int]] = field(default_factory=list)
    items: list[Range] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    code: list[tuple[int, int, bool]] = field(default_factory=list)
    html: list[tuple[int, int]] = field(default_factory=list)
    references: list[tuple[int, str, str]] = field(default_factory=list)
    unwrapped: list[tuple[int, int]] = field(default_factory=list)
    too_deep: int | None = None


def scan(text: str, glued: Collection[int] = ()) -> Scan:
    """Find the links in a body whose lines end with LF. At the offsets `glued` are headings one of whose signs was made
    the space that they lack.
    """
    return _Scanner(text.encode(), glued).run(text)


def href_of(tag: str) -> str | None:
    """The address that an HTML anchor leads to."""
    if not _ANCHOR.match(tag) or not (found := _HREF.search(tag)):
        return None
    return html.unescape(found[1] or found[2] or found[3] or "").strip()


class _Scanner:
    """The state of the pass: `_lists` are the ends of open lists, `_block` the last block that a link was found in."""

    def __init__(self, body: bytes, glued: Collection[int]) -> None:
        self._body = body
        self._glued = glued
        self._scan = Scan(body)
        self._lists: list[int] = []
        self._quotes: list[int] = []
        self._sections: list[Heading] = []
        self._headings: tuple[str, ...] = ()
        self._lists_end = self._deep_end = self._head_end = self._bare_end = self._code_end = 0
        self._leaf: Range = {"start": 0, "end": 0}
        self._block: Block | None = None
        self._block_leaf: Range | None = None

    def run(self, text: str) -> Scan:
        """Go through the events. A list of 1 MB has 60,000, so most must pass after two or three look-ups.

        `around` is the item in which a link would be the first content. `pieces` is the text so far of a title or
        heading, `titled_from` where in it the title of the open link `untitled` begins; `is_anchor` if that is an
        HTML anchor, which ends with a tag of its own.
        """
        found = self._scan
        starts, items = found.starts, found.items
        around: Range | None = None
        shape = Shape.PARAGRAPHS
        untitled: Place | Link | None = None
        is_anchor = in_heading = False
        pieces: list[str] | None = None
        pictures: list[str] = []
        titled_from = picture_from = 0
        events: Iterable[tuple[Any, Range]] = pyromark.events_with_range(text, options=OPTIONS)
        for event, span in events:
            if "Start" in event:
                tag = event["Start"]
                if tag == "Item":
                    around = self._leaf = span
                    shape = Shape.ITEMS
                    starts.append(span["start"])
                    items.append(span)
                elif isinstance(tag, dict):
                    if "Link" in tag:
                        if untitled is None:
                            untitled, is_anchor = self._link(shape, around, tag["Link"], span), False
                            pieces = [] if pieces is None else pieces
                            pictures, titled_from = [], len(pieces)
                    elif "Image" in tag:
                        pieces = [] if pieces is None else pieces
                        picture_from = len(pieces)
                        continue
                    elif "Heading" in tag and span["start"] >= self._lists_end:
                        self._heading(int(tag["Heading"]["level"][1]), span)
                        self._leaf, shape, in_heading = span, Shape.HEADINGS, True
                        pieces, pictures, untitled = [], [], None
                    else:
                        self._start_block(tag, span)
                    around = None
                elif tag == "Paragraph":
                    self._leaf = span
                    starts.append(span["start"])
                    if span["start"] >= self._lists_end:
                        shape, around = Shape.PARAGRAPHS, None
                    else:
                        shape = Shape.ITEMS
                elif tag not in _INLINE:
                    if tag in _TABLE:
                        self._leaf, shape = span, Shape.ROWS
                    self._start_block(tag, span)
                    around = None
                if is_anchor and untitled is not None and isinstance(tag, str) and tag in _BLOCKS:
                    untitled = pieces = None  # an anchor that was not closed in its block
            elif pieces is not None:
                if "Text" in event:
                    pieces.append(event["Text"])
                    if in_heading and untitled is None and "://" in event["Text"]:
                        self._bare(shape, None, span)
                elif "End" in event:
                    end = event["End"]
                    if end == "Link":
                        if untitled is not None and not is_anchor:
                            _give_title(untitled, pieces[titled_from:], pictures)
                            untitled, pictures = None, []
                            pieces = pieces if in_heading else None
                    elif end == "Image":
                        pictures.append("".join(pieces[picture_from:]))
                        del pieces[picture_from:]
                        if untitled is None and not in_heading:
                            pieces = None
                    elif isinstance(end, dict) and "Heading" in end and in_heading:
                        self._name_heading("".join(pieces).strip() or "".join(pictures))
                        pieces = untitled = None
                        in_heading = False
                elif isinstance(event, str):
                    pieces.append(" ")
                elif "Code" in event:
                    pieces.append(event["Code"])
                elif "InlineHtml" in event:
                    tag = event["InlineHtml"]
                    name = tag[:4].lower()
                    if untitled is not None and is_anchor and name == "</a>":
                        _end_anchor(untitled, span["end"])
                        _give_title(untitled, pieces[titled_from:], pictures)
                        untitled, pictures = None, []
                        pieces = pieces if in_heading else None
                    elif untitled is None and (url := href_of(tag)) is not None:
                        untitled, is_anchor = self._anchor(shape, None, url, span), True
                        pictures, titled_from = [], len(pieces)
                    elif name == "<img":
                        pictures.append("")
                    elif name == "<br>" or not is_html_tag(tag):
                        pieces.append(" " if name == "<br>" else tag)
            elif "Text" in event:
                words = event["Text"]
                if "://" in words and span["start"] >= self._code_end:
                    self._bare(shape, around, span)
                    around = None
                elif around is not None and "." in words and " " not in words and shape is Shape.ITEMS:
                    self._schemeless(around, words, span)
            elif "InlineHtml" in event and (url := href_of(event["InlineHtml"])) is not None:
                untitled, is_anchor = self._anchor(shape, around, url, span), True
                pieces, pictures, titled_from, around = [], [], 0, None
        return found

    def _start_block(self, tag: Any, span: Range) -> None:
        if "List" in tag:
            self._scan.starts.append(self._list(span["start"], span["end"]))
            return
        if "BlockQuote" in tag:
            self._quotes.append(span["end"])
        elif tag == "TableHead":
            self._scan.table_heads.append((span["start"], span["end"]))
            self._head_end = span["end"]
        elif tag == "HtmlBlock":
            self._scan.html.append((span["start"], span["end"]))
        elif "CodeBlock" in tag:
            self._scan.code.append((span["start"], span["end"], tag["CodeBlock"] != "Indented"))
            self._code_end = span["end"]
        self._scan.starts.append(span["start"])

    def _list(self, start: int, end: int) -> int:
        start = self._after_space(start)
        while self._lists and self._lists[-1] <= start:
            self._lists.pop()
        self._lists.append(end)
        self._lists_end = max(self._lists_end, end)
        if len(self._lists) > MAX_LEVELS and start >= self._deep_end:
            self._deep_end = end
            if self._scan.too_deep is None:
                self._scan.too_deep = start
        return start

    def _after_space(self, start: int) -> int:
        """Where a block really starts: with tabs pyromark lets it begin in the white space before."""
        while self._body[start] <= _SPACE:
            start += 1
        return start

    def _heading(self, level: int, span: Range) -> None:
        level += span["start"] in self._glued
        while self._sections and self._sections[-1].level >= level:
            self._sections.pop()
        self._headings = tuple(heading.text for heading in self._sections if heading.text)
        self._sections.append(Heading(span["start"], span["end"], level))
        self._scan.starts.append(span["start"])

    def _name_heading(self, text: str) -> None:
        heading = self._sections[-1]
        heading.text = " ".join(visible(_HEADING_MARKS.sub("", text)).split())
        self._scan.headings.append(heading)
        self._headings = tuple(above.text for above in self._sections if above.text)

    def _link(self, shape: Shape, around: Range | None, link: Any, span: Range) -> Place | Link:
        """The link, as the place of an entry if it is the first content of an item."""
        start, end, url = span["start"], span["end"], link["dest_url"]
        if link["link_type"] == "Collapsed" and self._body.startswith(b"[]", end):
            end += 2  # which pyromark leaves out
        if link["id"]:
            self._scan.references.append((start, link["id"], url))
        if around is not None and self._deep_end <= start < around["end"]:
            before = self._body[around["start"] : start]
            if before in _BULLETS:
                return self._place(around, start, end, url, "")
            if match := _LEAD.fullmatch(before.decode()):
                return self._place(around, start, end, url, match[1])
        return self._other(shape, start, end, url)

    def _anchor(self, shape: Shape, around: Range | None, url: str, span: Range) -> Place | Link:
        start, end = span["start"], span["end"]
        if around is not None and start >= self._deep_end:
            match = _LEAD.fullmatch(self._body[around["start"] : start].decode())
            if match:
                return self._place(around, start, end, url, match[1])
        return self._other(shape, start, end, url)

    def _bare(self, shape: Shape, around: Range | None, span: Range) -> None:
        """Addresses in plain text; the first is the place of an entry if nothing but a lead is before it."""
        start = span["start"]
        if start < self._bare_end:  # an address of which the parser made several texts
            return
        line_end = self._body.find(b"\n", start)
        last = len(self._body) if line_end < 0 else line_end
        text = self._body[start : min(last, span["end"] + _MAX_ADDRESS)].decode(errors="ignore")
        for at, stop in addresses_in(text):
            link = start + len(text[:at].encode())
            if link >= span["end"]:
                break
            url = text[at:stop]
            link_end = self._bare_end = link + len(url.encode())
            match = None
            if around is not None and start >= self._deep_end:
                match = _LEAD.fullmatch(self._body[around["start"] : link].decode())
            if match and around is not None:
                self._place(around, link, link_end, url, match[1]).title = url
            else:
                self._other(shape, link, link_end, url, is_bare=True).title = url
            around = None

    def _schemeless(self, around: Range, words: str, span: Range) -> None:
        """An item that is an address without `https://`."""
        before = self._body[around["start"] : span["start"]].decode()
        after = self._body[span["end"] : span["end"] + 1]
        lead = _LEAD.fullmatch(before)
        if lead and after in (b"", b"\n", b" ") and span["start"] >= self._deep_end and _SCHEMELESS.fullmatch(words):
            self._place(around, span["start"], span["end"], f"https://{words}", lead[1]).title = words

    def _place(self, around: Range, link: int, link_end: int, url: str, lead: str) -> Place:
        start = self._after_space(around["start"])
        place = Place(Shape.ITEMS, start, link, link_end, around["end"], url, self._headings, lead)
        self._scan.places.append(place)
        if self._quotes:
            place.quotes = self._levels_of_quotes(link)
        return place

    def _other(self, shape: Shape, start: int, end: int, url: str, *, is_bare: bool = False) -> Link:
        if self._block is None or self._block_leaf is not self._leaf:
            leaf = self._leaf
            quotes = self._levels_of_quotes(start)
            in_head = shape is Shape.ROWS and start < self._head_end
            self._block = Block(shape, leaf["start"], leaf["end"], self._headings, quotes, in_head)
            self._block_leaf = leaf
        link = Link(start, end, url, self._block, is_bare=is_bare)
        self._scan.links.append(link)
        return link

    def _levels_of_quotes(self, at: int) -> int:
        while self._quotes and self._quotes[-1] <= at:
            self._quotes.pop()
        return len(self._quotes)


def _give_title(link: Place | Link, pieces: list[str], pictures: list[str]) -> None:
    """The words of the link; what a picture says only if there are none."""
    link.title = "".join(pieces)
    if pictures and not link.title.strip():
        link.title, link.is_picture = "".join(pictures), True


def _end_anchor(link: Place | Link, end: int) -> None:
    if isinstance(link, Place):
        link.link_end = end
    else:
        link.end = end
