"""From the Markdown of notes to their tree. Lists keep their numbers as written, links lead to web pages only."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pyromark

from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span, Text
from bot.domain.url import address_in, web
from store.lists.characters import seen
from store.lists.finder import MOST_LEVELS, OPTIONS

_NUMBER = re.compile(rb"\s*(\d{1,9}[.)])")
_TYPED_MARKER = re.compile(r"([a-zA-Z][.)]|[•‣◦▪–—→])\s+(?=\S)")
"""Markers that people type and Markdown does not know: `b)`, `•`."""
_BULLET = "•"
_UNSHOWN_HTML = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[!?][^<>]*>")
_HTML_BREAK = re.compile(r"</?(?:br|p|div|li|tr|summary|h[1-6])\b", re.IGNORECASE)
_STYLES = {"Strong": "bold", "Emphasis": "italic", "Strikethrough": "strike"}
_CONTAINERS = {"Item": NoteKind.ITEM, "BlockQuote": NoteKind.QUOTE}


def tree(markdown: str) -> tuple[NoteBlock, ...]:
    """The blocks of the notes. What is nested deeper than 50 levels is shown at that level."""
    source = markdown.encode("utf-8", "replace")
    return _Builder(source).build(source.decode())


@dataclass(slots=True)
class _Frame:
    """An open item or quote, or the whole."""

    kind: NoteKind
    marker: str | None = None
    children: list[NoteBlock] = field(default_factory=list)


class _Builder:
    """Turns events into blocks: spans gather in `_spans` until their paragraph, heading or row ends."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._frames = [_Frame(NoteKind.PARAGRAPH)]
        self._spans: list[Span] = []
        self._styles = dict.fromkeys(_STYLES.values(), 0)
        self._link: str | None = None
        self._kind = NoteKind.PARAGRAPH
        self._html = ""

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
            elif kind == "Html":
                self._html += value
            elif kind == "InlineHtml":
                if _HTML_BREAK.match(value):
                    self._break("HardBreak")
            else:
                self._add(value, code=kind == "Code")
        self._flush()
        return tuple(self._frames[0].children)

    def _break(self, kind: str) -> None:
        if kind == "SoftBreak":
            self._add("\n")
        elif kind == "HardBreak":
            self._flush()

    def _start(self, tag: Any, at: int) -> None:
        name = tag if isinstance(tag, str) else next(iter(tag))
        if name in _STYLES:
            self._styles[_STYLES[name]] += 1
        elif name == "Link":
            self._link = web(tag["Link"]["dest_url"])
        elif name == "TableCell":
            if self._spans:
                self._add(" | ")
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
            self._styles[_STYLES[name]] -= 1
        elif name == "Link":
            self._link = None
        elif name == "HtmlBlock":
            self._flush_html()
        elif name not in ("Image", "TableCell"):
            self._flush()
            if name in _CONTAINERS:
                self._close(self._frames.pop())

    def _marker(self, at: int) -> str:
        number = _NUMBER.match(self._source, at)
        return number[1].decode() if number else _BULLET

    def _add(self, text: str, *, code: bool = False) -> None:
        if text := seen(text):
            styles = {name: count > 0 for name, count in self._styles.items()}
            self._spans.append(Span(text, code=code, url=self._link, **styles))  # type: ignore[arg-type]

    def _flush_html(self) -> None:
        shown, self._html = _UNSHOWN_HTML.sub("", self._html), ""
        for line in _HTML_TAG.sub("", _HTML_BREAK.sub(r"\n\g<0>", shown)).split("\n"):
            self._add(html.unescape(line))
            self._flush()

    def _flush(self) -> None:
        """End the paragraph, heading, row or code block that the spans make up."""
        spans, kind = self._spans, self._kind
        self._spans, self._kind = [], NoteKind.PARAGRAPH
        if kind is not NoteKind.CODE:
            self._frames[-1].children.extend(_blocks(kind, spans))
        elif text := "".join(span.text for span in spans).rstrip("\n"):
            self._frames[-1].children.append(NoteBlock(kind=kind, text=(Span(text),)))

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
        if len(self._frames) <= MOST_LEVELS:
            siblings.append(NoteBlock(kind=frame.kind, text=text, marker=frame.marker, children=tuple(children)))
        else:
            siblings.append(NoteBlock(kind=frame.kind, text=text, marker=frame.marker))
            siblings.extend(children)


def _blocks(kind: NoteKind, spans: Sequence[Span]) -> Iterator[NoteBlock]:
    """The paragraph of these spans, or the items that were typed in it with markers of their own."""
    lines = [list(line) for breaks, line in groupby(spans, lambda span: span.text == "\n") if not breaks]
    typed = sum(1 for line in lines if _TYPED_MARKER.match(line[0].text)) > 1
    block: list[Span] = []
    marker: str | None = None
    for line in lines:
        match = _TYPED_MARKER.match(line[0].text) if typed else None
        if match:
            yield from _block(kind, marker, block)
            block, marker = [], match[1]
            line[0] = replace(line[0], text=line[0].text[match.end() :])
        block.extend([Span(" "), *line] if block else line)
    yield from _block(kind, marker, block)


def _block(kind: NoteKind, marker: str | None, spans: Sequence[Span]) -> Iterator[NoteBlock]:
    text = _text(spans)
    if text:
        yield NoteBlock(kind=NoteKind.ITEM if marker else kind, text=text, marker=marker)


def _text(spans: Sequence[Span]) -> Text:
    """The spans with like neighbours joined, addresses made links, and no white space at the ends."""
    joined = [
        replace(first, text=first.text + "".join(span.text for span in others))
        for _, (first, *others) in groupby(spans, lambda span: replace(span, text=""))
    ]
    while joined and not joined[0].text.strip():
        del joined[0]
    while joined and not joined[-1].text.strip():
        del joined[-1]
    if joined:
        joined[0] = replace(joined[0], text=joined[0].text.lstrip())
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip())
    return tuple(linked for span in joined for linked in _linked(span))


def _linked(span: Span) -> Iterator[Span]:
    """The span, its bare addresses as links of their own."""
    rest = span.text
    while span.url is None and not span.code and (found := address_in(rest)):
        start, end = found
        if start:
            yield replace(span, text=rest[:start])
        yield replace(span, text=rest[start:end], url=web(rest[start:end]))
        rest = rest[end:]
    if rest:
        yield replace(span, text=rest)
