"""The pictures of the documentation show what is rendered now. No test looks at them: `make pictures`, and a person."""

import html
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures"


def loaded(name: str) -> Any:
    spec = spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def drawing() -> Any:
    return loaded("pictures")


def test_the_film_of_the_terminal_is_what_the_demo_plays_now() -> None:
    film = loaded("recording").week()

    assert film == (PICTURES / "week.svg").read_text(encoding="utf-8"), "run: make pictures"
    assert "How to do distributed locking" in film
    assert "What members keep of it:" in film


def test_each_photograph_is_of_the_page_that_would_be_drawn_now(drawing: Any) -> None:
    kept = (PICTURES / drawing.HASHES).read_text(encoding="utf-8")

    assert drawing.hashes(drawing.pages()) == kept, "run: make pictures"
    assert all((PICTURES / line.split()[1]).is_file() for line in kept.splitlines())


def test_the_pictures_show_notes_within_notes_and_the_question(drawing: Any) -> None:
    for picture in drawing.pages().values():
        words = html.unescape(picture).replace("\xa0", " ")
        assert "This week's article" in words
        assert "Vector clocks show which versions are concurrent." in words
        assert "What would you take from this into our own work?" in words
