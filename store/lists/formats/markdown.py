"""Plain words as Markdown that shows just these words, and links as Markdown that leads to just that address."""

import re

from bot.domain.url import addresses_in
from bot.domain.visible import visible

_SPECIAL = re.compile(r"[\\`*\[\]<~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_IN_ADDRESS = re.compile(r"[<>\\`\s]")
_REFERENCE = re.compile(r"&(?=#?\w+;)")
_FIRST = re.compile(r"(?:[#>+=-]|:(?=\s)|\d{1,9}(?=[.)](?:\s|$)))")


def words(text: str) -> str:
    """The text on one line, with a backslash before whatever Markdown would take for markup; addresses stay."""
    return inline(" ".join(visible(text).split()))


def inline(text: str) -> str:
    """As `words`, but for the white space, which stays as it is."""
    if "://" not in text:
        return _SPECIAL.sub(r"\\\g<0>", text)
    parts, at = [], 0
    for start, end in addresses_in(text):
        address = text[start:end]
        parts += [_SPECIAL.sub(r"\\\g<0>", text[at:start]), f"<{address}>" if _SPECIAL.search(address) else address]
        at = end
    return "".join([*parts, _SPECIAL.sub(r"\\\g<0>", text[at:])])


def label(text: str) -> str:
    """The text of a link: in it an address is words as others are."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def link(title: str, url: str) -> str:
    """A link; `title` is Markdown already."""
    address = _IN_ADDRESS.sub(_character, _REFERENCE.sub("&amp;", url))
    return f"[{title}](<{address}>)" if "(" in address or ")" in address else f"[{title}]({address})"


def _character(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"%{code:02X}" if found[0].isspace() else f"&#{code};"


def first(line: str) -> str:
    """The line, which does not begin a heading, an item or a quotation."""
    begins = _FIRST.match(line)
    if begins is None:
        return line
    return f"\\{line}" if not begins[0].isdigit() else f"{begins[0]}\\{line[begins.end() :]}"


def paragraphs(text: str) -> str:
    """Text of several lines: an empty line parts paragraphs, every other line end stays one."""
    blocks = re.split(r"\n\s*\n", visible(text).replace("\r\n", "\n").replace("\r", "\n"))
    shown = ["\\\n".join(first(words(line)) for line in block.split("\n") if line.strip()) for block in blocks]
    return "\n\n".join(block for block in shown if block)
