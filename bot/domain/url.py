"""Which links lead to a web page, and which of them are the same article. Nothing is fetched."""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from bot.domain.ids import Url

_IGNORED_BY_BROWSERS = str.maketrans("", "", "\t\r\n")
_HOST = r"(?!\.)[^\x00-\x20\x7f-\xa0/?#\\@:\[\]<>\"|^`{}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+"
_WEB = re.compile(rf"(https?://(?:{_HOST}|\[[0-9a-f:.]+\])(?::\d{{0,5}})?)([/?#][^\x00-\x1f\x7f]*)?", re.IGNORECASE)
_UNSAFE = re.compile(r"[^!-~]+")
_USUAL_WEB = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?:/[!-~]*)?")
_USUAL = re.compile(
    r"https?://(?:www\.(?=[a-z0-9-]+\.))?([a-z0-9.-]*[a-z0-9])"
    r"((?:/(?!\.)[\w~!$&'()*+,;=:@.-]*)*)(?:\?([!\"$&-~]*))?(?:#([!-$&-~]*))?",
    re.ASCII,
)
_ODD = re.compile(r"[^!-~]|%|/\.|\\")
_HTTPS = re.compile(r"(https://[a-z0-9][a-z0-9.-]{0,252}(?::\d{1,5})?)(?:/[!-~]*)?", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_[^=]*|mc_[^=]*|ref|ref_src|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|yclid|igshid|igsh|mkt_tok"
    r"|_hsenc|_hsmi|__readwiselocation|uclick_id)(?:=.*)?",
    re.IGNORECASE,
)
_BARE = re.compile(r"https?://[^\s<>|\"`“”„«»、。，；：！？（）「」『』《》〈〉【】〔〕]+", re.IGNORECASE)
"""Up to a character that people write after an address, and that an address holds only percent-encoded."""
_AFTER_BARE = ".,;:!?'*_~…’‘"
_CLOSERS = {")": "(", "}": "{"}
_SQUARE = re.compile(r"[\[\]]")
_DEFAULT_PORT = {"http": 80, "https": 443}


def web(url: str) -> Url | None:
    """The address to open if the link leads to a web page, else None.

    Only http and https with a plain host are accepted: a user name before the host or a backslash in it can pass off
    one site as another. Tab, CR and LF are removed first because browsers ignore them
    (https://url.spec.whatwg.org/#url-parsing, 2026-01). The address stays as written, except that spaces and non-ASCII
    characters after the host are percent-encoded: some platforms need that.
    """
    if _USUAL_WEB.fullmatch(url):
        return Url(url)
    usable = _WEB.fullmatch(url.translate(_IGNORED_BY_BROWSERS).strip())
    if usable is None:
        return None
    return Url(usable[1] + _UNSAFE.sub(lambda unsafe: quote(unsafe[0], errors="replace"), usable[2] or ""))


def is_web(url: str) -> bool:
    """Whether the link leads to a web page."""
    return web(url) is not None


def https_origin(url: str) -> str | None:
    """The scheme, host and port of an https address, as a Content-Security-Policy names them, else None.

    The host is plain ASCII without `;`, `,`, `'` or `*`, which have a meaning in a policy.
    """
    found = _HTTPS.fullmatch(url)
    return found and found[1].lower()


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """The start and end of each web address in plain text, without trailing punctuation."""
    for bare in _BARE.finditer(text):
        url = _without_end(bare[0])
        if is_web(url):
            yield bare.start(), bare.start() + len(url)


def _without_end(url: str) -> str:
    """The address up to a square bracket that it does not open, without punctuation and such brackets at its end."""
    open_ones = 0
    for bracket in _SQUARE.finditer(url):
        open_ones += 1 if bracket[0] == "[" else -1
        if open_ones < 0:
            url = url[: bracket.start()]
            break
    unopened = {close: url.count(close) - url.count(opening) for close, opening in _CLOSERS.items()}
    end = len(url)
    while end and ((last := url[end - 1]) in _AFTER_BARE or unopened.get(last, 0) > 0):
        if last in unopened:
            unopened[last] -= 1
        end -= 1
    return url[:end]


def canonical(url: str) -> str:
    """The canonical form of an article's address. Anything that is not a web link is returned unchanged.

    https, the host in lower case without `www.` and default port, no trailing slash, no fragment unless it contains a
    route (`#!…` or with a `/`), no tracking parameters. The order of parameters is kept.
    """
    if usual := _USUAL.fullmatch(url):
        host, path, query, fragment = usual.groups()
        return _joined(host, path, query, fragment)
    address = web(url)
    if address is None:
        return url
    try:
        return _split_and_joined(_spelled_plainly(address) if _ODD.search(address) else address)
    except ValueError:
        return address


def _split_and_joined(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if host.startswith("www.") and host.count(".") > 1:
        host = host[4:]
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORT[parts.scheme]:
        host += f":{parts.port}"
    return _joined(host, parts.path, parts.query, parts.fragment)


def _joined(host: str, path: str, query: str | None, fragment: str | None) -> str:
    url = f"https://{host}{path.rstrip('/')}"
    if query:
        kept = "&".join(pair for pair in query.split("&") if pair and not _TRACKING.fullmatch(pair))
        url = f"{url}?{kept}" if kept else url
    if fragment:
        route = fragment.partition(":~:")[0]
        url = f"{url}#{route}" if route.startswith("!") or "/" in route else url
    return url


def _spelled_plainly(url: str) -> str:
    """The address with normalised escapes, non-ASCII characters and dot segments, and with sorted parameters."""
    from w3lib.url import canonicalize_url  # 70 ms to import, and few addresses need it

    return canonicalize_url(url, keep_fragments=True)
