"""The terminal as a transcript: cards printed one after the other, for lines from a file or of a tour."""

import io
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from adapters.terminal.layout import Look, Row, harmless, rows
from adapters.terminal.render import WIDEST, Paper, body, message
from adapters.terminal.screen import Shown, Step, Surroundings
from adapters.terminal.stream import lines_of
from bot.domain.card import Form
from bot.domain.text import plain
from bot.domain.visible import PLAIN_SIGNS

_FOLLOWING = ("VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM", "FORCE_HYPERLINK")
_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"})


def follows_links(variables: Mapping[str, str]) -> bool:
    """Whether these environment variables name a terminal that is known to follow links (OSC 8), outside a multiplexer."""
    if variables.get("TERM", "").startswith(("screen", "tmux")):
        return False
    return variables.get("TERM_PROGRAM") in _PROGRAMS or any(map(variables.get, _FOLLOWING))


class Printer:
    """Prints cards to a console, as wide as is comfortable to read, in colour if supported."""

    def __init__(self, sink: TextIO | None = None, width: int | None = None) -> None:
        """Without `sink` it prints to the current `sys.stdout`."""
        stream = sink or sys.stdout
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN_SIGNS)
        self._printed: dict[str, frozenset[Row]] = {}
        self._console = Console(file=sink, width=width, highlight=False, markup=False, emoji=False)

    @property
    def paper(self) -> Paper:
        console = self._console
        links = console.is_terminal and console.color_system is not None and not console.no_color
        return Paper(width=min(console.width, WIDEST), links=links, shortens=links and follows_links(os.environ))

    def show(self, shown: Shown) -> None:
        """Print it. Of a message that was changed only what is new is printed again."""
        known = self._printed.get(shown.id, frozenset()) if shown.revised else frozenset()
        if shown.id:
            self._printed[shown.id] = frozenset(rows(shown.card, shown.view))
        self.say(*message(shown, self.paper, known), Text())

    def say(self, *lines: Text) -> None:
        for line in lines:
            self._console.print(line, soft_wrap=True)

    def echo(self, around: Surroundings, typed: str) -> None:
        self.say(Text.assemble((f"{harmless(around.place)} › ", "cyan"), (harmless(typed), "bold")))

    def narrate(self, sentence: str) -> None:
        self.say(*body([Row(look=Look.BODY, text=plain(sentence))], self.paper), Text())

    def remark(self, line: str) -> None:
        self.say(Text(harmless(line), "dim"))

    def gone(self, id: str) -> None:
        """What was printed stays."""

    def done(self) -> None:
        """Everything is printed already."""

    async def fill(self, form: Form, around: Surroundings) -> dict[str, str] | None:  # noqa: ARG002
        """There is no prompt."""
        return None


class PlainLines(Printer):
    """Lines from any source. A line that is not typed on a terminal is printed before its answer."""

    def __init__(self, source: TextIO, sink: TextIO | None = None, width: int | None = None) -> None:
        super().__init__(sink, width)
        self._source = source

    async def lines(self, around: Surroundings) -> AsyncIterator[str]:
        async for typed in lines_of(self._source):
            if not self._source.isatty():
                self.echo(around, typed)
            yield typed


class Tour(Printer):
    """A script that plays by itself, with a sentence before each line."""

    def __init__(self, steps: Sequence[Step], sink: TextIO | None = None, width: int | None = None) -> None:
        super().__init__(sink, width)
        self._steps = steps

    async def lines(self, around: Surroundings) -> AsyncIterator[str]:
        for step in self._steps:
            if step.says:
                self.narrate(step.says)
            if not step.line.startswith("say "):  # what it says is shown with the speaker's name
                self.echo(around, step.line)
            yield step.line
