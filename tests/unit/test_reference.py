"""What is generated from commands and options is what they say now."""

from pathlib import Path

import pytest

from bot.commands.catalogue import CATALOGUE
from bot.runtime.reference import fresh
from bot.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
GENERATED = ["README.md", "deploy/env.example", "docs/commands.md", "docs/settings.md", "docs/command-line.md"]


@pytest.mark.parametrize("name", GENERATED)
def test_what_is_generated_is_fresh(name: str) -> None:
    assert fresh(ROOT / name) == (ROOT / name).read_text(encoding="utf-8"), "run: make reference"


def test_every_file_that_is_tested_is_made_by_make_reference() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert f"bot.runtime.reference {' '.join(GENERATED)}\n" in makefile


def test_every_command_and_every_option_stands_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")

    assert not [spec.usage for spec in CATALOGUE if f"`/blog {spec.usage}`" not in text]
    assert not [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in text]


def test_what_explains_an_option_ends_as_a_sentence_does() -> None:
    explained = [line for line in (ROOT / "deploy" / "env.example").read_text().splitlines() if line.startswith("# ")]

    assert [line for line in explained if not line.endswith((".", "…")) or line.endswith("….")] == []
