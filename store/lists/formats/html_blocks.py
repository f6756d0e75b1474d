"""HTML in a list, taken apart into its items, rows, headings and paragraphs, with the links of each."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from store.lists.formats.markdown_scan import Shape, href_of

_TAG = re.compile(rb"<(/?)([a-zA-Z][\w-]*)([^<>]*)>")
_BLOCK_TAGS = frozenset(
    b"li p div tr h1 h2 h3 h4 h5 h6 br dt dd summary details ul ol dl table tbody thead center blockquote section article"
    b" figure header footer nav aside main hr".split()
)
_LIST_TAGS = frozenset(b"ul ol dl table details".split())
_PARAGRAPH_TAGS = frozenset(b"p div center h1 h2 h3 h4 h5 h6".split()) | _LIST_TAGS
_CENTRED = re.compile(rb"\balign\s*=\s*[\"']?center|text-align:\s*center", re.IGNORECASE)
_BARE = re.compile(rb"https?://[^\s<>\"'|]+", re.IGNORECASE)


@dataclass(slots=True)
class HtmlLink:
    start: int
    end: int
    url: str
    title: str = ""
    is_picture: bool = False
    is_bare: bool = False


@dataclass(slots=True)
class Segment:
    """A part of HTML that is one paragraph, item, row or heading; `level` is that of a heading.

    `is_end` marks the end of a `<details>` and holds nothing, `is_centred` is a part that is set in the middle. Offsets
    count bytes of the body.
    """

    shape: Shape
    start: int
    end: int
    level: int = 0
    links: list[HtmlLink] = field(default_factory=list)
    is_end: bool = False
    is_centred: bool = False


def without_comments(block: bytes) -> bytes:
    """The bytes with blanks for comments."""
    parts, at = [], 0
    while (start := block.find(b"<!--", at)) >= 0:
        end = block.find(b"-->", start)
        end = len(block) if end < 0 else end + 3
        parts += [block[at:start], b" " * (end - start)]
        at = end
    return b"".join([*parts, block[at:]])


def segments(body: bytes, start: int, end: int) -> Iterator[Segment]:
    """The segments of the HTML between two offsets of the body."""
    block = without_comments(body[start:end])
    segment = Segment(Shape.PARAGRAPHS, start, start)
    link: HtmlLink | None = None
    words_from = at = 0
    pictures: list[str] = []
    in_row = False
    around: list[bytes] = []
    """The open blocks from the outermost centred one on."""
    for tag in _TAG.finditer(block):
        name = tag[2].lower()
        if link is None:
            segment.links.extend(_bare(block, at, tag.start(), start))
        at = tag.end()
        if name == b"tr":
            in_row = not tag[1]
        if name == b"a":
            url = None if tag[1] else href_of(tag[0].decode("utf-8", "replace"))
            if link is not None:
                link.end = start + (tag.end() if tag[1] else tag.start())
                link.title = _words(block[words_from : tag.start()])
                link.is_picture = not link.title and bool(pictures)
                link.title = link.title or "".join(pictures)
                segment.links.append(link)
                link = None
            if url is not None:
                link, words_from, pictures = HtmlLink(start + tag.start(), start + tag.end(), url), tag.end(), []
        elif name == b"img":
            alt = re.search(rb"\salt\s*=\s*[\"']([^\"']*)", tag[3])
            pictures.append(html.unescape(alt[1].decode("utf-8", "replace")) if alt else "")
        elif name in _BLOCK_TAGS and not (in_row and name != b"tr"):
            if name in _PARAGRAPH_TAGS and tag[1]:
                around = around[: len(around) - 1 - around[::-1].index(name)] if name in around else around
            elif name in _PARAGRAPH_TAGS:
                if around[-1:] == [b"p"]:
                    around.pop()
                if around or name == b"center" or _CENTRED.search(tag[3]):
                    around.append(name)
            if link is not None and link.title == "" and name in (b"p", b"div", b"h1", b"h2", b"h3", b"h4", b"br"):
                continue
            segment.end = start + tag.start()
            yield segment
            segment = Segment(_shape_of(name, bool(tag[1])), start + tag.end(), start + tag.end())
            segment.is_centred = bool(around) and _LIST_TAGS.isdisjoint(around)
            if not tag[1] and name[:1] == b"h" and name[1:].isdigit():
                segment.level = int(name[1:])
            elif not tag[1] and name == b"summary":
                segment.level = 7
            elif tag[1] and name == b"details":
                segment.is_end = True
                yield segment
                segment = Segment(Shape.PARAGRAPHS, start + tag.end(), start + tag.end())
    if link is None:
        segment.links.extend(_bare(block, at, len(block), start))
    else:
        link.title = _words(block[words_from:])
        segment.links.append(link)
    segment.end = end
    yield segment


def words_of(body: bytes, segment: Segment) -> str:
    """The words of a segment without its tags."""
    return _words(without_comments(body[segment.start : segment.end]))


def _shape_of(name: bytes, is_closing: bool) -> Shape:
    if is_closing:
        return Shape.PARAGRAPHS
    if name in (b"li", b"dt"):
        return Shape.ITEMS
    if name == b"tr":
        return Shape.ROWS
    return Shape.HEADINGS if (name[:1] == b"h" and name[1:].isdigit()) or name == b"summary" else Shape.PARAGRAPHS


def _bare(block: bytes, start: int, end: int, offset: int) -> Iterator[HtmlLink]:
    for found in _BARE.finditer(block, start, end):
        url = found[0].decode("utf-8", "replace").rstrip(".,;:!?'\"*_~)")
        yield HtmlLink(offset + found.start(), offset + found.start() + len(url.encode()), url, url, is_bare=True)


def _words(text: bytes) -> str:
    return " ".join(html.unescape(_TAG.sub(b" ", text).decode("utf-8", "replace")).split())
