"""What docs/troubleshooting.md quotes is still what is said."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SEEN = re.compile(r"^### What you see\n(?:(?!^#).*\n)*", re.MULTILINE)
TERM = re.compile(r"^(\S.*)\n:   ", re.MULTILINE)
QUOTED = TERM.findall(SEEN.sub("", PAGE))


@cache
def sayings() -> tuple[str, ...]:
    """Every text of the source, with an ellipsis for each value that is put into it."""
    files = [file for folder in ("bot", "adapters", "store") for file in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(text for file in files for text in texts(ast.parse(file.read_text(encoding="utf-8"))))


def texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("message", QUOTED)
def test_every_message_that_is_explained_is_said_somewhere(message: str) -> None:
    for sentence in re.split(r"(?<=\.) ", message):
        fixed = [re.escape(words.strip()) for words in re.split("(?:DOGEAR_)?…", sentence)]
        said = re.compile(".*".join(fixed))
        assert any(said.search(text) for text in sayings()), sentence


def test_the_messages_of_every_part_of_the_page_are_looked_for() -> None:
    parts = re.split(r"^## .+$", SEEN.sub("", PAGE), flags=re.MULTILINE)[1:]

    assert [bool(TERM.search(part)) for part in parts] == [True] * 3
    assert len(QUOTED) > 35
