"""Text and notes of the domain as HTML. Everything is escaped, and only web addresses become links."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup, escape

from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span, Text
from bot.domain.visible import escaped

_NUMBERED = re.compile(r"(\d{1,9})[.)]")


def is_web(url: str) -> bool:
    """Whether a link to the address is safe to follow."""
    return url.lower().startswith(("https://", "http://"))


def text(spans: Text) -> Markup:
    return Markup("").join(map(_span, spans))


def _span(span: Span) -> Markup:
    shown = escape(escaped(span.text))
    for wanted, element in ((span.code, "code"), (span.strike, "s"), (span.italic, "em"), (span.bold, "strong")):
        if wanted:
            shown = Markup("<{0}>{1}</{0}>").format(Markup(element), shown)  # noqa: S704 -- one of four names
    if span.url is not None and is_web(span.url):
        return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(span.url, shown)
    return shown


def notes(tree: Sequence[NoteBlock]) -> Markup:
    """The blocks in reading order; neighbouring items are one list."""
    parts: list[Markup] = []
    for is_item, blocks in groupby(tree, key=lambda block: block.kind is NoteKind.ITEM):
        together = list(blocks)
        parts += [_list(together)] if is_item else map(_block, together)
    return Markup("\n").join(parts)


def _list(items: Sequence[NoteBlock]) -> Markup:
    numbered = all(_NUMBERED.fullmatch(item.marker or "") for item in items)
    shape = Markup("<ol>\n{}</ol>") if numbered else Markup("<ul>\n{}</ul>")
    return shape.format(Markup("").join(_items(items, numbered=numbered)))


def _items(items: Sequence[NoteBlock], *, numbered: bool) -> Iterator[Markup]:
    for item in items:
        marker = item.marker or ""
        number = _NUMBERED.fullmatch(marker) if numbered else None
        value = Markup(' value="{}"').format(number[1]) if number else Markup("")
        shown = Markup("") if numbered or marker in ("", "•") else Markup("{} ").format(marker)
        yield Markup("<li{}>{}{}{}</li>\n").format(value, shown, text(item.text), notes(item.children))


def _block(block: NoteBlock) -> Markup:
    inner = notes(block.children)
    match block.kind:
        case NoteKind.CODE:
            return Markup("<pre><code>{}</code></pre>{}").format("".join(span.text for span in block.text), inner)
        case NoteKind.QUOTE:
            words = Markup("<p>{}</p>").format(text(block.text)) if block.text else Markup("")
            return Markup("<blockquote>{}{}</blockquote>").format(words, inner)
        case NoteKind.HEADING:
            return Markup("<h2>{}</h2>{}").format(text(block.text), inner)
        case _:
            return Markup("<p>{}</p>{}").format(text(block.text), inner)
