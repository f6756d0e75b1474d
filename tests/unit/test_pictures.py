"""The pictures of the documentation show what is rendered now. No test looks at them: `make pictures`, and a person."""

import html
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

DRAWING = Path(__file__).parents[2] / "docs" / "pictures.py"
PICTURES = DRAWING.parent / "pictures"


@pytest.fixture(scope="module")
def drawing() -> Any:
    spec = spec_from_file_location("pictures", DRAWING)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_of_the_terminal_is_what_it_shows_now(drawing: Any) -> None:
    assert drawing.terminal() == (PICTURES / "digest.svg").read_text(encoding="utf-8"), "run: make pictures"


def test_each_photograph_is_of_the_page_that_would_be_drawn_now(drawing: Any) -> None:
    kept = (PICTURES / drawing.HASHES).read_text(encoding="utf-8")

    assert drawing.hashes(drawing.pages()) == kept, "run: make pictures"
    assert all((PICTURES / line.split()[1]).is_file() for line in kept.splitlines())


def test_the_pictures_show_notes_within_notes_and_the_question(drawing: Any) -> None:
    for picture in (drawing.terminal(), *drawing.pages().values()):
        words = html.unescape(picture).replace("\xa0", " ")
        assert "This week's article" in words
        assert "Vector clocks show which versions are concurrent." in words
        assert "What would you take from this into our own work?" in words
