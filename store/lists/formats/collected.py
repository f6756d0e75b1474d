"""The entries of a file whose format says what is what: bookmarks, outlines, rows of a table, objects."""

import re
from collections.abc import Iterable

from bot.domain.notes import Notes
from bot.domain.record import record
from bot.domain.source import LinkCount, ReadEntry, ReadList, UnreadLink
from bot.domain.url import canonical, web
from bot.domain.visible import visible
from store.lists.formats.markdown import paragraphs
from store.lists.report import Report
from store.lists.text import excerpt

MAX_LINKS = 20_000
"""Links read of one file; a longer export would take more than the two seconds that a file may take."""
_CREDENTIALS = re.compile(r"\s*[a-z][a-z0-9+.-]*://[^/?#\s]*@", re.IGNORECASE)


@record
class Link:
    """A link as a file has it, before anything about it is checked."""

    line: int
    url: str
    title: str = ""
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    section: tuple[str, ...] = ()


class Collected:
    """Takes links and makes entries of those that lead to web pages; `report` names the others."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._entries: list[ReadEntry] = []
        self._first: dict[str, int] = {}
        self._unread: list[UnreadLink] = []
        self._left_out = 0

    def add(self, link: Link) -> None:
        """Take one more link; after `MAX_LINKS` the first one that is left out is an error with its line."""
        if len(self._entries) + len(self._unread) >= MAX_LINKS:
            if not self._left_out:
                message = f"only the first {MAX_LINKS:,} links of a file are read; split the file here"
                self._report.error(message, link.line)
            self._left_out += 1
            return
        url = web(link.url)
        if url is None:
            reason = report_address(self._report, link.url, link.line)
            self._unread.append(UnreadLink(line=link.line, link=shown_address(link.url), reason=reason))
            return
        title = " ".join(visible(link.title).split())
        if not title:
            self._report.warning("the link has no title, so its address is its title; give it one", link.line)
        key = canonical(url)
        if key in self._first:
            message = f"duplicate of line {self._first[key]}; the first is kept when it is synced"
            self._report.warning(message, link.line)
        self._first.setdefault(key, link.line)
        notes = "\n\n".join(part for part in map(paragraphs, link.notes) if part)
        self._entries.append(
            ReadEntry(
                line=link.line,
                title=title or visible(url),
                url=url,
                key=key,
                notes=Notes(markdown=notes),
                tags=tags(link.tags),
                section=tuple(name for part in link.section if (name := " ".join(visible(part).split()))),
            )
        )

    def result(self, file: str, shape: str, title: str | None = None) -> ReadList:
        """All that was taken, as a list; one without entries says so."""
        if not self._entries:
            self._report.warning(f"no entries: the file has no {shape} with a link to http:// or https://")
        return ReadList(
            file=file,
            title=" ".join(visible(title or "").split()) or None,
            entries=tuple(self._entries),
            problems=self._report.problems(),
            shapes={shape: len(self._entries)} if self._entries else {},
            links=LinkCount(entries=len(self._entries), not_read=len(self._unread) + self._left_out),
            unread=tuple(self._unread),
            synonyms={},
        )


def shown_address(address: str) -> str:
    """The address in one short line, without what may be a password."""
    return "an address with a user name" if _CREDENTIALS.match(address) else excerpt(address)


def report_address(report: Report, address: str, line: int) -> str:
    """Name a link that leads to no web page, and return the reason. A password in it is not repeated."""
    if _CREDENTIALS.match(address):
        report.error("the address has a user name or a password in it, so it is not read; remove them", line)
        return "it has a user name or a password in it"
    if not address.strip():
        report.warning("the address is empty, so there is no entry; link to http:// or https://", line)
        return "it is empty"
    message = f"`{excerpt(address)}` is not a web address, so it is not read; link to http:// or https://"
    report.warning(message, line)
    return "it is not a web address"


def failed(file: str, report: Report) -> ReadList:
    """A file of which nothing can be used."""
    return ReadList(file=file, problems=report.problems(), synonyms={}, failed=True)


def tags(names: Iterable[str]) -> tuple[str, ...]:
    """The tags as entries have them: in small letters, each once."""
    small = (
        " ".join(visible(name).replace("[", " ").replace("]", " ").replace(",", " ").lower().split()) for name in names
    )
    return tuple(dict.fromkeys(name for name in small if name))
