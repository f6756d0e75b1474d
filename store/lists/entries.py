"""From the places that were found to entries: title, tags, identity, section and notes as written.

A `[tag]` before the link is a tag of the entry, and so are `#hashtags` at the end of the link's own line (these stay in
the notes too, which are as written). A `#word` elsewhere is text: it is as often an issue or a language.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from bot.domain.ids import Url
from bot.domain.notes import Notes
from bot.domain.source import ReadEntry
from bot.domain.url import canonical, web
from store.lists.characters import excerpt, holds_unseen, seen
from store.lists.finder import Place, Shape, find
from store.lists.front_matter import FrontMatter
from store.lists.indentation import TAB, dedented, unquoted, width
from store.lists.report import Report

_MAX_REREADS = 3
"""Lists in lists that stand too far to the right are read once more for each level; deeper ones stay notes only."""

NARROWEST_ITEM = 2
"""The column at which the text of an item begins at the least: after a bullet and a blank."""
_NO_NOTES = Notes()
_TAG = re.compile(r"\[([^\[\]]+)\]")
_CHECKBOXES = frozenset(("", "x"))
_HASHTAG = re.compile(r"#[^\W\d_][\w/-]*")
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]+)\]:", re.MULTILINE)
_EMPHASIS = "*_~"
IDENTITY = re.compile(r"\{#([\w.:-]+)\}")
_SEPARATOR = re.compile(r"[ \t]*(?:[-–—:|·]+(?=\s|$))?[ \t]*")
_PUNCTUATION = re.compile(r"[\s.,;:!?)\]}\"'*_~|–—-]*")
_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]+")


class EntryReader:
    """Reads the entries of one file; `report` gets what is wrong with them."""

    def __init__(self, front_matter: FrontMatter, report: Report) -> None:
        self._front_matter = front_matter
        self._report = report
        self._first_line_of: dict[str, int] = {}

    def read(self, body: bytes, places: Sequence[Place], first_line: int) -> Iterator[ReadEntry]:
        """The entries at those places of a body whose first line is line `first_line` of the file."""
        return self._read(body, places, first_line, None, _MAX_REREADS)

    def _read(
        self, body: bytes, places: Sequence[Place], line: int, around: Place | None, rereads: int
    ) -> Iterator[ReadEntry]:
        counted = 0
        for place in places:
            line += body.count(b"\n", counted, place.start)
            counted = place.start
            url = web(place.url)
            if url is None:
                self._report_link(body, place, line)
                continue
            parent = place.parent
            while parent is not None and not parent.line:
                parent = parent.parent
            parent = parent or around
            if parent is not None and self._front_matter.nested_are_notes:
                continue
            place.line = line
            after = _after_link(body, place)
            yield self._entry(body, place, after, url, parent)
            if rereads and "\n" in after and (listed := _list_taken_for_text(body, place, after)):
                below = line + body.count(b"\n", place.start, place.link_end) + 1
                inner = find(listed)
                items = [other for other in inner.places if other.shape is Shape.ITEMS]
                yield from self._read(inner.body, items, below, place, rereads - 1)

    def _entry(self, body: bytes, place: Place, after: str, url: Url, parent: Place | None) -> ReadEntry:
        place.title = self._title(body, place, url)
        place.section = place.headings if parent is None else (*parent.section, parent.title)
        key, markdown, tags = "", place.notes, self._front_matter.tags
        if markdown is None:
            key, markdown = _notes(body, place, after) if after else ("", "")
            if "#" in after:
                tags = _merged(_hashtags(after), tags)
        if place.lead:
            tags = _merged(_tags(place.lead), tags)
        key = key or canonical(url)
        first = self._first_line_of.setdefault(key, place.line)
        if first != place.line:
            self._report.warning(f"duplicate of line {first}; the first is kept when it is synced", place.line)
        return ReadEntry(
            line=place.line,
            title=place.title,
            url=url,
            key=key,
            notes=Notes(markdown=markdown) if markdown else _NO_NOTES,
            tags=tags,
            section=place.section,
            parent_line=None if parent is None else parent.line,
        )

    def _title(self, body: bytes, place: Place, url: Url) -> str:
        title = " ".join(place.title.split())
        if title.isascii() and title.isprintable() and title:
            return title
        if holds_unseen(title):
            message = "the title holds characters that cannot be seen, which are left out; delete them"
            self._report.warning(message, place.line, _column(body, place.link))
        title = " ".join(seen(title).split())
        if not title:
            message = "the link has no title, so its address stands for it; write one between the brackets"
            self._report.warning(message, place.line, _column(body, place.link))
        return title or seen(url)

    def _report_link(self, body: bytes, place: Place, line: int) -> None:
        if place.url.startswith("#"):  # a table of contents
            return
        message = f"`{excerpt(place.url)}` is no web address, so this is no entry; link to http:// or https://"
        self._report.warning(message, line, _column(body, place.link))


def _after_link(body: bytes, place: Place) -> str:
    """All that follows the link in its item, if that is where the notes of its shape are."""
    if place.notes is not None or place.end - place.link_end <= 1:
        return ""
    text = body[place.link_end : place.end].decode().rstrip()
    return unquoted(text, place.quotes) if place.quotes else text


def _notes(body: bytes, place: Place, after: str) -> tuple[str, str]:
    """The explicit identity, if there is one, and the notes as written."""
    head, _, tail = after.partition("\n")
    key = ""
    if "{#" in head and (identity := IDENTITY.search(head)):
        key = f"#{identity[1]}"
        head = head[: identity.start()].rstrip() + head[identity.end() :]
    head = _text_beside(head, place.lead)
    if tail:
        tail = dedented(tail, _content_column(body, place) if tail[0] == "\n" else 0)
    notes = f"{head}\n{tail}" if head and tail else head or tail
    if place.references:
        own = set(_DEFINITION.findall(notes))
        others = "\n".join(f"[{label}]: <{url}>" for label, url in place.references.items() if label not in own)
        notes = f"{notes}\n\n{others}" if others else notes
    return key, notes


def closing_of(lead: str) -> str:
    """What closes the emphasis that is open before the link."""
    return lead[len(lead.rstrip(_EMPHASIS)) :][::-1]


def _text_beside(head: str, lead: str) -> str:
    """The notes that stand on the link's line, without the dash before them and the emphasis around the link."""
    if closing := closing_of(lead):
        head = head.removeprefix(closing) if head.startswith(closing) else closing[::-1] + head.lstrip()
    if _PUNCTUATION.fullmatch(head):
        return ""
    separator = _SEPARATOR.match(head)
    return head[separator.end() :].rstrip() if separator else head.rstrip()


def _list_taken_for_text(body: bytes, place: Place, after: str) -> str:
    """The list straight under the link that is indented so far that Markdown reads it as text, without indentation."""
    tail = after.partition("\n")[2]
    line = tail.partition("\n")[0]
    if not line[:4].isspace() or (place.shape is Shape.ITEMS and width(line) < NARROWEST_ITEM + TAB):
        return ""
    if not _MARKER.match(line) or width(line) < _content_column(body, place) + TAB:
        return ""
    return dedented(tail, 0)


def _content_column(body: bytes, place: Place) -> int:
    """Where the text of an item begins: the column after its marker."""
    line = body[body.rfind(b"\n", 0, place.start) + 1 : place.link].decode()
    before = len(line) - len(body[place.start : place.link].decode())
    marker = _MARKER.match(line, before)
    return len(line[: marker.end() if marker else before].expandtabs(TAB))


def _hashtags(after: str) -> Iterator[str]:
    words = reversed(after.partition("\n")[0].split())
    tags = [word[1:].lower() for word in takewhile(_HASHTAG.fullmatch, words)]
    return reversed(tags)


def _tags(lead: str) -> Iterator[str]:
    for listed in _TAG.findall(lead):
        for tag in seen(listed).split(","):
            if (name := tag.strip().lower()) not in _CHECKBOXES:
                yield name


def _merged(own: Iterator[str], of_file: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *of_file)))


def _column(body: bytes, offset: int) -> int:
    return len(body[body.rfind(b"\n", 0, offset) + 1 : offset].decode("utf-8", "replace")) + 1
