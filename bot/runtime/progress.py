"""The progress of a long task, for a person at a terminal."""

import sys
from collections.abc import Callable

from bot.runtime.streams import raw

FEW = 20
"""A sync of this many files or fewer shows no progress."""


def on_terminal(done: int, of: int) -> None:
    """Show the number of files read in one line of standard error, if that is a terminal and there are many files."""
    counter("reading file", FEW)(done, of)


def counter(what: str, few: int) -> Callable[[int, int], None]:
    """A function that shows the count in one line of standard error, if that is a terminal and the count is high."""

    def count(done: int, of: int) -> None:
        if of > few and (done == of or done % (few // FEW) == 0) and sys.stderr.isatty():
            raw(sys.stderr).write(f"\r{what} {done:,} of {of:,}" + ("\n" if done == of else ""))
            sys.stderr.flush()

    return count
