"""The value of a button is its call as short JSON. It names things and grants nothing."""

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
    """A button press. `part` is the requested part of the notes, from 1. `confirmed` means that the person was asked whether
    they are sure.
    """

    way: Way
    call: Call
    part: int = 1
    confirmed: bool = False


def written(call: Call, part: int = 1, *, confirmed: bool = False) -> str | None:
    """The button's value; None if it would be too long."""
    arguments = {clean(name): clean(value) for name, value in call.arguments.items()}
    more = {**({"n": part} if part > 1 else {}), **({"c": 1} if confirmed else {})}
    value = to_json({"p": call.path, "a": arguments, **more}).decode()
    return value if len(value) <= MAX_VALUE else None


def read(action_id: str, value: str) -> Press:
    """Parse the id and value of a button. Raises ValueError if it is not ours."""
    body = json.loads(value)
    try:
        path, arguments, part = tuple(body["p"]), dict(body.get("a", {})), int(body.get("n", 1))
    except (AttributeError, KeyError, TypeError) as wrong:
        raise ValueError("no button of ours") from wrong
    if not all(isinstance(word, str) for word in (*path, *arguments, *arguments.values())):
        raise ValueError("no button of ours")
    return Press(
        way=Way(action_id.partition(".")[0]),
        call=Call(path=path, arguments=arguments),
        part=max(part, 1),
        confirmed=body.get("c") == 1,
    )
