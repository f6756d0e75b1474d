"""How a command is declared: one annotated function, from which its `CommandSpec` is derived.

    @command("show")
    def show(turn: Turn, entry: Annotated[EntryNumber, Position(Kind.ENTRY, "which entry")]) -> Card:
        '''Everything about one entry.

        All of its notes, and where it was discussed.
        '''

The docstring's first line is the summary, the rest the help. A parameter with a default may be left out.
"""

import inspect
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bot.chat.command import CommandSpec, Param, Placement, Reply
from bot.chat.platform import Actor
from bot.domain import value
from bot.domain.card import Call, Card, Choice, Field, Form
from bot.domain.edit import Adding
from bot.domain.errors import BadUsage, NotAllowed, Refusal
from bot.domain.ids import ChannelRef, InvocationId, MessageRef, Url
from bot.domain.notice import Host
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.schedule import OnHoliday, Weekday
from bot.domain.team import Member, Role, Team
from bot.domain.times import weekday
from bot.domain.value import Kind
from bot.ports.store import Transaction
from bot.service import edits


@record
class Turn:
    """One turn of the conversation: who says something, where, and the transaction in which it is answered.

    `zone` is the IANA zone in which the member is shown times, `own_zone` that of the member or the team if one was ever
    named, `below(n)` draws a whole number under n, `link`
    says where a message can be opened, `word` is the command's first word with its slash, `limits` a sentence about
    how much may be asked for, empty where there is no limit.
    """

    tx: Transaction
    team: Team
    member: Member
    role: Role
    actor: Actor
    channel: ChannelRef | None
    invocation: InvocationId
    zone: str
    own_zone: str | None
    word: str
    limits: str
    below: Callable[[int], int]
    link: Callable[[MessageRef], Url | None]
    unsure: bool = False
    """Whether a button was pressed and the person has not been asked yet whether they are sure."""
    host: Host = Host()
    """The host's settings for notices."""
    looks: bool = False
    """Whether the host lets Dogear look at pages."""
    pages: str = ""
    """The public address of the pages, without a slash at its end; empty if they are off."""

    def here(self, channel: str | None) -> ChannelRef:
        """The named channel, or the one where the command was used. Raises BadUsage if there is none, and NotAllowed for
        a channel of another workspace, where we do not know the person's rights.
        """
        if channel is not None:
            found = value.channel_at(channel) or ChannelRef(self.actor.workspace, channel)
            if found.workspace != self.actor.workspace:
                raise NotAllowed("That channel is in another workspace.", hint="Use the command there.")
            return found
        if self.channel is None:
            raise BadUsage("There is no channel here.", hint="Name one, such as #reading.", field="channel")
        return self.channel


@dataclass(frozen=True, slots=True)
class _Marker:
    kind: Kind
    summary: str
    placement: Placement
    hidden: bool = False
    asks: bool = False
    max_length: int = 0
    label: str = ""


def position(kind: Kind, summary: str, *, label: str = "") -> _Marker:
    """A parameter that is typed in its place. A form calls it `label`, or what is usual for the kind."""
    return _Marker(kind, summary, Placement.POSITION, label=label)


def named(kind: Kind, summary: str, *, max_length: int = 0, label: str = "") -> _Marker:
    """A parameter that is typed as `name:value`; `is_` becomes `is:`, which is a keyword in Python."""
    return _Marker(kind, summary, Placement.NAMED, max_length=max_length, label=label)


def rest(kind: Kind, summary: str, *, max_length: int = 0, label: str = "") -> _Marker:
    """A parameter that takes all the words that are left. A form shows it under `label` and takes at most `max_length`
    characters for it.
    """
    return _Marker(kind, summary, Placement.REST, max_length=max_length, label=label)


def carried(summary: str) -> _Marker:
    """A parameter that only a button fills in."""
    return _Marker(Kind.TEXT, summary, Placement.NAMED, hidden=True)


def asking(summary: str) -> _Marker:
    """As `carried`; the form is shown first, filled with the other arguments."""
    return _Marker(Kind.TEXT, summary, Placement.NAMED, hidden=True, asks=True)


@dataclass(frozen=True, slots=True)
class Command:
    """A declaration and the function that carries it out."""

    spec: CommandSpec
    function: Callable[..., Card]
    fills: Callable[[Turn, Mapping[str, str]], Mapping[str, str]] | None = None
    removes: Callable[..., Sequence[MessageRef]] | None = None
    looks: Callable[..., Url | None] | None = None

    def form(self, turn: Turn, arguments: Mapping[str, str]) -> Form:
        """The form that asks for the parameters: with what is given, and for the rest what is set now."""
        known = self.fills(turn, arguments) if self.fills else {}
        form = form_of(self.spec, {**known, **arguments})
        if not any(field.kind is Kind.SECTION for field in form.fields):
            return form
        headings = tuple(Choice(value=name, label=name) for name in edits.sections(turn.tx, turn.team.id))
        fields = (replace(one, choices=headings) if one.kind is Kind.SECTION else one for one in form.fields)
        return replace(form, fields=tuple(fields))

    def messages(self, turn: Turn, arguments: Mapping[str, str]) -> Sequence[MessageRef]:
        """The messages to delete before it is carried out."""
        return self.removes(turn, **_as_parameters(bound(self.spec, arguments))) if self.removes else ()

    def page(self, turn: Turn, arguments: Mapping[str, str]) -> Url | None:
        """The page to look at before it is carried out."""
        return self.looks(turn, **_as_parameters(bound(self.spec, arguments))) if self.looks else None

    def run(self, turn: Turn, arguments: Mapping[str, str]) -> Card:
        """Carry it out; raises BadUsage for a value that is missing or cannot be read, and what the function raises."""
        return self.function(turn, **_as_parameters(bound(self.spec, arguments)))


def _as_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in values.items()}


def command(
    *path: str,
    role: Role = Role.READER,
    reply: Reply = Reply.PRIVATE,
    default: bool = False,
    form: str = "",
    fills: Callable[[Turn, Mapping[str, str]], Mapping[str, str]] | None = None,
    writes: bool = False,
    by_role: bool = False,
    posts: bool = False,
    by_button: bool = False,
    secret: bool = False,
    removes: Callable[..., Sequence[MessageRef]] | None = None,
    looks: Callable[..., Url | None] | None = None,
) -> Callable[[Callable[..., Card]], Command]:
    """Declare the decorated function as the command of this path. `fills` gives values that its form begins with, `removes` says which messages to delete, and
    `looks` at which page to look, before it runs.
    """

    def declared(function: Callable[..., Card]) -> Command:
        summary, _, details = inspect.cleandoc(function.__doc__ or "").partition("\n")
        spec = CommandSpec(
            path=path,
            summary=summary,
            # without line breaks, except between paragraphs
            details=re.sub(r"(?<!\n)\n(?!\n)", " ", details.strip()),
            role=role,
            reply=reply,
            params=_params(function),
            default=default,
            form=form,
            writes=writes,
            by_role=by_role,
            posts=posts,
            by_button=by_button,
            secret=secret,
        )
        return Command(spec=spec, function=function, fills=fills, removes=removes, looks=looks)

    return declared


def _params(function: Callable[..., Card]) -> tuple[Param, ...]:
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    return tuple(
        _param(name, hints[name], required=signature.parameters[name].default is inspect.Parameter.empty)
        for name in list(signature.parameters)[1:]
    )


def _param(name: str, hint: Any, *, required: bool) -> Param:
    assert get_origin(hint) is Annotated, f"parameter {name} needs Annotated[…]"
    marker = get_args(hint)[1]
    return Param(
        name=name.removesuffix("_"),
        kind=marker.kind,
        summary=marker.summary,
        required=required,
        placement=marker.placement,
        choices=_CHOICES.get(marker.kind, ()),
        hidden=marker.hidden,
        asks=marker.asks,
        max_length=marker.max_length,
        label=marker.label,
    )


_CHOICES: Mapping[Kind, tuple[Choice, ...]] = {
    Kind.STATE: tuple(Choice(value=state.value, label=state.value) for state in ReadingState),
    Kind.CHANGE: tuple(Choice(value=change.value, label=change.value) for change in value.Change),
    Kind.HOLIDAY: tuple(Choice(value=what.value, label=what.value) for what in OnHoliday),
    Kind.YES_NO: tuple(Choice(value=word, label=word) for word in value.YES_NO),
    Kind.HOSTING: tuple(Choice(value=what.value, label=what.value) for what in value.Hosting),
    Kind.ADDING: tuple(Choice(value=who.value, label=who.value) for who in Adding),
}


def bound(spec: CommandSpec, arguments: Mapping[str, str]) -> dict[str, Any]:
    """The arguments as the function takes them; raises BadUsage that names the parameter to blame."""
    unknown = set(arguments) - {param.name for param in spec.params}
    if unknown:
        raise BadUsage(f"“{spec.name}” has no option “{min(unknown)}”.", hint=f"Usage: {spec.usage}")
    values: dict[str, Any] = {}
    wrong: list[BadUsage] = []
    for param in spec.params:
        typed = arguments.get(param.name, "").strip()
        if not typed and param.required:
            hint = f"Usage: {spec.usage}"
            wrong.append(BadUsage(f"“{spec.name}” needs {param.summary}.", hint=hint, field=param.name))
        try:
            values |= {param.name: _value(param, typed)} if typed else {}
        except BadUsage as problem:
            wrong.append(problem)
    if wrong:
        first, *others = wrong
        first.others = tuple(others)
        raise first
    return values


def _value(param: Param, typed: str) -> Any:
    try:
        return _READ.get(param.kind, str)(typed)
    except BadUsage as wrong:
        raise BadUsage(wrong.message, hint=wrong.hint, field=param.name, choices=wrong.choices) from wrong


def _tag(typed: str) -> str:
    tag = typed.removeprefix("#").lower()
    if not tag:
        raise BadUsage(f"“{typed}” is not a tag.", hint="“tags” shows every tag.")
    return tag


def _channel(typed: str) -> str:
    channel = typed.removeprefix("#")
    if not channel:
        raise BadUsage(f"“{typed}” is not a channel.", hint="Name one, such as #reading.")
    return channel


def _state(typed: str) -> ReadingState:
    if typed.lower() not in set(ReadingState):
        raise BadUsage(f"“{typed}” is not a reading state.", hint="Use unread, later or read.")
    return ReadingState(typed.lower())


_READ: Mapping[Kind, Callable[[str], Any]] = {
    **value.READERS,
    Kind.TAG: _tag,
    Kind.STATE: _state,
    Kind.CHANNEL: _channel,
    Kind.CHANGE: value.change,
}


_DAYS = tuple(Choice(value=day.word, label=day.word) for day in Weekday)
"""To pick from in a form; a typed command takes a day in any language."""
_LABELS: Mapping[Kind, str] = {
    Kind.WEEKDAY: "Day",
    Kind.TIME: "Time",
    Kind.ZONE: "Time zone",
    Kind.CHANNEL: "Channel",
    Kind.TAG: "Only with this tag",
}


def form_of(spec: CommandSpec, arguments: Mapping[str, str], problem: Refusal | None = None) -> Form:
    """A form that asks for the command's parameters, filled with what is known and with everything that was wrong."""
    problems = {one.field: _problem(one) for one in (problem, *problem.others)} if problem else {}
    fields = tuple(
        Field(
            name=param.name,
            label=param.label or _LABELS.get(param.kind, param.name.capitalize()),
            kind=param.kind,
            required=param.required,
            value=_as_choice(param, arguments.get(param.name, "")),
            choices=_DAYS if param.kind is Kind.WEEKDAY else param.choices,
            problem=problems.get(param.name),
            max_length=param.max_length,
        )
        for param in spec.shown_params
    )
    hidden = [param.name for param in spec.params if param.hidden and not param.asks]
    carried = {name: arguments[name] for name in hidden if name in arguments}
    return Form(title=spec.form or spec.summary, fields=fields, submit=Call(path=spec.path, arguments=carried))


def _as_choice(param: Param, typed: str) -> str:
    """The choice that was typed in other words, such as `mon`; else what was typed."""
    if param.kind is not Kind.WEEKDAY:
        return typed
    try:
        return weekday(typed).word
    except BadUsage:
        return typed


def _problem(problem: Refusal) -> str:
    return f"{problem.message} {problem.hint}" if problem.hint else problem.message
