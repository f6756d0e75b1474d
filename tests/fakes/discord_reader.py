"""A strict reader of what Discord would make of a text: what could ping, and where its links lead.

It takes a token for live wherever it stands, in code and behind a backslash too, for nobody knows all of Discord's parsers.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

_LIVE = re.compile(r"@(?:everyone|here)|<(?:@[!&]?\d|/[^<>\\]*:\d|id:|a?:\w+:\d)", re.IGNORECASE)
_CHANNEL = re.compile(r"<#(\d+)>")
_MASKED = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\((<[^<>]*>|[^)]*)\)( \([^()]*\))?")
_BARE = re.compile(r"(?:https?|javascript|data|file|vbscript):", re.IGNORECASE)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+", re.ASCII)


def pings(text: str, *, channels: frozenset[str] = frozenset()) -> list[str]:
    """Every token that would ping or pretend; `channels` are those that we name ourselves."""
    named = [found[0] for found in _CHANNEL.finditer(text) if found[1] not in channels]
    return [*(found[0] for found in _LIVE.finditer(text)), *named]


def unsafe_links(text: str) -> list[str]:
    """Every link that leads elsewhere than to the web, or to another host than it shows without saying so."""
    found = [masked[0] for masked in _MASKED.finditer(text) if not _is_safe(masked)]
    rest = _MASKED.sub("", text)
    return [*found, *(bare[0] for bare in _BARE.finditer(rest))]


def _is_safe(masked: re.Match[str]) -> bool:
    target = masked[2].strip("<>")
    parts = urlsplit(target)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or re.search(r"[\s\\<>|]", target):
        return False
    shown = re.sub(r"\\(.)", r"\1", masked[1]).lower()
    host = (parts.hostname or "").removeprefix("www.")
    others = [one for one in _HOST.findall(shown.split("/")[0]) if one.removeprefix("www.") != host]
    return not others or re.sub(r"\\(.)", r"\1", masked[3] or "").strip(" ()").replace("\u200b", "") == host


def strings(body: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every (field, text) of a JSON body that is shown; what stands in a field to be typed over is nobody's but its typist's."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            yield from strings(value, key)
    elif isinstance(body, list):
        for one in body:
            yield from strings(one, name)
    elif isinstance(body, str) and name in {"content", "label", "title", "name", "description", "placeholder"}:
        yield name, body
