"""What a button carries: the call it makes, as the small JSON of its value. It names things and grants nothing."""

import json
from enum import StrEnum

from pydantic_core import to_json

from adapters.slack.text import clean
from bot.domain.card import Call
from bot.domain.record import record

MAX_VALUE = 2000
"""Characters in a button's value (https://docs.slack.dev/reference/block-kit/block-elements/button-element, 2026-08)."""


OPENS = "open"
"""Begins the action id of a button that opens an address. Slack reports the press as well, and nothing comes of it."""


class Way(StrEnum):
    """Where the answer to a press is shown; the first word of the button's action id."""

    USE = "use"
    TURN = "turn"
    NOTES = "notes"


@record
class Press:
    """A pressed button; `part` counts from 1 the part of the notes that is asked for."""

    way: Way
    call: Call
    part: int = 1


def written(call: Call, part: int = 1) -> str | None:
    """The button's value, None if it would be too long for one."""
    arguments = {clean(name): clean(value) for name, value in call.arguments.items()}
    value = to_json({"p": call.path, "a": arguments, **({"n": part} if part > 1 else {})}).decode()
    return value if len(value) <= MAX_VALUE else None


def read(action_id: str, value: str) -> Press:
    """The press that the button of this id and value means; raises ValueError for one that is not ours."""
    body = json.loads(value)
    try:
        path, arguments, part = tuple(body["p"]), dict(body.get("a", {})), int(body.get("n", 1))
    except (AttributeError, KeyError, TypeError) as wrong:
        raise ValueError("no button of ours") from wrong
    if not all(isinstance(word, str) for word in (*path, *arguments, *arguments.values())):
        raise ValueError("no button of ours")
    return Press(way=Way(action_id.partition(".")[0]), call=Call(path=path, arguments=arguments), part=max(part, 1))
