"""The pages of a list, rendered from templates: as the files of an export, and one by one for a server."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from adapters.web import html
from adapters.web.links import FileLinks, query
from bot.domain.entry import Entry
from bot.domain.notes import lines
from bot.domain.record import record
from bot.domain.source import AboutList
from bot.domain.text import folded, site_of, string
from bot.domain.url import https_origin
from bot.domain.visible import escaped

S = TypeVar("S")

NEWEST = 50
"""Entries in the feed."""
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may have, not even escaped."""


@record
class Featured:
    """A digest that was posted: its week, when it was due (UTC), and the entry it showed."""

    week: str
    at: datetime
    entry: Entry


@record
class Site:
    """What the pages show. `entries` are in order of their numbers, `digests` newest first; `made_at` is in UTC."""

    title: str
    entries: tuple[Entry, ...]
    digests: tuple[Featured, ...]
    made_at: datetime
    about: AboutList = AboutList()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("adapters.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"notes": html.notes, "text": html.text, "is_web": html.is_web, "query": query}
    environment.globals |= {
        "images_from": images_from,
        "site_of": site_of,
        "kind_of": lambda block: type(block).__name__,
    }
    environment.filters["xml"] = lambda text: _NO_XML.sub("", str(text))
    environment.filters["id"] = lambda name: uuid5(NAMESPACE_URL, name).urn
    environment.filters["shown"] = escaped
    return environment


def rendered(template: str, **about: Any) -> str:
    """The page of this template. `live` is what only a server's pages have, None in an export."""
    page = _environment().get_template(template).render(**{"live": None, "about_list": AboutList(), **about})
    return page.encode("utf-8", "replace").decode()


def images_from(cover: str) -> str:
    """What a page's Content-Security-Policy needs to show the cover; empty if it may not be shown."""
    origin = https_origin(cover)
    return f"img-src 'self' {origin}; " if origin else ""


def static(name: str) -> bytes | None:
    """The file that belongs to the pages; None if there is no such file."""
    known = {file.name: file for file in files("adapters.web").joinpath("static").iterdir()}
    return known[name].read_bytes() if name in known else None


def pages(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file of an export by its path."""
    slugs = _slugs(site.entries)
    links = FileLinks(slugs=slugs)
    below = FileLinks(slugs=slugs, root="../")
    tags = list(slugs)

    def made(template: str, links: FileLinks = links, **about: Any) -> bytes:
        about |= {"title": site.title, "total": len(site.entries), "made_at": site.made_at}
        return rendered(template, links=links, **about).encode()

    listed = [(entry, None) for entry in site.entries]
    yield "index.html", made("index.html", sections=sections(listed), tags=tags, about_list=site.about)
    yield "digests.html", made("digests.html", digests=site.digests)
    for entry in site.entries:
        yield f"entry/{entry.number}.html", made("entry.html", below, entry=entry)
    for tag, slug in slugs.items():
        tagged = [(entry, None) for entry in site.entries if tag in entry.tags]
        yield f"tag/{slug}.html", made("tag.html", below, tag=tag, entries=tagged)
    yield "feed.xml", feed(site.title, site.entries, site.digests, site.made_at).encode()
    yield "opml.xml", opml(site.title, site.entries).encode()
    yield "list.json", as_json(site.entries).encode()
    yield "search.json", _json([_searched(entry) for entry in site.entries]).encode()
    for name in ("site.css", "search.js", "icon.svg"):
        yield name, static(name) or b""


def feed(title: str, entries: Sequence[Entry], digests: Sequence[Featured], updated: datetime) -> str:
    """An Atom feed of the digests and the newest entries. An entry that is off the list shows its notes to no one."""
    digests = [digest for digest in digests if digest.entry.retired_at is None]
    newest = sorted(entries, key=lambda entry: (entry.added_at, entry.number), reverse=True)[:NEWEST]
    return rendered("feed.xml", title=title, newest=newest, digests=digests, updated=updated)


def opml(title: str, entries: Sequence[Entry]) -> str:
    return rendered("opml.xml", title=title, sections=sections([(entry, None) for entry in entries]))


def as_json(entries: Sequence[Entry]) -> str:
    return _json([_shown(entry) for entry in entries])


def _slugs(entries: Sequence[Entry]) -> Mapping[str, str]:
    """A file name for each tag, the tags in order; two that would be called alike are numbered."""
    found: dict[str, str] = {}
    for tag in sorted({tag for entry in entries for tag in entry.tags}):
        slug = re.sub(r"[^a-z0-9]+", "-", folded(tag)).strip("-") or "tag"
        found[tag] = slug if slug not in found.values() else f"{slug}-{len(found)}"
    return found


def sections(entries: Sequence[tuple[Entry, S]]) -> Mapping[tuple[str, ...], list[tuple[Entry, S]]]:
    """The entries, each with its state if there is one, by section in the order of their first entries."""
    found: dict[tuple[str, ...], list[tuple[Entry, S]]] = {}
    for entry, state in entries:
        found.setdefault(entry.section, []).append((entry, state))
    return found


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace").decode()


def _shown(entry: Entry) -> Mapping[str, Any]:
    return {
        "number": entry.number,
        "title": entry.title,
        "url": entry.url,
        "section": entry.section,
        "tags": entry.tags,
        "minutes": entry.minutes,
        "notes_markdown": entry.notes.markdown,
        "added_at": entry.added_at.isoformat(),
    }


def _searched(entry: Entry) -> Mapping[str, Any]:
    """What the search in the page looks through: the words as `folded` has them, titles and tags apart from notes."""
    words = " ".join(string(line.text) for line in lines(entry.notes.tree))
    return {
        "number": entry.number,
        "title": entry.title,
        "site": entry.site,
        "head": folded(" ".join((entry.title, entry.site, *entry.tags))),
        "body": folded(" ".join((*entry.section, words))),
    }
