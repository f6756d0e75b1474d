"""A program on a pseudo-terminal, as a person sees it and types into it."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>]")
CURSOR = b"\x1b[6n"
PATIENCE = 60.0
ROWS, COLUMNS = 30, 80


class PseudoTerminal:
    """What the program printed so far, without escapes, and its keyboard."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._raw = b""
        self._seen = 0

    @property
    def raw(self) -> str:
        return self._raw.decode(errors="replace")

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw)

    def expect(self, *texts: str) -> None:
        """Wait until the texts appear one after the other, after what was expected before."""
        for text in texts:
            self._wait_for(text)

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def _wait_for(self, text: str) -> None:
        until = time.monotonic() + PATIENCE
        while (at := self.text.find(text, self._seen)) < 0:
            assert time.monotonic() < until, f"{text!r} does not follow:\n{self.text[self._seen :]}"
            assert self._read(), f"it ended without {text!r}:\n{self.text[self._seen :]}"
        self._seen = at + len(text)

    def _read(self) -> bool:
        """Read what there is, and answer where the cursor is. Returns whether the program still runs."""
        if not select.select([self._descriptor], [], [], 0.5)[0]:
            return True
        try:
            read = os.read(self._descriptor, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return False
        if CURSOR in read:
            os.write(self._descriptor, b"\x1b[1;1R")
        self._raw += read
        return bool(read)


@contextmanager
def on_a_terminal(
    command: Sequence[str],
    *,
    program: Sequence[str] | None = None,
    **variables: str,
) -> Iterator[PseudoTerminal]:
    """The program on a terminal of 30 lines. It is ended with the block."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    left_out = ("DOGEAR_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    running = subprocess.Popen(
        [*(program or (sys.executable, "-m", "bot")), *command],
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        env={**clean, "TERM": "xterm-256color", **variables},
    )
    os.close(its)
    try:
        yield PseudoTerminal(ours)
    finally:
        running.terminate()
        running.wait()
        os.close(ours)
