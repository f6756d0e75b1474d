"""How far lines are indented, and how to take it away without changing what the lines mean."""

import re

TAB = 4
_CODE = 4
"""From this many columns on, Markdown reads an indented line after a blank one as code."""


def width(line: str) -> int:
    """The columns of white space at the start of the line."""
    space = line[: len(line) - len(line.lstrip(" \t"))]
    return len(space.expandtabs(TAB)) if "\t" in space else len(space)


def dedented(text: str, content: int) -> str:
    """The lines below an item's first line, without the indentation they owe to the item.

    `content` is the column where the item's own text begins. The first line sets how much goes; a later one that
    is indented less lowers it from there on. A block of code after a blank line stays a block of code.
    """
    first = text.lstrip("\n")
    base = width(first.partition("\n")[0])
    if first is not text and base >= content + _CODE:
        base = content
    whole, pad = f"\n{first}", "\n" + " " * base
    if whole.count(pad) == whole.count("\n"):
        return whole.replace(pad, "\n")[1:]
    lines = []
    for line in first.split("\n"):
        if line.isspace() or not line:
            lines.append("")
            continue
        indent = width(line)
        base = min(base, indent)
        lines.append(" " * (indent - base) + line.lstrip(" \t"))
    return "\n".join(lines)


def unquoted(text: str, levels: int) -> str:
    """The text without the `>` at the start of each line but the first."""
    return re.sub(rf"(?m)(?<=\n)(?:[ \t]*>){{0,{levels}}}[ \t]?", "", text)
