"""How a person at a terminal sees that a long work goes on."""

import sys
from collections.abc import Callable

FEW = 20
"""Files that are read before anybody wonders."""


def on_terminal(done: int, of: int) -> None:
    """Count the files read in one line of standard error, where that is a terminal and there are more than a few."""
    counter("reading file", FEW)(done, of)


def counter(what: str, few: int) -> Callable[[int, int], None]:
    """A function that counts in one line of standard error, where that is a terminal and there are more than a few."""

    def count(done: int, of: int) -> None:
        if of > few and (done == of or done % (few // FEW) == 0) and sys.stderr.isatty():
            sys.stderr.write(f"\r{what} {done:,} of {of:,}" + ("\n" if done == of else ""))
            sys.stderr.flush()

    return count
