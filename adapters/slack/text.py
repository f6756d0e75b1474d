"""Characters that are safe to show in Slack: what is dropped, where a text may be cut, how mrkdwn is escaped."""

import re
import unicodedata

from bot.domain.url import web
from bot.domain.visible import visible

ELLIPSIS = "…"
_SPACES = "\t\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_SPACED: dict[int, str | None] = {
    **{ord(space): " " for space in _SPACES},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_ONE_LINE = {**_SPACED, ord("\n"): " "}
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_HOSTLIKE = re.compile(
    r"(?<![\w.-])(?:(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)|localhost|\d{1,3}(?:\.\d{1,3}){3})(?![\w-])"
    r"|\[[0-9a-f:.]+\]",
    re.IGNORECASE,
)
_IDEOGRAPHIC_DOT = "\u3002"
"""Browsers take it for the dot of a host (https://url.spec.whatwg.org/#concept-domain-to-ascii, 2026-01)."""


def clean(text: str, *, lines: bool = False) -> str:
    """The text in one normal form without anything invisible that reorders or hides; on one line unless `lines`."""
    if text.isascii() and text.isprintable():
        return text
    return visible(text.translate(_SPACED if lines else _ONE_LINE))


def isolated(text: str) -> str:
    """The text fenced off, if it is written from right to left, so that it does not reorder what follows."""
    if text.isascii() or not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    return f"\u2068{text}\u2069"


def cut(text: str, most: int) -> str:
    """At most `most` characters, cut where no character is torn from its marks."""
    if len(text) <= most:
        return text
    end = most - len(ELLIPSIS)
    while end > 0 and _joins(text[end]):
        end -= 1
    return text[: max(end, 0)].rstrip() + ELLIPSIS


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters that together are the text, broken at blanks where there are any."""
    pieces = []
    while len(text) > most:
        end = text.rfind(" ", most // 2, most) + 1 or most
        while end > 1 and _joins(text[end]):
            end -= 1
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text]


def _joins(letter: str) -> bool:
    """Whether the character belongs to the one before it."""
    return bool(unicodedata.combining(letter)) or letter in "\ufe0e\ufe0f" or "\U0001f3fb" <= letter <= "\U0001f3ff"


def escaped(text: str) -> str:
    """Text for mrkdwn, in which it can only be read (https://docs.slack.dev/messaging/formatting-message-text, 2026-08)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_and_cut(text: str, most: int) -> str:
    """As `escaped`, at most `most` characters, with no entity torn apart."""
    shown = escaped(cut(text, most))
    room = most
    while len(shown) > most:
        room -= max((len(shown) - most) // 5, 1)
        shown = escaped(cut(text, room))
    return shown


def followed(url: str, most: int) -> str | None:
    """The address to link to, None for one that leads to no web page or is too long."""
    address = web(url)
    if address is None or len(address) > most:
        return None
    return address.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")


def poses_as(label: str, site: str) -> bool:
    """Whether a link's label names a host other than the one it leads to, in whatever letters, beside it or not."""
    plainly = label if label.isascii() else unicodedata.normalize("NFKC", label).replace(_IDEOGRAPHIC_DOT, ".")
    if "." not in plainly and "[" not in plainly and "localhost" not in plainly.lower():
        return False  # as nearly always; the pattern is tried at each letter
    return any(host.lower().removeprefix("www.").strip("[]") != site for host in _HOSTLIKE.findall(plainly))


def plain_of_mrkdwn(typed: str) -> str:
    """What a person typed, from what Slack made of it: links, mentions and entities as they were.

    A channel comes as `#C…`, a link as its address.
    """
    text = re.sub(r"<([#@!]?)([^<>|]*)(?:\|([^<>]*))?>", _token, typed)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _token(match: re.Match[str]) -> str:
    sign, body, label = match.groups()
    if sign == "@":
        return f"@{label or body}"
    if sign == "!":
        return f"@{(label or body).lstrip('@')}"
    return f"#{body}" if sign == "#" else body
