"""Org mode, as far as reading lists use it: headings, lists, tables, links, tags and properties."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.domain.url import is_web
from store.lists.formats.collected import tags
from store.lists.formats.markdown import first, inline, label, link
from store.lists.formats.translated import Ends, Nesting, Translated, code, limited
from store.lists.report import Report

IN_COMMENT = "it is in a comment"
IN_DRAWER = "it is in a drawer"
IN_SETTING = "it is in a setting of the file"
NOT_EXPORTED = "it is below a heading that is not exported"

_KEYWORD = re.compile(r"\s*#\+(\w+):\s*(.*)", re.ASCII)
_HEADING = re.compile(r"(\*+)[ \t]+(.*)")
_STATES = ("TODO", "DONE", "NEXT", "WAITING", "WAIT", "HOLD", "CANCELED", "CANCELLED", "SOMEDAY", "STARTED")
_PRIORITY = re.compile(r"\[#\w\]\s*")
_COOKIE = re.compile(r"\s*\[\d*(?:/\d*|%)\]")
_TAGS = re.compile(r"(?:^|\s+):([\w@#%:]+):\s*$")
_BEGIN = re.compile(r"\s*#\+begin_(\w+)", re.IGNORECASE)
_END = re.compile(r"\s*(?:#\+end_(\w+)|:(end):\s*$)", re.IGNORECASE)
_DRAWER = re.compile(r"\s*:([\w-]+):\s*$")
_PROPERTY = re.compile(r"\s*:([\w-]+):\s+(\S.*)")
_PLANNING = re.compile(r"\s*(?:CLOSED|SCHEDULED|DEADLINE):\s*[\[<]")
_ITEM = re.compile(r"(\s*)([-+]|(?<=\s)\*|\d{1,9}[.)])(?:[ \t]+(?:\[@\d+\]\s*)?|$)(.*)")
_CHECKBOX = re.compile(r"\[[ Xx-]\]\s+")
_TERM = re.compile(r"(.*?\S)\s+::(?:\s+|$)(.*)")
_RULE = re.compile(r"\s*\|[-+|]+\s*$")
_LINE = re.compile(r"\s*-{5,}\s*")
_LINK = re.compile(r"\[\[([^\[\]]{1,4000})\](?:\[((?:[^\[\]]|\[[^\[\]]*\]){1,4000})\])?\]")
_ANGLE = re.compile(r"<(https?://[^<>\s]+)>", re.IGNORECASE)
_MOMENT = re.compile(r"[<\[](\d{4}-\d\d-\d\d)(?: [^<>\[\]\n]{1,40})?[>\]]")
"""A timestamp: `<2024-03-01 Fri 10:00>` is active, with `[` it is not."""
_MARKED = re.compile(r"(?<![\w*/=~+])([*/=~+])(\S|\S[^*/=~+\n]{0,300}\S)\1(?![\w*/=~+])")
_FOOTNOTE = re.compile(r"\[fn:([\w-]{1,40})\]")
_FOOTNOTE_HERE = re.compile(r"\[fn:[\w-]{0,40}: ?([^\[\]]{1,1000})\]")
_DEFINED = re.compile(r"\[fn:([\w-]{1,40})\]\s+(.*)")
_CODE_BLOCKS = frozenset(("src", "example"))
_NOT_SHOWN = frozenset(("export", "comment", "html", "latex"))
_PLACE_IN_FILE = re.compile(r"[*#].*|[^:/.]+")
_JOINED = "\0"
"""In place of a line whose text is in the line above."""
_MAX_LINE = 2_000
_ADDRESS_BEFORE = 500
_STYLES = {"*": "**", "/": "*", "+": "~~"}


def translate(text: str, report: Report) -> Translated:
    """The file as Markdown."""
    return _Translator(_joined(limited(text, report)), report).run()


def _joined(lines: list[str]) -> list[str]:
    """The lines, with a link that goes on in the next line whole in its first one."""
    for number in range(len(lines) - 1):
        line, below = lines[number], lines[number + 1]
        opened = line.rfind("[[")
        if opened >= 0 and "]]" not in line[opened:] and "]]" in below and len(line) < _MAX_LINE:
            lines[number], lines[number + 1] = f"{line} {below.strip()}", _JOINED
    return lines


@dataclass(slots=True)
class _Heading:
    level: int
    tags: tuple[str, ...] = ()
    is_hidden: bool = False


@dataclass(slots=True)
class _Translator:
    """The state between lines: the headings that are open with their tags, and the items."""

    lines: list[str]
    report: Report
    out: Translated = field(default_factory=lambda: Translated("org file"))
    ends: Ends = field(default_factory=Ends)
    headings: list[_Heading] = field(default_factory=list)
    items: Nesting = field(default_factory=Nesting)
    title: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    short: dict[str, str] = field(default_factory=dict)
    states: set[str] = field(default_factory=lambda: set(_STATES))
    blank: int = 0

    def run(self) -> Translated:
        for number, line in enumerate(self.lines):
            if _HEADING.match(line):
                self.ends.add("heading", number)
            elif end := _END.match(line):
                self.ends.add((end[1] or end[2]).lower(), number)
            elif keyword := _KEYWORD.match(line):
                self._prepare(keyword[1].lower(), keyword[2])
        number = 0
        while number < len(self.lines):
            number = self._line(number)
        self.out.add_front_matter(self.title, self.tags, self.language)
        return self.out

    def _prepare(self, name: str, value: str) -> None:
        """Take what is needed wherever it is in the file: short names of addresses, words for states, and the language."""
        if name == "link":
            short, _, address = value.partition(" ")
            self.short[short] = address.strip()
        elif name == "language":
            self.language = value
        elif name in ("todo", "seq_todo", "typ_todo"):
            self.states |= {word.partition("(")[0] for word in value.split()}

    def _line(self, number: int) -> int:
        """Translate the line, and what belongs to it; returns the next."""
        line, place = self.lines[number], number + 1
        if line == _JOINED:
            return place
        if not line.strip():
            self.blank += 1
            if self.blank > 1:
                self.items.open.clear()
            self.out.add("", place)
            return place
        self.blank = 0
        if heading := _HEADING.match(line):
            return self._heading(heading, number)
        if self.headings and self.headings[-1].is_hidden:
            self.out.drop(line, place, NOT_EXPORTED)
            return place
        if begin := _BEGIN.match(line):
            return self._block(begin[1].lower(), number)
        if keyword := _KEYWORD.match(line):
            self._keyword(keyword[1].lower(), keyword[2], place)
        elif line.lstrip().startswith("#") and (line.lstrip() + " ")[1] in " \t+":
            self.out.drop(line, place, IN_COMMENT)
        elif _DRAWER.match(line) and (end := self._end_of("end", number)):
            self._drop(number, end)
            return end + 1
        elif _PLANNING.match(line):
            self.out.drop(line, place, IN_DRAWER)
        elif line.lstrip().startswith("|"):
            return self._table(number)
        else:
            self._text(line, place)
        return place

    def _heading(self, found: re.Match[str], number: int) -> int:
        self.items.open.clear()
        level, words = len(found[1]), found[2].strip()
        while self.headings and self.headings[-1].level >= level:
            self.headings.pop()
        own: list[str] = []
        if marked := _TAGS.search(words):
            words, own = words[: marked.start()], marked[1].split(":")
        state, _, rest = words.partition(" ")
        words = _COOKIE.sub("", _PRIORITY.sub("", rest if state in self.states else words, count=1)).strip()
        above = self.headings[-1] if self.headings else _Heading(0)
        is_hidden = above.is_hidden or words.split()[:1] == ["COMMENT"] or "noexport" in own or "ARCHIVE" in own
        heading = _Heading(level, tags((*own, *above.tags)), is_hidden)
        self.headings.append(heading)
        end, properties = self._properties(number + 1)
        if is_hidden:
            self.out.drop(found[2], number + 1, NOT_EXPORTED)
            self._drop(number + 1, end - 1, NOT_EXPORTED)
            return end
        address = self._address(words, properties)
        shown = link(_styled(words, addresses=False) or label(address), address) if address else self._inline(words)
        self.out.add("", number + 1)
        self.out.add(f"{'#' * min(level, 6)} {shown}", number + 1, heading.tags)
        self.out.add("", number + 1)
        self._drop(number + 1, end - 1, but=address)
        return end

    def _properties(self, number: int) -> tuple[int, dict[str, str]]:
        """The properties of a heading whose next line is this one, and the line after them."""
        end = number
        while end < len(self.lines) and _PLANNING.match(self.lines[end]):
            end += 1
        if end < len(self.lines) and self.lines[end].strip().lower() == ":properties:":
            end = (self._end_of("end", end) or end) + 1
        about = [found for line in self.lines[number:end] if (found := _PROPERTY.match(line))]
        return end, {found[1].lower(): found[2].strip() for found in about}

    def _address(self, words: str, properties: dict[str, str]) -> str:
        """The address of a heading that has it only in its properties."""
        address = next((properties[key] for key in ("url", "link", "source") if key in properties), "")
        address = found[1] if (found := _LINK.fullmatch(address)) else address
        return address if is_web(address) and not _LINK.search(words) and "://" not in words else ""

    def _keyword(self, name: str, value: str, place: int) -> None:
        if name == "title":
            self.title = f"{self.title} {value}".strip()
        elif name == "filetags":
            self.tags = tags((*self.tags, *re.split(r"[:\s]+", value)))
        elif name != "link":
            self.out.drop(value, place, IN_SETTING)

    def _block(self, name: str, number: int) -> int:
        end = self._end_of(name, number)
        if end is None:
            self.report.error(f"`#+begin_{name}` has no end; add `#+end_{name}`. What is below it is read", number + 1)
            return number + 1
        if name in _NOT_SHOWN:
            self._drop(number, end, IN_COMMENT)
            return end + 1
        is_code = name in _CODE_BLOCKS
        fence = f"{' ' * self.items.column}````" if is_code else ""
        self.out.add(fence, number + 1)
        for inner in range(number + 1, end):
            line = self.lines[inner]
            if is_code:
                self.out.add(" " * self.items.column + line.replace("````", "'''"), inner + 1)
            else:
                self._text(line, inner + 1)
        self.out.add(fence, end + 1)
        return end + 1

    def _drop(self, start: int, end: int, reason: str = IN_DRAWER, but: str = "") -> None:
        """Leave out the lines from `start` to `end`, and name the links in them, `but` for one that is read."""
        for number in range(start, end + 1):
            line = self.lines[number]
            self.out.drop(line.replace(but, "", 1) if but else line, number + 1, reason)

    def _end_of(self, kind: str, number: int) -> int | None:
        """The line that ends a block or drawer, if it is above the next heading."""
        end, heading = self.ends.after(kind, number), self.ends.after("heading", number)
        return None if end is None or (heading is not None and heading < end) else end

    def _text(self, line: str, place: int) -> None:
        if item := _ITEM.match(line):
            if not _LINE.fullmatch(line):
                self._item(item, place)
                return
            self.items.open.clear()
            self.out.add("\n***\n", place)
            return
        indent = len(line) - len(line.lstrip())
        if self.items.leave(indent):
            self.out.add("", place)
        prefix = " " * self.items.column
        if line.lstrip().startswith(": ") or line.strip() == ":":
            self.out.add(prefix + code(line.strip()[2:]), place)
        elif _LINE.fullmatch(line):
            self.out.add("\n***\n", place)
        elif indent == 0 and (footnote := _DEFINED.match(line)):
            self.out.add(f"[^{footnote[1]}]: {self._inline(footnote[2])}", place)
        else:
            self._write(prefix + first(self._inline(line.strip())), place)

    def _item(self, item: re.Match[str], place: int) -> None:
        if not self.items.open:
            self.out.add("", place)
        indent, bullet, words = len(item[1].expandtabs(8)), item[2], item[3]
        bullet = bullet if bullet[0].isdigit() else "-"
        prefix = self.items.item(indent, len(bullet) + 1)
        box = ""
        if checkbox := _CHECKBOX.match(words):
            box, words = f"[{checkbox[0][1].replace('-', ' ').lower()}] ", words[checkbox.end() :]
        term = _TERM.match(words) if "::" in words else None
        text = self._definition(term[1], term[2]) if term else first(self._inline(words))
        self._write(f"{prefix}{bullet} {box}{text}", place)

    def _definition(self, term: str, words: str) -> str:
        name, said = self._inline(term), self._inline(words)
        return f"{name} - {said}".removesuffix(" - ") if _LINK.search(term) else f"**{name}**: {said}".rstrip()

    def _write(self, text: str, place: int) -> None:
        self.out.add(text, place, self.headings[-1].tags if self.headings else ())

    def _table(self, number: int) -> int:
        """The table that begins here. Markdown's tables have a head, so one without gets an empty one."""
        end = number
        while end < len(self.lines) and self.lines[end].lstrip().startswith("|"):
            end += 1
        self.items.leave(len(self.lines[number]) - len(self.lines[number].lstrip()))
        prefix = " " * self.items.column
        rows = [
            (place, self._cells(self.lines[place - 1]))
            for place in range(number + 1, end + 1)
            if not _RULE.match(self.lines[place - 1])
        ]
        columns = max((len(cells) for _, cells in rows), default=1)
        has_head = number + 1 < end and _RULE.match(self.lines[number + 1]) is not None
        head = rows.pop(0) if has_head and rows else (number + 1, [""] * columns)
        self.out.add("", number + 1)
        for place, cells in [head, (number + 1, ["---"] * columns), *rows]:
            self._write(f"{prefix}| {' | '.join([*cells, *[''] * (columns - len(cells))])} |", place)
        self.out.add("", end)
        return end

    def _cells(self, row: str) -> list[str]:
        return [self._inline(cell.strip()) for cell in row.strip().removeprefix("|").removesuffix("|").split("|")]

    def _inline(self, text: str) -> str:
        parts = []
        at = 0
        if "[" not in text and "<" not in text:
            return _styled(text)
        if "<" in text or "[2" in text or "[1" in text:
            text = _ANGLE.sub(r"\1", _MOMENT.sub(r"\1", text))
        for found in _LINK.finditer(text):
            parts += [_styled(text[at : found.start()]), self._link(found[1].strip(), found[2])]
            at = found.end()
        return "".join([*parts, _styled(text[at:])])

    def _link(self, target: str, title: str | None) -> str:
        name, _, rest = target.partition(":")
        if name in self.short:
            address = self.short[name]
            target = address.replace("%s", rest) if "%s" in address else f"{address}{rest}"
        if _PLACE_IN_FILE.fullmatch(target):
            return inline(title or target)
        shown = title if title and title.strip() else target
        return link(label(shown) if is_web(shown) else _styled(shown, addresses=False), target)


def _styled(text: str, *, addresses: bool = True) -> str:
    if text.isalnum() or not text or text.isspace():
        return text
    parts: list[str] = []
    at = 0
    for found in _MARKED.finditer(text):
        if _is_in_address(text, found.start()):
            continue
        parts.append(_plain(text[at : found.start()], addresses=addresses))
        mark, inner = found[1], found[2]
        style = _STYLES.get(mark, "")
        parts.append(f"{style}{_plain(inner, addresses=addresses)}{style}" if style else code(inner))
        at = found.end()
    return "".join([*parts, _plain(text[at:], addresses=addresses)])


def _is_in_address(text: str, at: int) -> bool:
    start = text.rfind("://", max(0, at - _ADDRESS_BEFORE), at)
    return start >= 0 and not re.search(r"\s", text[start:at])


def _plain(text: str, *, addresses: bool) -> str:
    escaped = inline if addresses else label
    if "[fn:" not in text:
        return escaped(text)
    return "".join(piece if is_note else escaped(piece) for is_note, piece in _pieces(text))


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    text = _FOOTNOTE_HERE.sub(r" (\1)", text)
    at = 0
    for note in _FOOTNOTE.finditer(text):
        yield False, text[at : note.start()]
        yield True, f"[^{note[1]}]"
        at = note.end()
    yield False, text[at:]
