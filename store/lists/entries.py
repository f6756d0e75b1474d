"""From the places that were found to entries: title, tags, identity, section and notes as written.

A `[tag]`, `` `tag` `` or `#tag` before the link is a tag of the entry, and so are those straight after it and those at
the end of its line (these stay in the notes too, which are as written). A `#word` elsewhere is text: it is as often an
issue or a language.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from bot.domain.ids import Url
from bot.domain.notes import Notes
from bot.domain.source import ReadEntry
from bot.domain.url import canonical, web
from bot.domain.visible import holds_invisible, visible
from store.lists.formats.markdown_scan import Place, Shape, scan
from store.lists.formats.markdown_words import is_lead, is_tag, lead_tags
from store.lists.front_matter import FrontMatter
from store.lists.report import Report
from store.lists.text import TAB, dedented, unquoted, width

_MAX_REREADS = 3
"""Lists in lists that are too far to the right are read once more for each level; deeper ones stay notes only."""

NARROWEST_ITEM = 2
"""The column at which the text of an item begins at the least: after a bullet and a blank."""
_NO_NOTES = Notes()
_HASHTAG = re.compile(r"#[^\W\d_][\w/-]*")
_TAGS_STRAIGHT_AFTER = re.compile(
    r"[\s|·–—-]*((?:(?:#[^\W\d_][\w/-]*|`[^`\n]{1,40}`|\[[^\[\]\n]{1,40}\](?![\[(:]))[\s,]*)+)(?=$|[-–—:|·])"
)
_CODE_AT_END = re.compile(r"(?<=[.!?)\]。])((?:[\s,]*`[^`\n]{1,40}`)+)\s*$")
_ONE_TAG = re.compile(r"#([^\W\d_][\w/-]*)|`([^`\n]+)`|\[([^\[\]\n]+)\]")
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]+)\]:", re.MULTILINE)
_EMPHASIS = "*_~"
IDENTITY = re.compile(r"\{#([\w.:-]+)\}")
_SEPARATOR = re.compile(r"[ \t]*(?:[-–—:|·,.;]+(?=\s|$)|[，。：；、،؛]+)?[ \t]*")
_CLOSERS = re.compile(r"[ \t]*[\])}）】”»」』》]+|[,.;:!?]+[”»]+")
_CLOSED_AROUND = re.compile(r"^(?:\s*</(?:b|strong|i|em|u|span|code|font)>)+", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\s.,;:!?)\]}\"'*_~=|–—-]*")
_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_FOOTNOTE_MARK = re.compile(r"\[\^([^\]\s]{1,60})\]")
_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]{1,60}\]:[^\n]*(?:\n(?:[ \t]{2,}|\t)\S[^\n]*)*\n?", re.MULTILINE)
"""What a footnote says; the last item of a list reaches over those below it."""
_PROPERTY = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?([\w.-]+)::[ \t]+(\S.*)\n?", re.MULTILINE)
"""Logseq's `id:: …` and `collapsed:: true`."""
_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}|\{%[^%\n]*%\}|\{:[^{}\n]*\}")
"""Hugo's shortcodes, Liquid's tags and kramdown's attributes."""
_CLOSING_TAGS = re.compile(
    r"(?:\s*(?<!\\)(?:</(?:ul|ol|li|p|div|details|td|tr|table|center|section|small|sub|sup)>|<a\s+(?:name|id)\s*=[^<>]*>(?:\s*</a>)?))+\s*\Z",
    re.IGNORECASE,
)
"""Tags at the end whose beginning is before the link, and marks for links within the file."""
_BLOCK_NAME = re.compile(r"(?:^|\s)\^[\w-]{4,}\s*$")
"""Obsidian's name of a block, at the end of a line."""
_SECRET = re.compile(r"(https?://)[^\s/?#@<>()\[\]\"']{1,256}@", re.IGNORECASE)


_BEGIN_AT_START = (Shape.ITEMS, Shape.ROWS, Shape.HEADINGS)
"""Entries that begin where their item does; the others begin at their link. A tuple: the hash of an enum is slow."""


class EntryReader:
    """Reads the entries of one file; `report` gets what is wrong with them, `shapes` counts what they are.

    `footnotes` has the words of each footnote of the file.
    """

    def __init__(self, front_matter: FrontMatter, report: Report, footnotes: Mapping[str, str]) -> None:
        self.shapes: Counter[str] = Counter()
        self._front_matter = front_matter
        self._report = report
        self._footnotes = footnotes
        self._first_line_of: dict[str, int] = {}

    def read(self, body: bytes, places: Sequence[Place], first_line: int) -> Iterator[ReadEntry]:
        """The entries at those places of a body whose first line is line `first_line` of the file."""
        return self._read(body, places, first_line, None, _MAX_REREADS)

    def _read(
        self, body: bytes, places: Sequence[Place], line: int, around: Place | None, rereads: int
    ) -> Iterator[ReadEntry]:
        counted = 0
        for place in places:
            at = place.start if place.shape in _BEGIN_AT_START else place.link
            if at >= counted:
                line += body.count(b"\n", counted, at)
            else:
                line -= body.count(b"\n", at, counted)
            counted = at
            url = web(place.url)
            if url is None:
                continue
            parent = place.parent
            while parent is not None and not parent.line:
                parent = parent.parent
            parent = parent or around
            if parent is not None and self._front_matter.nested_are_notes:
                continue
            place.line = line
            after = _after_link(body, place)
            self.shapes[place.shape.value] += 1
            yield self._entry(body, place, after, url, parent)
            if rereads and "\n" in after and (listed := _list_taken_for_text(body, place, after)):
                below = line + body.count(b"\n", place.start, place.link_end) + 1
                inner = scan(listed)
                yield from self._read(inner.body, inner.places, below, place, rereads - 1)

    def _entry(self, body: bytes, place: Place, after: str, url: Url, parent: Place | None) -> ReadEntry:
        place.title = self._title(body, place, url)
        place.section = place.headings if parent is None else (*parent.section, parent.title)
        key, markdown, tags = "", place.notes, self._front_matter.tags
        if markdown is None:
            key, markdown = _notes(body, place, after) if after else ("", "")
        elif "{#" in markdown and (identity := IDENTITY.search(markdown.partition("\n")[0])):
            key = f"#{identity[1]}"
            markdown = (markdown[: identity.start()].rstrip() + markdown[identity.end() :]).strip()
        beside = after if place.notes is None else place.notes
        if "#" in beside or "`" in beside or "[" in beside:
            tags = _merged(_tags_after(beside.partition("\n")[0]), tags)
        if place.lead and is_lead(place.lead):
            tags = _merged(lead_tags(place.lead), tags)
        if markdown or place.said or "[^" in place.title:
            markdown, properties = self._cleaned(markdown, place)
            tags = _merged(properties, tags) if properties else tags
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
            language=self._front_matter.language,
            parent_line=None if parent is None else parent.line,
        )

    def _cleaned(self, markdown: str, place: Place) -> tuple[str, list[str]]:
        """The notes without what is meant for a program, with the words before the link and those of footnotes; and
        tags that are written as a property.
        """
        tags: list[str] = []
        if "::" in markdown:
            for name, value in _PROPERTY.findall(markdown):
                if name.lower() in ("tags", "tag"):
                    tags += [word.strip(" #[]").lower() for word in value.split(",") if word.strip(" #[]")]
            markdown = _PROPERTY.sub("", markdown).strip("\n").rstrip()
        if "{{" in markdown or "{%" in markdown or "{:" in markdown:
            markdown = _TEMPLATE.sub("", markdown).strip("\n").rstrip()
        if markdown.endswith(">"):
            markdown = _CLOSING_TAGS.sub("", markdown).rstrip()
        if "^" in markdown or (self._footnotes and "[^" in place.title):
            markdown = self._with_footnotes(markdown, place.title)
        if "@" in markdown:
            markdown = _SECRET.sub(r"\1", markdown)
        if place.said:
            apart = "\n\n" if markdown.startswith("\n") or "\n" in place.said else " — "
            markdown = apart.join(part for part in (place.said, markdown.lstrip("\n")) if part)
        return markdown, tags

    def _with_footnotes(self, markdown: str, marks: str) -> str:
        markdown = _FOOTNOTE.sub("", markdown).strip("\n").rstrip()
        words = [
            self._footnotes[label] for label in _FOOTNOTE_MARK.findall(marks + markdown) if label in self._footnotes
        ]
        if words:
            markdown = _FOOTNOTE_MARK.sub(lambda mark: "" if mark[1] in self._footnotes else mark[0], markdown)
            markdown = "\n\n".join(part for part in (markdown.strip(), *dict.fromkeys(words)) if part)
        first, newline, rest = markdown.partition("\n")
        return (_BLOCK_NAME.sub("", first) + newline + rest).strip("\n")

    def _title(self, body: bytes, place: Place, url: Url) -> str:
        title = " ".join(place.title.split())
        if "[^" in title:
            title = _FOOTNOTE_MARK.sub("", title).strip()
        if title.isascii() and title.isprintable() and title:
            return title
        if holds_invisible(title):
            message = "the title holds characters that cannot be seen, which are left out; delete them"
            self._report.warning(message, place.line, _column(body, place.link))
        title = " ".join(visible(title).split())
        if not title:
            message = "the link has no title, so its address is shown instead; write one between the brackets"
            self._report.warning(message, place.line, _column(body, place.link))
        return title or visible(url)


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
    if head.endswith(")") and body[place.link - 1 : place.link] == b"(" and head.count(")") > head.count("("):
        head = head[:-1]
    head = head and _text_beside(head, place.lead)
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
    if "<" in lead:
        head = _CLOSED_AROUND.sub("", head)
    if _PUNCTUATION.fullmatch(head):
        return ""
    if closers := _CLOSERS.match(head):
        head = head[closers.end() :]
    separator = _SEPARATOR.match(head)
    return head[separator.end() :].rstrip() if separator else head.rstrip()


def _list_taken_for_text(body: bytes, place: Place, after: str) -> str:
    """The list straight under the link that is indented so far that Markdown reads it as text, without indentation."""
    below = after.find("\n") + 1
    space = after[below : below + (NARROWEST_ITEM + TAB if place.shape is Shape.ITEMS else TAB)]
    if not space.isspace() and "\t" not in space:
        return ""
    tail = after[below:]
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


def _tags_after(head: str) -> Iterator[str]:
    """The tags on the line of a link: straight after it or at the end."""
    if straight := _TAGS_STRAIGHT_AFTER.match(head):
        yield from _names(straight[1])
    words = list(takewhile(_HASHTAG.fullmatch, reversed(head.split())))
    yield from (word[1:].lower() for word in reversed(words))
    if "`" in head and (code := _CODE_AT_END.search(head)):
        yield from _names(code[1])


def _names(tags: str) -> Iterator[str]:
    for hashed, code, bracketed in _ONE_TAG.findall(tags):
        for word in (hashed or code or bracketed).split(","):
            name = visible(word).strip(" []").lower()
            is_mark = bracketed and (len(name) < 2 or name[0] in "^#")
            if is_tag(name, is_code=not bracketed) and not is_mark:
                yield name


def _merged(own: Iterable[str], of_file: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *of_file)))


def _column(body: bytes, offset: int) -> int:
    return len(body[body.rfind(b"\n", 0, offset) + 1 : offset].decode("utf-8", "replace")) + 1
