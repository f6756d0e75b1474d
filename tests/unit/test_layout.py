"""Rules of the layout that a linter cannot see."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLATFORMS = re.compile(r"slack|discord", re.IGNORECASE)
MAY_NAME_PLATFORMS = {"bot/runtime/settings.py", "bot/runtime/bootstrap.py"}
SOURCES = sorted(path for folder in ("bot", "store") for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_and_the_store_name_no_platform(path: Path) -> None:
    if str(path.relative_to(ROOT)) in MAY_NAME_PLATFORMS:
        return

    assert not PLATFORMS.findall(path.read_text(encoding="utf-8"))


def test_no_test_uses_mocks_and_no_package_file_lies_among_the_tests() -> None:
    tests = list((ROOT / "tests").rglob("*.py"))

    assert not [
        path for path in tests if re.search(r"^(from|import) unittest", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert not [path for path in tests if path.name == "__init__.py"]


def test_every_import_name_is_its_folder_name() -> None:
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}

    assert folders == {"bot", "adapters", "store"}
