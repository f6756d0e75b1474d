"""Where a character of a file is: its line, which people count from 1."""

from bisect import bisect_right


class Lines:
    """The lines of a text that ends them with LF."""

    def __init__(self, text: str) -> None:
        self._ends = [number for number, character in enumerate(text) if character == "\n"]

    def at(self, offset: int) -> int:
        """The line of the character at this offset."""
        return bisect_right(self._ends, offset - 1) + 1
