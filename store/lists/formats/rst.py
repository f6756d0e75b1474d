"""reStructuredText, as far as reading lists use it: sections, lists, tables, links with their targets."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.url import is_web
from store.lists.formats.collected import tags
from store.lists.formats.markdown import first, inline, label, link
from store.lists.formats.translated import Ends, Nesting, Translated, code, limited
from store.lists.report import Report
from store.lists.text import width

IN_COMMENT = "it is in a comment"
NOT_USED = "no link uses this target"

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_ITEM = re.compile(r"(\s*)([-*+•‣]|\(?(?:\d{1,9}|#|[a-zA-Z]|[ivxlcIVXLC]{1,6})[.)])(?:[ \t]+(?=\S)|$)(.*)")
_TARGET = re.compile(r"\.\. _(?:`([^`\n]+)`|((?:[^:\\\n]|\\:|:(?!\s|$))+)):(?:\s+(.*))?$")
_ANONYMOUS = re.compile(r"(?:\.\. __:|__)\s+(\S.*)$")
_EMBEDDED = re.compile(r"`([^`<\n]{1,2000})<([^`<>\n]{1,4000})>`_(?!_)")
_NOTE = re.compile(r"\.\. \[([#*]?[\w.-]*|\*)\]\s+(.*)")
_DIRECTIVE = re.compile(r"\.\. (?:\|([^|\n]+)\| )?([\w:.+-]+)::\s*(.*)")
_OPTION = re.compile(r"\s*:([\w-]+):(?:\s+(.*)|$)")
_FIELD = re.compile(r":([^:\n`][^:\n]*):(?:\s+(.*)|$)")
_ABOUT = re.compile(r"(?:\.\. |:)(title|tags|date|slug|category):\s*(.*)", re.IGNORECASE)
_INLINE = re.compile(
    r"``(?P<literal>[^`\n]+(?:`[^`\n]+)*)``"
    r"|(?P<of>:[\w:+.-]{1,40}:)?`(?P<named>[^`<\n]{0,2000})<(?P<url>[^`<>\n]{1,4000})>`(?P<marks>__?|)"
    r"|(?P<role>:[\w:+.-]{1,40}:)?`(?P<phrase>[^`\n]{1,2000})`(?P<reference>__?|)"
    r"|\[(?P<note>[#*]?[\w.-]{0,60})\]_"
    r"|(?<![\w`.+-])(?P<word>[A-Za-z0-9](?:[\w.+-]{0,100}[A-Za-z0-9])?)__?(?!\w)"
    r"|\*\*(?P<strong>[^*\n]{1,2000})\*\*"
    r"|(?<![*\w])\*(?P<emphasis>[^*\s][^*\n]{0,2000})\*(?!\w)"
    r"|\|(?P<substitution>[^|\s][^|\n]{0,100})\|(?P<linked>_{0,2})"
    r"|\\(?P<escaped>.)"
)
_SHOWN = frozenset(
    [
        *("note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "admonition", "topic"),
        *("epigraph", "container", "seealso", "rubric", "highlights", "pull-quote", "only", "compound", "sidebar"),
        *("centered", "hlist", "card", "dropdown", "tab-item", "grid", "grid-item", "grid-item-card", "tab-set"),
    ]
)
"""Directives whose content is text."""
_CODE = frozenset(("code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "highlight"))
_BORDER = re.compile(r"\s*=+(?:\s+=+)+\s*$")
_GRID = re.compile(r"\s*\+(?:[-=]+\+)+\s*$")
_DASHES = re.compile(r"[-\s]+")
_ROW = re.compile(r"(\s*)\* - ?(.*)")
_CELL = re.compile(r"\s*- ?(.*)")
_JOINED = "\0"
"""In place of a line whose text is in a line above."""
_MAX_LINE = 4_000
_MAX_JOINED = 6
_MAX_HOPS = 5
_ADDRESS_BEFORE = 500


def translate(text: str, report: Report) -> Translated:
    """The file as Markdown."""
    return _Translator(_joined([line.expandtabs(8) for line in limited(text, report)]), report).run()


@dataclass(slots=True)
class _Translator:
    """The state between lines: which underline makes which level, the items that are open, and the targets."""

    lines: list[str]
    report: Report
    out: Translated = field(default_factory=lambda: Translated("reStructuredText file"))
    ends: Ends = field(default_factory=Ends)
    items: Nesting = field(default_factory=Nesting)
    levels: list[str] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    anonymous: list[tuple[str, int]] = field(default_factory=list)
    next_anonymous: int = 0
    notes: int = 0
    noted: int = 0
    titles: set[str] = field(default_factory=set)
    substitutions: dict[str, str] = field(default_factory=dict)
    title: str = ""
    tags: tuple[str, ...] = ()
    started: bool = False

    def run(self) -> Translated:
        defined = self._gather()
        number = 0
        while number < len(self.lines):
            number = self._line(number)
        for key, place in defined.items():
            if key not in self.used and is_web(self.targets[key]):
                self.out.drop_links([self.targets[key]], place, NOT_USED)
        for address, place in self.anonymous[self.next_anonymous :]:
            self.out.drop_links([address] if is_web(address) else [], place, NOT_USED)
        self.out.add_front_matter(self.title, self.tags)
        return self.out

    def _gather(self) -> dict[str, int]:
        """Take what a link may name below itself: targets, titles and substitutions. Returns the targets' lines."""
        defined: dict[str, int] = {}
        for number, line in enumerate(self.lines):
            stripped = line.strip()
            if stripped.startswith((".. ", "__ ")):
                if found := _ANONYMOUS.match(stripped):
                    self.anonymous.append((_address(found[1]), number + 1))
                elif found := _TARGET.match(stripped):
                    key = _key(found[1] or found[2])
                    self.targets[key] = self._target(found[3], number)
                    defined[key] = number + 1
                elif (found := _DIRECTIVE.match(stripped)) and found[1]:
                    self.substitutions[_key(found[1])] = self._substitution(found[2], found[3], number)
            elif _BORDER.match(line):
                if number + 1 == len(self.lines) or not self.lines[number + 1].strip():
                    self.ends.add("table", number)
            elif stripped and self._is_underlined(number):
                self.titles.add(_key(stripped))
            if ">`_" in line:
                for embedded in _EMBEDDED.finditer(line):
                    self.targets.setdefault(_key(embedded[1]), _address(embedded[2]))
        return defined

    def _target(self, address: str | None, number: int) -> str:
        """The address of a target; one that goes on below is joined, one without is a place in the file."""
        parts = [(address or "").strip()]
        for below in self.lines[number + 1 : number + 1 + _MAX_JOINED]:
            if not below.startswith("   ") or not below.strip():
                break
            parts.append(below.strip())
        return _address("".join(parts))

    def _substitution(self, name: str, words: str, number: int) -> str:
        """The value of a substitution, still in reStructuredText."""
        if name in ("replace", "unicode"):
            return words
        options = dict(self._options(number + 1))
        return options.get("alt", "")

    def _options(self, number: int) -> Iterator[tuple[str, str]]:
        """The options of a directive, from the line below it on."""
        for below in range(number, len(self.lines)):
            line = self.lines[below]
            option = _OPTION.match(line)
            if option is None or not line.startswith(" "):
                return
            yield option[1].lower(), (option[2] or "").strip()

    def _line(self, number: int) -> int:
        """Translate the line, and what belongs to it; returns the next."""
        line, place = self.lines[number], number + 1
        if line == _JOINED:
            return place
        if not line.strip():
            self.out.add("", place)
            return place
        indent = width(line)
        stripped = line.strip()
        is_first, self.started = not self.started, True
        about = _ABOUT.match(line)
        if about and (is_first or about[0].startswith("..")):
            self._about(about[1].lower(), about[2])
            self.started = not is_first
            return place
        if stripped.startswith(".. ") or stripped == "..":
            self.started = not is_first
            return self._explicit(number, indent, stripped)
        if _BORDER.match(line) and (end := self.ends.after("table", number)):
            self.items.leave(indent)
            return self._simple_table(number, end + 1)
        if _GRID.match(line):
            self.items.leave(indent)
            return self._grid_table(number)
        if indent == 0 and (end := self._section(number)):
            return end
        if _ANONYMOUS.match(stripped):
            return place
        return self._text(number, indent, stripped)

    def _about(self, name: str, value: str) -> None:
        if name == "title":
            self.title = value.strip()
        elif name == "tags":
            self.tags = tags(value.split(","))

    def _is_underlined(self, number: int) -> bool:
        """Whether the line below underlines this one."""
        if number + 1 >= len(self.lines) or self.lines[number][:1].isspace():
            return False
        below = self.lines[number + 1].rstrip()
        title = self.lines[number].rstrip()
        return bool(_ADORNMENT.match(below)) and not _ADORNMENT.match(title) and len(below) >= min(len(title), 3)

    def _section(self, number: int) -> int | None:
        line = self.lines[number].rstrip()
        if over := _ADORNMENT.match(line):
            is_over = number + 2 < len(self.lines) and self.lines[number + 2].rstrip() == line
            if is_over and self.lines[number + 1].strip():
                return self._heading(self.lines[number + 1].strip(), f"{over[1]}{over[1]}", number, 3)
            self.items.open.clear()
            self.out.add("\n***\n", number + 1)
            return number + 1
        if self._is_underlined(number) and (number == 0 or not self._is_text(number - 1)):
            return self._heading(line, self.lines[number + 1][0], number, 2)
        return None

    def _is_text(self, number: int) -> bool:
        above = self.lines[number].strip()
        return bool(above) and not above.startswith("..") and not _ADORNMENT.match(above) and above != _JOINED

    def _heading(self, title: str, style: str, number: int, lines: int) -> int:
        self.items.open.clear()
        if style not in self.levels:
            self.levels.append(style)
        level = min(self.levels.index(style) + 1, 6)
        place = number + (2 if lines == 3 else 1)
        self.out.add("", place)
        self.out.add(f"{'#' * level} {self._inline(title, place)}", place)
        self.out.add("", place)
        return number + lines

    def _explicit(self, number: int, indent: int, stripped: str) -> int:
        """What begins with two dots: a target, a footnote, a directive or a comment; and what is indented below it."""
        place = number + 1
        end = self._block_end(number, indent)
        if _TARGET.match(stripped) or _ANONYMOUS.match(stripped):
            return end
        if note := _NOTE.match(stripped):
            name = note[1].strip("#*")
            self.noted += not name
            more = " ".join(line.strip() for line in self.lines[place:end])
            words = self._inline(f"{note[2]} {more}".strip(), place)
            self.out.add(f"\n[^{name or f'auto{self.noted}'}]: {words}\n", place)
            return end
        directive = _DIRECTIVE.match(stripped)
        self.items.leave(indent)
        if directive is None:
            self._drop(number, end, IN_COMMENT)
            return end
        if directive[1]:
            if self.substitutions.get(_key(directive[1])) != directive[3]:
                self._drop(number, end, f"it is in a directive, `{directive[2]}`")
            return end
        return self._directive(directive[2].lower(), directive[3], number, end)

    def _directive(self, name: str, argument: str, number: int, end: int) -> int:
        place = number + 1
        options = dict(self._options(place))
        if name in _SHOWN:
            self.out.add("", place)
            if address := options.get("link", ""):
                if is_web(address):
                    self.out.add(f"- {link(label(argument) or label(address), address)}\n", place)
            elif argument and name != "only":
                self.out.add(f"{' ' * self.items.column}{first(self._inline(argument, place))}\n", place)
            return place + len(options)
        if name == "list-table":
            return self._list_table(number, end, options)
        if name == "csv-table":
            return self._csv_table(number, end, options)
        if name == "table":
            return place + len(options)
        if name in _CODE:
            self._code(place + len(options), end)
            return end
        self._drop(number, end, f"it is in a directive, `{name}`")
        return end

    def _code(self, start: int, end: int) -> None:
        prefix = " " * self.items.column
        self.out.add(f"\n{prefix}````", start)
        for below in range(start, end):
            self.out.add(prefix + self.lines[below].replace("````", "'''"), below + 1)
        self.out.add(f"{prefix}````\n", end)

    def _drop(self, start: int, end: int, reason: str) -> None:
        for number in range(start, end):
            self.out.drop(self.lines[number], number + 1, reason)

    def _block_end(self, number: int, indent: int) -> int:
        """The line after the block that is indented further than `indent`."""
        end = last = number + 1
        while end < len(self.lines):
            line = self.lines[end]
            if line.strip() and line != _JOINED:
                if width(line) <= indent:
                    break
                last = end + 1
            end += 1
        return last

    def _text(self, number: int, indent: int, stripped: str) -> int:
        line, place = self.lines[number], number + 1
        item = _ITEM.match(line)
        if item and self._is_item(number, item):
            self._item(item, indent, place)
            return self._literal(number, indent, place)
        if self.items.leave(indent):
            self.out.add("", place)
        prefix = " " * self.items.column
        below = self.lines[place] if place < len(self.lines) else ""
        is_start = number == 0 or not self.lines[number - 1].strip() or width(self.lines[number - 1]) > indent
        is_term = is_start and below.strip() and below != _JOINED and width(below) > indent and not _ITEM.match(below)
        if is_term and not stripped.endswith("::") and not _FIELD.match(stripped):
            if not self.items.open:
                self.out.add("", place)
            self.items.item(indent, 2)
            self.out.add(f"{prefix}- {first(self._inline(stripped, place))}", place)
            return place
        if stripped.startswith(">>> "):
            self.out.add(prefix + code(stripped), place)
            return place
        if found := _FIELD.match(stripped):
            words = f"{inline(found[1])}: {self._inline(found[2] or '', place)}"
            self.out.add(f"{prefix}{words}\\" if below.strip().startswith(":") else prefix + words, place)
            return place
        if stripped.startswith("| "):
            hard = "\\" if below.strip().startswith("| ") else ""
            self.out.add(f"{prefix}{first(self._inline(stripped[2:], place))}{hard}", place)
            return place
        self.out.add(prefix + first(self._inline(stripped, place)), place)
        return self._literal(number, indent, place)

    def _is_item(self, number: int, item: re.Match[str]) -> bool:
        """A line within a paragraph that begins with `- ` or `I.` goes on with it."""
        above = next(
            (line for line in reversed(self.lines[max(0, number - _MAX_JOINED) : number]) if line != _JOINED), ""
        )
        if not above.strip() or width(above) != width(self.lines[number]) or _ITEM.match(above):
            marker = item[2].strip("().")
            return not (
                marker.isalpha() and marker not in ("a", "i", "A", "I") and not _ITEM.match(above.strip() or "-")
            )
        return False

    def _item(self, item: re.Match[str], indent: int, place: int) -> None:
        number = item[2].strip("().")
        marker = f"{number}." if number.isdigit() else "1." if number == "#" else "-"
        if not self.items.open:
            self.out.add("", place)
        prefix = self.items.item(indent, len(marker) + 1)
        inner = _ITEM.match(item[3])
        words = inner[3] if inner and inner[2] in "-*+" else item[3]  # a list that begins in the item's first line
        self.out.add(f"{prefix}{marker} {first(self._inline(words, place))}", place)

    def _literal(self, number: int, indent: int, place: int) -> int:
        """After a line that ends with `::` comes code."""
        if not self.lines[number].rstrip().endswith("::"):
            return place
        end = self._block_end(number, indent)
        if end == place:
            return place
        self.out.lines[-1] = self.out.lines[-1].removesuffix(":")
        if not self.out.lines[-1].strip(" :"):
            self.out.lines[-1] = ""
        self._code(place, end)
        return end

    # Tables

    def _simple_table(self, number: int, end: int) -> int:
        spans = [found.span() for found in re.finditer(r"=+", self.lines[number])]
        edges = [(start, spans[n + 1][0] if n + 1 < len(spans) else None) for n, (start, _) in enumerate(spans)]
        rows: list[tuple[int, list[str]]] = []
        heads = 0
        for below in range(number + 1, end - 1):
            line = self.lines[below]
            if _BORDER.match(line):
                heads = len(rows)
            elif line.strip() and line != _JOINED and not _DASHES.fullmatch(line):
                cells = [line[start:stop].strip() for start, stop in edges]
                if not cells[0] and rows:
                    _append(rows[-1][1], cells)
                else:
                    rows.append((below + 1, cells))
        self._table(rows, heads, number, end)
        return end

    def _grid_table(self, number: int) -> int:
        end = number + 1
        while end < len(self.lines) and (self.lines[end].lstrip().startswith(("+", "|")) or self.lines[end] == _JOINED):
            end += 1
        rows: list[tuple[int, list[str]]] = []
        heads, is_new = 0, True
        for below in range(number, end):
            line = self.lines[below].strip()
            if line == _JOINED:
                continue
            if line.startswith("+"):
                heads = len(rows) if "=" in line else heads
                is_new = True
                continue
            cells = [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
            if is_new:
                rows.append((below + 1, cells))
            else:
                _append(rows[-1][1], cells)
            is_new = False
        self._table(rows, heads, number, end)
        return end

    def _list_table(self, number: int, end: int, options: dict[str, str]) -> int:
        """A table as a list of lists."""
        rows: list[tuple[int, list[str]]] = []
        column = -1
        for below in range(number + 1 + len(options), end):
            line = self.lines[below]
            if line == _JOINED or not line.strip():
                continue
            row = _ROW.match(line)
            if row and column in (-1, len(row[1])):
                column = len(row[1])
                rows.append((below + 1, [row[2]]))
            elif rows and width(line) == column + 2 and (cell := _CELL.match(line)):
                rows[-1][1].append(cell[1])
            elif rows:
                rows[-1][1][-1] += f" {line.strip()}"
        self._table(rows, int(options.get("header-rows", "0") == "1"), number, end)
        return end

    def _csv_table(self, number: int, end: int, options: dict[str, str]) -> int:
        if "file" in options or "url" in options:
            self.report.warning(
                "this table is in another file, which is not read; add that file to the list", number + 1
            )
        mark = {"tab": "\t", "space": " "}.get(options.get("delim", ","), options.get("delim", ",")[:1] or ",")
        rows = [(number + 1, _cells(options["header"], mark))] if "header" in options else []
        rows += [
            (below + 1, _cells(self.lines[below].strip(), mark))
            for below in range(number + 1 + len(options), end)
            if self.lines[below].strip() and self.lines[below] != _JOINED
        ]
        self._table(rows, int("header" in options or options.get("header-rows", "0") == "1"), number, end)
        return end

    def _table(self, rows: list[tuple[int, list[str]]], heads: int, number: int, end: int) -> None:
        columns = max((len(cells) for _, cells in rows), default=1)
        head = rows.pop(0) if heads and rows else (number + 1, [""] * columns)
        prefix = " " * self.items.column
        self.out.add("", number + 1)
        for place, cells in (head, (number + 1, ["---"] * columns), *rows):
            padded = [*cells, *[""] * (columns - len(cells))]
            shown = padded if "---" in cells else [self._inline(cell, place).replace("|", "\\|") for cell in padded]
            self.out.add(f"{prefix}| {' | '.join(shown)} |", place)
        self.out.add("", end)

    # Text

    def _inline(self, text: str, place: int) -> str:
        return "".join(self._pieces(text, place))

    def _pieces(self, text: str, place: int) -> Iterator[str]:
        at = 0
        for found in _INLINE.finditer(text):
            if _is_in_address(text, found.start()):
                continue
            shown = self._markup(found, place)
            if shown is None:
                continue
            yield inline(text[at : found.start()])
            yield shown
            at = found.end()
        yield inline(text[at:])

    def _markup(self, found: re.Match[str], place: int) -> str | None:
        """The piece as Markdown; None if it is plain text after all."""
        if found["literal"]:
            return code(found["literal"])
        if found["url"]:
            name = found["named"].strip()
            address = self._resolved(_address(found["url"]))
            if found["of"] and not is_web(address):
                return inline(name)
            return link(label(name or address), address)
        if found["phrase"]:
            return self._phrase(found, place)
        if found["word"]:
            address = self._next_anonymous() if found[0].endswith("__") else self._resolved(f"{found['word']}_")
            return link(label(found["word"]), address) if address and not address.endswith("_") else None
        if found["note"] is not None:
            name = found["note"].strip("#*")
            self.notes += not name
            return f"[^{name or f'auto{self.notes}'}]"
        if found["strong"]:
            return f"**{inline(found['strong'])}**"
        if found["emphasis"]:
            return f"*{inline(found['emphasis'])}*"
        if found["substitution"]:
            return self._substituted(found["substitution"], found["linked"], place)
        return inline(found["escaped"].strip())

    def _phrase(self, found: re.Match[str], place: int) -> str:
        words = found["phrase"]
        if not found["reference"]:
            return code(words) if found["role"] in (":code:", ":file:", ":command:") else inline(words)
        if found["reference"] == "__":
            address = self._next_anonymous()
            if not address:
                message = f"`{words}`__ has no address: there is no further `__ https://…`; add it"
                self.report.error(message, place)
            return link(label(words), address) if address else inline(words)
        address = self._resolved(f"{_key(words)}_")
        if not address.endswith("_"):
            return link(label(words), address) if address else inline(words)
        if _key(words) not in self.titles:
            self.report.error(f"`{words}`_ has no address; add a line `.. _{words}: https://…`", place)
        return inline(words)

    def _substituted(self, name: str, linked: str, place: int) -> str | None:
        words = self.substitutions.get(_key(name))
        if words is None:
            return None
        if linked and (address := self._resolved(f"{_key(name)}_")) and not address.endswith("_"):
            return link(label(words or name), address)
        return inline(words) if "|" in words else self._inline(words, place)

    def _next_anonymous(self) -> str:
        self.next_anonymous += 1
        return self.anonymous[self.next_anonymous - 1][0] if self.next_anonymous <= len(self.anonymous) else ""

    def _resolved(self, address: str) -> str:
        """The address that a name leads to, over other names too."""
        for _ in range(_MAX_HOPS):
            if not address.endswith("_") or (key := _key(address.rstrip("_").strip("`"))) not in self.targets:
                break
            self.used.add(key)
            address = self.targets[key]
        return address


def _append(cells: list[str], more: Sequence[str]) -> None:
    cells[:] = [f"{cell} {more[n] if n < len(more) else ''}".strip() for n, cell in enumerate(cells)]


def _cells(row: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([row], delimiter=mark, skipinitialspace=True), [])
    except csv.Error:
        return [row]


def _key(name: str) -> str:
    """Names are the same whatever their capitals and white space."""
    return " ".join(name.replace("\\", "").split()).lower()


def _address(text: str) -> str:
    return "".join(text.split()).replace("\\", "") if "://" in text else text.strip()


def _is_in_address(text: str, at: int) -> bool:
    start = text.rfind("://", max(0, at - _ADDRESS_BEFORE), at)
    return start >= 0 and not re.search(r"[\s`<>]", text[start:at])


def _joined(lines: list[str]) -> list[str]:
    """The lines, with a phrase in backquotes that goes on in the next lines whole in its first one."""
    whole = list(lines)
    number = 0
    while number < len(whole):
        line, end = whole[number], number + 1
        while (
            line.count("`") % 2
            and line.lstrip()[:1] not in ("|", "+")
            and end < min(len(whole), number + _MAX_JOINED)
            and whole[end].strip()
            and not _ITEM.match(whole[end])
        ):
            line = f"{line} {whole[end].strip()}"
            end += 1
        if line.count("`") % 2 or len(line) > _MAX_LINE:
            end = number + 1
        else:
            whole[number:end] = [line, *[_JOINED] * (end - number - 1)]
        number = end
    return whole
