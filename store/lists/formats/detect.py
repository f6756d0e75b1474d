"""Which format a file has, by what is in it and then by its name, and what is read in it."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath

from bot.domain.source import ReadList
from store.lists.formats import bookmarks, objects, opml, org, page, rows, rst
from store.lists.formats.collected import failed
from store.lists.formats.translated import Translated
from store.lists.report import Report

_START = 2_000
_BOOKMARKS = re.compile(r"<!doctype\s+netscape-bookmark-file|<a\s[^<>]{0,4000}?\stime_added=", re.IGNORECASE)
_HTML = re.compile(
    r"\s*(?:<\?xml[^<>]{0,200}>\s*)?(?:<!--(?:[^-]|-(?!->)){0,1000}-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE
)
_TAGS = re.compile(r"<(?:a|ul|ol|dl|table|body|div|p|h[1-6])\b", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\b|\s*<(?:opml|rss|feed|rdf)\b", re.IGNORECASE)
_OPML = re.compile(r"<opml\b", re.IGNORECASE)
_ORG_LINK = re.compile(r"\[\[https?://[^\[\]\n]+\](?:\[[^\[\]\n]+\])?\]")
_ORG = re.compile(r"^#\+\w+:", re.MULTILINE)
_RST_LINK = re.compile(r"`[^`<>\n]*<https?://[^`<>\s]+>`__?|^\.\. _[^:\n]+: +https?://", re.MULTILINE)
_MARKDOWN_LINK = re.compile(r"\]\(")
_MARKDOWN = (".md", ".markdown")

Reader = Callable[[str, str, Report], ReadList | Translated]


def format_of(text: str, file: str) -> str | None:
    """The name of the file's format; None for Markdown."""
    suffix = PurePath(file).suffix.lower()
    start = text[:_START]
    if _BOOKMARKS.search(start):
        return "bookmarks"
    if _HTML.match(start):
        return "HTML"
    if _XML.match(start):
        return "OPML"
    if objects.is_json(text):
        return "JSON"
    if suffix not in _MARKDOWN and (suffix in (".csv", ".tsv") or rows.separator(text)):
        return "CSV"
    named = _BY_NAME.get(suffix)
    if named in ("org", "reStructuredText", "JSON", "OPML"):
        return named
    if named == "HTML":
        return named if _TAGS.search(text) else None
    return None if _MARKDOWN_LINK.search(text) else _by_links(text, is_markdown=suffix in _MARKDOWN)


def read(text: str, file: str, report: Report) -> ReadList | Translated | None:
    """What is in a file that is not Markdown; None for one that is."""
    name = format_of(text, file)
    return None if name is None else _READERS[name](text, file, report)


def _by_links(text: str, *, is_markdown: bool) -> str | None:
    """A file without any link of Markdown that has those of another format."""
    if _ORG_LINK.search(text) and (not is_markdown or _ORG.search(text)):
        return "org"
    return "reStructuredText" if not is_markdown and _RST_LINK.search(text) else None


def _outlines(text: str, file: str, report: Report) -> ReadList:
    if _OPML.search(text):
        return opml.read(text, file, report)
    report.error("this is XML, but not OPML, so nothing in it is read; export it as OPML, HTML or CSV", 1)
    return failed(file, report)


_READERS: Mapping[str, Reader] = {
    "bookmarks": bookmarks.read,
    "HTML": lambda text, _file, report: page.translate(text, report),
    "OPML": _outlines,
    "JSON": objects.read,
    "CSV": rows.read,
    "org": lambda text, _file, report: org.translate(text, report),
    "reStructuredText": lambda text, _file, report: rst.translate(text, report),
}
_BY_NAME: Mapping[str, str] = {
    ".org": "org",
    ".rst": "reStructuredText",
    ".rest": "reStructuredText",
    ".html": "HTML",
    ".htm": "HTML",
    ".xhtml": "HTML",
    ".opml": "OPML",
    ".json": "JSON",
}
