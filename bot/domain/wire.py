"""The JSON form of the cards in the ledger, so that one version can send a card that another planned.

Fields with their default value are left out. An unknown field is an error: asking an admin is better than posting part
of a digest.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from bot.domain.card import Card, Divider, Entries, Fields, NoteTree, Paragraph

VERSION = 1
_BLOCKS = {cls.__name__.lower(): cls for cls in (Paragraph, Fields, Entries, NoteTree, Divider)}


def to_json(card: Card) -> str:
    """The card as one line of JSON."""
    return json.dumps({"version": VERSION, "card": _written(card)}, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Card:
    """The card that `to_json` wrote. Raises ValueError for another version or unknown content."""
    data = json.loads(text)
    if not isinstance(data, dict) or "card" not in data:
        raise ValueError("no card")
    if data.get("version") != VERSION:
        raise ValueError(f"a card of version {data.get('version')}, this program reads version {VERSION}")
    card = _read(Card, data["card"])
    assert isinstance(card, Card)
    return card


def _written(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        body = {
            field.name: _written(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
        kind = type(value).__name__.lower()
        return {"is": kind, **body} if kind in _BLOCKS else body
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return _block(value) if len(options) > 1 else _read(options[0], value)
    if get_origin(hint) is tuple:
        items = get_args(hint)
        hints = [items[0]] * len(value) if items[-1] is Ellipsis else items
        return tuple(_read(inner, item) for inner, item in zip(hints, value, strict=True))
    if get_origin(hint) is not None:
        return dict(value)
    hint = getattr(hint, "__supertype__", hint)
    if is_dataclass(hint):
        return _record(hint, value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    return hint(value) if issubclass(hint, StrEnum) else value


def _block(value: Mapping[str, Any]) -> Any:
    kind = value.get("is")
    if kind not in _BLOCKS:
        raise ValueError(f"unknown kind of block: {kind}")
    return _record(_BLOCKS[kind], {name: item for name, item in value.items() if name != "is"})


def _record(cls: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(cls)
    unknown = set(value) - set(hints)
    if unknown:
        raise ValueError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
    lacking = {field.name for field in fields(cls) if _default(field) is MISSING} - set(value)
    if lacking:
        raise ValueError(f"{cls.__name__} lacks {', '.join(sorted(lacking))}")
    return cls(**{name: _read(hints[name], item) for name, item in value.items()})


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)
