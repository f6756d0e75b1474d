"""How a person at a terminal sees that a long sync goes on."""

import sys

FEW = 20
"""Files that are read before anybody wonders."""


def on_terminal(done: int, of: int) -> None:
    """Count the files read in one line of standard error, where that is a terminal and there are more than a few."""
    if of > FEW and sys.stderr.isatty():
        end = "\n" if done == of else ""
        sys.stderr.write(f"\rreading file {done:,} of {of:,}{end}")
        sys.stderr.flush()
