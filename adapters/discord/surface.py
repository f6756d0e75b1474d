"""The catalogue as Discord's native commands: one word with sub-commands and groups, and two context menus.

The payload is a pure function of the catalogue, so it can be compared with what is registered. Limits are from the
documentation of application commands, August 2026.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.discord.markup import shortened
from bot.chat.command import Catalogue, CommandSpec, Param
from bot.domain.card import Choice
from bot.domain.value import Kind

MAX_DESCRIPTION = 100
MAX_CHOICE = 100
MAX_CHOICES = 25
MAX_STRING = 1000
"""Our limit: Discord allows 6,000, and no value of a command is that long."""

SUB_COMMAND, GROUP, STRING, INTEGER, CHANNEL, ROLE = 1, 2, 3, 4, 7, 8
CHAT_INPUT, MESSAGE_MENU = 1, 3
TEXT, ANNOUNCEMENT, FORUM = 0, 5, 15
POSTABLE = (TEXT, ANNOUNCEMENT, FORUM)
"""Channels in which one can post and discuss."""
IN_A_SERVER = 0
"""The context and the integration type: our commands work on a server's list."""

TAKEAWAY = ("takeaway", "add")
ADD = ("add",)
"""The command of the menu that is about the links of a message and not about the entry that it shows."""
MENUS: Mapping[str, tuple[str, ...]] = {
    "Mark as read": ("read",),
    "Read later": ("later",),
    "Save as takeaway": TAKEAWAY,
    "Add to reading list": ADD,
}
"""Context menus of a message, and the command of each."""

_COMPLETED = frozenset(
    {Kind.ENTRY, Kind.TAG, Kind.TAGS, Kind.SECTION, Kind.MINUTES, Kind.ZONE, Kind.WEEKDAY, Kind.COMMAND}
)


def commands(catalogue: Catalogue, word: str) -> list[dict[str, Any]]:
    """Everything to register, as Discord's JSON."""
    known = {spec.path for spec in catalogue}
    menus = [_command(name, MESSAGE_MENU) for name, path in MENUS.items() if path in known]
    leaves = [_leaf(spec) for spec in catalogue if len(spec.path) == 1 and not spec.by_button]
    root = _command(word, CHAT_INPUT) | {
        "description": "Your team's reading list",
        "options": [*leaves, *_groups(catalogue)],
    }
    return [root, *menus]


def _command(name: str, kind: int) -> dict[str, Any]:
    return {"name": name, "type": kind, "contexts": [IN_A_SERVER], "integration_types": [IN_A_SERVER]}


def _groups(catalogue: Catalogue) -> Iterable[dict[str, Any]]:
    inner = [spec for spec in catalogue if len(spec.path) == 2 and not spec.by_button]
    for name in dict.fromkeys(spec.path[0] for spec in inner):
        inside = [_leaf(spec) for spec in inner if spec.path[0] == name]
        words = ", ".join(leaf["name"] for leaf in inside)
        yield {
            "type": GROUP,
            "name": name,
            "description": shortened(f"{name}: {words}", MAX_DESCRIPTION),
            "options": inside,
        }


def _leaf(spec: CommandSpec) -> dict[str, Any]:
    required_first = sorted(spec.shown_params, key=lambda param: not param.required)
    return {
        "type": SUB_COMMAND,
        "name": spec.path[-1],
        "description": shortened(spec.summary, MAX_DESCRIPTION),
        "options": [_option(param, required=param.required and not spec.form) for param in required_first],
    }


def _option(param: Param, *, required: bool) -> dict[str, Any]:
    """An option that a form can ask for is not required: without it, the form opens."""
    option: dict[str, Any] = {
        "type": STRING,
        "name": param.name,
        "description": shortened(param.summary, MAX_DESCRIPTION),
        "required": required,
    }
    if param.kind is Kind.CHANNEL:
        return option | {"type": CHANNEL, "channel_types": list(POSTABLE)}
    if param.kind is Kind.GROUP:
        return option | {"type": ROLE}
    if param.kind is Kind.NUMBER:
        return option | {"type": INTEGER, "min_value": 1}
    option["max_length"] = MAX_STRING
    if param.choices:
        return option | {"choices": choices(param.choices)}
    return option | {"autocomplete": True} if param.kind in _COMPLETED else option


def choices(offered: Sequence[Choice]) -> list[dict[str, Any]]:
    """Choices as Discord shows them. A choice whose value is too long is left out."""
    return [
        {"name": shortened(choice.label, MAX_CHOICE), "value": choice.value}
        for choice in offered
        if 0 < len(choice.value) <= MAX_CHOICE
    ][:MAX_CHOICES]


def same(wanted: Any, kept: Any) -> bool:
    """Whether the registered value equals the wanted one. Discord adds fields of its own and drops empty ones."""
    if isinstance(wanted, dict):
        return isinstance(kept, dict) and all(same(value, kept.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        if not wanted:
            return not kept
        alike = isinstance(kept, list) and len(kept) == len(wanted)
        return alike and all(same(one, other) for one, other in zip(wanted, kept, strict=True))
    return bool(wanted == kept) or (wanted is False and kept is None)


def as_registered(wanted: Sequence[Any], kept: Sequence[Any]) -> bool:
    """Whether exactly these commands are registered, in any order."""
    if len(wanted) != len(kept):
        return False
    found = {(one.get("type", CHAT_INPUT), one["name"]): one for one in kept}
    return all(same(one, found.get((one["type"], one["name"]))) for one in wanted)
