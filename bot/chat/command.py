"""Declarations of commands, from which every platform derives its surface. Data only."""

from collections.abc import Sequence
from enum import StrEnum

from bot.domain.card import Choice
from bot.domain.record import record
from bot.domain.team import Role
from bot.domain.value import Kind


class Reply(StrEnum):
    """Who sees the answer. A refusal is always private."""

    PRIVATE = "private"
    PUBLIC = "public"


class Placement(StrEnum):
    """How a parameter is typed: by position, as `name:value`, or as the rest of the line."""

    POSITION = "position"
    NAMED = "named"
    REST = "rest"


@record
class Param:
    """One parameter. `choices` is empty if any value is allowed or the team's data decides (see `Core.complete`).

    A `hidden` one is filled in by buttons only and is not shown to people. With one that `asks`, the command's form is
    shown first, filled with whatever else is given. A form shows it under `label` and takes at
    most `max_length` characters for it; 0 is no limit.
    """

    name: str
    kind: Kind
    summary: str
    required: bool
    placement: Placement
    choices: tuple[Choice, ...] = ()
    hidden: bool = False
    asks: bool = False
    max_length: int = 0
    label: str = ""


@record
class CommandSpec:
    """One leaf command.

    `summary` is one line, `details` the longer help with examples. With `default`, the last word of `path` may be left
    out. With `form`, a use without any required argument, or without the words that it needs, is answered with a form of that
    title. A command that `writes`
    runs once per invocation id, however often the platform delivers it. With `by_role`, everyone may use the command, but
    its result depends on their role. A command that `posts` is refused if Dogear cannot post in its channel. One that is
    used `by_button` may be left out of a platform's menu of commands, which has few places. The answer to a `secret` one is
    not saved, so a repeat runs it again.
    """

    path: tuple[str, ...]
    summary: str
    details: str = ""
    reply: Reply = Reply.PRIVATE
    role: Role = Role.READER
    params: tuple[Param, ...] = ()
    default: bool = False
    form: str = ""
    writes: bool = False
    by_role: bool = False
    posts: bool = False
    by_button: bool = False
    secret: bool = False

    @property
    def shown_params(self) -> tuple[Param, ...]:
        """The parameters that people fill in."""
        return tuple(param for param in self.params if not param.hidden)

    @property
    def asks_role(self) -> bool:
        """Whether the command needs to know the member's role."""
        return self.by_role or self.role > Role.READER

    @property
    def needs_role(self) -> bool:
        """Whether to refuse the command if the role is unknown, instead of assuming a reader."""
        return self.role > Role.READER or (self.by_role and self.writes)

    @property
    def name(self) -> str:
        """The path as text."""
        return " ".join(self.path)

    @property
    def usage(self) -> str:
        """The path with its parameters, the optional ones in brackets."""
        head = [*self.path[:-1], f"[{self.path[-1]}]"] if self.default else list(self.path)
        return " ".join([*head, *(_usage(param) for param in self.shown_params)])

    @property
    def usage_by_name(self) -> str:
        """The same for a platform on which every value has its name."""
        return " ".join([*self.path, *(_usage(param, by_name=True) for param in self.params)])

    @property
    def needs_groups(self) -> bool:
        """Whether the command is for platforms with groups alone."""
        return any(param.kind is Kind.GROUP for param in self.params)


Catalogue = Sequence[CommandSpec]


_PLACEHOLDER = {
    Kind.ENTRY: "#12",
    Kind.TAG: "…",
    Kind.CHANNEL: "#channel",
    Kind.WEEKDAY: "mon",
    Kind.TIME: "09:00",
    Kind.ZONE: "Europe/Berlin",
    Kind.PERIOD: "2w",
    Kind.DAY: "2026-12-24",
    Kind.REGION: "DE",
    Kind.GROUP: "@role",
    Kind.NUMBER: "2",
    Kind.MINUTES: "10m",
}


def _usage(param: Param, *, by_name: bool = False) -> str:
    named = by_name or param.placement is Placement.NAMED
    free = "…" if named else param.name
    value = "|".join(choice.value for choice in param.choices) or _PLACEHOLDER.get(param.kind, free)
    shown = f"{param.name}:{value}" if named else value
    return shown if param.required else f"[{shown}]"
