"""Where a character of a file is: its line, which people count from 1."""

import re
from bisect import bisect_right


class Lines:
    """The lines of a text that ends them with LF."""

    def __init__(self, text: str) -> None:
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def at(self, offset: int) -> int:
        """The line of the character at this offset."""
        return bisect_right(self._ends, offset - 1) + 1
