"""Edits of a list that change no byte but those of the entry they are about.

An edit is written in the style of its neighbours and then read back: unless the file says exactly what it should and
all other entries are as before, the next way of writing it is tried, and if there is none the edit is refused.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from bot.domain.edit import Content, Edit, EditKind, changed
from bot.domain.errors import BadUsage, Conflict, NotFound
from bot.domain.source import ReadEntry, ReadList
from bot.domain.url import canonical, web
from bot.domain.visible import visible
from store.lists.entries import IDENTITY, closing_of
from store.lists.formats import detect
from store.lists.formats.markdown_scan import Heading, Place, Shape
from store.lists.reading import MAX_BYTES, parsed, read
from store.lists.report import Report
from store.lists.text import TAB, UTF_16_MARKS, cleaned, width

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_ITEM = re.compile(r"(?P<indent>\s*)(?P<marker>[-*+]|(?P<number>\d{1,8})(?P<mark>[.)]))(?P<space>[ \t]+)")
_BRACKETS = re.compile(r"([\\\[\]])")
_MARKUP = re.compile(r"([\\\[\]`*_<>&~!#])")
_TAGS = re.compile(r"(?:\[[^\[\]]*\]|`[^`]*`|#[\w/-]+)\s*")
_NUMBER = re.compile(r"\d+")


def applied(data: bytes, edit: Edit) -> bytes:
    """The file with the edit in it; unchanged if it is in it already, so applying it twice is as good as once.

    Raises Conflict or NotFound, with what is in the way, if the edit cannot be made without changing anything else.
    """
    document = _Document(data)
    entry = next((entry for entry in document.entries if entry.key == edit.key), None)
    if edit.kind is EditKind.RETIRE:
        return data if entry is None else retire(data, line=entry.line)
    if edit.kind is EditKind.CHANGE and entry is None:
        raise NotFound("The entry is not in the file any more.")
    if entry is None:
        new = edit.content
        under = new.section or None
        return add(data, title=new.title, url=edit.url, notes=new.notes, section=under, tags=new.tags, strict=True)
    return data if edit.kind is EditKind.ADD else _changed(data, entry, edit)


def headings(data: bytes) -> tuple[str, ...]:
    """The headings under which an entry can be added. Raises Conflict if the file cannot be edited."""
    return _Document(data).headings()


def _changed(data: bytes, entry: ReadEntry, edit: Edit) -> bytes:
    section = entry.section[-1] if entry.section else ""
    now = Content(title=entry.title, tags=entry.tags, section=section, notes=entry.notes.markdown)
    new = changed(now, edit.fields)
    if new.section.casefold() != section.casefold():
        if entry.key.startswith("#"):
            raise Conflict("This entry has an identity of its own, so it is not moved; edit the file.")
        rest = retire(data, line=entry.line, may_be_last=True)
        under = new.section or None
        return add(rest, title=new.title, url=entry.url, notes=new.notes, section=under, tags=new.tags, strict=True)
    line = entry.line
    if new.title != now.title:
        data = replace_title(data, line=line, title=new.title)
    if set(new.tags) != set(now.tags):
        data = replace_tags(data, line=line, tags=new.tags)
    return data if new.notes == now.notes else replace_notes(data, line=line, notes=new.notes, strict=True)


def add(
    data: bytes,
    *,
    title: str,
    url: str,
    notes: str = "",
    section: str | None = None,
    tags: Sequence[str] = (),
    strict: bool = False,
) -> bytes:
    """The file with one more entry after the last one, or after the last of the section with this heading.

    With `strict` no link in the notes becomes an entry. Raises BadUsage for a title or an address that is none, NotFound for an unknown section, Conflict if the article
    is on the list already or the file cannot be edited.
    """
    name = " ".join(visible(title).split())
    address = web(url)
    if not name:
        raise BadUsage("An entry needs a title.", field="title")
    if address is None:
        raise BadUsage("An entry links to a web page, http:// or https://.", field="url")
    document = _Document(data, strict=strict)
    for entry in document.entries:
        if entry.key == canonical(address):
            raise Conflict(f"This article is on the list already, at line {entry.line}.")
    at, neighbour = document.end_of(section)
    style = document.style_beside(neighbour)
    text = _tidy(notes)
    for lead, label, link, below in product(_leads(tags), _titles(name), _links(address), list(style.below(text))):
        lines = [*style.gap, f"{style.item}{lead}[{label}]({link})", *below]
        edited = document.spliced(at, at, [*lines, *document.gap_below(at)])
        line = at + len(style.gap) + 1
        said = _Said(line, name, address, text, frozenset(tags) | document.tags)
        if document.differs_only(edited, range(0), range(line, at + len(lines) + 1), said):
            return edited
    raise Conflict("This entry would not be read as it is written; edit the file.")


def replace_notes(data: bytes, *, line: int, notes: str, strict: bool = False) -> bytes:
    """The file with these notes under the entry at `line` in place of those it has; `""` takes them away.

    Raises NotFound if no entry is there, Conflict if another entry would change with them. With `strict` also if a link
    in the notes would become an entry.
    """
    document = _Document(data, strict=strict)
    place, entry = document.at(line)
    text = _tidy(notes)
    if _tidy(entry.notes.markdown) == text:
        return data
    top, head = document.head_of(place)
    last = document.last_line(place)
    style = document.style_beside(place)
    for below in style.below(text):
        lines = [head, *below]
        edited = document.spliced(top - 1, last, lines)
        said = _Said(line, entry.title, entry.url, text)
        if document.differs_only(edited, range(line, last + 1), range(line, top + len(lines)), said):
            return edited
    raise Conflict("These notes cannot be changed without changing another entry; edit the file.")


def replace_title(data: bytes, *, line: int, title: str) -> bytes:
    """The file with this title for the entry at `line`. Raises as `replace_notes`."""
    document = _Document(data)
    place, entry = document.at(line)
    name = " ".join(visible(title).split())
    start, end = document.columns_of(place)
    text = document.line(line)
    for label, link in product(_titles(name), _links(entry.url)):
        edited = document.spliced(line - 1, line, [f"{text[:start]}[{label}]({link}){text[end:]}"])
        said = _Said(line, name, entry.url, entry.notes.markdown, frozenset(entry.tags))
        if document.differs_only(edited, range(line, line + 1), range(line, line + 1), said):
            return edited
    raise Conflict("This title would not be read as it is written; edit the file.")


def replace_tags(data: bytes, *, line: int, tags: Sequence[str]) -> bytes:
    """The file with these tags before the link of the entry at `line`, in place of those that are there.

    Raises as `replace_notes`, and Conflict if the entry has tags elsewhere that are to go.
    """
    document = _Document(data)
    place, entry = document.at(line)
    start, _ = document.columns_of(place)
    text = document.line(line)
    item = _ITEM.match(text)
    begin = item.end() if item else 0
    kept = _TAGS.sub("", text[begin:start]).lstrip()
    for lead in _leads(tags):
        edited = document.spliced(line - 1, line, [f"{text[:begin]}{lead}{kept}{text[start:]}"])
        said = _Said(line, entry.title, entry.url, entry.notes.markdown, frozenset(tags))
        if document.differs_only(edited, range(line, line + 1), range(line, line + 1), said):
            return edited
    raise Conflict("These tags cannot be set here; edit the file.")


def retire(data: bytes, *, line: int, may_be_last: bool = False) -> bytes:
    """The file without the entry at `line`. Raises as `replace_notes`, and Conflict for the only entry of the file."""
    document = _Document(data)
    place, entry = document.at(line)
    if not may_be_last and len(document.entries) == 1:
        raise Conflict("It is the only entry of the file; edit the file.")
    last = document.last_line(place)
    if any(line < other.line <= last for other in document.entries):
        raise Conflict(f"Other entries are listed under “{entry.title}”; edit the file.")
    edited = document.spliced(line - 1, last, [])
    if document.differs_only(edited, range(line, last + 1), range(0), None):
        return edited
    raise Conflict("This entry cannot be removed without changing another one; edit the file.")


@dataclass(frozen=True, slots=True)
class _Said:
    """What an edited entry is to say; `tags` where they are meant."""

    line: int
    title: str
    url: str
    notes: str
    tags: frozenset[str] | None = None

    def is_said_by(self, entry: ReadEntry) -> bool:
        same = (entry.line, entry.title, entry.url) == (self.line, self.title, self.url)
        is_same = same and entry.notes.markdown == self.notes
        return is_same and (self.tags is None or frozenset(entry.tags) == self.tags)


@dataclass(frozen=True, slots=True)
class _Style:
    """How an entry is written: the empty lines before it, what stands before its link, the indentation of its notes.

    `least` is the smallest indentation that belongs to the item.
    """

    gap: tuple[str, ...]
    item: str
    notes: str
    least: str

    def below(self, notes: str) -> Iterator[list[str]]:
        """The notes as lines below the link, straight, then after an empty line, then as far to the left as can be."""
        if not notes:
            yield []
            return
        for gap, indent in (([], self.notes), ([""], self.notes), ([""], self.least)):
            yield [*gap, *(f"{indent}{line}" if line else "" for line in notes.split("\n"))]


class _Document:
    """A list as lines of bytes, and what is read in it."""

    def __init__(self, data: bytes, *, strict: bool = False) -> None:
        self._strict = strict
        report = Report("the list")
        text = cleaned(data, report)
        if text is not None and (data.startswith(UTF_16_MARKS) or detect.format_of(text, "")):
            raise Conflict("Only Markdown lists in UTF-8 are edited; Dogear reads this file and never writes it.")
        if text is None or len(data) > MAX_BYTES:
            raise Conflict("This list cannot be edited.", hint="`dogear check` says what is wrong with it.")
        self._data = data
        self._parts = parsed(text, report)
        self.tags = frozenset(self._parts.about.tags)
        self.entries = self._parts.entries
        if self.entries and Shape.ITEMS.value not in self._parts.shapes:
            shapes = " and ".join(self._parts.shapes)
            raise Conflict(f"The entries of this list are {shapes}, which are not edited; edit the file.")
        self.places = [place for place in self._parts.regions.places if place.line and place.shape is Shape.ITEMS]
        self._texts = text.split("\n")
        self._lines: list[bytes] = _LINE.findall(data)

    def at(self, line: int) -> tuple[Place, ReadEntry]:
        """The entry at this line. Raises NotFound."""
        place = next((place for place in self.places if place.line == line), None)
        if place is None:
            raise NotFound(f"There is no entry at line {line}.")
        return place, next(entry for entry in self.entries if entry.line == line)

    def headings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.text for each in self._parts.regions.scan.headings if each.text))

    def line(self, number: int) -> str:
        return self._texts[number - 1]

    def columns_of(self, place: Place) -> tuple[int, int]:
        """Where in its line the link begins and ends. Raises Conflict if it is on more than one line."""
        body = self._parts.regions.scan.body
        if b"\n" in body[place.start : place.link_end]:
            raise Conflict("The link of this entry is on more than one line; edit the file.")
        begin = body.rfind(b"\n", 0, place.link) + 1
        return len(body[begin : place.link].decode()), len(body[begin : place.link_end].decode())

    def end_of(self, section: str | None) -> tuple[int, Place | None]:
        """After which line an entry of the section is added, and the entry that is before it."""
        outer = [place for place in self.places if place.parent is None]
        if section is None:
            return (self.last_line(outer[-1]), outer[-1]) if outer else (len(self._lines), None)
        name = section.strip().casefold()
        inside = [place for place in outer if place.headings and place.headings[-1].casefold() == name]
        if inside:
            return self.last_line(inside[-1]), inside[-1]
        heading = next((each for each in self._parts.regions.scan.headings if each.text.casefold() == name), None)
        if heading is None:
            raise NotFound(f"This list has no section {section.strip()}.")
        return self._line_of(heading), None

    def last_line(self, place: Place) -> int:
        return place.line + self._parts.regions.scan.body[place.start : place.end].rstrip().count(b"\n")

    def gap_below(self, line: int) -> tuple[str, ...]:
        """An empty line where the text below would be taken for notes."""
        runs_on = line < len(self._lines) and self._texts[line].strip() and not _ITEM.match(self._texts[line])
        return ("",) if runs_on and not self._texts[line].startswith("#") else ()

    def _line_of(self, heading: Heading) -> int:
        return self._parts.about.lines + self._parts.regions.scan.body[: heading.end].rstrip().count(b"\n") + 1

    def style_beside(self, neighbour: Place | None) -> _Style:
        """The style of an entry; one without a neighbour is set apart from what is above it."""
        if neighbour is None or not (item := _ITEM.match(self._texts[neighbour.line - 1])):
            return _Style(("",) if self._lines else (), "* ", "    ", "  ")
        before = [place for place in self.places if place.line < neighbour.line and place.parent is None][-1:]
        gap = ("",) if any(self.last_line(place) == neighbour.line - 2 for place in before) else ()
        marker = item["marker"]
        if item["number"] and not any(self._texts[place.line - 1].startswith(item[0]) for place in before):
            marker = f"{int(item['number']) + 1}{item['mark']}"
        lead = f"{item['indent']}{marker}{item['space']}"
        content = len(lead.expandtabs(TAB)) - width(item["indent"])
        return _Style(gap, lead, item["indent"] + self._notes_indent(content), item["indent"] + " " * content)

    def _notes_indent(self, content: int) -> str:
        """How far the notes of this list are indented below their entries, if that is far enough for these."""
        for place in self.places:
            line = self._texts[place.line - 1]
            below = self._texts[place.line] if place.line < self.last_line(place) else ""
            own = line[: len(line) - len(line.lstrip())]
            indent = below[: len(below) - len(below.lstrip())].removeprefix(own)
            if below.startswith(own) and content <= width(indent) < content + TAB:
                return indent
        return " " * content

    def head_of(self, place: Place) -> tuple[int, str]:
        """The line on which the link ends, and how much of it does not belong to the notes."""
        body = self._parts.regions.scan.body
        line = place.line + body.count(b"\n", place.start, place.link_end)
        column = len(body[body.rfind(b"\n", 0, place.link_end) + 1 : place.link_end].decode())
        text = self._texts[line - 1]
        rest = text[column:]
        closing = closing_of(place.lead)
        identity = IDENTITY.search(rest)
        kept = closing if rest.startswith(closing) else ""
        return line, text[:column] + kept + (f" {identity[0]}" if identity else "")

    def spliced(self, start: int, end: int, lines: Sequence[str]) -> bytes:
        """The file with these lines in place of those from `start` to `end`, counted from 0."""
        line_end = next((found for line in self._lines if (found := _end_of(line))), b"\n")
        above, below = self._lines[:start], self._lines[end:]
        written = [line.encode("utf-8", "replace") + line_end for line in lines]
        if self._lines and not below and written:
            written[-1] = written[-1].removesuffix(line_end) + _end_of(self._lines[-1])
        if above and written and not _end_of(above[-1]):
            above[-1] += line_end
        return b"".join([*above, *written, *below])

    def differs_only(self, edited: bytes, old: range, new: range, said: _Said | None) -> bool:
        """Whether the edited file has an entry that says this, all others as this one has them, and no new problem.

        `old` and `new` are the lines that the entry had and has. Entries that it holds may change, but not go, and
        an entry that holds it has other notes of course.
        """
        found = read(edited, "the list")
        now = found.entries
        above = self._entries_around(old.start) if old else set()
        return (
            (said is None or any(said.is_said_by(entry) for entry in now))
            and _outside(old, self.entries, above) == _outside(new, now, above)
            and (
                said is None
                or {entry.key for entry in self.entries if entry.line in old} <= {e.key for e in now if e.line in new}
            )
            and not (self._strict and self._has_new(now, new, old, said))
            and (not found.problems or _problems(found) <= _problems(read(self._data, "the list")))
        )

    def _has_new(self, now: Sequence[ReadEntry], new: range, old: range, said: _Said | None) -> bool:
        """Whether something in the new lines became an entry that was none in the old ones."""
        known = {entry.key for entry in self.entries if entry.line in old}
        inside = (entry for entry in now if entry.line in new and not (said and said.is_said_by(entry)))
        return any(entry.key not in known for entry in inside)

    def _entries_around(self, line: int) -> set[int]:
        place = next(place for place in self.places if place.line == line)
        around = set()
        while place.parent is not None:
            place = place.parent
            around.add(place.line)
        return around


def _outside(lines: range, entries: Sequence[ReadEntry], above: set[int]) -> list[tuple[object, ...]]:
    return [
        (entry.title, entry.url, entry.key, entry.tags, entry.section, "" if entry.line in above else entry.notes)
        for entry in entries
        if entry.line not in lines
    ]


def _problems(found: ReadList) -> Counter[str]:
    """The problems without the lines that they name."""
    return Counter(_NUMBER.sub("", problem.message) for problem in found.problems)


def _leads(tags: Sequence[str]) -> tuple[str, ...]:
    """Ways to write tags before a link."""
    if not tags:
        return ("",)
    return f"[{', '.join(tags)}] ", "".join(f"[{tag}] " for tag in tags), "".join(f"`{tag}` " for tag in tags)


def _tidy(notes: str) -> str:
    lines = notes.replace("\r\n", "\n").replace("\r", "\n").expandtabs(TAB).strip("\n").rstrip().split("\n")
    return "\n".join(line if line.strip() else "" for line in lines)


def _titles(title: str) -> tuple[str, ...]:
    return _BRACKETS.sub(r"\\\1", title), _MARKUP.sub(r"\\\1", title)


def _links(url: str) -> tuple[str, ...]:
    escaped = _MARKUP.sub(r"\\\1", url)
    return url, f"<{url}>", f"<{escaped}>"


def _end_of(line: bytes) -> bytes:
    return line[len(line.rstrip(b"\r\n")) :]
