"""The pages of a list as files: what each is called, and its content. Links between them are relative."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from adapters.web import html
from bot.domain.entry import Entry
from bot.domain.notes import lines
from bot.domain.record import record
from bot.domain.text import folded, string

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


def pages(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file by its path."""
    slugs = _slugs(site.entries)
    environment = Environment(
        loader=PackageLoader("adapters.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"site": site, "slugs": slugs, "notes": html.notes, "is_web": html.is_web}
    environment.filters["xml"] = lambda text: _NO_XML.sub("", str(text))
    environment.filters["id"] = lambda name: uuid5(NAMESPACE_URL, name).urn

    def made(template: str, **about: Any) -> bytes:
        return environment.get_template(template).render(**about).encode("utf-8", "replace")

    yield "index.html", made("index.html", root="", sections=_sections(site.entries))
    yield "digests.html", made("digests.html", root="")
    for entry in site.entries:
        yield f"entry/{entry.number}.html", made("entry.html", root="../", entry=entry)
    for tag, slug in slugs.items():
        tagged = [entry for entry in site.entries if tag in entry.tags]
        yield f"tag/{slug}.html", made("tag.html", root="../", tag=tag, entries=tagged)
    newest = sorted(site.entries, key=lambda entry: (entry.added_at, entry.number), reverse=True)[:NEWEST]
    yield "feed.xml", made("feed.xml", newest=newest)
    yield "opml.xml", made("opml.xml", sections=_sections(site.entries))
    yield "list.json", _json([_shown(entry) for entry in site.entries])
    yield "search.json", _json([_searched(entry) for entry in site.entries])
    for file in files("adapters.web").joinpath("static").iterdir():
        yield file.name, file.read_bytes()


def _slugs(entries: Sequence[Entry]) -> Mapping[str, str]:
    """A file name for each tag, the tags in order; two that would be called alike are numbered."""
    found: dict[str, str] = {}
    for tag in sorted({tag for entry in entries for tag in entry.tags}):
        slug = re.sub(r"[^a-z0-9]+", "-", folded(tag)).strip("-") or "tag"
        found[tag] = slug if slug not in found.values() else f"{slug}-{len(found)}"
    return found


def _sections(entries: Sequence[Entry]) -> Mapping[tuple[str, ...], list[Entry]]:
    found: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.section, []).append(entry)
    return found


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


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
