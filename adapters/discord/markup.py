"""Text as Discord Markdown. Text from people cannot ping, format or imitate anything.

Discord has several parsers, so there are several guards: markup is escaped, every `@` is followed by a zero-width
space, and the client also disables all mentions (platform facts §4).
"""

import re
import unicodedata
from urllib.parse import urlsplit

from bot.domain.ids import Url
from bot.domain.text import Span, Text, site_of, string
from bot.domain.visible import visible

MAX_URL = 900
"""A longer address is shown as its host, because it would leave no room for its text."""

_MARKUP = re.compile(r"([\\*_~>#\-\[\]():<|`])")
_DROPPED = re.compile("[\x0b-\x1f\u2028\u2029]")
_BLANKS = re.compile(r"[\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")
_LIKE_A_HOST = re.compile(r"(?<![\w-])([\w-]+(?:\.[\w-]+)+)(?:[/?#]\S*)?")
"""Matches from the start of a word: tried from each of its letters, a word of 20,000 took seconds."""
_IN_ADDRESS = re.compile(r"[\x00-\x20\"<>@\\^`{|}\x7f-\x9f()\[\]*_~]")
_JOINED = ("\u200d", "\ufe0e", "\ufe0f")


def size(text: str) -> int:
    """The length in UTF-16 units, which is how the strictest counter counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str, *, lines: bool = False) -> str:
    """The text normalised, without control, direction and invisible characters; on one line unless `lines`."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text if lines else _BLANKS.sub(" ", text)
    return _DROPPED.sub("", visible(text))


def escaped(text: str) -> str:
    """The text escaped, so that it shows exactly its characters."""
    shown = _MARKUP.sub(r"\\\1", clean(text)).replace("@", "@\u200b")
    return f"\u2068{shown}\u2069" if _turns(shown) else shown


def _turns(text: str) -> bool:
    """Whether any part is written from right to left, and would reorder the text beside it."""
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def verbatim(text: str) -> str:
    """One line of code. A backtick inside would end it, so a look-alike replaces it."""
    return clean(text).replace("`", "ˋ").replace("@", "@\u200b").replace("<", "<\u200b")


def fenced(text: str) -> str:
    """A code block with its line ends."""
    body = clean(text.replace("\r\n", "\n").expandtabs(4), lines=True)
    body = body.replace("`", "ˋ").replace("@", "@\u200b").replace("<", "<\u200b")
    return f"```\n{body or ' '}\n```"


def address(url: str) -> str | None:
    """The URL if it may be opened, escaped for use between `<` and `>`; else None."""
    bare = re.sub(r"[\t\r\n]", "", url).strip()
    try:
        parts = urlsplit(bare)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc or "\\" in bare:
        return None
    safe = bare.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    safe = _DROPPED.sub("", safe)
    safe = _IN_ADDRESS.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), safe)
    safe = parts.scheme.lower() + safe[len(parts.scheme) :]
    return safe if size(safe) <= MAX_URL else None


def link(label: str, url: str, emphasised: Text = ()) -> str:
    """The label as a link without a preview. `emphasised` is the same label with parts in bold. A label that looks like
    another host is followed by the real one.
    """
    bold = markdown(tuple(Span(span.text, bold=span.bold) for span in emphasised))
    shown, target, host = (bold or escaped(label)).strip(), address(url), site_of(url)
    if target is None:
        return " ".join(filter(None, [shown, f"({escaped(host)})" if host and "@" not in url else ""]))
    linked = f"[{shown or escaped(host)}](<{target}>)"
    return f"{linked} ({escaped(host)})" if _hosts_in(label) - {host} else linked


def _hosts_in(label: str) -> set[str]:
    """Everything that a reader may take for a host, including look-alikes of letters and dots."""
    read = unicodedata.normalize("NFKC", clean(label)).lower()
    return {found[1].removeprefix("www.") for found in _LIKE_A_HOST.finditer(read)}


def markdown(text: Text) -> str:
    """The spans as Markdown."""
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    if span.at is not None:
        return f"<t:{int(span.at.timestamp())}:f>"
    if span.channel is not None:
        known = re.fullmatch(r"[0-9]{15,20}", span.channel.id)
        return f"<#{span.channel.id}>" if known else escaped(f"#{span.channel.id}")
    if span.url is not None:
        return link(span.text, span.url)
    if span.code:
        body = verbatim(span.text)
        return f"`{body}`" if body.strip() else body
    return _styled(span)


def _styled(span: Span) -> str:
    """Markup must touch the words, so blanks at either end stay outside of it."""
    body = escaped(span.text)
    inner = body.strip()
    marks = "".join(mark for mark, on in (("**", span.bold), ("*", span.italic), ("~~", span.strike)) if on)
    if not inner or not marks:
        return body
    head, _, tail = body.partition(inner)
    return f"{head}{marks}{inner}{marks[::-1]}{tail}"


def written(text: Text, limit: int) -> list[str]:
    """The text as Markdown in pieces of at most `limit`, split between words if possible."""
    whole = markdown(text)
    if size(whole) <= limit:
        return [whole]
    left, right = _halves(text)
    if not left or not right:
        return [string(text)[:1]]
    return [*written(left, limit), *written(right, limit)]


def _halves(text: Text) -> tuple[Text, Text]:
    whole = string(text)
    at = _cut(whole)
    left: list[Span] = []
    right: list[Span] = []
    for span in text:
        here, there = span.text[:at], span.text[at:]
        at = max(at - len(span.text), 0)
        left += [_with(span, here)] if here else []
        right += [_with(span, there)] if there else []
    return tuple(left), tuple(right)


def _with(span: Span, text: str) -> Span:
    return Span(
        text,
        bold=span.bold,
        italic=span.italic,
        strike=span.strike,
        code=span.code,
        url=Url(span.url) if span.url is not None else None,
        at=span.at,
        channel=span.channel,
    )


def _cut(text: str) -> int:
    """Where to split: at a blank near the middle, else between two visible characters."""
    middle = len(text) // 2
    blank = text.rfind(" ", middle // 2, middle + 1)
    if blank > 0:
        return blank + 1
    at = max(middle, 1)
    while at < len(text) and (unicodedata.combining(text[at]) or text[at] in _JOINED or text[at - 1] == "\u200d"):
        at += 1
    return at if at < len(text) else max(middle, 1)


def shortened(text: str, limit: int) -> str:
    """Plain text for a label, of at most `limit`. Never empty."""
    bare = clean(text).strip() or "…"
    if size(bare) <= limit:
        return bare
    while size(bare) > limit - 1:
        bare = bare[:-1]
    while bare and (unicodedata.combining(bare[-1]) or bare[-1] in _JOINED):
        bare = bare[:-1]
    return bare.rstrip() + "…"


def thread_name(text: str, limit: int) -> str:
    """Plain text for a thread's name. Discord repeats it in a message of its own, so nothing in it may be active
    markup.
    """
    defused = re.sub("([@<])", "\\1\u200b", shortened(text, limit))
    return defused if size(defused) <= limit else re.sub("[@<]", " ", shortened(text, limit))


def label(text: str, most: int) -> str:
    """Text for a button, in which nothing can be taken for a mention."""
    marks = sum(map(text.count, "@<"))
    return re.sub(r"([@<])", "\\1\u200b", shortened(text, max(most - marks, 1)))
