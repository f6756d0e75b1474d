"""What an HTML page says of itself: its title, its description, and how long it takes to read.

The HTML is written by strangers. The parser takes time that grows with the square of the depth and of a tag's attributes,
and memory that grows with the number of elements, so a page is cut where one of them goes beyond what pages have. That
cannot be known for certain without parsing, so it is read in a process of its own, `python -m bot.runtime.linked_page_text`,
which is killed if it takes too long: a thread could not be.
"""

import contextlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode
from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

from bot.domain.linked_page import LinkedPage, Seen, is_bot_wall, reading_minutes
from bot.domain.visible import visible

MAX_ELEMENTS = 40_000
"""So many `div` in each other take the parser four seconds; no tag is trusted to end."""
MAX_CPU = 3
"""Seconds of a processor for one page. The longest pages of the web need half of one."""
MAX_MEMORY = 1 << 30
MAX_DEPTH = 2_000
MAX_ATTRIBUTES, MAX_TAG = 200, 10_000
"""So many attributes within so many characters. The parser compares each attribute with all before it."""
MAX_TITLE, MAX_DESCRIPTION = 300, 500
MAX_DATA = 200_000
"""Characters of one block of JSON-LD."""
MAX_BLOCKS = 10
SHARE_OF_ARTICLE = 0.4
"""An `article` or `main` with less of the page's words is a part of it, such as a comment."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_CROWDED = re.compile(
    r"""<[a-z][^\t\n\f\r />]{0,40}+
    (?>
        [\t\n\f\r /]*+ (?: = [^\t\n\f\r />=]*+ | [^\t\n\f\r />=]++ )
        (?: [\t\n\f\r ]*+ = [\t\n\f\r ]*+ (?: "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) | [^\t\n\f\r >"'][^\t\n\f\r >]*+ ) )?+
    ){MANY}""".replace("MANY", str(MAX_ATTRIBUTES)),
    re.IGNORECASE | re.VERBOSE,
)
"""A tag with too many attributes, as HTML separates them. A quoted value may go beyond the end of what is searched."""
_FORMATTING = re.compile(
    r"(</?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\t\n\f\r />])", re.IGNORECASE
)
"""Elements that the parser repeats in every block after the one in which they were not closed: 30 kB become 1.5 GB."""
_CLOSED_BY_THEMSELVES = frozenset(
    [
        "area",
        "base",
        "body",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "head",
        "hr",
        "html",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "param",
        "source",
        "td",
        "th",
        "tr",
        "track",
        "wbr",
    ]
)
_MARKS = " \t\r\n-+*#>`~|=_"
_NOT_TEXT = [
    *("script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "select", "textarea"),
    *("svg", "iframe", "object", "dialog", "head"),
]


def read_page(body: bytes, content_type: str, *, whole: bool = True) -> LinkedPage:
    """What the page says. The reading time is only known of one that is here as a `whole`."""
    text = _FORMATTING.sub(r"\1span", _decoded(body, content_type).replace("\0", ""))
    end = _end(text)
    parsed = LexborHTMLParser(text[:end])
    titles = [title for title in map(_line, _titles(parsed)) if title]
    if any(map(is_bot_wall, titles)):
        return LinkedPage(seen=Seen.WALL, reason="The page is only shown to people.")
    return LinkedPage(
        seen=Seen.PAGE,
        title=_cut(next(iter(titles), ""), MAX_TITLE),
        description=_cut(next(filter(None, map(_line, _descriptions(parsed))), ""), MAX_DESCRIPTION),
        minutes=reading_minutes(_main_text(parsed)) if whole and end == len(text) else None,
    )


def _decoded(body: bytes, content_type: str) -> str:
    """The text in the encoding that the page names. Python also has encodings that no browser has, such as zlib and
    punycode; reading 2 MB of the latter takes minutes.
    """
    named = (http_content_type_encoding(content_type), html_body_declared_encoding(body))
    try:
        if "punycode" not in named:
            return html_to_unicode(content_type, body, default_encoding="utf-8")[1]
    except (LookupError, UnicodeError):
        pass
    return body.decode("utf-8", "replace")


def _end(text: str) -> int:
    """Where to cut the page: where it has too many elements, attributes, or elements in each other. Else its length."""
    depth: Counter[str] = Counter()
    elements = 0
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        elements += 0 if tag[1] else 1
        if elements > MAX_ELEMENTS or _CROWDED.match(text, tag.start(), tag.start() + MAX_TAG):
            return tag.start()
        if name in _CLOSED_BY_THEMSELVES:
            continue
        depth[name] += -1 if tag[1] else 1
        if depth[name] < 0:
            depth[name] = 0
        elif depth[name] > MAX_DEPTH:
            return tag.start()
    return len(text)


def _titles(parsed: LexborHTMLParser) -> Iterator[str]:
    yield from _meta(parsed, "og:title")
    yield from _meta(parsed, "twitter:title")
    yield from _headlines(parsed)
    yield from (node.text() for node in parsed.css("title") if not _is_in_picture(node))


def _descriptions(parsed: LexborHTMLParser) -> Iterator[str]:
    """What may become a note: without signs at the beginning that mean a list or a heading in Markdown."""
    for name in ("og:description", "description", "twitter:description"):
        for text in _meta(parsed, name):
            yield text.lstrip(_MARKS)


def _meta(parsed: LexborHTMLParser, name: str) -> Iterator[str]:
    for node in parsed.css(f'meta[property="{name}" i], meta[name="{name}" i]'):
        yield node.attributes.get("content") or ""


def _is_in_picture(node: LexborNode) -> bool:
    return node.parent is not None and node.parent.tag in ("svg", "symbol", "g")


def _headlines(parsed: LexborHTMLParser) -> Iterator[str]:
    """The headlines of the page's JSON-LD, as schema.org has them."""
    for node in parsed.css('script[type="application/ld+json" i]')[:MAX_BLOCKS]:
        data = node.text()
        try:
            found = json.loads(data) if len(data) <= MAX_DATA else None
        except (ValueError, RecursionError):
            continue
        yield from _headlines_in(found)


def _headlines_in(found: Any) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _headlines_in(one) if isinstance(one, dict) else ()
    elif isinstance(found, dict):
        if isinstance(headline := found.get("headline"), str):
            yield headline
        if isinstance(graph := found.get("@graph"), list):
            yield from _headlines_in(graph)


def _line(text: str) -> str:
    """The text in one line, without invisible characters."""
    return " ".join(visible(text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _main_text(parsed: LexborHTMLParser) -> str:
    """The article's own words, without what is around it."""
    parsed.strip_tags(_NOT_TEXT)
    body = parsed.body.text(separator=" ") if parsed.body is not None else ""
    largest = ""
    for node in parsed.css("article, main")[:MAX_BLOCKS]:
        largest = max(largest, node.text(separator=" "), key=len)
    return largest if len(largest) >= SHARE_OF_ARTICLE * len(body) else body


def main() -> None:
    """Read a page from standard input, below a line of JSON with its `type` and whether it is `whole`, and write what it
    says as JSON.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU, MAX_CPU))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    about = json.loads(sys.stdin.buffer.readline())
    page = read_page(sys.stdin.buffer.read(), about["type"], whole=about["whole"])
    said = {"seen": page.seen, "title": page.title, "description": page.description, "minutes": page.minutes}
    sys.stdout.write(json.dumps({**said, "reason": page.reason}))


if __name__ == "__main__":
    main()
