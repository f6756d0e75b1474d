"""A web page that is a list: its items, tables, headings and paragraphs, without what leads around the site."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urljoin

from bot.domain.url import is_web
from store.lists.formats.html_tokens import Token, tokens
from store.lists.formats.lines import Lines
from store.lists.formats.markdown import first, inline, label, link
from store.lists.formats.translated import Translated, code
from store.lists.report import Report
from store.lists.text import MAX_CHARACTERS

AROUND = "it is in a part that leads around the site"
IN_COMMENT = "it is in a comment"
MAX_TOKENS = 100_000
"""Tags and texts. A page of 2 MiB has half of that."""
_MAX_LEVELS = 100
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "iframe", "object", "math", "title"))
"""What is not shown as text at all; the rest of what is skipped is shown, but leads around the site."""
_AROUND = frozenset(("nav", "footer", "aside", "button", "select", "textarea", "dialog"))
_AROUND_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar"))
_AROUND_NAMES = frozenset(
    (
        "nav",
        "navbar",
        "navigation",
        "menu",
        "sidebar",
        "breadcrumb",
        "breadcrumbs",
        "pagination",
        "pager",
        "footer",
        "toc",
    )
)
_CONTENT = frozenset(("main", "article", "section"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    (
        *("p", "div", "section", "article", "main", "header", "address", "figure", "figcaption", "details", "summary"),
        *(
            "center",
            "fieldset",
            "legend",
            "caption",
            "body",
            "html",
            "hgroup",
            "table",
            "tr",
            "td",
            "th",
            "dl",
            "ul",
            "ol",
        ),
    )
)
_LISTS = frozenset(("ul", "ol", "dl"))
_CLOSED_BY = {
    "li": (("li",), ("ul", "ol")),
    "dt": (("dt", "dd"), ("dl",)),
    "dd": (("dt", "dd"), ("dl",)),
    "tr": (("tr",), ("table",)),
    "td": (("td", "th"), ("tr", "table")),
    "th": (("td", "th"), ("tr", "table")),
    "a": (("a",), ()),
}
"""Which open elements end where an element begins, looked for up to one of the second kind."""
_LAYOUT = frozenset((*_LISTS, *_HEADINGS, "pre", "blockquote"))
_SPACE = re.compile(r"[ \t\r\f\v\n\xa0]+")


def translate(text: str, report: Report) -> Translated:
    """The page as Markdown."""
    lines = Lines(text)
    pieces = list(islice(tokens(text), MAX_TOKENS + 1))
    if len(pieces) > MAX_TOKENS:
        line = lines.at(pieces.pop().at)
        report.error(f"here the page has more than {MAX_TOKENS:,} tags and texts; what is below is not read", line)
    translated = _Translator(pieces, lines, report).run()
    at, last = 0, text.rfind("-->")
    while 0 <= (start := text.find("<!--", at)) < last:
        at = text.index("-->", start) + 3
        translated.drop(text[start:at], lines.at(start), IN_COMMENT)
    return translated


@dataclass(slots=True)
class _Item:
    """An open item: where its marker and its text begin, and whether the marker is written yet."""

    kind: str
    column: int
    marker: str
    is_started: bool = False
    has_link: bool = False

    @property
    def inside(self) -> int:
        return self.column + len(self.marker) + 1 if self.is_started else self.column


@dataclass(slots=True)
class _List:
    """An open list: how many items were open before it, and the number of its last item if it has numbers."""

    outer: int
    number: int | None


@dataclass(slots=True)
class _Table:
    """The rows of a table so far, each with its line, and the cell that is open."""

    rows: list[tuple[int, bool, list[str]]] = field(default_factory=list)
    inner: int = 0


@dataclass(slots=True)
class _Skipped:
    """A part of the page that is not read: where it is in the stack."""

    name: str
    level: int


class _Translator:
    """What is open, and the text of the block that is being gathered."""

    def __init__(self, pieces: Sequence[Token], lines: Lines, report: Report) -> None:
        self._pieces = pieces
        self._lines = lines
        self._report = report
        self._out = Translated("page")
        self._base = _base(pieces)
        self._layout = _layout_tables(pieces)
        self._open: list[str] = []
        self._count: Counter[str] = Counter()
        self._skipped: _Skipped | None = None
        self._items: list[_Item] = []
        self._lists: list[_List] = []
        self._quotes = 0
        self._heading = 0
        self._text: list[str] = []
        self._text_line = 0
        self._link_line = 0
        self._link: tuple[str, Token, list[str]] | None = None
        self._raw: list[str] | None = None
        self._table: _Table | None = None
        self._title: list[str] = []
        self._language = ""

    def run(self) -> Translated:
        for number, token in enumerate(self._pieces):
            if not token.name:
                self._said(token)
            elif token.is_end:
                self._end(token.name)
            else:
                self._start(token, is_layout=number in self._layout)
        while self._open:
            self._pop()
        self._flush()
        self._out.add_front_matter(" ".join("".join(self._title).split()), (), self._language)
        return self._out

    # what comes

    def _said(self, token: Token) -> None:
        if self._open and self._open[-1] == "title" and not self._count["svg"]:
            self._title.append(token.text)
        elif self._skipped is not None:
            return
        elif len(token.text) > MAX_CHARACTERS:
            message = f"here is a text of {len(token.text):,} characters, which is left out; break it below {MAX_CHARACTERS:,}"
            self._report.error(message, self._lines.at(token.at))
        elif self._raw is not None:
            self._raw.append(token.text)
        elif token.text.strip(" \t\r\f\v\n\xa0"):
            self._put(_SPACE.sub(" ", token.text), token.at)
        else:
            self._space()

    def _start(self, token: Token, *, is_layout: bool) -> None:
        name = token.name
        if name == "html":
            self._language = token.attributes.get("lang", "")
        if name in _CLOSED_BY:
            self._close_open(*_CLOSED_BY[name])
        if self._skipped is None and (name in _BLOCKS or name in _HEADINGS or name in _LISTS):
            self._close_open(("p",), ("li", "td", "th", "dd", "div", "blockquote", "table"))
        if name not in _VOID:
            if len(self._open) >= _MAX_LEVELS:
                self._start_too_deep(token)
                return
            self._open.append("layout" if is_layout else name)
            self._count[self._open[-1]] += 1
        if self._skipped is not None:
            self._drop(token)
        elif self._is_skipped(token) and name not in _VOID:
            self._flush()
            self._skipped = _Skipped(name, len(self._open))
        else:
            self._begin(token, self._open[-1] if name not in _VOID else name)

    def _start_too_deep(self, token: Token) -> None:
        """Below this many levels only links and ends of blocks count."""
        if self._skipped is not None:
            self._drop(token)
        elif token.name == "a":
            self._end_link()
            self._begin(token, "a")
        elif self._table is None and self._link is None and token.name in (*_BLOCKS, *_HEADINGS, "li", "dt", "dd"):
            self._flush()

    def _begin(self, token: Token, name: str) -> None:
        if name == "a":
            if "href" in token.attributes:
                self._link = (token.attributes["href"].strip(), token, [])
        elif name == "br":
            self._put_break()
        elif name == "img":
            if alt := token.attributes.get("alt", "").strip():
                self._put(alt, token.at)
        elif self._table is not None:
            self._in_table(token, name)
        elif self._link is not None and name not in ("li", "dt", "dd", *_LISTS, "table"):
            self._space()
        elif name == "table":
            self._flush()
            self._table = _Table()
        elif name in _LISTS:
            self._flush()
            self._lists.append(_List(len(self._items), 0 if name == "ol" else None))
        elif name in ("li", "dt", "dd"):
            self._flush()
            self._item(name)
        elif name in _HEADINGS:
            self._flush()
            self._heading = _HEADINGS[name]
        elif name == "blockquote":
            self._flush()
            self._quotes += 1
        elif name == "pre":
            self._flush()
            self._raw = []
            self._text_line = self._lines.at(token.at)
        elif name == "hr" or name in _BLOCKS or name == "layout":
            self._flush()

    def _item(self, name: str) -> None:
        around = self._lists[-1] if self._lists else _List(0, None)
        if name == "dt":
            del self._items[around.outer :]
        elif name == "dd" and len(self._items) > around.outer and self._items[-1].has_link:
            return  # what is said of the term's link
        marker = "-"
        if around.number is not None:
            around.number += 1
            marker = f"{around.number}."
        self._items.append(_Item(name, self._items[-1].inside if self._items else 0, marker))

    def _in_table(self, token: Token, name: str) -> None:
        table = self._table
        assert table is not None
        if name == "table":
            table.inner += 1
        elif table.inner:
            self._space()
        elif name == "tr":
            table.rows.append((self._lines.at(token.at), True, []))
            self._text, self._link_line = [], 0
        elif name in ("td", "th"):
            if not table.rows:
                table.rows.append((self._lines.at(token.at), True, []))
            self._text = []
        else:
            self._space()

    def _end(self, name: str) -> None:
        if name == "table" and self._count["layout"] and not self._is_nearer("table", "layout"):
            name = "layout"
        if not self._count[name]:
            if name == "a" and self._skipped is None:
                self._end_link()
            return
        while self._pop() != name:
            pass

    def _is_nearer(self, one: str, other: str) -> bool:
        for name in reversed(self._open):
            if name in (one, other):
                return name == one
        return False

    def _close_open(self, names: Sequence[str], boundary: Sequence[str]) -> None:
        if not any(self._count[name] for name in names):
            return
        for name in reversed(self._open):
            if name in names:
                while self._pop() != name:
                    pass
                return
            if name in boundary:
                return

    def _pop(self) -> str:
        name = self._open.pop()
        self._count[name] -= 1
        if self._skipped is not None:
            if len(self._open) < self._skipped.level:
                self._skipped = None
        elif name == "a" or (name in _HEADINGS and self._link is not None):
            self._end_link()
        elif self._table is not None:
            self._end_in_table(name)
        elif name in _HEADINGS:
            self._flush()
            self._heading = 0
        elif name in ("li", "dd", "dt"):
            self._end_item(name)
        elif name in _LISTS:
            self._end_list()
        elif name == "blockquote":
            self._flush()
            self._quotes -= 1
        elif name == "pre":
            self._end_pre()
        elif name in _BLOCKS or name == "layout":
            if self._link is None:
                self._flush()
            else:
                self._space()
        return name

    def _drop(self, token: Token) -> None:
        """Name a link in a part that is not read."""
        address = self._address(token.attributes.get("href", "").strip()) if token.name == "a" else ""
        if is_web(address) and self._skipped is not None and self._skipped.name not in _SILENT:
            self._out.drop_links([address], self._lines.at(token.at), AROUND)

    def _address(self, href: str) -> str:
        if not self._base or href.startswith("#"):
            return href
        try:
            return urljoin(self._base, href)
        except ValueError:
            return href

    def _end_link(self) -> None:
        if self._link is None:
            return
        href, token, shown = self._link
        self._link = None
        words = " ".join("".join(shown).split())
        about = token.attributes
        words = words or label(about.get("title", "") or about.get("aria-label", "")).strip()
        address = self._address(href)
        line = self._lines.at(token.at)
        self._link_line = self._link_line or line
        self._text_line = self._text_line or line
        self._text.append(link(words, address) if words or not is_web(address) else f"<{address}>")
        for item in self._items[-1:]:
            item.has_link = True

    def _end_in_table(self, name: str) -> None:
        table = self._table
        assert table is not None
        if name == "table":
            if table.inner:
                table.inner -= 1
            else:
                self._end_table(table)
        elif table.inner or name not in ("td", "th", "tr"):
            self._space()
        elif name == "tr":
            self._text, self._link_line = [], 0
        elif table.rows:
            line, is_head, cells = table.rows[-1]
            cells.append(" ".join("".join(self._text).split()).replace("|", "\\|"))
            table.rows[-1] = (self._link_line or line, is_head and name == "th", cells)
            self._text = []

    def _end_table(self, table: _Table) -> None:
        self._table = None
        self._text, self._link_line = [], 0
        rows = [row for row in table.rows if any(row[2])]
        if not rows:
            return
        columns = max(len(cells) for _, _, cells in rows)
        head = rows.pop(0) if rows[0][1] else (rows[0][0], True, [])
        self._out.add("", head[0])
        for line, _, cells in (head, (head[0], True, ["---"] * columns), *rows):
            self._write(f"| {' | '.join([*cells, *[''] * (columns - len(cells))])} |", line)
        self._out.add("", head[0])

    def _end_item(self, name: str) -> None:
        """A term stays open for its definition."""
        self._flush()
        outer = self._lists[-1].outer if self._lists else 0
        if len(self._items) > outer and self._items[-1].kind == name != "dt":
            self._items.pop()

    def _end_list(self) -> None:
        self._flush()
        if self._lists:
            del self._items[self._lists.pop().outer :]

    def _end_pre(self) -> None:
        text = "".join(self._raw or []).strip("\n")
        self._raw = None
        if text.strip():
            self._out.add("", self._text_line)
            for line in ("````", *text.replace("````", "'''").split("\n"), "````", ""):
                self._write(line, self._text_line)
        self._text_line = 0

    # what is written

    def _put(self, text: str, at: int) -> None:
        if self._link is not None:
            self._link[2].append(label(text))
            return
        if not self._text_line and text.strip():
            self._text_line = self._lines.at(at + len(text) - len(text.lstrip()) if "\n" not in text else at)
        is_code = self._open and self._open[-1] in ("code", "tt", "samp")
        self._text.append(code(text) if is_code else inline(text))

    def _space(self) -> None:
        (self._link[2] if self._link is not None else self._text).append(" ")

    def _put_break(self) -> None:
        if self._link is not None or self._table is not None or self._heading:
            self._space()
        elif self._text:
            self._text.append("\n")

    def _flush(self) -> None:
        """Write the block that was gathered."""
        self._end_link()
        lines = [" ".join(line.split()) for line in "".join(self._text).split("\n")]
        lines = [line for line in lines if line]
        line = self._link_line or self._text_line
        self._text, self._text_line, self._link_line = [], 0, 0
        if not lines:
            return
        if self._heading and not self._items and not self._quotes:
            self._out.add(f"\n{'#' * self._heading} {' '.join(lines)}\n", line)
            return
        item = self._items[-1] if self._items else None
        if (
            item is None
            or item.is_started
            or (item is not None and not (len(self._items) > 1 or (self._out.lines and _is_item(self._out.lines[-1]))))
        ):
            self._out.add("", line)
        for number, each in enumerate(lines):
            self._write(first(each), line + number if len(lines) > 1 and not self._link_line else line)

    def _write(self, text: str, line: int) -> None:
        item = self._items[-1] if self._items else None
        quote = "> " * min(self._quotes, 5)
        if item is None:
            self._out.add(quote + text, line)
        elif item.is_started:
            self._out.add(" " * item.inside + quote + text, line)
        else:
            item.is_started = True
            self._out.add(f"{' ' * item.column}{item.marker} {quote}{text}", line)

    def _is_skipped(self, token: Token) -> bool:
        name, about = token.name, token.attributes
        if name in _SILENT or name in _AROUND or about.get("role", "").lower() in _AROUND_ROLES:
            return True
        if name == "header":
            return not any(self._count[inner] for inner in _CONTENT)
        return name in ("div", "ul", "ol", "section", "p", "table") and _names(about)


def _is_item(line: str) -> bool:
    return re.match(r"\s*(?:-|\d+\.) ", line) is not None


def _names(about: Mapping[str, str]) -> bool:
    words = f"{about.get('class', '')} {about.get('id', '')}".lower().split()
    return not _AROUND_NAMES.isdisjoint(words)


def _base(pieces: Sequence[Token]) -> str:
    """What relative addresses are relative to, if the page says so."""
    for token in pieces:
        about = token.attributes
        is_base = token.name == "base" or (token.name == "link" and about.get("rel", "").lower() == "canonical")
        if is_base and is_web(about.get("href", "")):
            return about["href"]
        if token.name == "body":
            break
    return ""


def _layout_tables(pieces: Sequence[Token]) -> set[int]:
    """The tables that only lay out the page, because lists, headings or tables are in them; by their number."""
    found: set[int] = set()
    tables: list[int] = []
    for number, token in enumerate(pieces):
        if token.name == "table":
            if not token.is_end:
                found.update(tables[-1:])
                tables.append(number)
            elif tables:
                tables.pop()
        elif token.name in _LAYOUT and not token.is_end:
            found.update(tables[-1:])
    return found
