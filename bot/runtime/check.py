"""`dogear check`: what is read from each file and its problems, as text or JSON. Needs no database."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.domain.language import LANGUAGES
from bot.domain.source import Problem, ReadList, Severity
from store.lists import folder
from store.lists.reading import read_path


def check(paths: Sequence[Path], *, as_json: bool, with_entries: bool = False) -> int:
    """Print a report of the files, including those in folders. Returns 1 after an error or for an empty list, else 0.

    With `with_entries` each entry is printed. The JSON form is one object `{"files": [{"path", "entries", "problems",
    "shapes", "links", "unread"}]}`; other tools rely on it.
    """
    found = [list(read_lists([path])) for path in paths]
    empty = any(not any(read.entries or read.draft for read in reads) for reads in found)
    lists = _with_twins([read for reads in found for read in reads])
    if as_json:
        print(json.dumps({"files": [_as_json(read) for read in lists]}))
    else:
        for read in lists:
            _print_report(read, with_entries=with_entries)
        for path in paths:
            if os.path.isdir(path) and (line := folder.skipped_line(folder.scan(path).skipped)):  # noqa: PTH112 -- as below
                print(f"{path}: {line}")
    return 1 if empty or any(_count(read.problems, Severity.ERROR) for read in lists) else 0


def read_lists(paths: Sequence[Path]) -> Iterator[ReadList]:
    """The lists at these paths. Files in a folder are named by their path relative to the current folder."""
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 -- pathlib's raises below Python 3.14 where it may not look
            yield read_path(path, str(path))
            continue
        scan = folder.scan(path)
        for found in scan.files:
            yield folder.read(replace(found, file=str(found.path)))
        for problem in scan.problems:
            file = str(path if problem.file == path.name else path / problem.file)
            yield ReadList(file=file, problems=(replace(problem, file=file),), synonyms={}, failed=True)


def _with_twins(lists: Sequence[ReadList]) -> list[ReadList]:
    """The lists, with a warning at each entry that an earlier file also has: a sync keeps the first."""
    first: dict[str, str] = {}
    found = []
    for read in lists:
        twins = [
            Problem(
                file=read.file,
                line=entry.line,
                severity=Severity.WARNING,
                message=f"“{entry.title}” is in {first[entry.key]} too; a team that has both keeps one of them.",
            )
            for entry in read.entries
            if entry.key in first and not first[entry.key].startswith(f"{read.file}:")
        ]
        for entry in read.entries:
            first.setdefault(entry.key, f"{read.file}:{entry.line}")
        found.append(replace(read, problems=(*read.problems, *twins)))
    return found


def _as_json(read: ReadList) -> dict[str, Any]:
    return {
        "path": read.file,
        "entries": [
            {
                "line": entry.line,
                "title": entry.title,
                "url": entry.url,
                "notes": bool(entry.notes),
                "notes_markdown": entry.notes.markdown,
                "tags": list(entry.tags),
                "section": list(entry.section),
                "parent_line": entry.parent_line,
            }
            for entry in read.entries
        ],
        "problems": [
            {"line": problem.line, "severity": problem.severity.value, "message": problem.message}
            for problem in read.problems
        ],
        "shapes": dict(read.shapes),
        "links": {"entries": read.links.entries, "notes": read.links.notes, "not_read": read.links.not_read},
        "unread": [{"line": each.line, "link": each.link, "reason": each.reason} for each in read.unread],
    }


def _print_report(read: ReadList, *, with_entries: bool) -> None:
    if with_entries:
        for number, entry in enumerate(read.entries, 1):
            print(f"{read.file}:{entry.line}: {number}. {entry.title} <{entry.url}>")
    for problem in read.problems:
        print(str(problem))
    named = {problem.line for problem in read.problems}
    for link in read.unread:
        if link.line not in named:
            print(f"{read.file}:{link.line}: {link}")
    language = next((entry.language for entry in read.entries if entry.language), None)
    if language:
        print(f"{read.file}: words are found in all their forms in {LANGUAGES[language]} and English")
    for word, others in read.synonyms.items():
        print(f"{read.file}: {word} also finds {', '.join(others)}")
    print(f"{read.file}: {', '.join(_summary(read))}")


def _summary(read: ReadList) -> Iterator[str]:
    if read.failed:
        yield "not read"
        return
    links = read.links
    yield (
        f"{_counted(links.total, 'link', 'links')}: {_counted(links.entries, 'entry', 'entries')},"
        f" {links.notes} in notes, {links.not_read} not read"
    )
    if len(read.shapes) > 1 or read.shapes.keys() - {"list items"}:
        yield f"{' and '.join(f'{count} in {shape}' for shape, count in read.shapes.items())}"
    for severity in Severity:
        if count := _count(read.problems, severity):
            yield _counted(count, severity.value, f"{severity.value}s")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _count(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(1 for problem in problems if problem.severity is severity)
