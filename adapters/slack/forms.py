"""Forms as modals, with Slack's control for each kind of value. Errors are shown at their fields.

Reference: https://docs.slack.dev/reference/block-kit/blocks/input-block (2026-08).
"""

import json

from adapters.slack.names import ID
from adapters.slack.render import MAX_BLOCKS_IN_VIEW, MAX_TITLE_OF_VIEW, plain_text
from adapters.slack.richtext import Json
from adapters.slack.text import ELLIPSIS, clean, cut
from bot.domain.card import Choice, Field, Form
from bot.domain.errors import BadUsage
from bot.domain.schedule import Weekday
from bot.domain.value import Kind, wall_time, weekday

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
    summary = cut(clean(form.title).strip(), MAX_HINT)
    if summary or not blocks:
        said = {"type": "text", "text": summary or ELLIPSIS}
        about = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [said]}]}
        blocks.insert(0, about)
    title = cut(clean(" ".join(form.submit.path)).strip().capitalize(), MAX_TITLE_OF_VIEW)
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain_text(title or "Dogear"),
        "submit": plain_text("Save"),
        "close": plain_text("Cancel"),
        "private_metadata": metadata(form, channel),
        "blocks": blocks,
    }


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
        "label": plain_text(cut(clean(field.label).strip().capitalize(), MAX_LABEL) or field.name),
        "element": {"action_id": ACTION, **_control(field, channel)},
    }
    if field.problem and clean(field.problem).strip():
        made["hint"] = plain_text(cut(clean(field.problem).strip(), MAX_HINT))
    return made


def _control(field: Field, channel: str | None) -> Json:
    value = clean(field.value).strip()
    if field.kind is Kind.CHANNEL:
        chosen = value.removeprefix("#") or channel or ""
        known = {"initial_conversation": chosen} if ID.fullmatch(chosen) else {}
        only = {"include": ["public", "private"], "exclude_bot_users": True}
        return {"type": "conversations_select", "filter": only, **known}
    if field.kind is Kind.TIME:
        return {"type": "timepicker", **_picked_time(value)}
    choices = field.choices or (_DAYS if field.kind is Kind.WEEKDAY else ())
    if field.kind is Kind.WEEKDAY:
        value = _day(value)
    options = [option(choice) for choice in choices if 0 < len(choice.value) <= MAX_VALUE][:MAX_OPTIONS]
    if options:
        chosen_option = next((one for one in options if one["value"].lower() == value.lower()), None)
        return {
            "type": "static_select",
            "options": options,
            **({"initial_option": chosen_option} if chosen_option else {}),
        }
    if field.kind in _ASKED:
        initial = {"initial_option": option(Choice(value=value, label=value))} if 0 < len(value) <= MAX_VALUE else {}
        return {"type": "external_select", "min_query_length": 0, **initial}
    typed = {"initial_value": cut(value, MAX_TYPED)} if value else {}
    return {"type": "plain_text_input", "max_length": MAX_TYPED, **typed}


def option(choice: Choice) -> Json:
    """One thing to pick."""
    label = cut(clean(choice.label).strip(), MAX_OPTION) or ELLIPSIS
    return {"text": plain_text(label), "value": choice.value}


_DAYS = tuple(Choice(value=day.name.lower()[:3], label=day.word) for day in Weekday)


def _day(value: str) -> str:
    """The choice for a day, however it is written; empty for anything else."""
    try:
        return _DAYS[weekday(value)].value
    except BadUsage:
        return ""


def _picked_time(value: str) -> Json:
    """The time picker's initial value; nothing for an invalid time, because Slack would refuse the whole form."""
    try:
        return {"initial_time": f"{wall_time(value):%H:%M}"}
    except BadUsage:
        return {}
