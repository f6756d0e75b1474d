"""A file of another format as Markdown, with where each of its lines came from.

Org, reStructuredText and pages are texts like a Markdown list: what is an entry in them is decided by the same reader.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.domain.language import language_of
from bot.domain.source import LinkCount, Problem, ReadEntry, ReadList, UnreadLink
from store.lists.report import Report
from store.lists.text import excerpt, without_long_lines

_NO_ENTRIES = "no entries: its links"
_ADDRESS = re.compile(r"https?://[^\s<>\"'`()\[\]|]+", re.IGNORECASE)
_DUPLICATE = re.compile(r"(?<=duplicate of line )\d+")
_MAX_DROPPED = 20_000
MAX_LINES = 20_000
"""Lines read of one file; more would take more than the two seconds that a file may take."""


def limited(text: str, report: Report) -> list[str]:
    """The lines of the file, without those that are too long; those after the first `MAX_LINES` are left out."""
    lines = without_long_lines(text, 0, report).split("\n")
    if len(lines) > MAX_LINES + 1:
        report.error(f"only the first {MAX_LINES:,} lines of a file are read; split the file here", MAX_LINES + 1)
        del lines[MAX_LINES:]
    return lines


@dataclass(slots=True)
class Translated:
    """The Markdown, line by line; `source[n]` is the line of the file that line `n` was made from.

    `tags` are the tags that an entry on the line gets from what is around it. `dropped` are links that the Markdown
    does not have, because they are in a part that people do not read as text.
    """

    format: str
    lines: list[str] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    tags: list[tuple[str, ...]] = field(default_factory=list)
    dropped: list[UnreadLink] = field(default_factory=list)

    def add(self, text: str, line: int, tags: tuple[str, ...] = ()) -> None:
        """Add Markdown that was made from this line; text of several lines is all of it."""
        for each in text.split("\n"):
            self.lines.append(each)
            self.source.append(line)
            self.tags.append(tags)

    def drop(self, text: str, line: int, reason: str) -> None:
        """Leave a line out, and name the links in it as not read."""
        if "://" in text:
            self.drop_links(_ADDRESS.findall(text), line, reason)

    def drop_links(self, urls: Iterable[str], line: int, reason: str) -> None:
        """Name links as not read."""
        if len(self.dropped) < _MAX_DROPPED:
            self.dropped += [UnreadLink(line=line, link=excerpt(url), reason=reason) for url in urls]

    def add_front_matter(self, title: str, tags: tuple[str, ...], language: str = "") -> None:
        """Write what the file says of itself, and its language if search knows it. A string of JSON is one of YAML."""
        above = [f"title: {json.dumps(title, ensure_ascii=False)}"] if title else []
        if tags:
            above.append(f"tags: {json.dumps(list(tags), ensure_ascii=False)}")
        if code := language_of(language):
            above.append(f'lang: "{code}"')
        if above:
            above = ["---", *above, "---"]
            self.lines[:0], self.source[:0], self.tags[:0] = above, [1] * len(above), [()] * len(above)

    @property
    def markdown(self) -> str:
        """The whole."""
        return "\n".join([*self.lines, ""])

    def placed(self, read: ReadList, report: Report) -> ReadList:
        """What was read from the Markdown, with the lines of the file; `report` has what the translation met."""
        problems = [*report.problems(), *map(self._problem, read.problems)]
        unread = [*map(self._unread, read.unread), *self.dropped]
        links = read.links
        return replace(
            read,
            entries=tuple(map(self._entry, read.entries)),
            problems=tuple(sorted(problems, key=lambda problem: problem.line)),
            links=LinkCount(entries=links.entries, notes=links.notes, not_read=links.not_read + len(self.dropped)),
            unread=tuple(sorted(unread, key=lambda link: link.line)),
        )

    def _entry(self, entry: ReadEntry) -> ReadEntry:
        parent = None if entry.parent_line is None else self._line(entry.parent_line)
        around = self.tags[entry.line - 1] if entry.line <= len(self.tags) else ()
        tags = tuple(dict.fromkeys((*entry.tags, *around))) if around else entry.tags
        return replace(entry, line=self._line(entry.line), parent_line=parent, tags=tags)

    def _unread(self, unread: UnreadLink) -> UnreadLink:
        return replace(unread, line=self._line(unread.line))

    def _problem(self, problem: Problem) -> Problem:
        message = _DUPLICATE.sub(lambda line: str(self._line(int(line[0]))), problem.message)
        if message.startswith(_NO_ENTRIES):
            message = f"no entries: no item, row, heading or paragraph of this {self.format} begins with a link"
        return replace(problem, line=self._line(problem.line), column=0, message=message)

    def _line(self, line: int) -> int:
        return self.source[line - 1] if 0 < line <= len(self.source) else line


@dataclass(slots=True)
class Nesting:
    """The items that are open: how far each is indented in the file, and where its text begins in the Markdown."""

    open: list[tuple[int, int]] = field(default_factory=list)

    def item(self, indent: int, width: int) -> str:
        """The indentation of an item that begins at this column; its marker takes `width` columns in Markdown."""
        self.leave(indent)
        column = self.column
        self.open.append((indent, column + width))
        return " " * column

    def leave(self, indent: int) -> bool:
        """End the items that a line indented like this does not belong to, and return whether there were any."""
        before = len(self.open)
        while self.open and self.open[-1][0] >= indent:
            self.open.pop()
        return len(self.open) < before

    @property
    def column(self) -> int:
        """Where the text of the innermost open item begins."""
        return self.open[-1][1] if self.open else 0


class Ends:
    """Where lines of some kinds are, to find the next one from any line on."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = {}

    def add(self, kind: str, number: int) -> None:
        """Add a line; lines are added in their order."""
        self._numbers.setdefault(kind, []).append(number)

    def after(self, kind: str, number: int) -> int | None:
        """The next line of that kind below line `number`."""
        numbers = self._numbers.get(kind, [])
        at = bisect_right(numbers, number)
        return numbers[at] if at < len(numbers) else None


def code(text: str) -> str:
    """Text shown as it is."""
    text = text.replace("`", "'")
    return f"`{text}`" if text.strip() else ""
