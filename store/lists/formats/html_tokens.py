"""HTML as tags and text, each with its place.

The standard library's parser takes minutes for a file of 2 MiB of `<a ` (Python 3.11.7), and parsers that build the tree
of HTML 5 do not say on which line a tag is. This takes one pass over any text.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_MARK = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"/?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
_TAIL = re.compile(r"[\s/=]*>?")
_RAW = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"))
_NOTHING: Mapping[str, str] = {}


class Token(NamedTuple):
    """A piece of HTML at an offset: a tag (`is_end` for `</…>`), or text where `name` is empty."""

    at: int
    name: str = ""
    is_end: bool = False
    text: str = ""
    attributes: Mapping[str, str] = _NOTHING


def tokens(text: str) -> Iterator[Token]:
    """The tags and the text between them. Comments are left out; what has no end is read as if it ended at once."""
    at = 0
    last_comment, last_mark = text.rfind("-->"), text.rfind(">")
    endless: set[str] = set()
    while mark := _MARK.search(text, at):
        start = mark.start()
        if start > at:
            yield Token(at, text=html.unescape(text[at:start]))
        if text[start + 1] in "!?":
            at = _after_declaration(text, start, last_comment, last_mark)
            continue
        named = _NAME.match(text, start + 1)
        if named is None:  # `</` that does not start a tag
            yield Token(start, text="<")
            at = start + 1
            continue
        name = named[1].lower()
        is_end = text[start + 1] == "/"
        at, attributes = _attributes(text, named.end())
        yield Token(start, name, is_end, "", attributes)
        if name in _RAW and not is_end and name not in endless:
            end = re.compile(rf"</{name}(?![^\s/>])", re.IGNORECASE).search(text, at)
            if end is None:
                endless.add(name)
                continue
            if end.start() > at:
                yield Token(at, text=html.unescape(text[at : end.start()]))
            at = end.start()
    if at < len(text):
        yield Token(at, text=html.unescape(text[at:]))


def _after_declaration(text: str, start: int, last_comment: int, last_mark: int) -> int:
    if text.startswith("<!--", start):
        inner = start + 4
        return text.index("-->", start + 2) + 3 if inner - 2 <= last_comment else inner
    return text.index(">", start) + 1 if start < last_mark else start + 2


def _attributes(text: str, at: int) -> tuple[int, Mapping[str, str]]:
    found: dict[str, str] = {}
    while attribute := _ATTRIBUTE.match(text, at):
        name, *values = attribute.groups()
        found.setdefault(name.lower(), html.unescape(next((value for value in values if value is not None), "")))
        at = attribute.end()
    tail = _TAIL.match(text, at)
    return (tail.end() if tail else at), found
