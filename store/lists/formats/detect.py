"""Which format a file has, by what is in it and then by its name, and what is read in it."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath

from bot.domain.source import ReadList
from store.lists.formats import bookmarks, objects, opml, rows
from store.lists.formats.collected import failed
from store.lists.report import Report

_START = 2_000
_BOOKMARKS = re.compile(r"<!doctype\s+netscape-bookmark-file|<a\s[^<>]{0,4000}?\stime_added=", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\b|\s*<(?:opml|rss|feed|rdf)\b", re.IGNORECASE)
_OPML = re.compile(r"<opml\b", re.IGNORECASE)
_MARKDOWN = (".md", ".markdown")

Reader = Callable[[str, str, Report], ReadList]


def format_of(text: str, file: str) -> str | None:
    """The name of the file's format; None for Markdown."""
    suffix = PurePath(file).suffix.lower()
    start = text[:_START]
    if _BOOKMARKS.search(start):
        return "bookmarks"
    if _XML.match(start):
        return "OPML"
    if objects.is_json(text):
        return "JSON"
    if suffix not in _MARKDOWN and (suffix in (".csv", ".tsv") or rows.separator(text)):
        return "CSV"
    return _BY_NAME.get(suffix)


def read(text: str, file: str, report: Report) -> ReadList | None:
    """What is in a file that is not Markdown; None for one that is."""
    name = format_of(text, file)
    return None if name is None else _READERS[name](text, file, report)


def _outlines(text: str, file: str, report: Report) -> ReadList:
    if _OPML.search(text):
        return opml.read(text, file, report)
    report.error("this is XML, but not OPML, so nothing in it is read; export it as OPML, HTML or CSV", 1)
    return failed(file, report)


_READERS: Mapping[str, Reader] = {
    "bookmarks": bookmarks.read,
    "OPML": _outlines,
    "JSON": objects.read,
    "CSV": rows.read,
}
_BY_NAME: Mapping[str, str] = {
    ".opml": "OPML",
    ".json": "JSON",
}
