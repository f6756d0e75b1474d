"""The terminal's own cards: answers to its own commands, and a form as text where there is no prompt."""

from adapters.terminal.inbound import USAGES, Reaction
from bot.chat.command import Catalogue, Placement
from bot.chat.line import render, spec_of
from bot.domain.card import Call, Card, Field, Fields, Form, Paragraph, Tone
from bot.domain.errors import BadUsage
from bot.domain.ids import EntryNumber
from bot.domain.team import Role
from bot.domain.text import Span, Text, plain

EVERYTHING_IS_KEPT = "Everything is kept."


def goodbye(kept: str) -> Card:
    return Card(title="Goodbye.", blocks=(Paragraph(text=plain(kept), quiet=True),))


def speaker(name: str, role: Role) -> Card:
    return Card(title=f"Now speaking as {name} ({role.word}).", tone=Tone.DONE)


def place(channel: str) -> Card:
    return Card(title=f"You are now in #{channel}.", tone=Tone.DONE)


def clock(now: str) -> Card:
    return Card(title=f"It is {now}.")


def reacted(reaction: Reaction, entry: EntryNumber) -> Card:
    done = f"took {reaction.emoji} off" if reaction.away else f"put {reaction.emoji} on"
    return Card(title=f"You {done} #{entry}.", tone=Tone.DONE)


def help(command: str) -> Card:  # noqa: A001  the word that is typed
    items = ((usage, plain(purpose)) for usage, purpose in USAGES.values())
    commands = (f"/{command} help", plain(f"the commands of the club; “/{command}” may be left out"))
    return Card(title="Terminal commands", blocks=(Fields(items=(commands, *items)),))


def form(asked: Form, catalogue: Catalogue, command: str) -> Card:
    """The form as text, with the line that does the same."""
    fields = Fields(items=tuple((field.label, _field(field)) for field in asked.fields))
    typed = Paragraph(text=(Span("Type it in one line: "), Span(f"/{command} {_usage(asked, catalogue)}", code=True)))
    return Card(title=asked.title, blocks=(fields, typed))


def _field(field: Field) -> Text:
    about = [
        field.problem or "",
        "required" if field.required else "optional",
        f"now {field.value}" if field.value else "",
        f"one of {', '.join(choice.value for choice in field.choices)}" if field.choices else "",
    ]
    return plain(" · ".join(filter(None, about)))


def _usage(asked: Form, catalogue: Catalogue) -> str:
    """The usage of the command, or if something is filled in already, the line so far. What only a button carries is not
    typed, and neither is a text of several lines.
    """
    filled = {field.name: field.value for field in asked.fields if field.value}
    try:
        spec = spec_of(catalogue, asked.submit.path)
        texts = {param.name for param in spec.params if param.placement is Placement.REST}
        typed = {param.name for param in spec.params if not param.hidden} - texts
        arguments = {**asked.submit.arguments, **filled}
        so_far = {name: value for name, value in arguments.items() if name in typed}
        words = " …" if texts & {field.name for field in asked.fields} else ""
        line = render(catalogue, Call(path=asked.submit.path, arguments=so_far))
    except BadUsage:
        return " ".join(asked.submit.path)
    return line + words if so_far else spec.usage
