"""Parses what a page of the chat sends. The visitor carries it out."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from adapters.local.room import MEANINGS
from bot.domain.errors import BadUsage
from bot.domain.record import record
from bot.domain.value import Kind

MAX_TEXT = 4000
"""Characters of a line, and of a value of a form."""
MAX_ID = 200
MAX_VALUES = 20
STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
"""How far the clock can be moved at a time."""


@record
class Write:
    """The speaker writes a line, in a thread or, with an empty `thread`, in the channel: a command or a message."""

    text: str
    channel: str
    thread: str


@record
class Press:
    """A button press: the action with this number and label on a message. `confirmed` if the person was asked and said yes."""

    message: str
    number: int
    label: str
    confirmed: bool


@record
class Submit:
    """The values of the form with this number."""

    form: int
    values: Mapping[str, str]


@record
class React:
    """Put a reaction on a message, or take it off."""

    message: str
    emoji: str


@record
class Speak:
    """Another person speaks from now on."""

    name: str


@record
class Advance:
    """Time passes."""

    by: timedelta


@record
class Dismiss:
    """A private message is no longer needed."""

    message: str


@record
class Complete:
    """Completions are asked for: of a line, or with `kind` of a value in a form."""

    text: str
    kind: Kind | None


Act: TypeAlias = Write | Press | Submit | React | Speak | Advance | Dismiss | Complete


def read(body: bytes) -> Act:
    """Parse a request's body, a JSON object with what to `do`. Raises BadUsage."""
    try:
        sent = json.loads(body)
        return _READERS[sent["do"]](sent)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadUsage("That is not something this page sends.", hint="Load the page again.") from None


def _text(value: Any, most: int = MAX_TEXT) -> str:
    """The string, as UTF-8 can have it. Raises ValueError for anything else, and for one that is too long."""
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("not a text, or too long")
    return value.encode("utf-8", "replace").decode().replace("\0", "")


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1_000_000:
        raise ValueError("not a number")
    return value


def _write(sent: Mapping[str, Any]) -> Write:
    text = " ".join(_text(sent["text"]).split())
    if not text:
        raise ValueError("nothing is written")
    return Write(text=text, channel=_text(sent["channel"], MAX_ID), thread=_text(sent["thread"], MAX_ID))


def _press(sent: Mapping[str, Any]) -> Press:
    return Press(
        message=_text(sent["message"], MAX_ID),
        number=_number(sent["number"]),
        label=_text(sent["label"]),
        confirmed=sent["confirmed"] is True,
    )


def _submit(sent: Mapping[str, Any]) -> Submit:
    values = sent["values"]
    if not isinstance(values, dict) or len(values) > MAX_VALUES:
        raise TypeError("not the values of a form")
    shown = {_text(name, MAX_ID): _text(value) for name, value in values.items()}
    return Submit(form=_number(sent["form"]), values={name: value for name, value in shown.items() if value.strip()})


def _react(sent: Mapping[str, Any]) -> React:
    if sent["emoji"] not in MEANINGS:
        raise ValueError("not a reaction with a meaning")
    return React(message=_text(sent["message"], MAX_ID), emoji=sent["emoji"])


def _complete(sent: Mapping[str, Any]) -> Complete:
    kind = sent["kind"]
    return Complete(text=_text(sent["text"]), kind=Kind(kind) if kind else None)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Act]] = {
    "write": _write,
    "press": _press,
    "submit": _submit,
    "react": _react,
    "speak": lambda sent: Speak(name=_text(sent["name"], MAX_ID)),
    "advance": lambda sent: Advance(by=STEPS[sent["by"]]),
    "dismiss": lambda sent: Dismiss(message=_text(sent["message"], MAX_ID)),
    "complete": _complete,
}
_COMMAND = re.compile(r"/(\S+)\s*(.*)", re.DOTALL)


def command_of(text: str, word: str) -> str | None:
    """What follows the command's word in the line; None for a message. Raises BadUsage for a command that
    is not the club's.
    """
    match = _COMMAND.fullmatch(text)
    if match is None:
        return None
    if match[1].lower() != word:
        raise BadUsage(
            f"I don't know “/{match[1][:40]}”.", hint=f"Commands of the club begin with /{word}. Try: /{word} help"
        )
    return match[2]
