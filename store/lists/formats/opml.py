"""OPML: the subscriptions of a feed reader, or an outline.

Expat parses it, because it knows the line of each element. What is dangerous in XML needs declarations of the file's
own (entities, defaults of attributes, other files), so a file that has any is refused; nothing is ever fetched.
"""

import html
import re
from html.entities import name2codepoint
from xml.parsers import expat

from bot.domain.source import ReadList
from store.lists.formats.collected import Collected, Link, failed
from store.lists.report import Report

_MOST_LEVELS = 200
_REFERENCE = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos)|([a-zA-Z]\w{0,30}));|&")
_ADDRESS = re.compile(r"(?:html|xml)?url\s*=\s*[\"']\s*https?://", re.IGNORECASE)
_ENCODING = re.compile(r"(<\?xml[^>]{0,200}?)\sencoding\s*=\s*[\"'][^\"'>]{0,40}[\"']")


class _RefusedError(Exception):
    """The file declares or nests what is not read."""


def read(text: str, file: str, report: Report) -> ReadList:
    """The outlines with an address of their own. Outlines around them are sections, `category` is tags."""
    reader = _Reader(report)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = lambda name, attributes: reader.start(name, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # the text is decoded already, whatever its declaration says
    source = _REFERENCE.sub(_reference, _ENCODING.sub(r"\1", text, count=1))
    try:
        parser.Parse(source.encode("utf-8", "replace"), True)
    except _RefusedError as error:
        report.error(f"{error}; remove it", parser.CurrentLineNumber)
        return failed(file, report)
    except expat.ExpatError as error:
        below = len(_ADDRESS.findall(text, _offset(text, error.lineno, error.offset)))
        reason = expat.ErrorString(error.code)
        lost = f", and {below} addresses from here on are not read" if below else ""
        report.error(f"the XML is broken here ({reason}){lost}; correct it or export it again", error.lineno)
        if not reader.found:
            return failed(file, report)
    return reader.collected.result(file, "outlines", reader.title)


def _reference(found: re.Match[str]) -> str:
    """The reference in XML's form: HTML's names are spelled out, and an `&` without a reference is escaped."""
    if found[1]:
        return found[0]
    if found[2] in name2codepoint:
        return html.unescape(found[0])
    return f"&amp;{found[0][1:]}"


def _offset(text: str, line: int, column: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at + column


class _Reader:
    """The outlines that are open, each with the section it makes for those in it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.collected = Collected(report)
        self.title = ""
        self.found = False
        self._sections: list[tuple[str, ...]] = [()]
        self._level = 0
        self._in_title = False

    def doctype(self, _name: str, _system: str | None, _public: str | None, has_declarations: int) -> None:
        if has_declarations:
            raise _RefusedError(
                "the file declares entities or elements of its own (`<!DOCTYPE … [`), which is not read"
            )

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise _RefusedError(f"here the file is nested deeper than {_MOST_LEVELS} levels")
        self._in_title = name.lower() == "title"
        if name.lower() != "outline":
            return
        about = {key.lower(): value for key, value in attributes.items()}
        words = " ".join((about.get("text") or about.get("title") or "").split())
        inside = self._sections[-1]
        address = about.get("htmlurl") or about.get("url") or about.get("xmlurl") or ""
        if address.strip():
            self.found = True
            self.collected.add(_link(about, address, words, inside, line))
        self._sections.append((*inside, words) if words else inside)

    def end(self, name: str) -> None:
        self._level -= 1
        self._in_title = False
        if name.lower() == "outline":
            self._sections.pop()

    def text(self, data: str) -> None:
        if self._in_title:
            self.title += data


def _link(about: dict[str, str], address: str, words: str, section: tuple[str, ...], line: int) -> Link:
    notes = [about[name] for name in ("description", "_note") if about.get(name, "").strip()]
    if about.get("title") and about["title"].strip() not in (words, ""):
        notes.insert(0, about["title"])
    return Link(
        line=line,
        url=address,
        title=words,
        notes=tuple(notes),
        tags=tuple(part.strip("/").rpartition("/")[2] for part in about.get("category", "").split(",")),
        section=section,
    )
