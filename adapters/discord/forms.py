"""Forms as modals. The custom id contains the form's call, so it works however late it is submitted.

Limits are from the documentation of modals, August 2026.
"""

import re
from collections.abc import Mapping
from typing import Any

import discord
from discord import ui

from adapters.discord import button_value
from adapters.discord.markup import shortened, size
from adapters.discord.surface import POSTABLE
from bot.domain.card import Action, Call, Card, Field, Fields, Form, Paragraph, Tone
from bot.domain.text import plain
from bot.domain.value import Kind

MAX_FIELDS = 5
MAX_TITLE = 45
MAX_LABEL = 45
MAX_DESCRIPTION = 100
MAX_INPUT = 1000
"""Our limit: Discord allows 4,000."""
MAX_LONG = 4000
MAX_OPTIONS = 25
MAX_OPTION = 100


def modal(form: Form) -> ui.Modal | None:
    """The form as a modal; None if it has too many fields for a modal, or its call is too long for an id."""
    own = button_value.custom_id(Action(label="", call=form.submit), key="", number=0)
    if own is None or not 0 < len(form.fields) <= MAX_FIELDS:
        return None
    shown = ui.Modal(title=shortened(form.title, MAX_TITLE), custom_id=own, timeout=None)
    for field in form.fields:
        shown.add_item(_label(field))
    return shown


def _label(field: Field) -> Any:
    name = shortened(field.label[:1].upper() + field.label[1:], MAX_LABEL)
    about = shortened(field.problem, MAX_DESCRIPTION) if field.problem else None
    return ui.Label(text=name, description=about, component=_input(field))


def _input(field: Field) -> Any:
    if field.kind is Kind.CHANNEL:
        known = [discord.Object(int(field.value))] if re.fullmatch(r"[0-9]{15,20}", field.value) else []
        return ui.ChannelSelect(
            custom_id=field.name,
            channel_types=[discord.ChannelType(kind) for kind in POSTABLE],
            required=field.required,
            min_values=int(field.required),
            default_values=[discord.SelectDefaultValue.from_channel(one) for one in known],
        )
    if options := _options(field):
        return ui.Select(custom_id=field.name, options=options, required=field.required, min_values=int(field.required))
    most = min(field.max_length or MAX_INPUT, MAX_LONG if field.kind is Kind.LONG_TEXT else MAX_INPUT)
    return ui.TextInput(
        custom_id=field.name,
        default=field.value[:most] or None,
        required=field.required,
        max_length=most,
        style=discord.TextStyle.paragraph if field.kind is Kind.LONG_TEXT else discord.TextStyle.short,
    )


def _options(field: Field) -> list[discord.SelectOption]:
    """The choices if Discord can show all of them. Otherwise empty, and the value is typed."""
    options = {
        choice.value: discord.SelectOption(
            label=shortened(choice.label, MAX_OPTION), value=choice.value, default=choice.value == field.value
        )
        for choice in field.choices
    }
    shown = len(options) <= MAX_OPTIONS and all(0 < size(value) <= MAX_OPTION for value in options)
    return list(options.values()) if shown else []


def submitted(data: Mapping[str, Any]) -> Call | None:
    """The call of a submitted modal; None for one that is not ours."""
    press = button_value.press(data["custom_id"])
    if press is None:
        return None
    inputs = [row.get("component") or row.get("components", [{}])[0] for row in data.get("components", ())]
    values = {one["custom_id"]: _value(one) for one in inputs if "custom_id" in one}
    return Call(path=press.call.path, arguments={**press.call.arguments, **{n: v for n, v in values.items() if v}})


def _value(input: Mapping[str, Any]) -> str:
    if "values" in input:
        return "".join(str(value) for value in input["values"][:1])
    return str(input.get("value") or "")


def as_card(form: Form) -> Card:
    """The form as a card, where no modal can be opened: the problem, and a button that opens it again."""
    problems = tuple(
        (field.label, plain(field.problem or field.value or ("required" if field.required else "optional")))
        for field in form.fields
    )
    wrong = any(field.problem for field in form.fields)
    filled = {field.name: field.value for field in form.fields if field.value}
    call = Call(path=form.submit.path, arguments={**form.submit.arguments, **filled})
    again = Action(label="Fill it in again" if wrong else "Fill it in", call=call, primary=True)
    fits = button_value.custom_id(again, key="", number=0) is not None
    action = again if fits else Action(label=again.label, call=Call(path=form.submit.path), primary=True)
    hint = () if wrong else (Paragraph(text=plain("This needs a few more words."), quiet=True),)
    return Card(
        title=form.title,
        blocks=(Fields(items=problems), *hint),
        actions=(*(one for one in form.meant if button_value.custom_id(one, key="", number=0)), action),
        tone=Tone.REFUSAL if wrong else Tone.PLAIN,
    )
