"""Whole lists of very different shapes, each beside the lines and titles that a person reads in it."""

import re
from pathlib import Path

import pytest

from store.lists.reading import read

SHAPES = Path(__file__).parent / "lists" / "shapes"
ADDRESS = re.compile(r"https?://[^\s<>\"')\]|]+")
PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)|\bsrc=\"[^\"]*\"")
LISTS = sorted(SHAPES.glob("*.md"))


def expected(path: Path) -> list[tuple[int, str]]:
    rows = (line.split(" ", 1) for line in path.with_suffix(".txt").read_text(encoding="utf-8").splitlines())
    return [(int(line), title) for line, title in rows]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_is_read_as_a_person_reads_it(path: Path) -> None:
    found = read(path.read_bytes(), path.name)

    assert [(entry.line, entry.title) for entry in found.entries] == expected(path)


@pytest.mark.parametrize("path", [path for path in LISTS if path.stem != "references"], ids=lambda path: path.stem)
def test_every_address_of_a_list_is_accounted_for(path: Path) -> None:
    text = PICTURE.sub("!", path.read_text(encoding="utf-8"))
    relative = len(re.findall(r"\]\([\w.]+\)", text))

    assert read(path.read_bytes(), path.name).links.total == len(ADDRESS.findall(text)) + relative
