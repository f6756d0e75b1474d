"""The kinds of values of parameters and form fields, and how each is parsed from typed text."""

import re
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from bot.domain.errors import BadUsage
from bot.domain.ids import ChannelRef, EntryNumber, PlatformName, WorkspaceRef
from bot.domain.schedule import Weekday


class Kind(StrEnum):
    """Kinds of values. A platform chooses its native control by it."""

    TEXT = "text"
    ENTRY = "entry"
    TAG = "tag"
    STATE = "state"
    NUMBER = "number"
    CHANNEL = "channel"
    WEEKDAY = "weekday"
    TIME = "time"
    ZONE = "zone"
    PERIOD = "period"
    COMMAND = "command"
    CHANGE = "change"


class Change(StrEnum):
    """What to do with a list of things."""

    LIST = "list"
    ADD = "add"
    REMOVE = "remove"


MAX_WEEKS = 52
_MEANINGLESS_ZONES = {"Factory", "localtime"}
"""Zone names that are not accepted: a placeholder of the tz database, and the machine's own setting."""


def entry_number(typed: str) -> EntryNumber:
    """`#12` or `12`."""
    match = re.fullmatch(r"#?(\d{1,9})", typed.strip())
    if not match:
        raise BadUsage(f"“{typed}” is not an entry number.", hint="Type its number, such as #12.")
    return EntryNumber(int(match[1]))


def page_number(typed: str) -> int:
    """A whole number from 1."""
    if not re.fullmatch(r"\d{1,6}", typed.strip()) or int(typed) < 1:
        raise BadUsage(f"“{typed}” is not a page.", hint="Pages are counted from 1.")
    return int(typed)


def addressed(channel: ChannelRef) -> str:
    """The channel with its workspace, for a button that may be pressed in another channel or in none."""
    return f"{channel.workspace.platform}:{channel.workspace.id}:{channel.id}"


def channel_at(typed: str) -> ChannelRef | None:
    """Parse what `addressed` wrote; None for a channel without its workspace."""
    match = re.fullmatch(r"([^:]+):([^:]+):([^:]+)", typed)
    return ChannelRef(WorkspaceRef(PlatformName(match[1]), match[2]), match[3]) if match else None


def weekday(typed: str) -> Weekday:
    """An English day name or its beginning, three letters at least."""
    word = typed.strip().lower()
    for day in Weekday:
        if len(word) >= 3 and day.name.lower().startswith(word):
            return day
    raise BadUsage(f"“{typed}” is not a weekday.", hint="Use mon, tue, wed, thu, fri, sat or sun.")


def change(typed: str) -> Change:
    """One of the words, in any case."""
    if typed.strip().lower() not in set(Change):
        raise BadUsage(f"“{typed}” is not something to do here.", hint="Use list, add or remove.")
    return Change(typed.strip().lower())


def wall_time(typed: str) -> time:
    """`09:00` on a 24-hour clock; `9:00` and `9` are understood."""
    match = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?", typed.strip())
    if not match or int(match[1]) > 23 or int(match[2] or 0) > 59:
        raise BadUsage(f"“{typed}” is not a time of day.", hint="Use a 24-hour time such as 09:00.")
    return time(int(match[1]), int(match[2] or 0))


def zone(typed: str) -> str:
    """An IANA zone name, in any case. Returns it as the tz database spells it."""
    name = _zones().get(typed.strip().lower())
    if name is None:
        raise BadUsage(f"“{typed}” is not a time zone.", hint="Use a name such as Europe/Berlin or UTC.")
    return name


def period(typed: str) -> timedelta:
    """`3d` or `2w`, from a day to a year."""
    match = re.fullmatch(r"(\d{1,3})\s*(?:(d)(?:ays?)?|w(?:eeks?)?)", typed.strip().lower())
    length = timedelta(days=int(match[1]) * (1 if match[2] else 7)) if match else timedelta()
    if not timedelta() < length <= timedelta(weeks=MAX_WEEKS):
        raise BadUsage(f"“{typed}” is not a period.", hint=f"Use 3d or 2w, at most {MAX_WEEKS}w.")
    return length


READERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.ENTRY: entry_number,
    Kind.NUMBER: page_number,
    Kind.WEEKDAY: weekday,
    Kind.TIME: wall_time,
    Kind.ZONE: zone,
    Kind.PERIOD: period,
}
"""The parsers of the kinds that need only the typed text. Each raises BadUsage."""


def zone_names() -> list[str]:
    """Every zone that `zone` accepts, as the tz database spells it, sorted."""
    return sorted(_zones().values())


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - _MEANINGLESS_ZONES}
