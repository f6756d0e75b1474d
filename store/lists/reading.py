"""One file of a reading list, from bytes to a `ReadList`. Whatever is in it or becomes of it ends as a problem."""

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bot.domain.source import ReadEntry, ReadList
from store.lists.characters import cleaned
from store.lists.entries import EntryReader
from store.lists.finder import MAX_LEVELS, Findings, Place, Shape, find
from store.lists.front_matter import FrontMatter, split
from store.lists.report import Report
from store.lists.shapes import chosen

MAX_BYTES = 2 * 1024 * 1024
MAX_CHARACTERS = 20_000
"""Of a line; what is longer is no text that a person wrote."""
MAX_SIGNS = 100_000
"""Of `[`, `<` and `://` in a file: each may be a link, and a link costs the parser a hundred times its characters. A
list of 2 MiB has a third of that; what has more is none, and would take seconds and hundreds of megabytes.
"""
_SIGN = re.compile(r"\[|<|://")


def read_path(path: Path, file: str) -> ReadList:
    """Read the file at `path`, which problems call `file`. Never raises; what cannot be read has `failed`."""
    report = Report(file)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            report.error("this is no file; name a Markdown file")
        elif status.st_size > MAX_BYTES:
            _report_size(status.st_size, report)
        else:
            with path.open("rb") as opened:
                return read(opened.read(MAX_BYTES + 1), file)
    except FileNotFoundError:
        report.error("there is no such file; correct the path or put the file back")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.error(f"the file cannot be read ({reason}); correct its path or its permissions")
    return _failed(file, report)


def read(data: bytes, file: str) -> ReadList:
    """Read the content of a file, which problems call `file`. Never raises; what is no list at all has `failed`."""
    report = Report(file)
    if len(data) > MAX_BYTES:
        _report_size(len(data), report)
        return _failed(file, report)
    text = cleaned(data, report)
    if text is None:
        return _failed(file, report)
    if not text.strip():
        report.error("the file is empty; add entries such as `* [Title](https://…)`, or delete it")
        return _failed(file, report)
    if sum(map(text.count, ("[", "<", "://"))) > MAX_SIGNS:
        _report_signs(text, report)
        return _failed(file, report)
    return _read_text(text, file, report)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file taken apart; the places that are entries have their `line` set."""

    about: FrontMatter
    findings: Findings
    shape: Shape | None
    places: Sequence[Place]
    entries: tuple[ReadEntry, ...]


def parsed(text: str, report: Report) -> Parsed:
    """Take apart a file whose lines end with LF."""
    about, body = split(text, report)
    findings = find(_without_long_lines(body, about.lines, report))
    shape, places = chosen(findings)
    entries = tuple(EntryReader(about, report).read(findings.body, places, about.lines + 1))
    return Parsed(about, findings, shape, places, entries)


def _read_text(text: str, file: str, report: Report) -> ReadList:
    parts = parsed(text, report)
    about, findings = parts.about, parts.findings
    title = about.title or next((heading.text for heading in findings.headings if heading.text), None)
    if about.draft:
        report = Report(file)
        report.warning("this is a draft, so its entries are left out; remove `draft: true` to show them", 1)
        return ReadList(file=file, title=title, problems=report.problems(), synonyms=about.synonyms, draft=True)
    if findings.too_deep is not None:
        line = about.lines + 1 + findings.body.count(b"\n", 0, findings.too_deep)
        report.error(f"nested deeper than {MAX_LEVELS} levels; entries below are read as notes only", line)
    if not parts.entries:
        report.warning(f"no entries: {_reason(findings)}", about.lines + 1)
    return ReadList(
        file=file,
        title=title,
        entries=parts.entries,
        problems=report.problems(),
        shape=parts.shape.value if parts.shape and parts.entries else "",
        synonyms=about.synonyms,
    )


def _failed(file: str, report: Report) -> ReadList:
    return ReadList(file=file, problems=report.problems(), synonyms={}, failed=True)


def _report_size(size: int, report: Report) -> None:
    most = MAX_BYTES // (1024 * 1024)
    report.error(f"the file has {size:,} bytes and more than {most} MiB are not read; split it into several files")


def _report_signs(text: str, report: Report) -> None:
    first_too_many = next(islice(_SIGN.finditer(text), MAX_SIGNS, None))
    line = text.count("\n", 0, first_too_many.start()) + 1
    message = f"here the file has more than {MAX_SIGNS:,} brackets and addresses; split it into several files"
    report.error(message, line)


def _without_long_lines(body: str, above: int, report: Report) -> str:
    lines = body.split("\n")
    if max(map(len, lines)) <= MAX_CHARACTERS:
        return body
    for number, line in enumerate(lines, above + 1):
        if len(line) > MAX_CHARACTERS:
            lines[number - above - 1] = ""
            message = f"the line has {len(line):,} characters and is left out; break it below {MAX_CHARACTERS:,}"
            report.error(message, number)
    return "\n".join(lines)


def _reason(findings: Findings) -> str:
    if not findings.body.strip():
        return "there is nothing below the front matter; add items such as `* [Title](https://…)`"
    if not findings.links and any(b"](" in findings.body[start:end] for start, end in findings.opaque):
        return "all links are in code blocks or HTML comments; move them out"
    if not findings.links:
        return "the file has no links; add items such as `* [Title](https://…)`"
    if findings.places:
        return "no item begins with a link to http:// or https://; write `* [Title](https://…)`"
    return "its links stand in running text; begin a list item with each, `* [Title](https://…)`"
