"""Tables of links as programs export them: CSV of Pocket, Instapaper, linkding, Raindrop and similar ones."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.source import ReadList
from bot.domain.url import is_web
from store.lists.formats.collected import Collected, Link, failed
from store.lists.report import Report

MAX_FIELD = 131_072
"""Characters; the standard library's own limit. What is longer is a quotation mark without its other."""
_MAX_COLUMNS = 200
_SEPARATORS = ",;\t"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "url": ("url", "link", "href", "uri", "address", "given_url", "page url", "website", "web address"),
    "title": ("title", "name", "given_title", "resolved_title", "headline", "page title", "article"),
    "notes": (
        "note",
        "notes",
        "description",
        "selection",
        "excerpt",
        "comment",
        "comments",
        "highlights",
        "annotation",
    ),
    "tags": ("tags", "tag", "labels", "keywords", "tag_names", "tag_string"),
    "section": ("folder", "collection", "category", "section", "list", "topic"),
    "dropped": (
        *("time_added", "timestamp", "created", "created_at", "date", "added", "saved", "date_added", "date_saved"),
        *("id", "item_id", "guid", "hash", "meta", "status", "unread", "toread", "shared", "favorite", "starred"),
        *("is_archived", "archived", "archive", "cover", "image", "thumbnail", "icon", "favicon", "domain", "lang"),
        *("modified", "updated", "date_modified", "time_updated", "time_read", "cursor", "preview_image_url"),
    ),
}
"""What the columns of exports are called, in small letters, and what each is for; `dropped` says nothing of the link."""
_STATES = frozenset(("unread", "archive", "archived", "starred", "unsorted"))
"""Folders of Instapaper and Raindrop that say what the owner did with a link, not what it is about."""


def separator(text: str) -> str | None:
    """What parts the columns, if the first line names columns of an export, one of them for addresses."""
    for mark in _SEPARATORS:
        meanings = [_meaning(name) for name in _first_row(text, mark)]
        if "url" in meanings and len(set(meanings) - {""}) > 1:
            return mark
    return None


def read(text: str, file: str, report: Report) -> ReadList:
    """One link a row. Columns that are not known are notes, each under its name."""
    mark = separator(text) or max(_SEPARATORS, key=lambda mark: len(_first_row(text, mark)))
    rows = list(_rows(text, mark, report))
    header = rows[0][1] if rows else []
    if any(is_web(cell.strip()) for cell in header):
        header = _guessed(header)
    else:
        rows = rows[1:]
    table = _Table(header, [row for _, row in rows])
    if not table.has_addresses:
        report.error("no column has addresses; name the columns in the first line, such as `url,title,tags`", 1)
        return failed(file, report)
    collected = Collected(report)
    for line, row in rows:
        if any(cell.strip() for cell in row):
            collected.add(table.link(line, row))
    return collected.result(file, "rows")


def _first_row(text: str, mark: str) -> list[str]:
    line = text.lstrip("\n").partition("\n")[0]
    return next(csv.reader([line], delimiter=mark), [])[:_MAX_COLUMNS] if len(line) <= MAX_FIELD else []


def _meaning(name: str) -> str:
    plain = name.strip().lower()
    return next((meaning for meaning, names in _COLUMNS.items() if plain in names), "")


def _guessed(row: Sequence[str]) -> list[str]:
    """Names for the columns of a table that has none: the first address is the link, the first other text its title."""
    address = next(number for number, cell in enumerate(row) if is_web(cell.strip()))
    title = next((number for number, cell in enumerate(row) if number != address and cell.strip()), None)
    return ["url" if number == address else "title" if number == title else "notes" for number in range(len(row))]


def _rows(text: str, mark: str, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins. A field without an end ends the file, and says so."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            message = f"here a field has more than {MAX_FIELD:,} characters, so nothing from here on is read"
            report.error(f"{message}; close its quotation mark", line)
            return
        if row is None:
            return
        if len(row) > _MAX_COLUMNS:
            report.error(f"the row has more than {_MAX_COLUMNS} columns, so it is not read", line)
        else:
            yield line, row
        line = reader.line_num + 1


class _Table:
    """What the columns are for, and how this table writes several tags in one field."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._names = [" ".join(name.split()) for name in header]
        self._columns: dict[str, list[int]] = {}
        for number, name in enumerate(self._names):
            meaning = _meaning(name)
            if meaning in ("url", "title") and meaning in self._columns:
                meaning = ""
            self._columns.setdefault(meaning, []).append(number)
        self.has_addresses = "url" in self._columns
        tags = [tag for row in rows for tag in self._cells("tags", row)]
        self._tag_mark = next((mark for mark in "|,;" if any(mark in tag for tag in tags)), None)
        plain = {name.lower() for name in self._names}
        if self._tag_mark is None and plain & {"time_added", "excerpt", "folder"}:
            self._tag_mark = ","  # of Pocket, Raindrop and Instapaper, whose tags may have several words

    def link(self, line: int, row: Sequence[str]) -> Link:
        others = self._columns.get("", [])
        more = [f"{self._names[n]}: {row[n]}" if self._names[n] else row[n] for n in others if self._has(row, n)]
        more += row[len(self._names) :]
        return Link(
            line=line,
            url=next(self._cells("url", row), ""),
            title=next(self._cells("title", row), ""),
            notes=(*dict.fromkeys(self._cells("notes", row)), *more),
            tags=tuple(tag for cell in self._cells("tags", row) for tag in self._tags(cell)),
            section=tuple(part for cell in self._cells("section", row) for part in _folders(cell)),
        )

    def _cells(self, meaning: str, row: Sequence[str]) -> Iterator[str]:
        return (row[number] for number in self._columns.get(meaning, ()) if self._has(row, number))

    def _has(self, row: Sequence[str], number: int) -> bool:
        return number < len(row) and bool(row[number].strip())

    def _tags(self, cell: str) -> list[str]:
        if cell.lstrip().startswith("["):  # Instapaper writes a list of JSON
            try:
                listed = json.loads(cell)
            except (ValueError, RecursionError):
                listed = [cell.strip("[] ")]
            return [str(tag) for tag in listed if isinstance(tag, str | int)] if isinstance(listed, list) else []
        return cell.split(self._tag_mark)


def _folders(cell: str) -> list[str]:
    return [part for part in cell.split("/") if part.strip().lower() not in _STATES]
