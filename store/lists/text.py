"""The text of a list: which bytes are text at all, how lines are indented, which tags are HTML."""

import re

from bot.domain.visible import visible
from store.lists.report import Report

MAX_CHARACTERS = 20_000
"""Characters of a line. People do not write longer ones."""
TAB = 4
_CODE = 4
"""From this many columns on, Markdown reads an indented line after a blank one as code."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b") | {127})
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""The bytes that UTF-16 begins with, as Windows writes it; a file without them is read as UTF-8."""
_UNREADABLE = re.compile("[\0\udc80-\udcff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BINARY_FROM = 0.1
"""If at least this share of the bytes is not text, the file is not a list."""


def excerpt(text: str, most: int = 60) -> str:
    """The text in one short line that is safe to print."""
    line = " ".join(visible(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def cleaned(data: bytes, report: Report) -> str | None:
    r"""The file with `\n` line ends, line for line; None, with an error, if it is not text.

    Undecodable bytes become U+FFFD, so that an entry keeps its place and number until the file is fixed.
    """
    if data.startswith(UTF_16_MARKS):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError:
            report.error("this UTF-16 is broken; save the file as UTF-8")
            return None
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    strange = len(data) - len(data.translate(None, _CONTROLS))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        strange += text.count("\ufffd")
    if strange > len(data) * _BINARY_FROM:
        report.error("this is not UTF-8 text; save the file as Markdown in UTF-8, or remove it")
        return None
    if strange:
        _report_unreadable(data, report)
    return text.replace("\0", "\ufffd")


def _report_unreadable(data: bytes, report: Report) -> None:
    lines = (line.decode("utf-8", "surrogateescape") for line in data.split(b"\n"))
    found = [(number, at) for number, line in enumerate(lines, 1) if (at := _UNREADABLE.search(line))]
    if found:
        number, at = found[0]
        what, remedy = "a NUL character", "delete it"
        if at[0] != "\0":
            what, remedy = f"the byte 0x{ord(at[0]) - 0xDC00:02X}, which is not UTF-8,", "save the file as UTF-8"
        others = f" ({len(found) - 1} more such)" if len(found) > 1 else ""
        report.error(f"{what} is shown as \ufffd{others}; {remedy}", number, at.start() + 1)


def without_long_lines(body: str, above: int, report: Report) -> str:
    """The text with an empty line in place of each that is too long; `above` is the number of lines before it."""
    lines = body.split("\n")
    if max(map(len, lines)) <= MAX_CHARACTERS:
        return body
    for number, line in enumerate(lines, above + 1):
        if len(line) > MAX_CHARACTERS:
            lines[number - above - 1] = ""
            message = f"the line has {len(line):,} characters and is left out; break it below {MAX_CHARACTERS:,}"
            report.error(message, number)
    return "\n".join(lines)


def width(line: str) -> int:
    """The columns of white space at the start of the line."""
    space = line[: len(line) - len(line.lstrip(" \t"))]
    return len(space.expandtabs(TAB)) if "\t" in space else len(space)


def dedented(text: str, content: int) -> str:
    """The lines below an item's first line, without the indentation they owe to the item.

    `content` is the column where the item's own text begins. The first line sets how much goes; a later one that
    is indented less lowers it from there on. A block of code after a blank line stays a block of code.
    """
    first = text.lstrip("\n")
    base = width(first)
    if first is not text and base >= content + _CODE:
        base = content
    whole, pad = f"\n{first}", "\n" + " " * base
    if whole.count(pad) == whole.count("\n"):
        return whole.replace(pad, "\n")[1:]
    lines = []
    for line in first.split("\n"):
        if line.isspace() or not line:
            lines.append("")
            continue
        indent = width(line)
        base = min(base, indent)
        lines.append(" " * (indent - base) + line.lstrip(" \t"))
    return "\n".join(lines)


def unquoted(text: str, levels: int) -> str:
    """The text without the `>` at the start of each line but the first."""
    return re.sub(rf"(?m)(?<=\n)(?:[ \t]*>){{0,{levels}}}[ \t]?", "", text)


_HTML_NAMES = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "applet",
        "area",
        "article",
        "aside",
        "audio",
        "b",
        "base",
        "basefont",
        "bdi",
        "bdo",
        "bgsound",
        "big",
        "blink",
        "blockquote",
        "body",
        "br",
        "button",
        "canvas",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "data",
        "datalist",
        "dd",
        "del",
        "details",
        "dfn",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "frame",
        "frameset",
        "g",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hgroup",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "link",
        "main",
        "map",
        "mark",
        "marquee",
        "menu",
        "meta",
        "meter",
        "nav",
        "nobr",
        "noscript",
        "object",
        "ol",
        "optgroup",
        "option",
        "output",
        "p",
        "param",
        "path",
        "picture",
        "pre",
        "progress",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "script",
        "search",
        "section",
        "select",
        "slot",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "template",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "track",
        "tt",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    ]
)
_TAG_NAME = re.compile(r"</?([a-zA-Z][\w:-]*)")


def is_html_tag(tag: str) -> bool:
    """Whether it is a comment or a tag that HTML has; `<T>` and `<your-token>` are text."""
    name = _TAG_NAME.match(tag)
    return name is None or name[1].lower() in _HTML_NAMES
