"""Links under every label: what leads to no web page is text, and a label that names another host is not alone."""

import ipaddress
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.slack import render
from bot.domain.card import Card, Entries, NoteTree, Paragraph
from bot.domain.ids import Url
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Span
from tests.fakes.core import an_entry

NO_WEB_PAGES = (
    "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
    "javascript://evil.example/%0aalert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://evil.example",
    "//evil.example", "\\\\evil.example", "/\\evil.example", "https:/evil.example", "https:evil.example", "https://",
    "http://user@evil.example", "https://good.example@evil.example", "https://good.example:x@evil.example/",
    "https://evil.example\\@good.example", "https://good.example\\.evil.example", "mailto:a@evil.example",
    "slack://channel?id=C1", "blob:https://evil.example/1", "view-source:https://evil.example", "\u202ehttps://evil.example",
    "https://evil\u200b.example", "https://.evil.example", "https://ev il.example", "http:\\\\evil.example",
)  # fmt: skip
WEB_PAGES = (
    "https://evil.example/", "http://www.evil.example:8080/x?y#z", "https://evil.example/a|b>c<d", "https://192.0.2.7/",
    "https://[2001:db8::7]/", "https://xn--gd-6cd.example/", "https://\u0433\u043e\u043e\u0434.example/", "HTTPS://EVIL.EXAMPLE/",
)  # fmt: skip
NEUTRAL = ("Caching at scale", "7 ways to wait", "e.g. this", "")
FALSE = (
    "good.example", "https://good.example/", "www.good.example", "GOOD.EXAMPLE", "good.example:443", "see good.example.",
    "\u0433\u043e\u043e\u0434.example.org", "good\u3002example", "good\uff0eexample", "\uff47\uff4f\uff4f\uff44.example", "good\uff61example",
    "good.example evil.example", "evil.example good.example", "evil.example/good.example", "good.\u0440\u0444", "xn--good.xn--p1ai",
    "192.168.0.1", "http://10.0.0.1/", "localhost", "http://localhost:8080", "[::1]", "https://me@good.example/",
    "good.example" + " x" * 2000, "a\u200bgood.example", "(good.example)", "\u201cgood.example\u201d",
)  # fmt: skip
PLACES = ("paragraph", "title of an entry", "entry of a list", "notes")


def card_of(place: str, label: str, url: str) -> Card:
    link = (Span(label, url=Url(url)),)
    entry = an_entry(7, label, url=Url(url))
    match place:
        case "paragraph":
            return Card(title="t", blocks=(Paragraph(text=link),))
        case "title of an entry":
            return Card(title="t", entry=entry)
        case "entry of a list":
            return Card(title="t", blocks=(Entries(items=(entry,)),))
        case _:
            return Card(title="t", blocks=(NoteTree(blocks=(NoteBlock(kind=NoteKind.ITEM, text=link),)),))


def elements(part: Any) -> Iterator[dict[str, Any]]:
    """Everything in a block, from the outside in."""
    if isinstance(part, list):
        for one in part:
            yield from elements(one)
    elif isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from elements(inner)


def hosts_in(label: str) -> set[str]:
    """What a reader may take for a host: read strictly, and not as the renderer reads."""
    plainly = re.sub("[\u3002\uff61\uff0e]", ".", unicodedata.normalize("NFKC", label)).lower()
    words = re.split(r"[^\w.:\[\]-]+", plainly)
    return {host for word in words if (host := _host(word.strip(".")))}


def _host(word: str) -> str:
    name = word if word.startswith("[") else re.sub(r":\d*$", "", word)
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        pass
    last = name.rpartition(".")[2]
    named = "." in name and (last.startswith("xn--") or (len(last) > 1 and last.isalpha()))
    return name.removeprefix("www.") if named or name == "localhost" else ""


def links_in(card: Card) -> list[dict[str, Any]]:
    blocks = [*render.message(card, personal=True).blocks, *render.modal(card, metadata="{}")["blocks"]]
    return [one for one in elements(blocks) if one.get("type") == "link"]


CASES = list(itertools.product(PLACES, WEB_PAGES, (*NEUTRAL, *FALSE)))


@pytest.mark.parametrize("place", PLACES)
def test_a_label_that_names_another_host_has_the_true_one_behind_it(place: str) -> None:
    cases = [(url, label) for at, url, label in CASES if at == place]
    assert len(cases) > 100

    for url, label in cases:
        links = links_in(card_of(place, label, url))

        assert links, (url, label)
        for link in links:
            assert re.match("https?://", link["url"], re.IGNORECASE), (url, label)
            host = (urlsplit(link["url"]).hostname or "").removeprefix("www.")
            shown = link["text"].strip("\u2068\u2069")
            assert hosts_in(shown.removesuffix(f"({host})")) <= {host} or shown.endswith(f"({host})"), (url, label)


@pytest.mark.parametrize("place", PLACES)
def test_what_leads_to_no_web_page_is_text(place: str) -> None:
    for url, label in itertools.product(NO_WEB_PAGES, (*NEUTRAL[:2], *FALSE)):
        card = card_of(place, label, url)

        assert links_in(card) == [], (url, label)
        words = "".join(one.get("text", "") for one in elements(list(render.message(card, personal=True).blocks))
                        if isinstance(one.get("text"), str))  # fmt: skip
        assert label[:12].replace("\u200b", "").strip() in words, (url, label)


def test_a_label_that_names_its_own_host_stands_alone() -> None:
    for label in ("evil.example", "https://evil.example/x", "www.evil.example", "Why evil.example moved"):
        (link, _) = links_in(card_of("paragraph", label, "https://www.evil.example/x"))

        assert link["text"] == label
