"""Which links of a Markdown list are its entries: each part of the file is read in the shape it has.

Every other link is part of an entry's notes, or is not read, with a reason. Precision matters as much as recall:
badges, navigation, introductions and links in running text are not entries.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise

from bot.domain.url import is_web
from store.lists.formats import html_blocks
from store.lists.formats import markdown_words as words
from store.lists.formats.markdown_repairs import Repaired, scan_repaired
from store.lists.formats.markdown_scan import Block, Heading, Link, Place, Range, Scan, Shape
from store.lists.text import dedented, excerpt, unquoted

IN_TEXT = "it is in running text"
IN_INTRODUCTION = "it is in the introduction"
IN_HEADING = "it is in a heading"
IN_TABLE_HEAD = "it is in the heading of a table"
IN_CODE = "it is in a code block"
IN_COMMENT = "it is in an HTML comment"
IN_TEMPLATE = "it is in a template tag"
IN_FOOTNOTE = "it is in a footnote that no entry uses"
IN_BOILERPLATE = "it is in a section about the list itself"
BADGE = "it is a picture, such as a badge"
NAVIGATION = "it is in a row of links"
LAST = "most items here begin with their link and this one ends with it"
NOT_USED = "no link uses this definition"
RELATIVE = "it leads to no web page"
ROW_IS_RELATIVE = "the title of its row leads to no web page"

_MARKER = re.compile(rb"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|(?=\n))(?:\[[^\[\]\n]\][ \t]+)?")
_BADGE = re.compile(
    rb"shields\.io|badge|badgen|travis-ci|codecov|coveralls|circleci|awesome\.re|contrib\.rocks|opencollective"
    rb"|star-history|avatars\d*\.githubusercontent|creativecommons|licensebuttons|cc-zero|licen[cs]e|netlify|deepsource"
    rb"|codacy|snyk\.io|gitter|/api/guilds/|visitor|buymeacoffee|ko-fi|patreon|paypal|producthunt|sponsor"
    rb"|colab|binder|api\.securityscorecards|sindresorhus/awesome",
    re.IGNORECASE,
)
_ABOUT_THE_LIST = re.compile(
    r"\b(?:contribut(?:e|ing|ions?|ors?)|licen[cs]e|acknowledge?ments?|credits?|sponsors?(?:hip)?|backers|maintainers?"
    r"|disclaimer|table of contents|contents|toc|star history|stargazers|changelog|citation|copyright|code of conduct"
    r"|donat(?:e|ions?))\b|贡献|許可|许可|目录|目錄|赞助|致谢",
    re.IGNORECASE,
)
_BOILERPLATE_TITLE = re.compile(
    r"(?:back to (?:the )?top|[⬆↑🔝].*|(?:contributing|contribution)(?: guide(?:lines?)?)?|contribution guidelines|licen[cs]e|code of conduct"
    r"|table of contents|contents|edit (?:this|on).*|subscribe.*|sponsor.*|donate|join .*|follow .*|find (?:me|us) .*|view (?:this )?on .*|please .*|discuss (?:on|this|in) .*|open an? (?:issue|pr|pull request).*"
    r"|(?:submit|suggest|send|propose) (?:an?|your|new|us|me|pull|tutorials?|links?|changes|pr)\b.*|返回.*|回到.*)",
    re.IGNORECASE,
)
_NAVIGATION = re.compile(r"[\s|·•/\\,;&~*_()\[\]<>–—-]*(?:and|or|und|et)?[\s|·•/\\,;&~*_()\[\]<>–—-]*")
_EMBED = re.compile(rb"\{\{(?:video|youtube|vimeo|bilibili|tweet|twitter|pdf|embed)[ \t]+$", re.IGNORECASE)
_LINE_BREAK = re.compile(rb"\n|<br[ \t]*/?>", re.IGNORECASE)
_BEFORE_PARENTHESIS = re.compile(r"[］\]】](\s*)([(（])\s*<?$")
_GLUED_BULLET = re.compile(r"\s*(?:>\s*)*(?:[-+]|\*(?!\*))(?=\S)(\u00a0?)")
_CODE_NAME = re.compile(r"\s*`[^`\n]+`\s*[-–—:]")
_UNDEFINED = re.compile(
    rb"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+((?:\*\*|_)?\[([^\[\]\n]{1,300})\]\[([^\[\]\n]{0,300})\])", re.MULTILINE
)
_DEFINITION = re.compile(rb"^[ \t>]{0,6}\[([^\[\]\n]+)\]:[ \t]*<?(https?://[^\s>]+)", re.MULTILINE | re.IGNORECASE)
_SOME_DEFINITION, _SOME_REFERENCE = re.compile(rb"\]:"), re.compile(rb"\]\[")
"""Whether there can be any. `in` takes four times as long for two signs."""
_RAW = re.compile(rb"https?://[^\s<>\"'`)\]]+", re.IGNORECASE)
_BEFORE_PICTURE = re.compile(rb"!\[[^\]\n]*\]\(\s*<?$|\bsrc\s*=\s*[\"']?$", re.IGNORECASE)
_FOOTNOTE_MARK = re.compile(rb"\[\^([^\]\s]{1,60})\](?!:)")
_PIPE = re.compile(rb"(?<!\\)\|")
_UNDERLINE = re.compile(r"\n *(?:=+|-+)[ \t]*\Z")
_BOLD_LINE = re.compile(
    rb"^[ \t]{0,3}(?:\d{1,3}[.)][ \t]+)?(\*\*|__)(?=\S)[^*\n\[\]]{2,300}\1[ \t]*[.:]?[ \t]*$", re.MULTILINE
)
_HEADING_LINE = re.compile(r"#{1,6}[ \t]")
_BOLD_AT_END = re.compile(r"\n[ \t]*\n[ \t]*(\*\*|__)(?=\S)[^*\n\[\]]{2,100}(?<![.!?])\1:?\s*\Z")
"""A bold line that is used as a heading of what is below."""
_TITLE_COLUMN = re.compile(
    r"\W*(?:title|name|paper|project|article|book|resource|tool|library|course|topic|site|blog|talk|post|method|model"
    r"|标题|名称|论文|项目|书名|タイトル|titre|titel|título|nombre|nom)s?\W*",
    re.IGNORECASE,
)
_WORK_COLUMN = re.compile(
    r"\W*(?:title|paper|article|book|talk|post|topic|标题|论文|书名|タイトル|titre|titel|título)s?\W*", re.IGNORECASE
)
_HTML_LEVEL = 7
_MIN_ENTRIES_OF_A_LIST = 3
_MIN_PICTURES = 2
_MANY = 10
"""List items from which on a lone paragraph with a link is rather about the list."""
_MAX_INDENTED = 3
_MIN_TITLED = 2
"""Sections of fields from which on their headings are taken for titles."""
_SHARE_OF_HEADINGS = 3
"""If fewer of the headings are links, those above items are not entries but say where the section is from."""
_MIN_LAST_LINKS = 5
_SHARE_OF_LAST_LINKS = 5
"""Items that end with "[Paper](…)" are entries in a section of so many, or if a fifth of the file is written so."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A link that is not read: where it is, and why; with a `remedy` if its author should correct it."""

    offset: int
    link: str
    reason: str
    remedy: str = ""
    is_error: bool = False


@dataclass(slots=True)
class Regions:
    """What a body holds: the places of its entries, in order, how many links it has, and those that are not read.

    `indented` are lists that Markdown takes for code, each with its offset in the body.
    """

    repaired: Repaired
    places: list[Place] = field(default_factory=list)
    links: int = 0
    unread: list[Unread] = field(default_factory=list)
    indented: list[tuple[int, "Regions"]] = field(default_factory=list)

    @property
    def scan(self) -> Scan:
        return self.repaired.scan


@dataclass(slots=True)
class _Candidate:
    """A place that may be an entry, with the other links of its part; `is_alone` if its line holds nothing else,
    `is_named` if the words before it are its name, `is_bold` if these are bold, `is_source` if it says where the words
    above it are from.
    """

    place: Place
    others: list[Link]
    is_strong: bool = True
    is_alone: bool = False
    is_named: bool = False
    is_bold: bool = False
    is_source: bool = False
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    """A line such as "Paper: [arXiv](…)", which is an item, or a paragraph that is a `candidate`."""

    place: Place
    block: Block
    name: str
    is_named: bool
    candidate: _Candidate | None = None


@dataclass(slots=True)
class _Part:
    """What is below a heading or a bold line, which is from `start` to `end`, until `below`."""

    start: int
    end: int
    title: str
    headings: tuple[str, ...]
    may_be_title: bool
    below: int = 0


@dataclass(slots=True)
class _Line:
    """A line of a paragraph."""

    start: int
    end: int
    links: list[Link] = field(default_factory=list)


def find_regions(text: str, rereads: int = _MAX_INDENTED) -> Regions:
    """Find the entries in a body whose lines end with LF."""
    return _Finder(scan_repaired(text), rereads).run()


class _Finder:
    def __init__(self, repaired: Repaired, rereads: int) -> None:
        self._repaired = repaired
        self._scan = repaired.scan
        self._body = repaired.scan.body
        self._rereads = rereads
        self._found = Regions(repaired)
        self._heading_starts: list[int] = []
        self._paths: list[tuple[str, ...]] = []
        self._place_starts: list[int] = []
        self._tell_headings()
        self._places: list[Place] = []
        self._why: dict[int, tuple[Link, str]] = {}
        self._faults: list[Unread] = []
        self._last_links: list[_Candidate] = []
        self._titled: set[int] = set()
        self._fields: list[_Field] = []
        self._paragraphs: list[_Candidate] = []
        self._in_headings: list[_Candidate] = []
        self._in_rows: list[_Candidate] = []
        self._tables: dict[int, int] = {}
        self._in_html: list[_Candidate] = []

    def run(self) -> Regions:
        found, scan = self._found, self._scan
        self._take_strict_items()
        if scan.html or scan.unwrapped:
            self._take_html()
        self._take_links()
        self._choose()
        if not self._places:
            self._take_pictures()
        if self._repaired.footnotes or any(place.shape is not Shape.ITEMS for place in self._places):
            self._complete()
        self._sort()
        self._give_parents()
        if scan.references:
            self._give_references()
        self._account()
        found.places = self._places
        return found

    # Items that begin with a link

    def _take_strict_items(self) -> None:
        for place in self._scan.places:
            if place.is_picture or words.is_generic(place.title):
                self._take_odd_item(place)
            elif is_web(place.url):
                self._places.append(place)
            else:
                self._refuse_address(place.link, place.url, is_title=True)

    def _take_odd_item(self, place: Place) -> None:
        """An item whose link is a picture or says only "Paper"; its title is among the words after it."""
        if not is_web(place.url):
            self._refuse_address(place.link, place.url, is_title=True)
            return
        after = self._text(place.link_end, self._own_end(place.start, place.end)).partition("\n")[0]
        if place.is_picture:
            if _BADGE.search(self._body, place.link, place.link_end) or not (words.plain(after) or place.title.strip()):
                self._unread(Link(place.link, place.link_end, place.url, self._block_at(place)), BADGE)
                return
            if _has_words(after):
                place.title, place.notes = self._title_after(place, after)
        elif after.startswith(" ") and place.title != place.url:
            said = words.plain(after)
            if said and not words.is_strong(after) and (said[0].isupper() or after.lstrip().startswith(("*", "_"))):
                place.title, place.notes = self._title_after(place, after)
        if not place.title.strip() or words.is_generic(place.title):
            self._title_from_parent(place)
        self._places.append(place)

    def _title_after(self, place: Place, after: str) -> tuple[str, str | None]:
        """A title that is written after its link, and the notes that are left."""
        bold = re.match(r"\s*[-–—:]?\s*(?:\*\*|__)(.+?)(?:\*\*|__)(.*)", after)
        plain = re.match(r"\s*[-–—:]?\s*(.+?)(\s+[-–—]\s.*|:\s.*|\.\s.*|)$", after)
        title, beside = (bold or plain).groups() if bold or plain else (place.title, "")  # type: ignore[union-attr]
        own_line = place.link_end + len(after.encode())
        below = dedented(self._text(own_line, place.end).rstrip(), 0) if own_line < place.end else ""
        beside = re.sub(r"^\s*[-–—:.,;]+\s*", "", beside).strip()
        return words.tidy(title)[: words.MAX_TITLE], "\n".join(part for part in (beside, below.strip("\n")) if part)

    def _title_from_parent(self, place: Place) -> None:
        """An item that is nothing but an address below an item that is only words is called by these."""
        outer = self._outer_item(place)
        if outer is None:
            return
        start = self._after_marker(outer["start"])
        title = self._text(start, self._own_end(outer["start"], outer["end"])).strip()
        if title and "\n" not in title and "](" not in title and "://" not in title and len(title) <= words.MAX_TITLE:
            siblings = bisect_right(self._item_starts, outer["end"] - 1) - bisect_right(
                self._item_starts, outer["start"]
            )
            if siblings == 1:
                place.title = words.title_in(title)[0] or place.title

    # All other links, block by block

    def _take_links(self) -> None:
        covered = 0
        strict = iter(self._places[:])
        upcoming = next(strict, None)
        for _, grouped in groupby(self._scan.links, key=lambda link: id(link.block)):
            links = list(grouped)
            while upcoming is not None and upcoming.start <= links[0].start:
                covered = max(covered, upcoming.end)
                upcoming = next(strict, None)
            block = links[0].block
            if links[0].start < covered and links[-1].start < covered:
                if not self._take_cited(block, links):
                    for link in links:
                        self._note(link)
                continue
            if block.shape is Shape.ITEMS:
                place = self._take_item(block, links)
                if place is not None:
                    self._places.append(place)
                    self._unread_all([link for link in links if link.start != place.link], IN_TEXT)
                    self._note_field(place, block, next(link for link in links if link.start == place.link))
                    covered = max(covered, place.end)
            elif block.shape is Shape.ROWS:
                self._take_row(block, links)
            elif block.shape is Shape.HEADINGS:
                self._take_heading(block, links)
            else:
                self._take_paragraph(block, links)

    def _note_field(self, place: Place, block: Block, link: Link, candidate: _Candidate | None = None) -> None:
        before = self._text(self._after_marker(place.start), place.link)
        if words.is_field(before):
            named = not (link.is_bare or words.is_generic(link.title))
            self._fields.append(_Field(place, block, words.plain(before).casefold(), named, candidate))

    def _note(self, link: Link) -> None:
        """A link within an entry: in its notes, unless it is a line that was to be an item and is none."""
        if reason := self._glued_bullet(link):
            self._fault(link, *reason)
        else:
            self._unread(link, IN_TEXT)

    def _take_item(self, block: Block, links: list[Link]) -> Place | None:
        item = (self._enclosing_items(block.start + 1) or [{"start": block.start, "end": block.end}])[-1]
        start = self._after_marker(item["start"])
        end = min(block.end, self._own_end(max(block.start, item["start"]), item["end"]))
        main = self._main(links)
        if main is None:
            return None
        is_first = block.start <= start
        words_from = start if is_first else block.start
        before, after = self._text(words_from, main.start), self._text(main.end, max(end, main.end))
        if main.is_bare and after.startswith("}}") and (embed := _EMBED.search(before.encode())):
            before, after = before.encode()[: embed.start()].decode(), after[2:]
            main.end += 2
            if not before.strip() and _has_words(after.partition("\n")[0]):
                place = self._item(item, main, block, "")
                place.title, place.notes = self._title_after(place, after.partition("\n")[0])
                return place
        if fault := self._malformed(main, before, after):
            self._fault(main, *fault)
            self._unread_all(links, IN_TEXT, but=main)
            return None
        generic = words.is_generic(main.title)
        remark = not generic and words.is_remark(before, main.title)
        cited = not main.is_bare and words.is_cited(before, main.title)
        generic = generic or remark or cited
        is_address = main.is_bare or words.is_address(main.title)
        above, _, beside = before.rpartition("\n")
        first_after = after.partition("\n")[0]
        if not is_first:
            title = self._text(start, block.start).strip()
            alone = not before.strip(" \t*_<") and not first_after.strip(" \t*_>.")
            if generic and alone and title and "\n\n" not in title and "](" not in title:
                return self._item(item, main, block, "", *words.title_in(title.partition("\n")[0]))
        elif words.is_lead(before):
            return self._item(item, main, block, before)
        elif generic and (
            (is_address and (words.ends_line(first_after) or words.is_label(beside, first_after)))
            or (beside.rstrip(" *_").endswith((":", "：")) and words.ends_line(first_after))
        ):
            if len(words.plain(before)) <= words.MAX_TITLE:
                return self._item(item, main, block, "", *_title_before(before))
        elif generic and above and not beside.strip(" \t*_([") and len(words.plain(above)) <= words.MAX_TITLE:
            return self._item(item, main, block, "", *_title_before(before))
        elif generic and not main.is_bare and len(words.plain(before)) <= 2 * words.MAX_TITLE:
            on_one_line = before.replace("\n", " ")
            if words.begins_with_name(on_one_line) and words.is_strong(first_after):
                self._titled.add(self._after_space(item["start"]))
                return self._item(item, main, block, "", *words.title_in(on_one_line))
            if (
                (not above or words.is_name_line(above))
                and not remark
                and (cited or not words.is_prose(before) or words.may_name(before, main.title))
                and words.is_strong(first_after)
            ):
                place = self._item(item, main, block, "", *words.title_in(on_one_line))
                self._last_links.append(_Candidate(place, [link for link in links if link is not main]))
                return None
        elif (
            not generic
            and (words.is_label(before, first_after) or words.is_quoted(before, first_after))
            and not _is_about_the_list(block.headings)
        ):
            return self._item(item, main, block, before)
        elif words.is_told(before, first_after) and not _BOILERPLATE_TITLE.fullmatch(main.title.strip()):
            return self._item(item, main, block, "")
        self._unread_all(links, IN_TEXT)
        return None

    def _take_cited(self, block: Block, links: list[Link]) -> bool:
        """Take an item in the notes of another that is "Its title. [Author (year)](…)"."""
        if block.shape is not Shape.ITEMS or not any(map(str.isdigit, links[0].title[-5:])):
            return False
        before = self._text(self._after_marker(block.start), links[0].start)
        if "\n" in before or not is_web(links[0].url) or not words.is_cited(before, links[0].title):
            return False
        item = (self._enclosing_items(block.start + 1) or [{"start": block.start, "end": block.end}])[-1]
        place = self._item(item, links[0], block, "", *words.title_in(before))
        self._last_links.append(_Candidate(place, links[1:]))
        return True

    def _item(self, item: Range, main: Link, block: Block, lead: str, title: str = "", said: str = "") -> Place:
        start = self._after_space(item["start"])
        place = Place(Shape.ITEMS, start, main.start, main.end, item["end"], main.url, block.headings, lead)
        place.title, place.quotes, place.said = title or main.title, block.quotes, said
        if not title and lead.strip():
            place.said = words.said_in(lead)
            if words.is_generic(main.title) and (_has_words(place.said) or _CODE_NAME.match(lead)):
                place.title, place.said = words.title_in(lead)
        return place

    def _take_row(self, block: Block, links: list[Link]) -> None:
        main = self._main(links, pictures=False)
        if main is None:
            return
        if block.in_table_head:
            before = self._text(block.start, main.start).strip("| \t*_")
            if before or words.is_generic(main.title):
                self._unread_all(links, IN_TABLE_HEAD)
                return
        titles = (link for link in links if link.start < main.start and not words.is_generic(link.title))
        is_kind = words.is_generic(main.title) and not words.is_address(main.title)
        if is_kind and any(_leads_to_a_file(link.url) for link in titles):
            self._unread_all(links, ROW_IS_RELATIVE)
            return
        place = Place(Shape.ROWS, block.start, main.start, main.end, block.end, main.url, block.headings, "")
        place.title = main.title
        self._in_rows.append(_Candidate(place, [link for link in links if link is not main], block=block))

    def _take_heading(self, block: Block, links: list[Link]) -> None:
        main = self._main(links, pictures=False)
        if main is None:
            return
        start = block.start + len(re.match(rb"[ \t]*#*[ \t]*", self._body[block.start : main.start])[0])  # type: ignore[index]
        before = self._text(start, main.start)
        place = Place(Shape.HEADINGS, block.start, main.start, main.end, block.end, main.url, block.headings, "")
        place.title = main.title
        if not words.is_lead(before):
            title, said = words.title_in(before)
            label = words.is_label(before, self._text(main.end, block.end).strip())
            if not (words.is_generic(main.title) or label) or not title:
                self._unread_all(links, IN_HEADING)
                return
            place.title, place.said = (
                (title, said) if words.is_generic(main.title) else (main.title, words.said_in(before))
            )
        self._in_headings.append(_Candidate(place, [link for link in links if link is not main]))

    def _take_paragraph(self, block: Block, links: list[Link]) -> None:
        lines = self._lines(block, links)
        kinds = [self._kind(line) for line in lines]
        title_is_above = not lines[0].links and any(kind == "alone" for kind in kinds)
        current: _Candidate | None = None
        pending: list[_Line] = []
        fields = False
        if "field" in kinds:  # "Paper: …", "Code: …": one entry, about what is above
            kinds = [
                kind if kind != "field" else "alone" if at == kinds.index("field") else ""
                for at, kind in enumerate(kinds)
            ]
            fields = True
        for line, found in zip(lines, kinds, strict=True):
            main = self._main_of(line)
            before = self._line_text(line, to=main.start) if main is not None else ""
            is_below_bold = found == "named" and current is not None and current.is_bold and not words.has_bold(before)
            kind = "prose" if is_below_bold else found
            if kind in ("leads", "weak", "named") or (kind == "alone" and not (title_is_above and pending)):
                assert main is not None
                current = self._paragraph(line, main, kind, block)
                current.is_bold = kind == "named" and words.has_bold(before)
                current.is_source = words.is_after_quotation(before) or (
                    words.is_dash(before) and (bool(pending) or self._is_below_words(block))
                )
                if pending and kind == "leads":
                    rest = self._text(main.end, block.end)
                    runs_on = words.runs_on(self._line_text(pending[-1]), rest)
                    current.is_strong = words.is_lead(before) and not runs_on
                pending = []
                self._paragraphs.append(current)
                current.others += [link for link in line.links if link is not main]
                if fields and kind == "alone":
                    self._note_field(current.place, block, main, current)
            elif kind == "alone":
                assert main is not None
                current = self._paragraph(line, main, kind, block)
                current.place.start = pending[0].start
                title = self._line_text(pending[0])
                current.place.title, said = words.title_in(title)
                below = [self._line_text(each) for each in pending[1:]]
                current.place.said = "\n".join(part for part in (said, *below) if part)
                current.is_alone, pending = False, []
                self._paragraphs.append(current)
            elif title_is_above and kind in ("", "prose"):
                pending.append(line)
                self._unread_all(line.links, IN_TEXT)
            elif current is not None:
                current.others += line.links
            else:
                pending.append(line)
                self._unread_all(line.links, {"row": NAVIGATION}.get(kind, IN_TEXT))

    def _lines(self, block: Block, links: list[Link]) -> list[_Line]:
        breaks = [block.start, *(found.end() for found in _LINE_BREAK.finditer(self._body, block.start, block.end))]
        inside = [(link.start, link.end) for link in links]
        breaks = [at for at in breaks if not any(start < at < end for start, end in _near(inside, at))]
        lines = [_Line(start, end) for start, end in pairwise([*breaks, block.end]) if self._text(start, end).strip()]
        starts = [line.start for line in lines]
        for link in links:
            lines[max(bisect_right(starts, link.start) - 1, 0)].links.append(link)
        return lines

    def _kind(self, line: _Line) -> str:
        """How a line stands to its link: it `leads`, or `weak`ly, with a sentence after it; it is `alone`; the line is
        the link's name (`named`), or the name of a `field`; a `row` of links, `prose`, a `fault`, or "" without links.
        """
        main = self._main_of(line)
        if main is None:
            return "prose" if line.links else ""
        before, after = self._line_text(line, to=main.start), self._text(main.end, line.end).rstrip()
        after = re.sub(r"<br\s*/?>\s*$|\\$", "", after).rstrip()
        if fault := self._malformed(main, before, after) or self._glued_bullet(main, only_space=True):
            self._fault(main, *fault)
            return "fault"
        if len(line.links) > 1 and self._is_row(line):
            return "row"
        before = re.sub(r"^\s*:\s+", "", before)
        generic = words.is_generic(main.title)
        rest = after.strip(" \t*_>.|")
        if words.is_lead(before):
            if not rest and generic:
                return "alone"
            return "leads" if words.is_strong(after) else "weak"
        if generic and not words.is_prose(before):
            titled = words.title_in(before)[0]
            said = words.plain(before)
            short = len(said) <= words.MAX_TITLE and (titled != said or not words.is_sentence(said))
            if words.is_field(before) and words.ends_line(after):
                return "field"
            if titled and short and (words.ends_line(after) or (not main.is_bare and words.is_strong(after))):
                return "named"
        if not generic and words.is_label(before, after):
            stripped = words.plain(before).rstrip()
            if stripped.endswith((":", "：", "-", "–", "—", "|", ",", "，")) and words.is_strong(after):
                return "leads"
        return "prose"

    def _paragraph(self, line: _Line, main: Link, kind: str, block: Block) -> _Candidate:
        before = self._line_text(line, to=main.start)
        shape = Shape.LINES if kind == "named" and main.is_bare else Shape.PARAGRAPHS
        start = line.start + len(self._text(line.start, main.start)) - len(self._text(line.start, main.start).lstrip())
        place = Place(shape, start, main.start, main.end, block.end, main.url, block.headings, before)
        place.title, place.quotes = main.title, block.quotes
        if kind == "named":
            place.lead = ""
            place.title, place.said = words.title_in(re.sub(r"^\s*:\s+", "", before))
        elif before.strip():
            place.said = words.said_in(before)
        return _Candidate(
            place, [], is_strong=kind != "weak", is_alone=kind == "alone", is_named=kind == "named", block=block
        )

    def _is_row(self, line: _Line) -> bool:
        """Whether a line is nothing but links with signs between them."""
        first = line.links[0]
        if self._line_text(line, to=first.start).strip() in ("**", "__"):
            bold = self._text(first.start - 2, first.start)
            if self._text(first.end, first.end + 2) == bold and not self._text(first.end + 2, line.end).count(bold):
                return False  # a title in bold, and its author
        edges = [line.start, *(edge for link in line.links for edge in (link.start, link.end)), line.end]
        between = [self._text(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        return all(_NAVIGATION.fullmatch(words.plain(each) if "<" in each else each) for each in between)

    # HTML

    def _take_html(self) -> None:
        headings = False
        unwrapped = set(self._scan.unwrapped)
        for start, end in sorted({*self._scan.html, *unwrapped}):
            is_unwrapped = (start, end) in unwrapped
            opening = self._body[start:end].lstrip()[:9].lower()
            if opening.startswith((b"<script", b"<style", b"<pre", b"<textarea")):
                continue
            above = self._headings_at(start)
            for segment in html_blocks.segments(self._body, start, end):
                if segment.is_end or (segment.level and not segment.links):
                    text = "" if segment.is_end else html_blocks.words_of(self._body, segment)
                    level = _HTML_LEVEL if segment.is_end else segment.level
                    self._scan.headings.append(Heading(segment.start, segment.end, level, text))
                    headings = True
                elif not is_unwrapped and segment.is_centred and segment.shape is not Shape.ROWS:
                    self._refuse_segment(segment, NAVIGATION)
                elif not is_unwrapped and segment.links:
                    self._take_segment(segment, above)
        if headings:
            self._scan.headings.sort(key=lambda heading: heading.start)
            self._tell_headings()
            for place in (*self._scan.places, *(candidate.place for candidate in self._in_html)):
                place.headings = self._headings_at(place.start)
            for link in self._scan.links:
                link.block.headings = self._headings_at(link.block.start)

    def _refuse_segment(self, segment: html_blocks.Segment, reason: str) -> None:
        """Name all links of the segment as not read, for this reason."""
        self._unread_all(_links_of(segment, Block(segment.shape, segment.start, segment.end, (), 0)), reason)

    def _take_segment(self, segment: html_blocks.Segment, above: tuple[str, ...]) -> None:
        block = Block(segment.shape, segment.start, segment.end, above, 0)
        links = _links_of(segment, block)
        main = self._main(links, pictures=segment.shape is Shape.ITEMS)
        if main is None:
            return
        before, after = self._text(segment.start, main.start), self._text(main.end, segment.end)
        place = Place(Shape.HTML, segment.start, main.start, main.end, segment.end, main.url, above, "", main.title)
        place.notes = re.sub(r"^(?:[\s\-–—:.,;|·]|</(?:b|strong|i|em|u|span|code|font)>)+", "", after).strip()
        if not _has_words(place.notes):
            place.notes = ""
        others = [link for link in links if link is not main]
        said = words.plain(before)
        generic = words.is_generic(main.title)
        if segment.shape is Shape.ROWS:
            if generic and said:
                place.title = words.title_in(re.sub(r"<t[dh]\b[^<>]*>", " ", before))[0] or main.title
        elif words.is_lead(said):
            if segment.shape is Shape.PARAGRAPHS:
                line = _Line(segment.start, segment.end, links)
                if len(links) > 1 and self._is_row(line):
                    self._unread_all(links, NAVIGATION)
                    return
                if not words.is_strong(words.plain(after)):
                    self._unread_all(links, IN_TEXT)
                    return
            place.said = words.said_in(said)
        elif segment.shape is Shape.ITEMS and (generic or words.is_label(said, words.plain(after))):
            place.title, place.said = words.title_in(before) if generic else (main.title, words.said_in(said))
        else:
            self._unread_all(links, IN_TEXT)
            return
        self._in_html.append(_Candidate(place, others, block=block))

    def _tell_headings(self) -> None:
        """Note the path of headings above each part."""
        headings = self._scan.headings
        self._heading_starts = [heading.start for heading in headings]
        self._paths = [()]
        path: list[tuple[float, str]] = []
        for heading in headings:
            level = float(heading.level)
            if level == _HTML_LEVEL:  # a summary is below the heading above it and above those in its <details>
                level = path[-1][0] // 1 + 0.5 if path else 0.5
                if not heading.text:
                    opened = [number for number, (above, _) in enumerate(path) if above % 1]
                    path = path[: opened[-1]] if opened else path
                    self._paths.append(tuple(text for _, text in path))
                    continue
            path = [*(above for above in path if above[0] < level), (level, heading.text)]
            self._paths.append(tuple(text for _, text in path if text))

    def _headings_at(self, offset: int) -> tuple[str, ...]:
        return self._paths[bisect_left(self._heading_starts, offset)]

    # What is chosen

    def _choose(self) -> None:
        """Take the candidates that their surroundings bear out."""
        self._choose_last_links()
        self._choose_rows()
        self._choose_headings()
        self._choose_fields()
        in_lists = len(self._places)
        self._choose_html(in_lists)
        self._choose_paragraphs(in_lists)

    def _choose_last_links(self) -> None:
        """Items that end with "[Paper](…)" are entries where that is how the list is written."""
        first = Counter(self._section(place.start) for place in self._places if place.start not in self._titled)
        last = Counter(self._section(candidate.place.start) for candidate in self._last_links)
        last += Counter(self._section(start) for start in self._titled if last[self._section(start)])
        everywhere = len(self._last_links) * _SHARE_OF_LAST_LINKS >= len(self._places)
        linked_headings = {candidate.place.start for candidate in self._in_headings}
        for candidate in self._last_links:
            section = self._section(candidate.place.start)
            if section and self._heading_starts[section - 1] in linked_headings:
                self._settle(candidate, IN_TEXT)
                continue
            usual = everywhere or last[section] >= _MIN_LAST_LINKS
            self._settle(candidate, "" if usual and last[section] >= first[section] else LAST)

    def _choose_rows(self) -> None:
        columns: dict[int, int] = {}
        starts = [start for start, _ in self._scan.table_heads]
        for candidate in self._in_rows:
            table = bisect_right(starts, candidate.place.start) - 1
            if table not in columns:
                columns[table] = self._title_column(*self._scan.table_heads[table])
            if columns[table] > 0 and candidate.others:
                self._take_from_column(candidate, columns[table])
            about_list = _is_about_the_list(candidate.place.headings)
            self._settle(candidate, IN_BOILERPLATE if about_list else "")

    def _title_column(self, start: int, end: int) -> int:
        """Which column of a table is called "Paper" or similar, while the first ones are not; or -1."""
        names = [words.plain(self._text(*cell)) for cell in self._cells(start, end)]
        column = next((number for number, name in enumerate(names) if _TITLE_COLUMN.fullmatch(name)), -1)
        return column if column >= 0 and _WORK_COLUMN.fullmatch(names[column]) else -1

    def _take_from_column(self, candidate: _Candidate, column: int) -> None:
        """Take the link in that column of a row in place of an earlier one, such as that of a person."""
        place = candidate.place
        start, end = [*self._cells(place.start, place.end), (0, 0)][column : column + 1][0]
        if place.link >= start:
            return
        other = next((link for link in candidate.others if start <= link.start < end and is_web(link.url)), None)
        if other is not None and not other.is_picture and candidate.block is not None:
            first = Link(place.link, place.link_end, place.url, candidate.block, place.title)
            candidate.others = [first, *(link for link in candidate.others if link is not other)]
            place.link, place.link_end, place.url, place.title = other.start, other.end, other.url, other.title

    def _choose_headings(self) -> None:
        candidates = self._in_headings
        others = len(self._places)
        first = next((heading for heading in self._scan.headings), None)
        has_title = (
            sum(heading.level == 1 for heading in self._scan.headings) == 1 and first is not None and first.level == 1
        )
        lone = len(candidates) == 1 and others > _MIN_ENTRIES_OF_A_LIST
        rare = len(candidates) * _SHARE_OF_HEADINGS < len(self._scan.headings)
        listed = {self._section(place.start) for place in self._places} if rare else set()
        for candidate in candidates:
            is_title = first is not None and candidate.place.start == first.start and has_title
            boilerplate = _BOILERPLATE_TITLE.fullmatch(candidate.place.title.strip())
            above_items = rare and self._section(candidate.place.start + 1) in listed
            refused = lone or boilerplate or above_items or (is_title and (others or len(candidates) > 1))
            self._settle(candidate, IN_HEADING if refused else "")

    def _choose_fields(self) -> None:
        """Lines such as "Code: [here](…)" are about the heading or the bold line above them, if that is an entry or a
        title.
        """
        if not self._fields:
            return
        self._title_fields_of_items()
        heads = {place.start for place in self._places if place.shape is Shape.HEADINGS}
        parts = self._parts()
        starts = [part.start for part in parts]
        others = Counter(
            bisect_right(starts, start)
            for start in (
                *(place.start for place in self._places if place.shape is Shape.ITEMS),
                *(candidate.place.start for candidate in self._paragraphs),
            )
        )
        found: dict[int, list[_Field]] = {}
        for each in self._fields:
            found.setdefault(bisect_right(starts, each.place.start), []).append(each)
        titled = {
            number
            for number, fields in found.items()
            if number and others[number] == len(fields) and parts[number - 1].may_be_title and _are_of_one(fields)
        }
        dropped: set[int] = set()
        titled_places: set[int] = set()
        for number, fields in found.items():
            if number and parts[number - 1].start in heads:
                dropped |= {id(each.place) for each in fields}
            elif number in titled and len(titled) >= _MIN_TITLED:
                self._title_field(fields[0], parts[number - 1])
                titled_places.add(id(fields[0].place))
                dropped |= {id(each.place) for each in fields[1:]}
        for each in self._fields:
            if id(each.place) in dropped:
                self._unread(Link(each.place.link, each.place.link_end, each.place.url, each.block), IN_TEXT)
        self._places = [place for place in self._places if id(place) not in dropped]
        gone = dropped | titled_places
        self._paragraphs = [each for each in self._paragraphs if id(each.place) not in gone]

    def _parts(self) -> list["_Part"]:
        """The parts of the file below each heading and each line that is bold and nothing else."""
        headings = self._scan.headings
        parts = [
            _Part(each.start, each.end, each.text, self._paths[number][:-1], each.level > 1)
            for number, each in enumerate(headings, 1)
        ]
        code = [(start, end) for start, end, _ in self._scan.code]
        for found in _BOLD_LINE.finditer(self._body):
            at = bisect_right(code, (found.start(), len(self._body))) - 1
            if at >= 0 and found.start() < code[at][1]:
                continue
            title = words.tidy(found[0].decode("utf-8", "replace"))
            above = self._headings_at(found.start())
            parts.append(_Part(found.start(), found.end(), title, above, may_be_title=True))
        parts.sort(key=lambda part: part.start)
        for part, below in pairwise(parts):
            part.below = below.start
        if parts:
            parts[-1].below = len(self._body)
        return parts

    def _title_fields_of_items(self) -> None:
        """Items that are only words, with "Link: …" among those below them, are entries with these words as title."""
        below: dict[int, list[_Field]] = {}
        around: dict[int, Range] = {}
        for each in self._fields:
            outer = self._outer_item(each.place) if each.candidate is None else None
            if outer is not None:
                around[outer["start"]] = outer
                below.setdefault(outer["start"], []).append(each)
        titles: dict[int, tuple[Range, str, str]] = {}
        for start, item in around.items():
            own = self._text(self._after_marker(start), self._own_end(start, item["end"])).strip()
            if own and "\n" not in own and "](" not in own and "://" not in own and len(own) <= words.MAX_TITLE:
                titles[start] = (item, *words.title_in(own.rstrip(":")))
        if len(titles) < _MIN_TITLED:
            return
        for start, (item, title, said) in titles.items():
            first, *others = below[start]
            place = first.place
            below_title = self._body.find(b"\n", self._after_marker(start), item["end"]) + 1
            own_line = self._body.rfind(b"\n", 0, place.start) + 1
            line_end = self._body.find(b"\n", place.link_end, item["end"])
            others_said = self._text(below_title, own_line) + (
                self._text(line_end + 1, item["end"]) if line_end >= 0 else ""
            )
            place.title, place.said, place.lead = title, said, ""
            place.notes = dedented(f"\n{others_said}".rstrip(), 0).strip("\n")
            place.start, place.end = self._after_space(item["start"]), item["end"]
            for other in others:
                self._unread(Link(other.place.link, other.place.link_end, other.place.url, other.block), IN_TEXT)
            gone = {id(other.place) for other in others}
            self._places = [each for each in self._places if id(each) not in gone]
            self._fields = [each for each in self._fields if each.place is not place and id(each.place) not in gone]

    def _title_field(self, each: "_Field", part: "_Part") -> None:
        """A part with nothing but lines such as "Paper: …" is one entry, with the line above them as title."""
        place = each.place
        above = self._text(part.end, place.start).strip("\n").rstrip()
        below = self._text(place.link_end, part.below).lstrip(" \t>*_.)]|/,;").strip("\n").rstrip()
        place.shape, place.title, place.said, place.lead = Shape.PARAGRAPHS, part.title, "", ""
        place.headings, place.end = part.headings, part.below
        place.notes = "\n\n".join(part for part in (above, below) if part.strip())
        if each.candidate is not None:
            self._places.append(place)

    def _choose_html(self, in_lists: int) -> None:
        items = [each for each in self._in_html if each.block and each.block.shape is not Shape.PARAGRAPHS]
        rest = [each for each in self._in_html if each.block and each.block.shape is Shape.PARAGRAPHS]
        for candidate in items:
            about_list = _is_about_the_list(candidate.place.headings)
            self._settle(candidate, IN_BOILERPLATE if about_list else "")
        for candidate in rest:
            refused = in_lists + len(items) >= _MIN_ENTRIES_OF_A_LIST or len(rest) < _MIN_ENTRIES_OF_A_LIST
            self._settle(candidate, IN_TEXT if refused else "")

    def _choose_paragraphs(self, in_lists: int) -> None:
        candidates = self._paragraphs
        if not candidates:
            return
        intro_end = self._introduction_end() if in_lists >= _MIN_ENTRIES_OF_A_LIST else 0
        section = {id(each): self._section(each.place.start) for each in candidates}
        strong = Counter(section[id(each)] for each in candidates if each.is_strong)
        every = Counter(section[id(each)] for each in candidates)
        listed = Counter(self._section(place.start) for place in self._places if place.shape is not Shape.HEADINGS)
        heads = {place.start for place in self._places if place.shape is Shape.HEADINGS}
        headed = {number for number, start in enumerate(self._heading_starts, 1) if start in heads}
        paragraphs = {link.block.start for link in self._scan.links if link.block.shape is Shape.PARAGRAPHS}
        linked = Counter(self._section(start) for start in paragraphs)
        in_intro = sum(1 for each in candidates if each.is_strong and each.place.start < intro_end)
        outside = sum(1 for each in candidates if each.place.start >= intro_end)
        has_others = in_lists > 0 or not all(each.is_source for each in candidates)
        few = outside <= 2 and in_lists >= _MANY
        for candidate in candidates:
            place, own = candidate.place, section[id(candidate)]
            reason = ""
            about_list = _is_about_the_list(place.headings) or (
                candidate.is_named and _is_about_the_list([place.title])
            )
            if about_list or _BOILERPLATE_TITLE.fullmatch(place.title.strip()):
                reason = IN_BOILERPLATE
            elif (candidate.is_source and has_others) or ((candidate.is_alone or candidate.is_named) and own in headed):
                reason = IN_TEXT  # "Read more" below a linked heading, or whom a quotation is from
            elif place.start < intro_end:
                reason = "" if candidate.is_strong and in_intro >= _MIN_ENTRIES_OF_A_LIST else IN_INTRODUCTION
            elif (
                few and not (candidate.is_alone and every[own] == linked[own] == 1 and not listed[own] and own > 1)
            ) or (candidate.is_named and in_lists >= _MANY and every[own] == 1 and linked[own] > 1):
                reason = IN_TEXT
            elif candidate.is_strong:
                beside_list = listed[own] >= _MIN_ENTRIES_OF_A_LIST and every[own] < 2
                reason = IN_TEXT if beside_list and outside < _MIN_ENTRIES_OF_A_LIST else ""
            else:
                borne_out = every[own] >= 2 and 2 * every[own] > linked[own]
                reason = "" if borne_out or not (in_lists or strong) else IN_TEXT
            if not reason and candidate.is_alone and every[own] == linked[own] == 1 and not listed[own]:
                self._title_from_heading(candidate, own)
            elif not reason and candidate.is_alone:
                self._title_from_above(candidate)
            self._settle(candidate, reason)

    def _title_from_heading(self, candidate: _Candidate, section: int) -> None:
        """A section that holds one address and nothing else to read is called by its heading."""
        if section == 0:
            self._title_from_above(candidate)
            return
        heading, place = self._scan.headings[section - 1], candidate.place
        if heading.text and not (section == 1 and heading.level == 1 and len(self._scan.headings) > 1):
            end = self._scan.headings[section].start if section < len(self._scan.headings) else len(self._body)
            above = self._text(heading.end, place.start).strip("\n").rstrip()
            place.title, place.headings = heading.text, place.headings[:-1]
            below = self._text(place.link_end, end).lstrip(" \t>*_.").strip("\n").rstrip()
            place.notes = "\n\n".join(part for part in (above, below) if part.strip())
            place.end = end

    def _title_from_above(self, candidate: _Candidate) -> None:
        """A paragraph that is nothing but an address is called by the short paragraph above it."""
        place = candidate.place
        at = bisect_left(self._starts, candidate.block.start if candidate.block else place.start) - 1
        if at < 0:
            return
        above = self._text(self._starts[at], place.start).strip()
        is_line = above and "\n" not in above and len(above) <= 120 and "://" not in above and "](" not in above
        if is_line and not above.startswith(("#", "|", "<", "- ", "* ", "+ ", ">")):
            place.title, place.said = words.title_in(above)
            place.start = self._starts[at]

    def _is_below_words(self, block: Block) -> bool:
        """Whether words without a link are above a paragraph that begins with a dash, and no such paragraph is below."""
        at, after = bisect_left(self._starts, block.start), bisect_right(self._starts, block.start)
        below = self._text(self._starts[after], self._starts[after] + 8) if after < len(self._starts) else ""
        if at == 0 or words.is_dash(below.partition("[")[0]):
            return False
        above = self._text(self._starts[at - 1], block.start)
        return "://" not in above and not above.lstrip().startswith("#") and _has_words(above)

    def _introduction_end(self) -> int:
        """Where the list itself begins: at the first heading below the title, or with the first entry."""
        first_entry = min((place.start for place in self._places), default=0)
        second = next((heading.start for heading in self._scan.headings[1:]), first_entry)
        first = self._scan.headings[0] if self._scan.headings else None
        if first is not None and first.level > 1:
            second = first.start
        return min(first_entry, second) if self._scan.headings else first_entry

    def _settle(self, candidate: _Candidate, reason: str) -> None:
        place = candidate.place
        if not reason:
            self._places.append(place)
            self._unread_all(candidate.others, IN_TEXT)
            return
        block = candidate.block or self._block_at(place)
        self._unread_all([Link(place.link, place.link_end, place.url, block), *candidate.others], reason)

    def _take_pictures(self) -> None:
        """Where nothing else is an entry, pictures that lead to something and say what it is are."""
        links = [
            link
            for link, reason in self._why.values()
            if reason == BADGE and link.title.strip() and not _BADGE.search(self._body, link.start, link.end)
        ]
        if len(links) < _MIN_PICTURES:
            return
        for link in links:
            end = self._own_end(link.block.start, link.block.end)
            place = Place(Shape.PARAGRAPHS, link.start, link.start, link.end, end, link.url, link.block.headings)
            place.title = link.title
            self._places.append(place)

    # What belongs to each

    def _sort(self) -> None:
        self._places.sort(key=lambda place: place.start)
        self._place_starts = [place.start for place in self._places]

    def _complete(self) -> None:
        self._sort()
        rows = [place for place in self._places if place.shape is Shape.ROWS]
        self._complete_rows(rows)
        tables = [start for start, _ in self._scan.table_heads]
        self._tables = {place.start: tables[bisect_right(tables, place.start) - 1] for place in rows}
        edges = sorted({*self._place_starts, *self._tables.values(), *(each.start for each in self._scan.headings)})
        ends = [*edges, len(self._body)]
        linked = {place.start for place in self._places if place.shape is Shape.HEADINGS}
        for place in self._places:
            if place.shape is Shape.HEADINGS:
                self._complete_heading(place, linked)
            elif place.shape in (Shape.PARAGRAPHS, Shape.LINES) and place.notes is None:
                place.end = ends[bisect_right(ends, place.start)]
                self._complete_paragraph(place)

    def _complete_paragraph(self, place: Place) -> None:
        after = self._text(place.link_end, place.end)
        if place.quotes:
            after = unquoted(after, place.quotes)
        after = re.sub(r"^[ \t]*(?:<br[ \t]*/?>|\\(?=\n))", "", after)
        after = re.sub(r"\A(\s*)\n: +", r"\1\n", after)
        after = _BOLD_AT_END.sub("", after) if place.end < len(self._body) else after
        after = re.sub(r"\n\s*(?:---+|\*\*\*+|___+)\s*\Z", "", after)
        head, newline, tail = after.partition("\n")
        empty = "\n" if tail.startswith("\n") else ""
        place.notes = (_without_closers(head, place.lead) + newline + empty + dedented(tail, 0)).strip("\n").rstrip()

    def _complete_heading(self, place: Place, linked: set[int]) -> None:
        """The notes of a heading reach to the next linked one, to the next that is not below it, or to an entry."""
        at = bisect_left(self._heading_starts, place.start)
        heading = self._scan.headings[at]
        end = len(self._body)
        for below in self._scan.headings[at + 1 :]:
            if below.level <= heading.level or below.start in linked:
                end = below.start
                break
        position = bisect_right(self._place_starts, place.start)
        below_it = self._places[position].start if position < len(self._places) else end
        is_cut = below_it < end
        if is_cut:
            end = min(end, max(self._tables.get(below_it, below_it), heading.end))
        beside = _UNDERLINE.sub("", self._text(place.link_end, heading.end).rstrip())
        without_marks = beside.rstrip("#")
        beside = (beside if without_marks.rstrip() == without_marks else without_marks).strip(" \t*_~\n")
        beside = re.sub(r"\{#[\w.:-]+\}", "", beside).strip()
        below_text = self._text(heading.end, end).strip("\n").rstrip()
        below_text = _without_headings_at_end(below_text) if is_cut else below_text
        place.notes = "\n\n".join(part for part in (beside if _has_words(beside) else "", below_text) if part)
        place.end = max(end, heading.end)

    def _complete_rows(self, places: list[Place]) -> None:
        """The notes of a row are what its other cells say, each under the name of its column."""
        heads = self._scan.table_heads
        starts = [start for start, _ in heads]
        names: list[str] = []
        named = -1
        for place in places:
            if named != (table := bisect_right(starts, place.start) - 1):
                named = table
                linked = b"](" in self._body[slice(*heads[table])]
                names = [] if linked else [words.plain(self._text(*cell)) for cell in self._cells(*heads[table])]
            cells = self._cells(place.start, place.end)
            own = next((number for number, (start, end) in enumerate(cells) if start <= place.link < end), 0)
            title_from = self._title_cell(place, cells, own, names)
            notes = []
            for number, (start, end) in enumerate(cells):
                text = self._text(start, end).strip()
                if number == own:
                    before = self._text(start, place.link).strip()
                    after = self._text(place.link_end, end).strip()
                    if number == title_from:
                        before = words.title_in(before)[1]
                    elif words.is_lead(before):
                        before = ""
                    after = re.sub(r"^[\s,;|/·]+", "", after)
                    text = " ".join(part for part in (before, after) if _has_words(part))
                elif number == title_from:
                    text = re.sub(r"^[\s:：\-–—,.]+", "", self._left_of_title(text, place.title))
                if text:
                    name = "" if number in (own, title_from) else "".join(names[number : number + 1])
                    notes.append(f"- **{name}:** {text}" if name else f"- {text}")
            place.notes = "\n".join(notes)

    def _title_cell(self, place: Place, cells: Sequence[tuple[int, int]], own: int, names: Sequence[str]) -> int:
        """Which cell names the row, if the words of its link do not; the place gets that title."""
        if not words.is_generic(place.title):
            return -1
        before = self._text(cells[own][0], place.link)
        if _has_words(words.plain(before)) and not words.is_lead(before):
            place.title = words.title_in(before)[0]
            return own
        order = [number for number, name in enumerate(names) if _TITLE_COLUMN.fullmatch(name)]
        order += [number for number in range(len(cells)) if number not in order]
        for number in order:
            if number == own or number >= len(cells):
                continue
            text = self._text(*cells[number]).strip()
            plain = words.plain(text)
            if _has_words(plain) and not words.is_generic(plain) and not words.is_number(plain):
                place.title = words.title_in(text)[0]
                return number
        return -1

    def _left_of_title(self, text: str, title: str) -> str:
        bold = re.match(r"\s*(?:\*\*|__)(.+?)(?:\*\*|__)", text)
        if bold and words.tidy(bold[1]) == title:
            return text[bold.end() :]
        return "" if words.tidy(text) == title else text

    def _cells(self, start: int, end: int) -> list[tuple[int, int]]:
        """Where the cells of a row begin and end."""
        row = self._body[start:end].rstrip()
        pipes = [pipe.start() for pipe in _PIPE.finditer(row)]
        edges = [*([] if row.startswith(b"|") else [-1]), *pipes, *([] if pipes[-1:] == [len(row) - 1] else [len(row)])]
        return [(start + left + 1, start + right) for left, right in pairwise(edges)]

    def _give_parents(self) -> None:
        """An entry in the item of another is nested in it."""
        around: list[Place] = []
        for place in self._places:
            while around and around[-1].end <= place.start:
                around.pop()
            if place.shape is Shape.ITEMS:
                if around:
                    place.parent = around[-1]
                around.append(place)

    def _give_references(self) -> None:
        for start, label, url in self._scan.references:
            at = bisect_right(self._place_starts, start) - 1
            place = self._places[at] if at >= 0 else None
            while place is not None:
                if place.link != start and place.start <= start < place.end:
                    place.references = {**(place.references or {}), label: url}
                place = place.parent

    # The account

    def _account(self) -> None:
        """Count every link, and say of those that are in no entry why they are not read."""
        found = self._found
        covered = _Intervals([(place.start, place.end) for place in self._places])
        entries = {place.link for place in self._places}
        faults = {fault.offset for fault in self._faults}
        found.links = len(self._places) + len(self._faults)
        found.unread += self._faults
        for offset, (link, reason) in self._why.items():
            if offset in entries or offset in faults:
                continue
            found.links += 1
            if not covered.hold(offset):
                found.unread.append(Unread(offset, _shown(link), reason))
        for start, end, _ in self._scan.code:
            self._account_raw(start, end, IN_CODE, covered)
        for start, end in self._scan.html:
            self._account_comments(start, end, covered)
        footnotes = self._repaired.footnotes
        used = {mark[1].decode() for mark in _FOOTNOTE_MARK.finditer(self._body) if covered.hold(mark.start())}
        for label, (start, end, _) in footnotes.items():
            self._account_raw(start, end, "" if label in used else IN_FOOTNOTE, covered)
        self._account_definitions()
        if _SOME_REFERENCE.search(self._body):
            self._account_undefined()
        found.unread.sort(key=lambda each: each.offset)

    def _account_raw(self, start: int, end: int, reason: str, covered: "_Intervals") -> None:
        if b"://" not in self._body[start:end]:
            return
        if reason == IN_CODE and self._rereads and not covered.hold(start) and self._is_indented_list(start, end):
            return
        for address in _RAW.finditer(self._body, start, end):
            at = address.start()
            if self._body[address.end() : address.end() + 2] == b"](":
                continue
            if _BEFORE_PICTURE.search(self._body, max(start, at - 200), at):
                continue
            self._found.links += 1
            if reason and not covered.hold(at):
                self._found.unread.append(Unread(at, excerpt(address[0].decode("utf-8", "replace")), reason))

    def _account_comments(self, start: int, end: int, covered: "_Intervals") -> None:
        if self._body[start:end].lstrip()[:9].lower().startswith((b"<script", b"<style", b"<pre", b"<textarea")):
            self._account_raw(start, end, IN_CODE, covered)
            return
        at = start
        while (opening := self._body.find(b"<!--", at, end)) >= 0:
            closing = self._body.find(b"-->", opening, end)
            at = end if closing < 0 else closing + 3
            self._account_raw(opening, at, IN_COMMENT, covered)

    def _account_definitions(self) -> None:
        if not _SOME_DEFINITION.search(self._body):
            return
        used = {" ".join(label.split()).casefold() for _, label, _ in self._scan.references}
        opaque = self._opaque()
        for found in _DEFINITION.finditer(self._body):
            label = " ".join(found[1].decode("utf-8", "replace").split()).casefold()
            in_block = label.startswith("^") or opaque.hold(found.start())
            if label not in used and not in_block and found.start(2) not in self._why:
                self._found.links += 1
                url = excerpt(found[2].decode("utf-8", "replace"))
                self._found.unread.append(Unread(found.start(), url, NOT_USED))

    def _opaque(self) -> "_Intervals":
        """Code and HTML."""
        return _Intervals(sorted([*((start, end) for start, end, _ in self._scan.code), *self._scan.html]))

    def _account_undefined(self) -> None:
        known = {place.link for place in self._places} | self._why.keys()
        opaque = self._opaque()
        for found in _UNDEFINED.finditer(self._body):
            if found.start(1) not in known and found.start(1) + 2 not in known and not opaque.hold(found.start()):
                label = (found[3] or found[2]).decode("utf-8", "replace")
                reason = f"no line says where [{excerpt(label)}] leads"
                remedy = f"add `[{excerpt(label)}]: https://…` or write the address after the title"
                self._found.links += 1
                self._found.unread.append(Unread(found.start(1), excerpt(found[2].decode()), reason, remedy))

    def _is_indented_list(self, start: int, end: int) -> bool:
        """Take a list that is indented so far that Markdown reads it as code for the list that it is."""
        start = self._body.rfind(b"\n", 0, start) + 1
        text = self._text(start, end)
        first = text.lstrip("\n").partition("\n")[0]
        if not re.match(r"(?: {4}|\t)\s*(?:[-*+]|\d{1,9}[.)])\s+", first) or first.lstrip()[:3] in ("```", "~~~"):
            return False
        inner = find_regions(dedented(text, 0), self._rereads - 1)
        if not inner.places:
            return False
        above = self._headings_at(start)
        for place in inner.places:
            place.headings = (*above, *place.headings)
        self._found.indented.append((start, inner))
        return True

    # Small things

    def _main(self, links: list[Link], *, pictures: bool = True) -> Link | None:
        """The first link that may be an entry; those before it that may not are not read."""
        for link in links:
            if not is_web(link.url):
                self._refuse_address(link.start, link.url)
            elif (link.is_picture and (not pictures or _BADGE.search(self._body, link.start, link.end))) or (
                link.is_picture and not link.title.strip()
            ):
                self._unread(link, BADGE)
            elif self._is_in_template(link):
                self._unread(link, IN_TEMPLATE)
            else:
                return link
        return None

    def _main_of(self, line: _Line) -> Link | None:
        links = (link for link in line.links if not link.is_picture and is_web(link.url))
        return next((link for link in links if not self._is_in_template(link)), None)

    def _is_in_template(self, link: Link) -> bool:
        """Whether an address is in a tag of Hugo or Liquid. Logseq's `{{video https://…}}` is a link."""
        line = self._body[self._body.rfind(b"\n", 0, link.start) + 1 : link.start] if link.is_bare else b""
        if _EMBED.search(line):
            return False
        return line.rfind(b"{{") > line.rfind(b"}}") or line.rfind(b"{%") > line.rfind(b"%}")

    def _malformed(self, link: Link, before: str, after: str) -> tuple[str, str] | None:
        """What is wrong with a link of which only the address was recognised."""
        if not link.is_bare or not (found := _BEFORE_PARENTHESIS.search(before)):
            return None
        if found[0][0] == "］" or found[2] == "（" or found[0][0] == "】":
            return "its brackets are full-width", "write `[Title](address)` with the brackets of a Latin keyboard"
        if found[1]:
            return "there is a space between `]` and `(`", "remove it"
        line = after.partition("\n")[0]
        if ")" not in line:
            return "its closing `)` is missing", "add it"
        return "there is a space in its address", "write `%20` for it, or put the address between `<` and `>`"

    def _glued_bullet(self, link: Link, *, only_space: bool = False) -> tuple[str, str] | None:
        line_start = self._body.rfind(b"\n", 0, link.start) + 1
        if link.start - line_start > 60:
            return None
        before = self._text(line_start, link.start)
        glued = _GLUED_BULLET.match(before)
        if not glued or glued.end() != len(before.rstrip(" ")) or (before.lstrip().startswith("*") and not glued[1]):
            return None
        if glued[1]:
            return "a no-break space is after the bullet", "write an ordinary space"
        if only_space:
            return None
        return "no space is after the bullet", "write one"

    def _refuse_address(self, offset: int, url: str, *, is_title: bool = False) -> None:
        if url.startswith("#") or not url:  # a table of contents
            return
        secret = re.match(r"(?i)\s*https?://[^/?#\s]*@", url)
        link = Link(offset, offset, url, Block(Shape.ITEMS, 0, 0, (), 0))
        if secret:
            reason, remedy = "its address holds a user name or password", "remove what is before the `@`"
            self._faults.append(Unread(offset, _shown(link), reason, remedy, is_error=True))
        elif is_title:
            self._fault(link, "it is not a web address", "start it with https://")
        else:
            self._why[offset] = (link, RELATIVE)

    def _fault(self, link: Link, reason: str, remedy: str) -> None:
        self._faults.append(Unread(link.start, _shown(link), reason, remedy))

    def _unread(self, link: Link, reason: str) -> None:
        if is_web(link.url):
            self._why[link.start] = (link, reason)
        else:
            self._refuse_address(link.start, link.url)

    def _unread_all(self, links: Sequence[Link], reason: str, but: Link | None = None) -> None:
        for link in links:
            if link is not but:
                template = IN_TEMPLATE if self._is_in_template(link) else reason
                self._unread(link, BADGE if link.is_picture else template)

    def _block_at(self, place: Place) -> Block:
        return Block(place.shape, place.start, place.end, place.headings, place.quotes)

    def _text(self, start: int, end: int) -> str:
        return self._body[start:end].decode("utf-8", "replace")

    def _line_text(self, line: _Line, to: int | None = None) -> str:
        text = self._text(line.start, line.end if to is None else to)
        return re.sub(r"\A\s*(?:>\s?)+|\A\u200b+", "", text)

    def _own_end(self, start: int, end: int) -> int:
        """Where the text of its own ends of an item or paragraph: at the first block in it."""
        at = bisect_right(self._starts, start)
        first = self._after_marker(start)
        while at < len(self._starts) and self._starts[at] <= first:
            at += 1
        return min(end, self._starts[at]) if at < len(self._starts) else end

    def _after_space(self, start: int) -> int:
        """Where an item really starts: with tabs pyromark lets it begin in the white space before."""
        while self._body[start] <= 32:
            start += 1
        return start

    def _after_marker(self, start: int) -> int:
        marker = _MARKER.match(self._body, start)
        return marker.end() if marker else start

    # Made when they are first needed: a plain list of items does without, and they take a thirtieth of its reading.

    @cached_property
    def _starts(self) -> list[int]:
        return sorted(self._scan.starts)

    @cached_property
    def _item_starts(self) -> list[int]:
        return [item["start"] for item in self._scan.items]

    @cached_property
    def _outer_items(self) -> list[int]:
        return _outer(self._scan.items)

    def _section(self, offset: int) -> int:
        """How many headings are above."""
        return bisect_right(self._heading_starts, offset)

    def _outer_item(self, place: Place) -> Range | None:
        """The item that the item of a place is nested in."""
        above = [item for item in self._enclosing_items(place.start) if self._after_space(item["start"]) < place.start]
        return above[-1] if above else None

    def _enclosing_items(self, offset: int) -> list[Range]:
        """The items around an offset, outermost first."""
        at = bisect_right(self._item_starts, offset) - 1
        found = []
        while at >= 0:
            if self._scan.items[at]["end"] > offset:
                found.append(self._scan.items[at])
            at = self._outer_items[at]
        return found[::-1]


class _Intervals:
    """Parts of a body, given in order."""

    def __init__(self, parts: Sequence[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in parts:
            if not self._ends or start >= self._ends[-1]:
                self._starts.append(start)
                self._ends.append(end)
            else:
                self._ends[-1] = max(self._ends[-1], end)

    def hold(self, offset: int) -> bool:
        at = bisect_right(self._starts, offset) - 1
        return at >= 0 and offset < self._ends[at]


def _links_of(segment: html_blocks.Segment, block: Block) -> list[Link]:
    return [
        Link(each.start, each.end, each.url, block, each.title, each.is_bare, each.is_picture) for each in segment.links
    ]


def _are_of_one(fields: Sequence[_Field]) -> bool:
    """Whether the fields may be about one thing: none is there twice with a link that has a title."""
    names = [each.name for each in fields]
    return len(set(names)) == len(names) or not any(each.is_named for each in fields)


def _leads_to_a_file(url: str) -> bool:
    """Whether an address leads to a file beside the list."""
    return not is_web(url) and not url.startswith(("#", "mailto:")) and url != ""


def _is_about_the_list(headings: Sequence[str]) -> bool:
    return bool(headings) and _ABOUT_THE_LIST.search(headings[-1]) is not None


def _outer(items: Sequence[Range]) -> list[int]:
    """For each item the position of the one that it is in, or -1."""
    outer: list[int] = []
    around: list[int] = []
    for number, item in enumerate(items):
        while around and items[around[-1]]["end"] <= item["start"]:
            around.pop()
        outer.append(around[-1] if around else -1)
        around.append(number)
    return outer


def _title_before(before: str) -> tuple[str, str]:
    """The title in the words above and before an address, and the words that are left."""
    first, _, rest = before.strip().partition("\n")
    title, said = words.title_in(first)
    below = [words.plain(line).strip(" \t:-–—|") for line in rest.split("\n")]
    return title, "\n".join(part for part in (said, *below) if part)


def _without_headings_at_end(text: str) -> str:
    lines = text.split("\n")
    while lines and (not lines[-1].strip() or _HEADING_LINE.match(lines[-1])):
        lines.pop()
    return "\n".join(lines).rstrip()


def _without_closers(head: str, lead: str) -> str:
    closed = re.sub(r"^[*_~=)\]”\"»]+(?=\s|[-–—:.,;]|$)", "", head) if lead.strip() else head
    rest = re.sub(r"^[ \t]*(?:[-–—:|·,.;]+(?=\s|$)|[，。：；、]+)?[ \t]*", "", closed).rstrip(" \t")
    return rest if _has_words(rest) else ""


def _has_words(text: str) -> bool:
    return any(map(str.isalnum, text))


def _near(ranges: Sequence[tuple[int, int]], at: int) -> Iterator[tuple[int, int]]:
    position = bisect_right(ranges, (at, 0)) - 1
    if position >= 0:
        yield ranges[position]


def _shown(link: Link) -> str:
    return excerpt(re.sub(r"(?i)(https?://)[^/?#\s]*@", r"\1", link.url))
