"""The terminal for tools: one line in, one JSON object out. The format is an interface, see design.md §11."""

import json
from collections.abc import AsyncIterator
from typing import Any, TextIO

from adapters.terminal.layout import entries_of, harmless, rows, unwrapped
from adapters.terminal.screen import Shown, Surroundings
from adapters.terminal.stream import lines_of
from bot.domain.card import Form


class JsonLines:
    """One object per line that is not blank, written after everything that the line caused."""

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self._source = source
        self._sink = sink
        self._typed = ""
        self._answer: Shown | None = None
        self._posts: list[Shown] = []

    async def lines(self, around: Surroundings) -> AsyncIterator[str]:  # noqa: ARG002  there is no prompt
        async for typed in lines_of(self._source):
            self._typed = typed
            yield typed

    def show(self, shown: Shown) -> None:
        if shown.answer:
            self._answer = shown
        elif shown.revised:
            self._posts = [shown if post.id == shown.id else post for post in self._posts]
        else:
            self._posts.append(shown)

    def remark(self, line: str) -> None:
        """Tools only read answers."""

    def gone(self, id: str) -> None:
        self._posts = [post for post in self._posts if post.id != id]

    def done(self) -> None:
        assert self._answer is not None
        answer = {
            "input": self._typed,
            "private": self._answer.private,
            "refusal": self._answer.refusal,
            **_content(self._answer),
            "posts": [
                {"channel": post.to, "thread": post.thread is not None, **_content(post)} for post in self._posts
            ],
        }
        # ASCII, because U+0085 and U+2028 end a line for some readers.
        self._sink.write(json.dumps(answer) + "\n")
        self._sink.flush()
        self._answer = None
        self._posts.clear()

    async def fill(self, form: Form, around: Surroundings) -> None:
        """There is no prompt."""


def _content(shown: Shown) -> dict[str, Any]:
    return {
        "title": harmless(shown.card.title),
        "text": unwrapped(rows(shown.card, shown.view)),
        "entries": [
            {
                "number": entry.number,
                "title": harmless(entry.title),
                "url": harmless(entry.url),
                "state": entry.state.value,
            }
            for entry in entries_of(shown.card)
        ],
        "buttons": [{"label": harmless(button.label), "line": harmless(button.line)} for button in shown.buttons],
    }
