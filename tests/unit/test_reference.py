"""The README's tables say what the declarations say."""

from pathlib import Path

from bot.commands.catalogue import CATALOGUE
from bot.runtime.reference import refreshed
from bot.runtime.settings import PREFIX, Settings

README = Path(__file__).parents[2] / "README.md"


def test_the_tables_of_the_readme_are_fresh() -> None:
    text = README.read_text(encoding="utf-8")

    assert refreshed(text) == text, "run: make reference"


def test_every_command_and_every_option_stands_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8").replace("\\|", "|")

    assert not [spec.usage for spec in CATALOGUE if f"`/blog {spec.usage}`" not in text]
    assert not [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in text]
