"""Which places of a file are its entries, and what belongs to each where they are no list items."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from bot.domain.url import is_web
from store.lists.finder import Findings, Heading, Place, Shape
from store.lists.indentation import dedented, width

_TRIED = (Shape.ITEMS, Shape.ROWS, Shape.HEADINGS, Shape.PARAGRAPHS)
_NAME_AND_ADDRESS = re.compile(
    r"\s*(?:(?:[-*+•]|\d{1,9}[.)])\s+)?(?P<name>[^\s#<>\[\]](?:[^<>\[\]]{0,200}[^\s<>\[\]:|–—-])?)"
    r"(?:\s*[:|–—-]+)?\s+<?(?P<url>https?://[^\s<>]+)>?\s*"
)
_PIPE = re.compile(rb"(?<!\\)\|")
_UNDERLINE = re.compile(r"\n *(?:=+|-+)[ \t]*$|[ \t]+#+[ \t]*$")


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
    for place in places:
        head = findings.table_heads[bisect_right(starts, place.start) - 1]
        names = [body[start:end].decode().strip() for start, end in _cells(body, *head)]
        notes = []
        for number, (start, end) in enumerate(_cells(body, place.start, place.end)):
            own = start <= place.link < end
            text = (body[start : place.link] + body[place.link_end : end] if own else body[start:end]).decode().strip()
            if text and not own and place.title == place.url:
                place.title = text
            elif text:
                name = names[number] if number < len(names) and not own else ""
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
    beside = _UNDERLINE.sub("", body[place.link_end : heading.end].decode().rstrip()).strip(" \t*_~\n")
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
    opaque = {start for start, _ in findings.opaque}
    headings = iter([*findings.headings, Heading(len(findings.body) + 1, 0, 0)])
    heading, sections = next(headings), list[Heading]()
    offset = skip_to = 0
    ends = dict(findings.opaque)
    for number, line in enumerate(lines):
        if offset in opaque:
            skip_to = ends[offset]
        while heading.start <= offset:
            sections = [above for above in sections if above.level < heading.level] + [heading]
            heading = next(headings)
        if offset >= skip_to and (match := _NAME_AND_ADDRESS.fullmatch(line)):
            link = offset + len(line[: match.start("url")].encode())
            below = lines[number + 1 : number + 1 + _indented_below(lines, number)]
            yield Place(
                Shape.LINES,
                offset,
                link,
                link + len(match["url"].encode()),
                offset + len(line.encode()),
                match["url"],
                tuple(above.text for above in sections),
                title=match["name"].strip(" *_~:"),
                notes=dedented("\n".join(below), 0).rstrip(),
            )
        offset += len(line.encode()) + 1


def _indented_below(lines: list[str], number: int) -> int:
    own = width(lines[number])
    count = 0
    for line in lines[number + 1 :]:
        if not line.strip() or width(line) <= own or _NAME_AND_ADDRESS.fullmatch(line):
            break
        count += 1
    return count
