"""The catalogue as Discord's commands keeps every limit of Discord's, and so does whatever may be added to it.

Limits are Discord's documentation of application commands, August 2026.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.discord import surface
from bot.chat.command import CommandSpec, Param, Placement
from bot.commands.catalogue import CATALOGUE
from bot.domain.card import Choice
from bot.domain.value import Kind

MAX_COMMAND = 8000
"""Characters of a command in all: names, descriptions and values of itself, its options and their choices."""
MAX_OPTIONS = 25
NAME = re.compile(r"[-_'a-z0-9]{1,32}")


def walked(command: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The command, everything below it, and every choice."""
    yield command
    for option in command.get("options", ()):
        yield from walked(option)
    yield from command.get("choices", ())


def length(command: Mapping[str, Any]) -> int:
    parts = [one.get(name, "") for one in walked(command) for name in ("name", "description", "value")]
    return sum(len(str(part)) for part in parts)


def test_the_catalogue_fits_into_the_commands_of_discord() -> None:
    root, *menus = surface.commands(CATALOGUE, "blog")

    assert length(root) <= MAX_COMMAND
    assert len(menus) <= 15
    for one in walked(root):
        assert len(one.get("options", ())) <= MAX_OPTIONS
        assert len(one.get("choices", ())) <= surface.MAX_CHOICES
        if "type" in one:
            assert NAME.fullmatch(one["name"]), one["name"]
            assert 0 < len(one["description"]) <= surface.MAX_DESCRIPTION


def test_required_options_come_first() -> None:
    for one in walked(surface.commands(CATALOGUE, "blog")[0]):
        required = [option["required"] for option in one.get("options", ()) if "required" in option]
        assert required == sorted(required, reverse=True), one["name"]


def test_long_summaries_and_too_many_choices_are_cut_to_what_discord_takes() -> None:
    many = tuple(Choice(value="v" * length, label="l" * 200) for length in range(200))
    param = Param(
        name="state", kind=Kind.STATE, summary="s" * 300, required=True, placement=Placement.POSITION, choices=many
    )
    spec = CommandSpec(path=("show",), summary="x" * 300, params=(param,))

    ((shown,),) = [command["options"] for command in surface.commands((spec,), "blog")]

    (option,) = shown["options"]
    assert len(shown["description"]) == len(option["description"]) == 100
    assert len(option["choices"]) == 25
    assert all(0 < len(one["value"]) <= 100 and len(one["name"]) <= 100 for one in option["choices"])
