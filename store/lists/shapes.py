"""Which places of a file are its entries, and what belongs to each where they are no list items."""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import pairwise

from bot.domain.url import addresses_in, is_web
from store.lists.finder import Findings, Heading, Place, Shape
from store.lists.indentation import dedented, width

_TRIED = (Shape.ITEMS, Shape.ROWS, Shape.HEADINGS, Shape.PARAGRAPHS)
_MARKER = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])\s+")
_MARKUP = re.compile(r"[\[\]<>#]")
_MAX_NAME = 200
_PIPE = re.compile(rb"(?<!\\)\|")
_UNDERLINE = re.compile(r"\n *(?:=+|-+)[ \t]*\Z")


def chosen(findings: Findings) -> tuple[Shape | None, list[Place]]:
    """The first shape by which the body has entries, and its places, those with unusable links included."""
    for shape in _TRIED:
        places = [place for place in findings.places if place.shape is shape]
        if any(is_web(place.url) for place in places):
            if shape is Shape.ROWS:
                _complete_rows(places, findings)
            elif shape is Shape.HEADINGS:
                _complete_headings(places, findings)
            elif shape is Shape.PARAGRAPHS:
                _complete_paragraphs(places, findings)
            return shape, places
    lines = list(_lines(findings))
    return (Shape.LINES, lines) if lines else (None, findings.places)


def _complete_rows(places: list[Place], findings: Findings) -> None:
    """The notes of a row are what its other cells say, each under the name of its column."""
    body = findings.body
    starts = [start for start, _ in findings.table_heads]
    names: list[str] = []
    named = -1
    for place in places:
        if named != (table := bisect_right(starts, place.start) - 1):
            named = table
            names = [body[start:end].decode().strip() for start, end in _cells(body, *findings.table_heads[table])]
        notes = []
        for number, (start, end) in enumerate(_cells(body, place.start, place.end)):
            own = start <= place.link < end
            text = (body[start : place.link] + body[place.link_end : end] if own else body[start:end]).decode().strip()
            if text and not own and place.title == place.url:
                place.title = text
            elif text:
                name = "" if own else "".join(names[number : number + 1])
                notes.append(f"- **{name}:** {text}" if name else f"- {text}")
        place.notes = "\n".join(notes)


def _cells(body: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where the cells of a row begin and end."""
    row = body[start:end].rstrip()
    pipes = [pipe.start() for pipe in _PIPE.finditer(row)]
    edges = [*([] if row.startswith(b"|") else [-1]), *pipes, *([] if pipes[-1:] == [len(row) - 1] else [len(row)])]
    return [(start + left + 1, start + right) for left, right in pairwise(edges)]


def _complete_headings(places: list[Place], findings: Findings) -> None:
    """The notes of a heading reach to the next linked one, or to the next that is not below it."""
    body = findings.body
    place_at = {place.start: place for place in places}
    current: tuple[Heading, Place] | None = None
    for heading in [*findings.headings, Heading(len(body), len(body), 0)]:
        place = place_at.get(heading.start)
        if current is not None and (place is not None or heading.level <= current[0].level):
            _give_notes(*current, body, heading.start)
            current = None
        if place is not None:
            current = (heading, place)


def _give_notes(heading: Heading, place: Place, body: bytes, end: int) -> None:
    beside = _UNDERLINE.sub("", body[place.link_end : heading.end].decode().rstrip())
    without_marks = beside.rstrip("#")
    beside = (beside if without_marks.rstrip() == without_marks else without_marks).strip(" \t*_~\n")
    below = body[heading.end : end].decode().strip("\n").rstrip()
    place.notes = "\n\n".join(part for part in (beside, below) if part)


def _complete_paragraphs(places: list[Place], findings: Findings) -> None:
    """What stands between one linked line and the next, or the next heading, belongs to the first."""
    edges = sorted(
        {*(place.start for place in places), *(heading.start for heading in findings.headings), len(findings.body)}
    )
    for place in places:
        place.end = edges[bisect_right(edges, place.start)]


def _lines(findings: Findings) -> Iterator[Place]:
    """Lines `Name URL` outside code and HTML; lines below one that are indented further are its notes."""
    lines = findings.body.decode().split("\n")
    headings, opaque = deque(findings.headings), deque(findings.opaque)
    sections: list[Heading] = []
    offset = 0
    for number, line in enumerate(lines):
        while headings and headings[0].start <= offset:
            heading = headings.popleft()
            sections = [above for above in sections if above.level < heading.level] + [heading]
        while opaque and opaque[0][1] <= offset:
            opaque.popleft()
        end = offset + len(line.encode())
        in_code = opaque and opaque[0][0] <= end
        if "://" in line and not in_code and (named := _name_and_address(line)):
            name, start, stop = named
            link, link_end = (offset + len(line[:at].encode()) for at in (start, stop))
            above = tuple(heading.text for heading in sections)
            notes = dedented("\n".join(_indented_below(lines, number)), 0).rstrip()
            yield Place(Shape.LINES, offset, link, link_end, end, line[start:stop], above, title=name, notes=notes)
        offset = end + 1


def _name_and_address(line: str) -> tuple[str, int, int] | None:
    """The name, and where the address is, if the line is just these two."""
    start, stop = next(addresses_in(line), (0, 0))
    marker = _MARKER.match(line)
    before = line[marker.end() if marker else 0 : start]
    name = before.rstrip(" \t<:|–—-").strip(" \t*_~")
    alone = before.endswith((" ", "\t", "<")) and not line[stop:].strip(" \t>")
    named = 0 < len(name) <= _MAX_NAME and not _MARKUP.search(name)
    return (name, start, stop) if alone and named else None


def _indented_below(lines: list[str], number: int) -> Iterator[str]:
    own = width(lines[number])
    for below in range(number + 1, len(lines)):
        line = lines[below]
        if not line.strip() or width(line) <= own or _name_and_address(line):
            return
        yield line
