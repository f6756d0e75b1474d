"""The available screens. Each imports what it needs on demand, because rich and prompt_toolkit are slow to load."""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from adapters.terminal.screen import Screen, Step


def interactive(history: Path | None = None) -> Screen:
    """An interactive chat on a terminal. Typed lines are saved in `history`, or without it only for this run."""
    from adapters.terminal.prompted import Prompted

    return Prompted(history)


def guided(steps: Sequence[Step], history: Path | None = None) -> Screen:
    """A scripted run that waits for a person's key, and then becomes an interactive chat."""
    from adapters.terminal.guided import Guided

    return Guided(steps, history)


def plain(source: TextIO, sink: TextIO, width: int | None = None) -> Screen:
    """Lines in and cards as text out, where `source` or `sink` is not a terminal. `width` in cells, None for the
    sink's.
    """
    from adapters.terminal.transcript import PlainLines

    return PlainLines(source, sink, width)


def tour(steps: Sequence[Step], sink: TextIO, width: int | None = None) -> Screen:
    """A scripted run that ends by itself."""
    from adapters.terminal.transcript import Tour

    return Tour(steps, sink, width)


def json_lines(source: TextIO, sink: TextIO) -> Screen:
    """A line in, a JSON object out."""
    from adapters.terminal.json_lines import JsonLines

    return JsonLines(source, sink)
