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
from bot.domain.ids import Url
from bot.domain.source import ReadEntry, ReadList
from bot.domain.url import canonical, web
from bot.domain.visible import visible
from store.lists.entries import IDENTITY, closing_of
from store.lists.formats import detect
from store.lists.formats.markdown_scan import Heading, Place, Shape
from store.lists.reading import has_too_many_signs, listed, parsed, text_of
from store.lists.report import Report
from store.lists.text import TAB, UTF_16_MARKS, width

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_ITEM = re.compile(r"(?P<indent>\s*)(?P<marker>[-*+]|(?P<number>\d{1,8})(?P<mark>[.)]))(?P<space>[ \t]+)")
_BRACKETS = re.compile(r"([\\\[\]])")
_MARKUP = re.compile(r"([\\\[\]`*_<>&~!#])")
_TAGS = re.compile(r"(?:\[[^\[\]]*\]|`[^`]*`|#[\w/-]+)\s*")
_NUMBER = re.compile(r"\d+")


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


class Document:
    """A Markdown list that can be edited; `data` is the file. An edit returns another document and changes no byte but
    those of its entry. Each version is read once: that takes some 80 ms for a file of 1 MB.

    Raises Conflict for a file that is never edited. All edits raise Conflict with what is in the way if they would change
    anything else.
    """

    def __init__(self, data: bytes, file: str = "the list") -> None:
        report = Report(file)
        text = text_of(data, report)
        if text is not None and (data.startswith(UTF_16_MARKS) or detect.format_of(text, file)):
            raise Conflict("Only Markdown lists in UTF-8 are edited; Dogear reads this file and never writes it.")
        if text is None or has_too_many_signs(text, report):
            reason = next(problem.message for problem in report.problems())
            raise Conflict(f"This list cannot be edited: {reason}.", hint="`dogear check` says what is wrong with it.")
        self.data = data
        self.file = file
        self._parts = parsed(text, report)
        self._found = listed(self._parts, file, report)
        self.entries = self._found.entries
        self._places = [place for place in self._parts.regions.places if place.line and place.shape is Shape.ITEMS]
        self._texts = text.split("\n")
        self._lines: list[bytes] = _LINE.findall(data)
        if self._parts.about.draft:
            raise Conflict("This list is a draft; remove `draft: true` from its front matter.")
        if self.entries and Shape.ITEMS.value not in self._parts.shapes:
            shapes = " and ".join(self._parts.shapes)
            raise Conflict(f"The entries of this list are {shapes}, which are not edited; edit the file.")

    def applied(self, edit: Edit) -> "Document":
        """The list with the edit in it. An edit that is in it already changes nothing.

        Raises also NotFound if the entry to change is not there any more.
        """
        entry = next((entry for entry in self.entries if entry.key == edit.key), None)
        if edit.kind is EditKind.RETIRE:
            return self if entry is None else self.retired(line=entry.line)
        if edit.kind is EditKind.CHANGE and entry is None:
            raise NotFound("The entry is not in the file any more.")
        if entry is None:
            return self.with_entry(edit.content, edit.url)
        return self if edit.kind is EditKind.ADD else self._changed(entry, edit)

    def added(
        self,
        *,
        title: str,
        url: str,
        notes: str = "",
        section: str | None = None,
        tags: Sequence[str] = (),
        strict: bool = False,
    ) -> "Document":
        """One more entry after the last one, or after the last of the section with this heading.

        With `strict` no link in the notes becomes an entry. Raises also BadUsage for a title or an address that is
        none, and NotFound for an unknown section.
        """
        name = " ".join(visible(title).split())
        address = web(url)
        if not name:
            raise BadUsage("An entry needs a title.", field="title")
        if address is None:
            raise BadUsage("An entry links to a web page, http:// or https://.", field="url")
        for entry in self.entries:
            if entry.key == canonical(address):
                raise Conflict(f"This article is on the list already, at line {entry.line}.")
        at, neighbour = self._end_of_section(section)
        style = self._style_beside(neighbour)
        text = _tidy(notes)
        meant = frozenset(tags) | frozenset(self._parts.about.tags)
        for lead, label, link, below in product(_leads(tags), _titles(name), _links(address), list(style.below(text))):
            lines = [*style.gap, f"{style.item}{lead}[{label}]({link})", *below]
            line = at + len(style.gap) + 1
            said = _Said(line, name, address, text, meant)
            edited = self._spliced(at, at, [*lines, *self._gap_below(at)])
            if now := self._if_only(edited, range(0), range(line, at + len(lines) + 1), said, strict=strict):
                return now
        raise Conflict("This entry would not be read as it is written; edit the file.")

    def with_notes(self, *, line: int, notes: str, strict: bool = False) -> "Document":
        """Other notes under the entry at `line` in place of those it has; `""` takes them away.

        With `strict` no link in the notes becomes an entry. Raises also NotFound if no entry is there.
        """
        place, entry = self._at(line)
        text = _tidy(notes)
        if _tidy(entry.notes.markdown) == text:
            return self
        top, head = self._head_of(place)
        last = self._last_line(place)
        style = self._style_beside(place)
        for below in style.below(text):
            lines = [head, *below]
            said = _Said(line, entry.title, entry.url, text)
            edited = self._spliced(top - 1, last, lines)
            if now := self._if_only(edited, range(line, last + 1), range(line, top + len(lines)), said, strict=strict):
                return now
        raise Conflict("These notes cannot be changed without changing another entry; edit the file.")

    def with_title(self, *, line: int, title: str) -> "Document":
        """Another title for the entry at `line`. Raises also NotFound if no entry is there."""
        place, entry = self._at(line)
        name = " ".join(visible(title).split())
        start, end = self._columns_of(place)
        text = self._texts[line - 1]
        for label, link in product(_titles(name), _links(entry.url)):
            said = _Said(line, name, entry.url, entry.notes.markdown, frozenset(entry.tags))
            edited = self._spliced(line - 1, line, [f"{text[:start]}[{label}]({link}){text[end:]}"])
            if now := self._if_only(edited, range(line, line + 1), range(line, line + 1), said):
                return now
        raise Conflict("This title would not be read as it is written; edit the file.")

    def with_tags(self, *, line: int, tags: Sequence[str]) -> "Document":
        """Other tags before the link of the entry at `line`, in place of those that are there.

        Raises also NotFound if no entry is there, and Conflict if it has tags elsewhere that are to go.
        """
        place, entry = self._at(line)
        start, _ = self._columns_of(place)
        text = self._texts[line - 1]
        item = _ITEM.match(text)
        begin = item.end() if item else 0
        kept = _TAGS.sub("", text[begin:start]).lstrip()
        for lead in _leads(tags):
            said = _Said(line, entry.title, entry.url, entry.notes.markdown, frozenset(tags))
            edited = self._spliced(line - 1, line, [f"{text[:begin]}{lead}{kept}{text[start:]}"])
            if now := self._if_only(edited, range(line, line + 1), range(line, line + 1), said):
                return now
        raise Conflict("These tags cannot be set here; edit the file.")

    def retired(self, *, line: int, may_be_last: bool = False) -> "Document":
        """Without the entry at `line`. Raises also NotFound if no entry is there, Conflict for the only one."""
        place, entry = self._at(line)
        if not may_be_last and len(self.entries) == 1:
            raise Conflict("It is the only entry of the file; edit the file.")
        last = self._last_line(place)
        if any(line < other.line <= last for other in self.entries):
            raise Conflict(f"Other entries are listed under “{entry.title}”; edit the file.")
        edited = self._spliced(line - 1, last, [])
        if now := self._if_only(edited, range(line, last + 1), range(0), None):
            return now
        raise Conflict("This entry cannot be removed without changing another one; edit the file.")

    def _changed(self, entry: ReadEntry, edit: Edit) -> "Document":
        section = entry.section[-1] if entry.section else ""
        now = Content(title=entry.title, tags=entry.tags, section=section, notes=entry.notes.markdown)
        new = changed(now, edit.fields)
        if new.section.casefold() != section.casefold():
            if entry.key.startswith("#"):
                raise Conflict("This entry has an identity of its own, so it is not moved; edit the file.")
            return self.retired(line=entry.line, may_be_last=True).with_entry(new, entry.url)
        document = self
        if new.title != now.title:
            document = document.with_title(line=entry.line, title=new.title)
        if set(new.tags) != set(now.tags):
            document = document.with_tags(line=entry.line, tags=new.tags)
        if new.notes != now.notes:
            document = document.with_notes(line=entry.line, notes=new.notes, strict=True)
        return document

    def with_entry(self, content: Content, url: Url) -> "Document":
        """One more entry with this content, as `added` with `strict`."""
        under = content.section or None
        return self.added(
            title=content.title, url=url, notes=content.notes, section=under, tags=content.tags, strict=True
        )

    def _at(self, line: int) -> tuple[Place, ReadEntry]:
        """The entry at this line. Raises NotFound."""
        place = next((place for place in self._places if place.line == line), None)
        if place is None:
            raise NotFound(f"There is no entry at line {line}.")
        return place, next(entry for entry in self.entries if entry.line == line)

    def headings(self) -> tuple[str, ...]:
        """The headings under which an entry can be added."""
        return tuple(dict.fromkeys(each.text for each in self._parts.regions.scan.headings if each.text))

    def _columns_of(self, place: Place) -> tuple[int, int]:
        """Where in its line the link begins and ends. Raises Conflict if it is on more than one line."""
        body = self._parts.regions.scan.body
        if b"\n" in body[place.start : place.link_end]:
            raise Conflict("The link of this entry is on more than one line; edit the file.")
        begin = body.rfind(b"\n", 0, place.link) + 1
        return len(body[begin : place.link].decode()), len(body[begin : place.link_end].decode())

    def _end_of_section(self, section: str | None) -> tuple[int, Place | None]:
        """After which line an entry of the section is added, and the entry that is before it."""
        outer = [place for place in self._places if place.parent is None]
        if section is None:
            return (self._last_line(outer[-1]), outer[-1]) if outer else (len(self._lines), None)
        name = section.strip().casefold()
        inside = [place for place in outer if place.headings and place.headings[-1].casefold() == name]
        if inside:
            return self._last_line(inside[-1]), inside[-1]
        heading = next((each for each in self._parts.regions.scan.headings if each.text.casefold() == name), None)
        if heading is None:
            raise NotFound(f"This list has no section {section.strip()}.")
        return self._line_of(heading), None

    def _last_line(self, place: Place) -> int:
        return place.line + self._parts.regions.scan.body[place.start : place.end].rstrip().count(b"\n")

    def _gap_below(self, line: int) -> tuple[str, ...]:
        """An empty line where the text below would be taken for notes."""
        runs_on = line < len(self._lines) and self._texts[line].strip() and not _ITEM.match(self._texts[line])
        return ("",) if runs_on and not self._texts[line].startswith("#") else ()

    def _line_of(self, heading: Heading) -> int:
        return self._parts.about.lines + self._parts.regions.scan.body[: heading.end].rstrip().count(b"\n") + 1

    def _style_beside(self, neighbour: Place | None) -> _Style:
        """The style of an entry; one without a neighbour is set apart from what is above it."""
        if neighbour is None or not (item := _ITEM.match(self._texts[neighbour.line - 1])):
            return _Style(("",) if self._lines else (), "* ", "    ", "  ")
        before = [place for place in self._places if place.line < neighbour.line and place.parent is None][-1:]
        gap = ("",) if any(self._last_line(place) == neighbour.line - 2 for place in before) else ()
        marker = item["marker"]
        if item["number"] and not any(self._texts[place.line - 1].startswith(item[0]) for place in before):
            marker = f"{int(item['number']) + 1}{item['mark']}"
        lead = f"{item['indent']}{marker}{item['space']}"
        content = len(lead.expandtabs(TAB)) - width(item["indent"])
        return _Style(gap, lead, item["indent"] + self._notes_indent(content), item["indent"] + " " * content)

    def _notes_indent(self, content: int) -> str:
        """How far the notes of this list are indented below their entries, if that is far enough for these."""
        for place in self._places:
            line = self._texts[place.line - 1]
            below = self._texts[place.line] if place.line < self._last_line(place) else ""
            own = line[: len(line) - len(line.lstrip())]
            indent = below[: len(below) - len(below.lstrip())].removeprefix(own)
            if below.startswith(own) and content <= width(indent) < content + TAB:
                return indent
        return " " * content

    def _head_of(self, place: Place) -> tuple[int, str]:
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

    def _spliced(self, start: int, end: int, lines: Sequence[str]) -> bytes:
        """The file with these lines in place of those from `start` to `end`, counted from 0."""
        line_end = next((found for line in self._lines if (found := _end_of(line))), b"\n")
        above, below = self._lines[:start], self._lines[end:]
        written = [line.encode("utf-8", "replace") + line_end for line in lines]
        if self._lines and not below and written:
            written[-1] = written[-1].removesuffix(line_end) + _end_of(self._lines[-1])
        if above and written and not _end_of(above[-1]):
            above[-1] += line_end
        return b"".join([*above, *written, *below])

    def _if_only(
        self, edited: bytes, old: range, new: range, said: _Said | None, *, strict: bool = False
    ) -> "Document | None":
        """The edited file, if it has an entry that says this, all others as this one has them, and no new problem.

        `old` and `new` are the lines that the entry had and has. Entries that it holds may change, but not go, and
        an entry that holds it has other notes of course. With `strict` nothing else in the new lines becomes an entry.
        """
        try:
            document = Document(edited, self.file)
        except Conflict:
            return None
        now = document.entries
        above = self._entries_around(old.start) if old else set()
        inside = {entry.key for entry in self.entries if entry.line in old}
        within = [entry for entry in now if entry.line in new]
        is_meant = said is None or (any(map(said.is_said_by, now)) and inside <= {entry.key for entry in within})
        others = (entry for entry in within if not (said and said.is_said_by(entry)))
        if (
            is_meant
            and _outside(old, self.entries, above) == _outside(new, now, above)
            and not (strict and any(entry.key not in inside for entry in others))
            and _problems(document._found) <= _problems(self._found)
        ):
            return document
        return None

    def _entries_around(self, line: int) -> set[int]:
        place = next(place for place in self._places if place.line == line)
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
