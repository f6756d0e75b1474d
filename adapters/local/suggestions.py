"""Completions of a command as it is typed: its words, the names of its options, and values that the core knows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot.chat.command import Catalogue, CommandSpec, Param, Placement
from bot.domain.card import Choice
from bot.domain.record import record
from bot.domain.value import Kind


class Known(Protocol):
    """What completions are made of."""

    @property
    def catalogue(self) -> Catalogue:
        """The commands that the speaker may use."""
        ...

    async def complete(self, kind: Kind, typed: str) -> Sequence[Choice]: ...


@record
class Suggestions:
    """Texts that could replace the last `replaces` characters, best first."""

    choices: Sequence[Choice] = ()
    replaces: int = 0


async def for_value(around: Known, kind: Kind, choices: Sequence[Choice], typed: str) -> Suggestions:
    """Values of this kind. `choices` are those that do not depend on the team's data."""
    if choices:
        return beginning(choices, typed)
    found = () if kind is Kind.TEXT else await around.complete(kind, typed)
    return Suggestions(choices=found, replaces=len(typed))


async def for_command(around: Known, words: tuple[str, ...], current: str) -> Suggestions:
    """Completions of the word `current` after these words of a command, which are in lower case."""
    deeper = [spec for spec in around.catalogue if len(spec.path) > len(words) and spec.path[: len(words)] == words]
    steps = dict.fromkeys(spec.path[len(words)] for spec in deeper)
    names = beginning((Choice(value=step, label=_about(deeper, step, len(words))) for step in steps), current)
    spec, given = _spec(around.catalogue, words)
    if spec is None:
        return names
    values = await _for_argument(around, spec, given, current)
    if values.replaces != names.replaces:
        return values
    return Suggestions(choices=(*names.choices, *values.choices), replaces=names.replaces)


def _about(among: Sequence[CommandSpec], step: str, depth: int) -> str:
    """What the word is for: the command's summary, or the words that may follow."""
    with_it = [spec for spec in among if spec.path[depth] == step]
    own = next((spec.summary for spec in with_it if len(spec.path) == depth + 1), None)
    return own or ", ".join(dict.fromkeys(spec.path[depth + 1] for spec in with_it))


def _spec(catalogue: Catalogue, words: tuple[str, ...]) -> tuple[CommandSpec | None, tuple[str, ...]]:
    """The command that the words name, and the remaining words."""
    for length in range(len(words), -1, -1):
        for spec in catalogue:
            if spec.path == words[:length] or (spec.default and spec.path[:-1] == words[:length]):
                return spec, words[length:]
    return None, ()


async def _for_argument(around: Known, spec: CommandSpec, given: tuple[str, ...], current: str) -> Suggestions:
    by_name = _by_name(around.catalogue, spec)
    name, colon, value = current.partition(":")
    if colon and name.lower() in by_name:
        param = by_name[name.lower()]
        found = await for_value(around, param.kind, param.choices, value.removeprefix('"'))
        return replace(found, choices=tuple(map(_quoted, found.choices)), replaces=len(value))
    options = beginning(
        (Choice(value=f"{param.name}:", label=param.summary) for param in _open_options(spec, given)), current
    )
    position = _open_position(spec, given)
    if position is None:
        return options
    values = await for_value(around, position.kind, position.choices, current)
    return Suggestions(choices=(*values.choices, *options.choices), replaces=len(current))


def _quoted(choice: Choice) -> Choice:
    """As it is typed in a line: a value of several words in quotes."""
    return replace(choice, value=f'"{choice.value}"') if " " in choice.value else choice


def _by_name(catalogue: Catalogue, spec: CommandSpec) -> Mapping[str, Param]:
    """What may precede a colon. The free words of a search accept the options of other commands."""
    free = any(param.placement is Placement.REST for param in spec.params)
    params = [*(param for other in catalogue for param in other.params if free), *spec.params]
    return {param.name: param for param in params if param.placement is not Placement.REST}


def _named(spec: CommandSpec, given: tuple[str, ...]) -> Sequence[str]:
    """Which parameters were given by name."""
    before_colon = [name for name, colon, _ in (word.partition(":") for word in given) if colon]
    return [param.name for param in spec.params if param.name in before_colon]


def _open_options(spec: CommandSpec, given: tuple[str, ...]) -> Sequence[Param]:
    named = _named(spec, given)
    return [param for param in spec.params if param.placement is Placement.NAMED and param.name not in named]


def _open_position(spec: CommandSpec, given: tuple[str, ...]) -> Param | None:
    """The parameter that the next word without a name is for."""
    named = _named(spec, given)
    positions = [param for param in spec.params if param.placement is Placement.POSITION and param.name not in named]
    bare = len(given) - len(named)
    return positions[bare] if bare < len(positions) else None


def beginning(choices: Iterable[Choice], typed: str) -> Suggestions:
    """Those whose value begins with the typed text, in any case."""
    fitting = [choice for choice in choices if choice.value.lower().startswith(typed.lower())]
    return Suggestions(choices=fitting, replaces=len(typed))
