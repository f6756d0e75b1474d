"""Text that is safe to show in Slack: which characters are dropped, where text may be cut, and how mrkdwn is escaped."""

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
"""Browsers treat it as the dot of a host (https://url.spec.whatwg.org/#concept-domain-to-ascii, 2026-01)."""


def clean(text: str, *, lines: bool = False) -> str:
    """The text normalised, without invisible characters that reorder or hide text; on one line unless `lines`."""
    if text.isascii() and text.isprintable():
        return text
    return visible(text.translate(_SPACED if lines else _ONE_LINE))


def isolated(text: str) -> str:
    """The text isolated, if it is written from right to left, so that it does not reorder what follows."""
    if text.isascii() or not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    return f"\u2068{text}\u2069"


def cut(text: str, most: int) -> str:
    """At most `most` characters, without separating a character from its marks."""
    if len(text) <= most:
        return text
    end = most - len(ELLIPSIS)
    while end > 0 and _joins(text[end]):
        end -= 1
    return text[: max(end, 0)].rstrip() + ELLIPSIS


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters that together are the text, split at blanks if possible."""
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
    """Text escaped for mrkdwn (https://docs.slack.dev/messaging/formatting-message-text, 2026-08)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_and_cut(text: str, most: int) -> str:
    """As `escaped`, at most `most` characters, without cutting an entity."""
    shown = escaped(cut(text, most))
    room = most
    while len(shown) > most:
        room -= max((len(shown) - most) // 5, 1)
        shown = escaped(cut(text, room))
    return shown


def followed(url: str, most: int) -> str | None:
    """The address to link to; None if it is too long or not a web page."""
    address = web(url)
    if address is None or len(address) > most:
        return None
    return address.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")


def poses_as(label: str, site: str) -> bool:
    """Whether a link's label names another host than the one it leads to, in any script, alone or among other text."""
    plainly = label if label.isascii() else unicodedata.normalize("NFKC", label).replace(_IDEOGRAPHIC_DOT, ".")
    if "." not in plainly and "[" not in plainly and "localhost" not in plainly.lower():
        return False  # the usual case; the pattern is tried at each letter
    return any(host.lower().removeprefix("www.").strip("[]") != site for host in _HOSTLIKE.findall(plainly))


def plain_of_mrkdwn(typed: str) -> str:
    """What a person typed, with Slack's links, mentions and entities undone.

    A channel becomes `#C…`, a link its address.
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
