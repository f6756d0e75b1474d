"""Blanks out what would hide a part of a list from the Markdown parser, byte for byte so that all positions stay:
fences and comments that are never closed, HTML tags around Markdown, footnotes, and the last sign of a heading that has no
space after it.
"""

import re
from dataclasses import dataclass, field

from store.lists.formats.markdown_scan import Scan, scan

_MAX_REPAIRS = 5
_FENCE = re.compile(rb"[ \t]*(?:>[ \t]?)*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?[ \t]*(`{3,}|~{3,})[ \t]*([^\n`]*)")
_INNER_FENCE = re.compile(rb"^[ \t]*(`{3,}|~{3,})[ \t]*\w", re.MULTILINE)
_LINKED_ITEM = re.compile(rb"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t][^\n]*?\]\(<?https?://", re.MULTILINE | re.IGNORECASE)
_ENDLESS_HTML = (
    (b"<!--", b"-->", "comment"),
    (b"<script", b"</script", "script"),
    (b"<style", b"</style", "style sheet"),
    (b"<pre", b"</pre", "<pre> block"),
    (b"<textarea", b"</textarea", "<textarea>"),
    (b"<?", b"?>", "processing instruction"),
    (b"<![cdata[", b"]]>", "CDATA section"),
)
_MARKDOWN_IN_HTML = re.compile(rb"\]\(|^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+<?https?://", re.MULTILINE)
_BLOCK_TAG = re.compile(
    rb"</?(?:details|summary|div|p|center|section|article|main|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|td|th|h[1-6]"
    rb"|blockquote|figure|header|footer|nav|aside)\b[^<>]*>",
    re.IGNORECASE,
)
_HTML_ITEM = re.compile(rb"( {0,3})<li>(?=[ \t]?[^ \t\n])", re.IGNORECASE)
_GLUED_HEADING = re.compile(rb"^(#{1,5})#(?=[^\s#!])", re.MULTILINE)
"""A heading without a space after its signs, of which there are at least two; with one it may be a tag."""
_FOOTNOTE = re.compile(rb"^ {0,3}\[\^([^\]\s]{1,60})\]:[ \t]*([^\n]*(?:\n(?:[ \t]{2,}|\t)\S[^\n]*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A fence or comment without an end: what it is, and where it begins."""

    what: str
    start: int


@dataclass(slots=True)
class Repaired:
    """A body as it was scanned: `footnotes` has the words of each and where its definition is."""

    scan: Scan
    unclosed: list[Unclosed] = field(default_factory=list)
    footnotes: dict[str, tuple[int, int, str]] = field(default_factory=dict)


def scan_repaired(text: str) -> Repaired:
    """Scan a body whose lines end with LF, as if what hides parts of it were not there."""
    body = text.encode()
    masked = body
    repaired = Repaired(Scan(body))
    if b"[^" in body:
        masked = _without_footnotes(body, repaired.footnotes)
    glued = (
        frozenset(found.start() for found in _GLUED_HEADING.finditer(body))
        if body.startswith(b"##") or b"\n##" in body
        else frozenset()
    )
    if glued:
        masked = _GLUED_HEADING.sub(rb"\1 ", masked)
    for _ in range(_MAX_REPAIRS):
        repaired.scan = scan(text if masked is body else masked.decode(), glued)
        unclosed = list(_unclosed(repaired.scan))
        if not unclosed:
            break
        repaired.unclosed += unclosed
        masked = _masked(masked, [(each.start, _opening_end(masked, each.start)) for each in unclosed])
    wrapped = [block for block in repaired.scan.html if _holds_markdown(masked[slice(*block)])]
    if wrapped:
        masked = _without_tags(masked, wrapped)
        html = repaired.scan.html
        repaired.scan = scan(masked.decode(), glued)
        repaired.scan.unwrapped = [block for block in html if block in set(wrapped)]
    repaired.scan.body = body
    repaired.unclosed.sort(key=lambda each: each.start)
    return repaired


def _masked(body: bytes, ranges: list[tuple[int, int]]) -> bytes:
    parts, done = [], 0
    for start, end in sorted(ranges):
        if start >= done:
            parts += [body[done:start], re.sub(rb"[^\n]", b" ", body[start:end])]
            done = end
    return b"".join([*parts, body[done:]])


def _without_footnotes(body: bytes, footnotes: dict[str, tuple[int, int, str]]) -> bytes:
    for found in _FOOTNOTE.finditer(body):
        footnotes.setdefault(found[1].decode(), (found.start(), found.end(), " ".join(found[2].decode().split())))
    return _masked(body, [(start, end) for start, end, _ in footnotes.values()])


def _unclosed(found: Scan) -> list[Unclosed]:
    body = found.body
    fences = [(start, end) for start, end, is_fenced in found.code if is_fenced]
    unclosed = []
    for start, end in fences:
        if not _is_closed(body, start, end) or _holds_another(body, start, end):
            unclosed.append(Unclosed("code fence", start))
    if unclosed and unclosed[-1].start == fences[-1][0] and len(unclosed) == 1 and fences[-1][1] >= len(body.rstrip()):
        # With one fence too many, all from the first wrong one on open where they should close.
        swallowed = next((start for start, end in fences if _swallows(body, start, end)), fences[-1][0])
        unclosed = [Unclosed("code fence", swallowed)]
    for start, end in found.html:
        block = body[start:end].lstrip()
        opening = block[:12].lower()
        for begin, finish, what in _ENDLESS_HTML:
            if opening.startswith(begin) and finish not in block.lower():
                unclosed.append(Unclosed(what, start))
    return unclosed


def _opening_end(body: bytes, start: int) -> int:
    if (fence := _FENCE.match(body, start)) is not None:
        return fence.end(1) if fence[2].strip() == b"" else fence.end()
    sign = body.find(b"<", start)
    space = re.compile(rb"<[^\s>]*-*>?").match(body, sign)
    return space.end() if space else start + 1


def _is_closed(body: bytes, start: int, end: int) -> bool:
    fence = _FENCE.match(body, start)
    if fence is None:
        return True
    last = body[fence.end() : end].rstrip().rpartition(b"\n")[2].strip(b" \t>")
    return len(last) >= len(fence[1]) and not last.strip(fence[1][:1]) and b"\n" in body[start:end].rstrip()


def _holds_another(body: bytes, start: int, end: int) -> bool:
    """Whether another fence opens in the block, and a list is before it: this one was not closed."""
    fence = _FENCE.match(body, start)
    if fence is None or fence[2].strip().lower() in (b"markdown", b"md"):
        return False
    for inner in _INNER_FENCE.finditer(body, fence.end(), end):
        if inner[1].startswith(fence[1]):
            return _LINKED_ITEM.search(body, fence.end(), inner.start()) is not None
    return False


def _swallows(body: bytes, start: int, end: int) -> bool:
    fence = _FENCE.match(body, start)
    return fence is not None and not fence[2].strip() and _LINKED_ITEM.search(body, fence.end(), end) is not None


def _holds_markdown(block: bytes) -> bool:
    opening = block.lstrip()[:12].lower()
    if any(opening.startswith(begin) for begin, _, _ in _ENDLESS_HTML):
        return False
    return _MARKDOWN_IN_HTML.search(block) is not None


def _without_tags(body: bytes, blocks: list[tuple[int, int]]) -> bytes:
    parts, done = [], 0
    for start, end in blocks:
        parts += [body[done:start], b"\n".join(map(_without_tags_in_line, body[start:end].split(b"\n")))]
        done = end
    return b"".join([*parts, body[done:]])


def _without_tags_in_line(line: bytes) -> bytes:
    """The line with blanks for its tags, and a bullet for `<li>`. Where text would move so far to the right that it reads as code, zero-width
    spaces keep it where it was.
    """
    if item := _HTML_ITEM.match(line):
        bullet = min(len(item[1]) + 2, 3)
        space = b" " * (len(item[0]) - bullet - 1)
        return b" " * bullet + b"-" + space + _BLOCK_TAG.sub(lambda tag: b" " * len(tag[0]), line[item.end() :])
    blank = _BLOCK_TAG.sub(lambda tag: b" " * len(tag[0]), line)
    before = len(blank) - len(blank.lstrip())
    if blank == line or not blank.strip() or before < 4 or line[:before].isspace():
        return blank
    filled, rest = divmod(before, 3)
    return b"\xe2\x80\x8b" * filled + b" " * rest + blank[before:]
