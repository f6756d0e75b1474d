"""The pages of the documentation as tests read them: blocks of code, and code within sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md")), ROOT / "deploy" / "README.md"]
BLOCK = re.compile(r"^( *)(<!-- not run: [^\n]+ -->\n *)?```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", re.DOTALL)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(kind: str) -> Iterator[tuple[Path, str, bool]]:
    """Page, text without its indentation, and whether it is marked as not run, of each block of this kind."""
    for page in PAGES:
        for indent, mark, found, text in BLOCK.findall(text_of(page)):
            if found == kind:
                yield page, "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True)), bool(mark)


def code() -> Iterator[str]:
    """What stands between backticks in sentences and tables; not in what is generated, which has its own test."""
    for page in PAGES:
        prose = GENERATED.sub("", BLOCK.sub("", text_of(page)))
        yield from (" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose))
