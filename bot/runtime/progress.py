"""The progress of a long sync, for a person at a terminal."""

import sys

from bot.runtime.streams import raw

FEW = 20
"""A sync of this many files or fewer shows no progress."""


def on_terminal(done: int, of: int) -> None:
    """Show the number of files read in one line of standard error, if that is a terminal and there are many files."""
    if of > FEW and sys.stderr.isatty():
        end = "\n" if done == of else ""
        raw(sys.stderr).write(f"\rreading file {done:,} of {of:,}{end}")
        sys.stderr.flush()
