"""Standard output and error without characters that a terminal would obey.

File, team and workspace names, settings and errors of libraries may contain control, direction and zero-width
characters. Every print of the command line goes through here, so no caller has to remember.
"""

import sys
from typing import Any, TextIO

from bot.domain.visible import PLAIN_SIGNS, escaped


class EscapedStream:
    """A text stream that writes such characters as escapes, and everything else to `stream`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(escaped(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def escape_all() -> None:
    """Escape everything that this process prints from now on. What the encoding lacks is written in ASCII."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or isinstance(stream, EscapedStream):
            continue
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=PLAIN_SIGNS)
        setattr(sys, name, EscapedStream(stream))


def raw(stream: Any) -> TextIO:
    """The stream below, for output that moves the cursor or sets colours and has no text of others in it."""
    return stream.stream if isinstance(stream, EscapedStream) else stream


def give_screen_to_chat() -> None:
    """A chat draws its screen on standard output, and escapes the texts in it itself."""
    sys.stdout = raw(sys.stdout)
