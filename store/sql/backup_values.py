"""Which values a backup may hold, by column: checked before a row is stored.

A backup may have been edited, or made by another program. A value that no column or domain type accepts would fail
later, far from its cause. Errors name the line, table and column, and never a value: titles and notes are private.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, Time

from bot.domain.delivery import State, Step
from bot.domain.digest import Outcome
from bot.domain.edit import Adding, EditKind, EditState
from bot.domain.errors import BadBackup
from bot.domain.featuring import Why
from bot.domain.reading_state import ReadingState, meaning_of
from bot.domain.schedule import Weekday
from bot.domain.source import Severity
from bot.domain.takeaway import MAX_TAKEAWAY
from bot.domain.url import is_web
from bot.domain.web import Opens
from store.sql.tables import Moment, Words

MAX_INTEGER = 2**31 - 1
"""The largest integer of a column of PostgreSQL."""
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Moments outside of these cannot come from a club, and overflow in calculations."""

Accepts = Callable[[Any], bool]


def row_check(table: Table) -> Callable[[Sequence[Any], int], None]:
    """A function that takes a row and its line number, and raises BadBackup if the table does not accept it."""
    checks = [(column, _of_type(column), _DOMAINS.get(f"{table.name}.{column.name}")) for column in table.columns]

    def check(row: Sequence[Any], line: int) -> None:
        if len(row) != len(checks):
            raise BadBackup(
                f"Line {line} of the backup has {len(row)} values; the table {table.name} has {len(checks)} columns."
            )
        for value, (column, of_type, in_domain) in zip(row, checks, strict=True):
            if not _accepted(value, column, of_type, in_domain):
                raise BadBackup(f"Line {line} of the backup: {table.name}.{column.name} cannot have this value.")

    return check


def _accepted(value: Any, column: Column[Any], of_type: Accepts, in_domain: Accepts | None) -> bool:
    if value is None:
        return bool(column.nullable)
    try:
        return of_type(value) and (in_domain is None or in_domain(value))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError, OSError):
        return False


def _of_type(column: Column[Any]) -> Accepts:
    match column.type:
        case Boolean():
            return lambda value: isinstance(value, bool)
        case Integer():
            return lambda value: type(value) is int and 0 <= value <= MAX_INTEGER
        case LargeBinary():
            return lambda value: b64decode(value, validate=True) is not None
        case Moment():
            return lambda value: EARLIEST <= datetime.fromisoformat(value) < LATEST
        case Time():
            return lambda value: time.fromisoformat(value).tzinfo is None
        case Words():
            return lambda value: isinstance(value, list) and all(isinstance(word, str) for word in value)
    return lambda value: isinstance(value, str)


def _one_of(kind: Callable[[Any], object]) -> Accepts:
    """The domain type raises for a value that it does not know."""
    return lambda value: kind(value) is not None


def _problems(kept: str) -> bool:
    return all(
        isinstance(one["line"], int) and isinstance(one["message"], str) and Severity(one["severity"])
        for one in json.loads(kept)
    )


def _files(kept: str) -> bool:
    return all(isinstance(file, str) and isinstance(digest, str) for file, digest in json.loads(kept))


def _fields(kept: str) -> bool:
    return all(isinstance(name, str) and isinstance(value, str) for name, value in json.loads(kept))


def _numbers(kept: str) -> bool:
    return all(type(number) is int and 0 < number <= MAX_INTEGER for number in json.loads(kept))


_ZONE = _one_of(ZoneInfo)
_STATE = _one_of(ReadingState)
_DOMAINS: Mapping[str, Accepts] = {
    "team.name": bool,
    "team.zone": _ZONE,
    "member.zone": _ZONE,
    "source_file.problems": _problems,
    "held_change.files": _files,
    "held_change.entries": _numbers,
    "entry.url": is_web,
    "editing.adding": _one_of(Adding),
    "edit.kind": _one_of(EditKind),
    "edit.state": _one_of(EditState),
    "edit.url": is_web,
    "edit.fields": _fields,
    "edit.before": _fields,
    "reading.state": _STATE,
    "reading.choice": _STATE,
    "mark.meaning": _one_of(meaning_of),
    "takeaway.text": lambda text: len(text) <= MAX_TAKEAWAY,
    "takeaway.about": is_web,
    "weekly_note.weekday": _one_of(Weekday),
    "weekly_note.zone": _ZONE,
    "web_key.opens": _one_of(Opens),
    "schedule.weekday": _one_of(Weekday),
    "schedule.zone": _ZONE,
    "meeting_rules.weekday": _one_of(Weekday),
    "meeting_rules.zone": _ZONE,
    "week.outcome": _one_of(Outcome),
    "week.why": _one_of(Why),
    "delivery.step": _one_of(Step),
    "delivery.state": _one_of(State),
    "halt.step": _one_of(Step),
}
"""The domain type of each column that has one. A card (`delivery.body`) that cannot be read only stops its delivery."""
