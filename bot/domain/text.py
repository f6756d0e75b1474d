"""Text with emphasis and links, independent of any platform's markup.

A span is data: a renderer must not interpret markup, mentions or commands in its text.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from urllib.parse import urlsplit

from bot.domain.ids import ChannelRef, Url


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one style.

    `at` (aware UTC) is shown in the reader's own zone and `channel` by its name. `text` is shown where the platform
    cannot do that.
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


def day_and_time(at: datetime) -> Span:
    """A moment (aware UTC) with its weekday, for a card that many people see; shown in each reader's zone where possible."""
    return Span(f"{at:%A} {at.day} {at:%B, %H:%M} UTC", at=at)


_BARS = "▁▂▃▄▅▆▇█"


def bars(values: Sequence[int]) -> str:
    """A bar for each value, the highest for the largest one. Say in words beside it what they show."""
    highest = max(values, default=0) or 1
    return "".join(_BARS[value * (len(_BARS) - 1) // highest] for value in values)


def joined(parts: Iterable[Text], separator: str = " ") -> Text:
    """The parts one after the other with `separator` between them."""
    spans: list[Span] = []
    for part in parts:
        if spans and part:
            spans.append(Span(separator))
        spans.extend(part)
    return tuple(spans)


def string(text: Text) -> str:
    """The text without styles."""
    return text[0].text if len(text) == 1 else "".join([span.text for span in text])


def folded(text: str) -> str:
    """Without case, accents and repeated blanks, so that different spellings are equal."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in parts if unicodedata.category(character) != "Mn")
    return " ".join(unicodedata.normalize("NFKC", kept).split())


_USUAL_HOST = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|\Z)")


def site_of(url: str) -> str:
    """The host as a reader would name it: lower case, without `www.` and port. Empty if the URL has none."""
    if usual := _USUAL_HOST.match(url):
        return usual[1].removeprefix("www.")
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
