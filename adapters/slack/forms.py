"""Forms as modals, with Slack's control for each kind of value. Errors are shown at their fields.

Reference: https://docs.slack.dev/reference/block-kit/blocks/input-block (2026-08).
"""

import json

from adapters.slack.names import ID
from adapters.slack.render import MAX_BLOCKS_IN_VIEW, MAX_TITLE_OF_VIEW, plain_text
from adapters.slack.richtext import Json
from adapters.slack.text import ELLIPSIS, clean, cut
from bot.domain.card import Action, Call, Card, Choice, Field, Form
from bot.domain.errors import BadUsage
from bot.domain.times import wall_time
from bot.domain.value import Kind

MAX_LABEL = 2000
MAX_HINT = 2000
MAX_OPTIONS = 100
MAX_OPTION = 75
MAX_VALUE = 75
"""Older pages allow 75 characters in an option's value, newer ones 150."""
MAX_TYPED = 3000
MAX_METADATA = 3000
ACTION = "value"

_ASKED = {Kind.ZONE, Kind.TAG, Kind.ENTRY, Kind.COMMAND}
"""Kinds whose values are suggested while a person types."""


def modal(form: Form, *, channel: str | None) -> Json:
    """The form. `channel` is where it was requested, and the default if none is picked."""
    fields = [field for field in form.fields if clean(field.name).strip()][: MAX_BLOCKS_IN_VIEW - 1]
    blocks = [_input(field, channel) for field in fields]
    name = clean(form.title).strip()
    title = name if name and len(cut(name, MAX_TITLE_OF_VIEW)) == len(name) else "Dogear"
    if title != name or not blocks:
        said = {"type": "text", "text": cut(name, MAX_HINT) or ELLIPSIS}
        about = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [said]}]}
        blocks.insert(0, about)
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain_text(title),
        "submit": plain_text("Save"),
        "close": plain_text("Cancel"),
        "private_metadata": metadata(form, channel),
        "blocks": blocks,
    }


def as_card(form: Form) -> Card:
    """The form where no modal can be opened: a button that opens it."""
    filled = {field.name: field.value for field in form.fields if field.value and not field.required}
    call = Call(path=form.submit.path, arguments={**form.submit.arguments, **filled})
    return Card(title=form.title, actions=(Action(label="Fill it in", call=call, primary=True),))


def metadata(form: Form, channel: str | None) -> str:
    """The data that the modal returns with its submission."""
    filled = {field.name for field in form.fields}
    given = {name: clean(value) for name, value in form.submit.arguments.items() if name not in filled}
    kept: dict[str, object] = {"p": list(form.submit.path), "a": given}
    written = json.dumps(kept | ({"channel": channel} if channel else {}), ensure_ascii=False)
    return written if len(written) <= MAX_METADATA else json.dumps({"p": list(form.submit.path), "a": {}})


def problems(form: Form) -> dict[str, str]:
    """The problems by field."""
    return {field.name: cut(clean(field.problem), MAX_HINT) for field in form.fields if field.problem}


def _input(field: Field, channel: str | None) -> Json:
    made = {
        "type": "input",
        "block_id": field.name,
        "optional": not field.required,
        "label": plain_text(cut(_capitalized(clean(field.label).strip()), MAX_LABEL) or field.name),
        "element": {"action_id": ACTION, **_control(field, channel)},
    }
    if field.problem and clean(field.problem).strip():
        made["hint"] = plain_text(cut(clean(field.problem).strip(), MAX_HINT))
    return made


def _capitalized(label: str) -> str:
    return label[:1].upper() + label[1:]


def _control(field: Field, channel: str | None) -> Json:
    value = clean(field.value).strip()
    if field.kind is Kind.CHANNEL:
        chosen = value.removeprefix("#") or channel or ""
        known = {"initial_conversation": chosen} if ID.fullmatch(chosen) else {}
        only = {"include": ["public", "private"], "exclude_bot_users": True}
        return {"type": "conversations_select", "filter": only, **known}
    if field.kind is Kind.TIME:
        return {"type": "timepicker", **_picked_time(value)}
    # All or none: what is set must be among them, or saving the form would take it away.
    options = [option(choice) for choice in field.choices] if all(map(_fits, field.choices)) else []
    if 0 < len(options) <= MAX_OPTIONS:
        chosen_option = next((one for one in options if one["value"].lower() == value.lower()), None)
        return {
            "type": "static_select",
            "options": options,
            **({"initial_option": chosen_option} if chosen_option else {}),
        }
    if field.kind in _ASKED or options:
        initial = {"initial_option": option(Choice(value=value, label=value))} if 0 < len(value) <= MAX_VALUE else {}
        return {"type": "external_select", "min_query_length": 0, **initial}
    most = min(field.max_length or MAX_TYPED, MAX_TYPED)
    typed = {"initial_value": cut(value, most)} if value else {}
    lines = {"multiline": True} if field.kind is Kind.LONG_TEXT else {}
    return {"type": "plain_text_input", "max_length": most, **lines, **typed}


def _fits(choice: Choice) -> bool:
    return 0 < len(choice.value) <= MAX_VALUE and clean(choice.value).strip() == choice.value


def option(choice: Choice) -> Json:
    """One thing to pick."""
    label = cut(clean(choice.label).strip(), MAX_OPTION) or ELLIPSIS
    return {"text": plain_text(label), "value": choice.value}


def _picked_time(value: str) -> Json:
    """The time picker's initial value; nothing for an invalid time, because Slack would refuse the whole form."""
    try:
        return {"initial_time": f"{wall_time(value):%H:%M}"}
    except BadUsage:
        return {}
