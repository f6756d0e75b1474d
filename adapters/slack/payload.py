"""Reads Slack's payloads by path and by id, and validates everything."""

from typing import Any

from adapters.slack.names import ID
from adapters.slack.richtext import Json


class Malformed(ValueError):
    """A payload of an unexpected shape."""


WRONG_SHAPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""The errors of code that trusts a payload's shape."""
KINDS = frozenset(
    {"event_callback", "block_actions", "block_suggestion", "view_submission", "view_closed", "message_action",
     "shortcut", "url_verification", "app_rate_limited"}
)  # fmt: skip
_PLAIN = (str, bool, type(None))
_OBJECTS = ("enterprise", "team", "user", "channel", "view", "container", "message", "event", "actor")


def is_sound(payload: Any) -> bool:
    """Whether a payload has the basic shape of one from Slack."""
    if not isinstance(payload, dict) or not payload:
        return False
    if "command" in payload:
        return all(isinstance(value, _PLAIN) for value in payload.values())
    if not isinstance(payload.get("type"), str) or payload["type"] not in KINDS:
        return False
    if payload["type"] == "event_callback" and not isinstance(payload.get("event"), dict):
        return False
    given = payload.get("authorizations")
    if given is not None and not (isinstance(given, list) and all(isinstance(one, dict) for one in given)):
        return False
    return all(isinstance(payload.get(name), dict | None) for name in _OBJECTS)


def text_at(payload: Any, *path: str) -> str:
    """The text at this path, empty if there is none. Raises Malformed for anything else."""
    value = payload
    for step in path:
        if value is None:
            return ""
        if not isinstance(value, dict):
            raise Malformed("a payload of another shape")
        value = value.get(step)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed("a payload of another shape")
    return value


def words_at(payload: Any, *path: str) -> str:
    """The text at this path, which must not be empty. Raises Malformed."""
    found = text_at(payload, *path)
    if not found:
        raise Malformed(f"nothing at {'.'.join(path)}")
    return found


def id_at(payload: Any, *path: str) -> str:
    """The id at this path. Raises Malformed."""
    found = text_at(payload, *path)
    if not ID.fullmatch(found):
        raise Malformed(f"no id at {'.'.join(path)}")
    return found


def objects(payload: Any, *path: str) -> list[Json]:
    """The objects of the list at this path."""
    value = payload
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
