"""Text as people wrote it, with its emphasis and links and without any platform's markup.

A span is data: no renderer may read markup, mentions or commands out of its text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from urllib.parse import urlsplit

from bot.domain.ids import ChannelRef, Url


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one style.

    `at` (aware UTC) asks the renderer to show a moment in the reader's own zone, `channel` to show a channel
    by its name; `text` is then what to show where the platform cannot.
    """

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: Url | None = None
    at: datetime | None = None
    channel: ChannelRef | None = None


Text: TypeAlias = tuple[Span, ...]


def plain(text: str) -> Text:
    """One unstyled span, or none for the empty string."""
    return (Span(text),) if text else ()


def bold(text: str) -> Text:
    return (Span(text, bold=True),) if text else ()


def joined(parts: Iterable[Text], separator: str = " ") -> Text:
    """The parts one after the other with `separator` between them."""
    spans: list[Span] = []
    for part in parts:
        if spans and part:
            spans.append(Span(separator))
        spans.extend(part)
    return tuple(spans)


def string(text: Text) -> str:
    """The characters alone."""
    return text[0].text if len(text) == 1 else "".join([span.text for span in text])


_USUAL_HOST = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|\Z)")


def site_of(url: str) -> str:
    """The host a reader would name: lower case, without `www.` and port; empty if the URL has none."""
    if usual := _USUAL_HOST.match(url):
        return usual[1].removeprefix("www.")
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
