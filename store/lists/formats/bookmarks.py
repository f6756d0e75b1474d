"""Bookmarks as browsers and read-later programs export them: Netscape's format of 1996, which is almost HTML."""

import re

from bot.domain.source import ReadList
from store.lists.formats.collected import Collected, Link
from store.lists.formats.html_tokens import Token, tokens
from store.lists.formats.lines import Lines
from store.lists.report import Report

_MOST_FOLDERS = 50
_LINKDING = re.compile(r"\[/?linkding-notes\]")
"""Between these linkding writes its notes, after the description."""


def read(text: str, file: str, report: Report) -> ReadList:
    """The links of the file; folders are sections, `TAGS` are tags and a `<DD>` is the notes."""
    return _Reader(text, report).read(file)


class _Reader:
    """What is open: the folders, the link that is not finished yet, and the text that is being gathered."""

    def __init__(self, text: str, report: Report) -> None:
        self._text = text
        self._report = report
        self._lines = Lines(text)
        self._collected = Collected(report)
        self._folders: list[str] = []
        self._lists: list[bool] = []  # of each open <DL>, whether a folder belongs to it
        self._folder: str | None = None
        self._named: list[str] = []
        self._link: Token | None = None
        self._title: list[str] = []
        self._notes: list[str] = []
        self._into: list[str] | None = None
        self._of_file: list[str] = []

    def read(self, file: str) -> ReadList:
        title = ""
        for token in tokens(self._text):
            if not token.name:
                if self._into is not None:
                    self._into.append(token.text)
            elif token.is_end:
                if token.name in ("title", "h1"):
                    title = title or "".join(self._of_file).strip()
                self._end(token)
            else:
                self._start(token)
        self._finish()
        return self._collected.result(file, "bookmarks", title)

    def _start(self, token: Token) -> None:
        if token.name == "a":
            self._finish()
            self._link, self._into = token, self._title
        elif token.name in ("title", "h1"):
            self._of_file = self._into = []
        elif token.name in ("h2", "h3", "h4", "h5", "h6"):
            self._finish()
            self._into = []
            self._named = self._into
            self._folder = ""
        elif token.name in ("dl", "ul"):
            self._finish()
            opens = self._folder is not None and len(self._folders) < _MOST_FOLDERS
            self._lists.append(opens)
            if opens:
                self._folders.append(self._folder or "")
            self._folder = None
        elif token.name in ("dt", "li"):
            self._finish()
        elif token.name == "dd":
            self._into = self._notes if self._link else None
        elif token.name == "br" and self._into is not None:
            self._into.append("\n")

    def _end(self, token: Token) -> None:
        if token.name in ("dl", "ul"):
            self._finish()
            if self._lists and self._lists.pop():
                self._folders.pop()
        elif token.name in ("h2", "h3", "h4", "h5", "h6") and self._folder is not None:
            self._folder = " ".join("".join(self._named).split())
            self._into = None
        elif token.name in ("a", "title", "h1"):
            self._into = None

    def _finish(self) -> None:
        """The link that was open has all that it gets."""
        link, self._into = self._link, None
        if link is None:
            return
        about = link.attributes
        notes = _LINKDING.split("".join(self._notes))
        self._collected.add(
            Link(
                line=self._lines.at(link.at),
                url=about.get("href", ""),
                title="".join(self._title),
                notes=tuple(notes),
                tags=tuple(about.get("tags", "").split(",")),
                section=tuple(self._folders),
            )
        )
        self._link = None
        self._title, self._notes = [], []
