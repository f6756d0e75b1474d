"""The documentation is true: its links lead somewhere, its examples are read, its lists are complete."""

import re
from pathlib import Path

import pytest

from bot.runtime.settings import PREFIX, Settings
from store.lists import front_matter, reading
from store.lists import text as list_text
from store.lists.formats import markdown_scan
from store.lists.reading import read_path
from tests.fakes.pages import BLOCK, PAGES, ROOT, blocks, named, text_of

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PIN = re.compile(
    r"^([\w.-]+)==([^\s;]+)(?: ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", re.MULTILINE
)
LOCKS = [
    "requirements.lock",
    "deploy/requirements.lock",
    "deploy/semantic.lock",
    "deploy/lint.lock",
    "docs/requirements.lock",
]
DATED = "0[0-9]{3}-.*"


def anchors(page: Path) -> set[str]:
    if page == ROOT / "docs" / "running.md":
        page = ROOT / "deploy" / "README.md"
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading.lower())).strip("-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = BLOCK.sub("", text_of(page))

    for link in LINK.findall(prose):
        path, _, anchor = link.partition("#")
        if "://" not in link:
            target = page.parent / path if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_stands_under_a_step_is_indented_so_that_the_site_sees_it(page: Path) -> None:
    """Python-Markdown asks for four columns where GitHub is content with three, and for a blank line after a list in a step."""
    text = BLOCK.sub(r"\1```", text_of(page))

    assert not re.findall(r"^ {1,3}(?:```|[-*+] |\d+\. |<!-- ).*", text, re.MULTILINE)
    assert not re.findall(r"^ +[-*+] .*\n(?: +.*\n)*\d+\. .*", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_row_of_a_table_has_the_cells_of_its_head(page: Path) -> None:
    tables = re.findall(r"(?:^\|.*\|\n)+", BLOCK.sub("", text_of(page)) + "\n", re.MULTILINE)

    for table in tables:
        head, *rows = (len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines())
        assert [number for number, row in enumerate(rows, 1) if row != head] == [], table


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_option_that_is_named_exists(page: Path) -> None:
    found = {name.removesuffix("_FILE") for name in re.findall(r"\bDOGEAR_[A-Z_]+\b", text_of(page))}

    assert not found - {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_every_example_of_a_reading_list_is_read_whole(tmp_path: Path) -> None:
    examples = [text for page, text, _ in blocks("markdown") if page.parent.name == "docs" or page.name == "README.md"]
    file = tmp_path / "list.md"

    for text in examples:
        file.write_text(text, encoding="utf-8")
        read = read_path(file, "list.md")
        assert {entry.url for entry in read.entries} == set(re.findall(r"https://example\.org/[\w/-]+", text)), text
        assert not read.problems
    assert len(examples) > 10


def test_every_page_can_be_found_from_the_navigation() -> None:
    navigation = text_of(ROOT / "mkdocs.yml").partition("nav:")[2]

    pages = {str(page.relative_to(ROOT / "docs")) for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert {page for page in pages if page not in navigation and not re.match(rf"decisions/{DATED}", page)} == set()


def test_every_decision_is_numbered_listed_and_short() -> None:
    folder = ROOT / "docs" / "decisions"
    heads = {page.name: text_of(page).splitlines()[0] for page in sorted(folder.glob("0*.md"))}
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", text_of(folder / "README.md"), re.MULTILINE)

    assert listed == [(head.removeprefix("# "), name) for name, head in heads.items()]
    assert [int(name[:4]) for name in heads] == list(range(1, len(heads) + 1))
    assert [name for name, head in heads.items() if not head.startswith(f"# {int(name[:4])}. ")] == []
    assert [name for name in heads if len(text_of(folder / name).splitlines()) > 25] == []


def test_the_most_that_is_read_of_a_list_is_told_as_it_is() -> None:
    page = " ".join(text_of(ROOT / "docs" / "reading-list.md").split())

    assert f"{reading.MAX_BYTES >> 20} MiB and {reading.MAX_SIGNS:,} brackets and addresses a file" in page
    assert f"{list_text.MAX_CHARACTERS:,} characters a line, {markdown_scan.MAX_LEVELS} levels of nested lists" in page
    assert f"front matter {front_matter.MAX_CHARACTERS:,} characters, {front_matter.MAX_VALUES:,} values" in page
    assert f"and {front_matter.MAX_LEVELS} levels" in page


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_by_version_and_hash(name: str) -> None:
    text = text_of(ROOT / name)

    assert PIN.findall(text)
    assert not PIN.sub("", text).strip()


def test_what_is_installed_on_a_host_is_pinned_as_it_was_tested() -> None:
    tested, *hosted = (set(PIN.findall(text_of(ROOT / name))) for name in LOCKS[:3])

    assert all(pinned <= tested for pinned in hosted), "run: make lock"


def test_the_licence_of_every_dependency_is_told() -> None:
    installed, tools = (
        re.findall(r"^\| ([\w.-]+) \| (\S+) \| ([^|]+) \|", part, re.MULTILINE)[1:]
        for part in text_of(ROOT / "docs" / "third-party.md").split("\n## ")[1:]
    )
    pinned = {name: {(n, v) for n, v, _ in PIN.findall(text_of(ROOT / name))} for name in LOCKS}
    hosted = pinned.pop("deploy/requirements.lock")

    assert {(name, version) for name, version, _ in installed} == hosted, "run: make licences"
    assert {(name, version) for name, version, _ in tools} == set().union(*pinned.values()) - hosted
    assert all(licence.strip() for *_, licence in (*installed, *tools))
