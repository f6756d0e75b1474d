"""The kinds of values of parameters and form fields, and how each is parsed from typed text."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from bot.domain.edit import Adding
from bot.domain.errors import BadUsage
from bot.domain.holidays import OFF, region
from bot.domain.ids import ChannelRef, EntryNumber, PlatformName, WorkspaceRef
from bot.domain.schedule import OnHoliday
from bot.domain.times import Day, day, minutes, period, wall_time, weekday
from bot.domain.url import is_web
from bot.domain.zones import zone


class Kind(StrEnum):
    """Kinds of values. A platform chooses its native control by it. `TAGS` may also be new ones, and
    so may a `SECTION` of a list that is in no file.
    """

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
    DAY = "day"
    REGION = "region"
    HOLIDAY = "holiday"
    GROUP = "group"
    COMMAND = "command"
    CHANGE = "change"
    YES_NO = "yes_no"
    LONG_TEXT = "long_text"
    ADDING = "adding"
    TAGS = "tags"
    SECTION = "section"
    HOSTING = "hosting"
    MINUTES = "minutes"


YES_NO = ("yes", "no")


class Change(StrEnum):
    """What to do with a list of things."""

    LIST = "list"
    ADD = "add"
    REMOVE = "remove"


MAX_ENTRIES = 20
"""Entries that one line may name."""
_NUMBER = re.compile(r"#?(\d{1,9})[.,;:!?]*")
_BRACKETED = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")
_AND = {"and", "&", "+", "und", "et", "y", ","}


def entry_number(typed: str) -> EntryNumber:
    """`#12`, `12`, `#12.` or `# 12`."""
    match = re.fullmatch(r"#?\s*(\d{1,9})[.,;:!?]*", typed.strip())
    if not match:
        raise BadUsage(f"“{typed}” is not an entry number.", hint="Type its number, such as #12.")
    return EntryNumber(int(match[1]))


def entry_names(typed: str) -> tuple[EntryNumber | str, ...]:
    """The entries that are named: numbers and addresses in the order typed, or one run of words. Raises BadUsage."""
    text = re.sub(r"#\s+(?=\d)", "#", unbracketed(typed)).strip()
    words = [word for word in text.replace(",", ", ").split() if word not in _AND]
    if not any(character.isalnum() for character in text):
        raise BadUsage(f"“{typed}” is not an entry.", hint="Type its number, such as #12, its address or its title.")
    names = tuple(dict.fromkeys(map(_name, words))) if all(map(is_entry_name, words)) else (text,)
    if len(names) > MAX_ENTRIES:
        raise BadUsage("That is more than I can take at once.", hint=f"Name {MAX_ENTRIES} entries at most.")
    return names


def unbracketed(typed: str) -> str:
    """The text with the addresses in it as they are, without the brackets and labels that some platforms add."""
    return _BRACKETED.sub(r" \1 ", typed)


def is_entry_name(word: str) -> bool:
    """Whether the word is an entry's number or an address."""
    return bool(_NUMBER.fullmatch(word)) or is_web(word)


def _name(word: str) -> EntryNumber | str:
    match = _NUMBER.fullmatch(word)
    return EntryNumber(int(match[1])) if match else word.rstrip(",;")


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


def change(typed: str) -> Change:
    """One of the words, in any case."""
    if typed.strip().lower() not in set(Change):
        raise BadUsage(f"“{typed}” is not something to do here.", hint="Use list, add or remove.")
    return Change(typed.strip().lower())


def yes_or_no(typed: str) -> bool:
    """Yes or no, in any case."""
    if typed.strip().lower() not in YES_NO:
        raise BadUsage(f"“{typed}” is neither yes nor no.", hint="Use yes or no.")
    return typed.strip().lower() == YES_NO[0]


def group(typed: str) -> str:
    """The id of a platform's group, as picked or mentioned, or `off`."""
    match = re.fullmatch(r"(?:<@&|@)?([\w-]{1,80})>?", typed.strip())
    if not match:
        raise BadUsage(f"“{typed}” is not a role.", hint="Pick one, or type off.")
    return OFF if match[1].casefold() == OFF else match[1]


def on_holiday(typed: str) -> OnHoliday:
    """One of the words, in any case."""
    if typed.strip().lower() not in set(OnHoliday):
        raise BadUsage(f"“{typed}” is not something to do on a holiday.", hint="Use move or skip.")
    return OnHoliday(typed.strip().lower())


def day_of_digest(typed: str) -> Day:
    """A day, of which there is one: several weeks are refused with what to do instead."""
    if re.fullmatch(
        r"(?:the )?(?:next )?(?:\d+|two|three|four|few)(?: weeks?| digests?)?", typed.strip(" .,;").lower()
    ):
        hint = "Several weeks without one are a pause: “schedule pause 2 weeks”."
        raise BadUsage("I skip one digest at a time.", hint=hint)
    return day(typed)


def adding(typed: str) -> Adding:
    """One of the words, in any case."""
    if typed.strip().lower() not in set(Adding):
        raise BadUsage(f"“{typed}” is not one of the choices.", hint="Use everybody, curators or suggest.")
    return Adding(typed.strip().lower())


class Hosting(StrEnum):
    """What a member does about hosting: join the hosts, pass or swap their turn, or stop."""

    ME = "me"
    PASS = "pass"  # noqa: S105 -- a word that people type
    SWAP = "swap"
    OFF = "off"


def hosting(typed: str) -> Hosting:
    """One of the words, in any case."""
    if typed.strip().lower() not in set(Hosting):
        raise BadUsage(f"“{typed}” is not something to do here.", hint="Use me, pass, swap or off.")
    return Hosting(typed.strip().lower())


READERS: Mapping[Kind, Callable[[str], Any]] = {
    Kind.ENTRY: entry_names,
    Kind.NUMBER: page_number,
    Kind.WEEKDAY: weekday,
    Kind.TIME: wall_time,
    Kind.ZONE: zone,
    Kind.PERIOD: period,
    Kind.DAY: day_of_digest,
    Kind.REGION: region,
    Kind.HOLIDAY: on_holiday,
    Kind.GROUP: group,
    Kind.YES_NO: yes_or_no,
    Kind.ADDING: adding,
    Kind.HOSTING: hosting,
    Kind.MINUTES: minutes,
}
"""The parsers of the kinds that need only the typed text. Each raises BadUsage."""

_SPACED = frozenset({Kind.WEEKDAY, Kind.TIME, Kind.ZONE, Kind.PERIOD, Kind.DAY, Kind.REGION, Kind.HOLIDAY})
"""Kinds whose values people type in several words, such as `9:30 pm` or `New York`."""
MAX_SPACED = 6


def words_taken(kind: Kind, words: Sequence[str]) -> int:
    """How many of the next words of a line are a value of this kind, the most that can be read; 0 if none can be."""
    if kind is Kind.CHANNEL:
        return int(words[0].startswith(("#", "<#")))
    if kind is Kind.ENTRY:
        return _entries_taken(words)
    if kind in _SPACED:
        return next((n for n in range(min(len(words), MAX_SPACED), 0, -1) if _can_be(kind, " ".join(words[:n]))), 0)
    return 0


def words_meant(kind: Kind, words: Sequence[str]) -> int:
    """How many of the next words are a value of this kind that cannot be read, so that it is named as it was typed."""
    if kind not in _SPACED:
        return 1
    return next((number for number, word in enumerate(words) if number and word.startswith(("#", "<#"))), len(words))


def _entries_taken(words: Sequence[str]) -> int:
    """Numbers and addresses as long as they go on, or words up to what begins with `#`, a channel or another entry.

    A number with a title of several words after it, as completion shows it, is one entry; a single word may be a channel.
    """
    pairs = zip(words, [*words[1:], ""], strict=True)
    named = [
        (word == "#" and following.isdecimal()) or word.lower() in _AND or is_entry_name(word)
        for word, following in pairs
    ]
    ends = (number for number, word in enumerate(words) if number and word.startswith(("#", "<#")))
    before_hash = next(ends, len(words))
    if not named[0] or (words[0].startswith("#") and named[1:2] != [True] and before_hash > 2):
        return before_hash
    return next((number for number, is_name in enumerate(named) if not is_name), len(words))


def _can_be(kind: Kind, typed: str) -> bool:
    """Whether it can be read, or one of several things is meant that there are to choose from."""
    try:
        READERS[kind](typed)
    except BadUsage as wrong:
        return bool(wrong.choices)
    return True
