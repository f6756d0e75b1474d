"""From the Markdown of notes to their tree. Lists keep their numbers as written, links lead to web pages only."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import pyromark

from bot.domain.ids import Url
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span, Text
from bot.domain.url import addresses_in, web
from bot.domain.visible import visible
from store.lists.formats.markdown_scan import MAX_LEVELS, OPTIONS
from store.lists.text import is_html_tag

_NUMBER = re.compile(rb"\s*(\d{1,9}[.)])")
_TYPED_MARKER = re.compile(r"([a-zA-Z][.)]|[•‣◦▪–—→])\s+(?=\S)")
"""Markers that people type and Markdown does not know: `b)`, `•`."""
_BULLET = "•"
_UNSHOWN_HTML = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[!?][^<>]*>")
_HTML_BREAK = re.compile(r"</?(?:br|p|div|li|tr|summary|h[1-6])\b", re.IGNORECASE)
_CONTAINERS = {"Item": NoteKind.ITEM, "BlockQuote": NoteKind.QUOTE}
_STYLES = {"Strong": "bold", "Emphasis": "italic", "Strikethrough": "strike"}


def tree(markdown: str) -> tuple[NoteBlock, ...]:
    """The blocks of the notes. What is nested deeper than 50 levels is shown at that level."""
    source = markdown.encode("utf-8", "replace")
    return _Builder(source).build(source.decode())


class _Style(NamedTuple):
    """How a run of characters looks; a number counts how often the style is open around it."""

    bold: int = 0
    italic: int = 0
    strike: int = 0
    code: bool = False
    url: Url | None = None


_Piece = tuple[str, _Style]


@dataclass(slots=True)
class _Frame:
    """An open item or quote, or the whole."""

    kind: NoteKind
    marker: str | None = None
    children: list[NoteBlock] = field(default_factory=list)


class _Builder:
    """Turns events into blocks: pieces gather until their paragraph, heading, row or code block ends."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._frames = [_Frame(NoteKind.PARAGRAPH)]
        self._pieces: list[_Piece] = []
        self._style = _Style()
        self._kind = NoteKind.PARAGRAPH
        self._html: list[str] = []

    def build(self, text: str) -> tuple[NoteBlock, ...]:
        events: Iterable[tuple[Any, Any]] = pyromark.events_with_range(text, options=OPTIONS)
        for event, span in events:
            if isinstance(event, str):
                self._break(event)
                continue
            ((kind, value),) = event.items()
            if kind == "Start":
                self._start(value, span["start"])
            elif kind == "End":
                self._end(value)
            elif kind == "Code":
                self._pieces.append((visible(value), self._style._replace(code=True)))
            elif kind == "Html":
                self._html.append(value)
            elif kind != "InlineHtml" or not is_html_tag(value):
                self._pieces.append((visible(value), self._style))
            elif _HTML_BREAK.match(value):
                self._flush()
        return tuple(self._frames[0].children)

    def _break(self, kind: str) -> None:
        if kind == "SoftBreak":
            self._pieces.append(("\n", _Style()))
        elif kind == "HardBreak":
            self._flush()

    def _start(self, tag: Any, at: int) -> None:
        name = tag if isinstance(tag, str) else next(iter(tag))
        if name in _STYLES:
            self._restyle(_STYLES[name], 1)
        elif name == "Link":
            self._style = self._style._replace(url=web(tag["Link"]["dest_url"]))
        elif name == "TableCell":
            if self._pieces:
                self._pieces.append((" | ", _Style()))
        elif name != "Image":
            self._flush()
            if name in _CONTAINERS:
                self._frames.append(_Frame(_CONTAINERS[name], self._marker(at) if name == "Item" else None))
            elif name == "Heading":
                self._kind = NoteKind.HEADING
            elif name == "CodeBlock":
                self._kind = NoteKind.CODE

    def _end(self, tag: Any) -> None:
        name = tag if isinstance(tag, str) else next(iter(tag))
        if name in _STYLES:
            self._restyle(_STYLES[name], -1)
        elif name == "Link":
            self._style = self._style._replace(url=None)
        elif name == "HtmlBlock":
            self._flush_html()
        elif name not in ("Image", "TableCell"):
            self._flush()
            if name in _CONTAINERS:
                self._close(self._frames.pop())

    def _restyle(self, name: str, change: int) -> None:
        self._style = self._style._replace(**{name: getattr(self._style, name) + change})

    def _marker(self, at: int) -> str:
        number = _NUMBER.match(self._source, at)
        return number[1].decode() if number else _BULLET

    def _flush(self) -> None:
        """End what the pieces make up."""
        pieces, kind = self._pieces, self._kind
        self._pieces, self._kind = [], NoteKind.PARAGRAPH
        if kind is not NoteKind.CODE:
            self._frames[-1].children.extend(_blocks(kind, pieces))
        elif text := "".join(text for text, _ in pieces).rstrip("\n"):
            self._frames[-1].children.append(NoteBlock(kind=kind, text=(Span(text),)))

    def _flush_html(self) -> None:
        """The text of a block of HTML; its tags only tell where lines end."""
        shown, self._html = _UNSHOWN_HTML.sub("", "".join(self._html)), []
        broken = _HTML_BREAK.sub(r"\n\g<0>", shown)
        for line in _HTML_TAG.sub(lambda tag: "" if is_html_tag(tag[0]) else tag[0], broken).split("\n"):
            self._pieces.append((visible(html.unescape(line)), _Style()))
            self._flush()

    def _close(self, frame: _Frame) -> None:
        """An item or quote takes its first paragraph as its text; each further paragraph of a quote is a quote."""
        text: Text = ()
        children = frame.children
        if children and children[0].kind is NoteKind.PARAGRAPH:
            text, children = children[0].text, children[1:]
        if frame.kind is NoteKind.QUOTE:
            children = [
                replace(child, kind=NoteKind.QUOTE) if child.kind is NoteKind.PARAGRAPH else child for child in children
            ]
        siblings = self._frames[-1].children
        if len(self._frames) <= MAX_LEVELS:
            siblings.append(NoteBlock(kind=frame.kind, text=text, marker=frame.marker, children=tuple(children)))
        else:
            siblings.append(NoteBlock(kind=frame.kind, text=text, marker=frame.marker))
            siblings.extend(children)


def _blocks(kind: NoteKind, pieces: Sequence[_Piece]) -> Iterator[NoteBlock]:
    """The paragraph of these pieces, or the items that were typed in it with markers of their own."""
    lines = [list(line) for breaks, line in groupby(pieces, lambda piece: piece[0] == "\n") if not breaks]
    typed = sum(1 for line in lines if _TYPED_MARKER.match(line[0][0])) > 1
    block: list[_Piece] = []
    marker: str | None = None
    for line in lines:
        (text, style), *rest = line
        if typed and (match := _TYPED_MARKER.match(text)):
            yield from _block(kind, marker, block)
            block, marker = [(text[match.end() :], style), *rest], match[1]
        else:
            if block:
                block.append((" ", _Style()))
            block.extend(line)
    yield from _block(kind, marker, block)


def _block(kind: NoteKind, marker: str | None, pieces: Sequence[_Piece]) -> Iterator[NoteBlock]:
    if text := _text(pieces):
        yield NoteBlock(kind=NoteKind.ITEM if marker else kind, text=text, marker=marker)


def _text(pieces: Sequence[_Piece]) -> Text:
    """The pieces with like neighbours joined, addresses made links, and no white space at the ends."""
    runs = [(style, "".join(text for text, _ in run)) for style, run in groupby(pieces, itemgetter(1))]
    shown = [number for number, (_, text) in enumerate(runs) if text.strip()]
    if not shown:
        return ()
    runs = runs[shown[0] : shown[-1] + 1]
    runs[0] = (runs[0][0], runs[0][1].lstrip())
    runs[-1] = (runs[-1][0], runs[-1][1].rstrip())
    return tuple(span for style, text in runs for span in _spans(style, text))


def _spans(style: _Style, text: str) -> Iterator[Span]:
    bold, italic, strike, code, url = style
    told = 0
    if url is None and not code and "://" in text:
        for start, end in addresses_in(text):
            if start > told:
                yield Span(text[told:start], bool(bold), bool(italic), bool(strike))
            yield Span(text[start:end], bool(bold), bool(italic), bool(strike), url=web(text[start:end]))
            told = end
    if told < len(text):
        yield Span(text[told:], bool(bold), bool(italic), bool(strike), code, url)
