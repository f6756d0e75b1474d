"""Reads one file of a reading list, from bytes to a `ReadList`. Every failure becomes a problem."""

import errno
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bot.domain.source import AboutList, LinkCount, ReadEntry, ReadList, UnreadLink
from store.lists.entries import EntryReader
from store.lists.formats import detect
from store.lists.formats.markdown_regions import IN_CODE, IN_COMMENT, Regions, find_regions
from store.lists.formats.markdown_scan import MAX_LEVELS
from store.lists.front_matter import FrontMatter, split
from store.lists.opened import opened
from store.lists.report import Report
from store.lists.text import cleaned, without_long_lines

MAX_BYTES = 2 * 1024 * 1024
MAX_SIGNS = 100_000
"""The maximum of `[`, `<` and `://` in a file. Each may be a link, and a link costs the parser a hundred times its
characters. A list of 2 MiB has a third of that; a file with more would take seconds and hundreds of megabytes.
"""
_SIGN = re.compile(r"\[|<|://")


def read_path(path: Path, file: str, within: Path | None = None) -> ReadList:
    """Read the file at `path`, which problems call `file`, if it really is below the folder `within`.

    Never raises: an unreadable file has `failed`.
    """
    report = Report(file)
    try:
        with opened(path, within) as (content, status):
            if status.st_size <= MAX_BYTES:
                return read(content.read(MAX_BYTES + 1) or b"", file)
            _report_size(status.st_size, report)
    except FileNotFoundError:
        report.error("there is no such file; correct the path or put the file back")
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in (errno.EINVAL, errno.EISDIR, errno.ENXIO):
            report.error("this is not a file; name a Markdown file")
            return _failed(file, report)
        reason = getattr(error, "strerror", None) or str(error)
        report.error(f"the file cannot be read ({reason}); correct its path or its permissions")
    return _failed(file, report)


def read(data: bytes, file: str) -> ReadList:
    """Read the content of a file, which problems call `file`. Never raises: a file that is not a list has `failed`."""
    report = Report(file)
    text = text_of(data, report)
    if text is None:
        return _failed(file, report)
    other = detect.read(text, file, report)
    if isinstance(other, ReadList):
        return other
    if other is None:
        return _read_markdown(text, file, report)
    return other.placed(_read_markdown(other.markdown, file, Report(file)), report)


def text_of(data: bytes, report: Report) -> str | None:
    """The text of a file whose lines end with LF; None, with an error, if it cannot be a list."""
    if len(data) > MAX_BYTES:
        _report_size(len(data), report)
        return None
    text = cleaned(data, report)
    if text is not None and not text.strip():
        report.error("the file is empty; add entries such as `* [Title](https://…)`, or delete it")
        return None
    return text


def has_too_many_signs(text: str, report: Report) -> bool:
    """Whether Markdown has so many possible links that it is not read, with an error then."""
    if sum(map(text.count, ("[", "<", "://"))) <= MAX_SIGNS:
        return False
    first_too_many = next(islice(_SIGN.finditer(text), MAX_SIGNS, None))
    line = text.count("\n", 0, first_too_many.start()) + 1
    message = f"here the file has more than {MAX_SIGNS:,} brackets and addresses; split it into several files"
    report.error(message, line)
    return True


def _read_markdown(text: str, file: str, report: Report) -> ReadList:
    return _failed(file, report) if has_too_many_signs(text, report) else listed(parsed(text, report), file, report)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file taken apart; the places that are entries have their `line` set."""

    about: FrontMatter
    regions: Regions
    entries: tuple[ReadEntry, ...]
    shapes: Mapping[str, int]


def parsed(text: str, report: Report) -> Parsed:
    """Take apart a file whose lines end with LF."""
    about, body = split(text, report)
    regions = find_regions(without_long_lines(body, about.lines, report))
    reader = EntryReader(about, report, {name: words for name, (_, _, words) in regions.repaired.footnotes.items()})
    entries = list(reader.read(regions.scan.body, regions.places, about.lines + 1))
    for line, indented in _indented(regions, about.lines + 1):
        entries += reader.read(indented.scan.body, indented.places, line)
    if regions.indented:
        entries.sort(key=lambda entry: entry.line)
    return Parsed(about, regions, tuple(entries), dict(reader.shapes))


def listed(parts: Parsed, file: str, report: Report) -> ReadList:
    """What is in a file taken apart. Reports also the links that are not read."""
    about, regions = parts.about, parts.regions
    title = about.title or next((heading.text for heading in regions.scan.headings if heading.text), None)
    if about.draft:
        report = Report(file)
        report.warning("this is a draft, so its entries are left out; remove `draft: true` to show them", 1)
        return ReadList(file=file, title=title, problems=report.problems(), synonyms=about.synonyms, draft=True)
    said = AboutList(
        title=about.title or "",
        description=about.description,
        dated=about.dated,
        cover=about.cover,
        cover_alt=about.cover_alt,
    )
    unread = tuple(_unread(regions, about.lines + 1, report))
    if not parts.entries:
        report.warning(f"no entries: {_reason(regions)}", about.lines + 1)
    total = regions.links + sum(indented.links for _, indented in regions.indented)
    return ReadList(
        file=file,
        title=title,
        entries=parts.entries,
        problems=report.problems(),
        shapes=parts.shapes,
        links=LinkCount(
            entries=len(parts.entries),
            notes=max(total - len(parts.entries) - len(unread), 0),
            not_read=len(unread),
        ),
        unread=unread,
        synonyms=about.synonyms,
        about=said,
    )


def _unread(regions: Regions, first_line: int, report: Report) -> Iterator[UnreadLink]:
    """The links that are not read; what their author should correct is reported too."""
    body = regions.scan.body
    if regions.scan.too_deep is not None:
        line = first_line + body.count(b"\n", 0, regions.scan.too_deep)
        report.error(f"nested deeper than {MAX_LEVELS} levels; entries below are read as notes only", line)
    for unclosed in regions.repaired.unclosed:
        line = first_line + body.count(b"\n", 0, unclosed.start)
        report.error(f"this {unclosed.what} is never closed; close it. What is below it is read all the same", line)
    line, counted = first_line, 0
    for each in regions.unread:
        line += body.count(b"\n", counted, each.offset)
        counted = each.offset
        yield UnreadLink(line=line, link=each.link, reason=each.reason)
        if each.remedy:
            column = len(body[body.rfind(b"\n", 0, each.offset) + 1 : each.offset].decode("utf-8", "replace")) + 1
            message = f"`{each.link}` is not read: {each.reason}; {each.remedy}"
            (report.error if each.is_error else report.warning)(message, line, column)
    for line, indented in _indented(regions, first_line):
        yield from _unread(indented, line, report)


def _indented(regions: Regions, line: int) -> Iterator[tuple[int, Regions]]:
    """The indented lists of a body whose first line is this one, each with the line that it begins at."""
    counted = 0
    for offset, indented in regions.indented:
        line += regions.scan.body.count(b"\n", counted, offset)
        counted = offset
        yield line, indented


def _failed(file: str, report: Report) -> ReadList:
    return ReadList(file=file, problems=report.problems(), synonyms={}, failed=True)


def _report_size(size: int, report: Report) -> None:
    most = MAX_BYTES // (1024 * 1024)
    report.error(f"the file has {size:,} bytes and more than {most} MiB are not read; split it into several files")


def _reason(regions: Regions) -> str:
    if not regions.scan.body.strip():
        return "there is nothing below the front matter; add items such as `* [Title](https://…)`"
    if not regions.links:
        return "the file has no links to web pages; add items such as `* [Title](https://…)`"
    if all(each.reason in (IN_CODE, IN_COMMENT) for each in regions.unread):
        return "all links are in code blocks or HTML comments; move them out"
    return "its links are in running text; begin a list item with each, `* [Title](https://…)`"
