"""Links in JSON: exports of Karakeep, Pinboard, linkding, wallabag and browsers. Any object with an address is a link."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.source import ReadList
from store.lists.formats.collected import Collected, Link, failed
from store.lists.formats.lines import Lines
from store.lists.report import Report
from store.lists.text import excerpt

_MAX_LEVELS = 100
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_ADDRESSES = ("url", "href", "link", "uri", "given_url")
_TITLES = ("title", "name", "resolved_title", "given_title", "website_title", "description")
_NOTES = ("extended", "description", "note", "notes", "excerpt", "comment", "summary", "annotation")
_TAGS = ("tags", "tag_names", "tag", "labels", "keywords")
_FOLDERS = ("folder", "collection", "list", "lists")
_ADDRESS = re.compile(rf'"({"|".join(_ADDRESSES)})"\s*:\s*("(?:[^"\\\n]|\\.)*+")')
_LOOKS = re.compile(r'\s*(?:\[\s*)?\{\s*"')


def is_json(text: str) -> bool:
    """Whether the text is one JSON value with objects in it, or begins like one that has addresses."""
    if not _LOOKS.match(text):
        return False
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError as error:
        # what follows a whole object is a list below its front matter
        return "Extra data" not in str(error) and _ADDRESS.search(text) is not None
    return True


def read(text: str, file: str, report: Report) -> ReadList:
    """The links of all objects in it. Objects around them that have a name and children are sections."""
    lines = Lines(text)
    deep = _too_deep(text)
    if deep is not None:
        report.error(f"here the file is nested deeper than {_MAX_LEVELS} levels, so it is not read", lines.at(deep))
        return failed(file, report)
    try:
        value = json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        report.error(f"the JSON is broken here ({error.msg}); correct it or export it again", error.lineno)
        return failed(file, report)
    collected = Collected(report)
    places = _Places(text, lines)
    for found, section in _objects(value):
        if _address(found) is None:
            report.warning(f"`{excerpt(_text(found.get('title')) or 'a note')}` has no address, so it is not read")
        else:
            collected.add(_link(found, section, places))
    title = value.get("title") if isinstance(value, dict) else None
    return collected.result(file, "objects", title if isinstance(title, str) else None)


def _too_deep(text: str) -> int | None:
    """Where brackets are first nested deeper than is read."""
    level = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            level += 1
            if level > _MAX_LEVELS:
                return token.start()
        elif token[0] in ("]", "}"):
            level -= 1
    return None


def _objects(value: Any, section: tuple[str, ...] = ()) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Every object with an address, in the order of the file. What is in such an object is about its link.

    Karakeep's notes without an address are among them.
    """
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, section)
    elif isinstance(value, dict):
        if _address(value) is not None or "createdAt" in value:
            yield value, section
            return
        name = next((value[key] for key in ("name", "title") if isinstance(value.get(key), str)), "")
        has_children = isinstance(value.get("children"), list) or isinstance(value.get("bookmarks"), list)
        inside = (*section, name) if name and has_children else section
        for each in value.values():
            if isinstance(each, list | dict):
                yield from _objects(each, inside)


def _address(found: Mapping[str, Any]) -> str | None:
    content = found.get("content")
    if isinstance(content, dict) and isinstance(content.get("url"), str):  # Karakeep
        return str(content["url"])
    return next((found[key] for key in _ADDRESSES if isinstance(found.get(key), str)), None)


class _Places:
    """The lines of the addresses: JSON has no places, but the addresses come in the same order as their objects."""

    def __init__(self, text: str, lines: Lines) -> None:
        self._found = ((_string(match[2]), match.start()) for match in _ADDRESS.finditer(text))
        self._lines = lines
        self._passed: dict[str, int] = {}

    def line_of(self, url: str) -> int:
        if url in self._passed:
            return self._passed.pop(url)
        for address, at in self._found:
            line = self._lines.at(at)
            if address == url:
                return line
            self._passed.setdefault(address, line)
        return 0


def _string(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return ""


def _link(found: Mapping[str, Any], section: tuple[str, ...], places: _Places) -> Link:
    url = _address(found) or ""
    content = found["content"] if isinstance(found.get("content"), dict) else {}
    both = {**{key: value for key, value in content.items() if key != "url"}, **_said(found)}
    title = next((text for key in _TITLES if (text := _text(both.get(key)).strip())), "")
    notes = dict.fromkeys(text for key in _NOTES if (text := _text(both.get(key)).strip()) and text != title)
    folders = tuple(name for key in _FOLDERS for name in _words(found.get(key), "/"))
    return Link(
        line=places.line_of(url),
        url=url,
        title=title,
        notes=tuple(notes),
        tags=tuple(name for key in _TAGS for name in _words(_listed(found.get(key)), None)),
        section=(*section, *folders),
    )


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None and value != ""}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _listed(tags: Any) -> Any:
    return list(tags) if isinstance(tags, dict) else tags  # Pocket has the tags as keys


def _words(value: Any, mark: str | None) -> Iterator[str]:
    """The names in a list of names or of objects with names, or in text: parted by commas if it has any."""
    if isinstance(value, str):
        yield from value.split("," if "," in value else mark)
    elif isinstance(value, list):
        for each in value:
            named = each.get("name", each.get("title", each.get("label"))) if isinstance(each, dict) else each
            if isinstance(named, str):
                yield named
