"""Parses a typed line into a request. The conversation carries it out."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import time, timedelta
from difflib import get_close_matches
from typing import TypeAlias

from adapters.local.room import MEANINGS
from bot.chat.command import Catalogue
from bot.domain import times, value, zones
from bot.domain.errors import BadUsage
from bot.domain.ids import EntryNumber
from bot.domain.reading_state import Meaning
from bot.domain.record import record
from bot.domain.schedule import Weekday
from bot.domain.team import Role

MAX_ADVANCE = timedelta(weeks=times.MAX_WEEKS)
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@record
class Use:
    """A command, as typed after the command word."""

    typed: str


@record
class Press:
    """Press the button with this number."""

    number: int


@record
class Reaction:
    """Add a reaction, or with `away` remove it. Without `entry` it is for the last one shown."""

    emoji: str
    meaning: Meaning
    entry: EntryNumber | None
    away: bool


@record
class Say:
    """The speaker writes this, in the thread of the channel's newest post."""

    text: str


@record
class Speak:
    """Another person speaks from now on."""

    name: str
    role: Role


@record
class Enter:
    """The speaker goes to another channel."""

    channel: str


@record
class Advance:
    """Time passes."""

    by: timedelta


@record
class Until:
    """Time passes until the next such time. `zone` is None for the reader's own."""

    weekday: Weekday
    at: time
    zone: str | None


@record
class Time:
    """Show the time."""


@record
class Sync:
    """Read the list again."""


@record
class Help:
    """List the available lines."""


@record
class Quit:
    """Leave."""


Line: TypeAlias = Use | Press | Reaction | Say | Speak | Enter | Advance | Until | Time | Sync | Help | Quit

USAGES: Mapping[str, tuple[str, str]] = {
    "react": ("react ✅ [#12]", "react with ✅ (read), 🔖 (later), 💡 (found something) or 🎤 (you host it)"),
    "unreact": ("unreact ✅ [#12]", "remove it again"),
    "say": ("say TEXT", "say something in the thread of the newest post"),
    "press": ("[press] 2", "press the button with that number"),
    "as": ("as ana [curator|admin]", "speak as someone else, as a reader by default"),
    "in": ("in #channel", "go to another channel"),
    "clock": ("clock [+7d]", "show the time, or move it: +7d, +3h, +90m or mon 09:00 [Europe/Berlin]"),
    "sync": ("sync", "read the list again"),
    "help": ("help", "this list"),
    "quit": ("quit", "leave"),
}
"""The terminal's own words, with usage and purpose."""
_ALIASES = {"exit": "quit", "q": "quit", "bye": "quit", "?": "help"}


def read(typed: str, command: str, catalogue: Catalogue) -> Line:
    """Parse the line, which must not be blank. Raises BadUsage. `command` is the word after the slash.

    The word may be left out, and so may the slash: `random` is `/blog random`. The terminal's own words come first.
    """
    word, *rest = typed.split(maxsplit=1)
    if word.lower() in {command, f"/{command}"}:
        return Use(typed="".join(rest).strip())
    if typed.strip().isdecimal():
        return _press([typed.strip()])
    bare = word.lower().lstrip("/:") or word
    own = _ALIASES.get(bare, bare)
    words = "".join(rest).split()
    commands = {spec.path[0] for spec in catalogue}
    if own in _READERS and not (words and own in _WITHOUT_WORDS and own in {"help", *commands}):
        return _say("".join(rest).strip()) if own == "say" else _READERS[own](words)
    if bare in {"help", *commands}:
        return Use(typed=f"{bare} {''.join(rest).strip()}".strip())
    raise _unknown(typed.strip(), command, catalogue)


def _react(words: Sequence[str]) -> Reaction:
    return _reaction("react", words, away=False)


def _unreact(words: Sequence[str]) -> Reaction:
    return _reaction("unreact", words, away=True)


def _reaction(word: str, words: Sequence[str], *, away: bool) -> Reaction:
    if not 1 <= len(words) <= 2:
        raise _misused(word)
    emoji = words[0].rstrip("\ufe0e\ufe0f")
    if emoji not in MEANINGS:
        raise BadUsage(
            f"“{words[0]}” means nothing here.",
            hint="✅ means read, 🔖 means later, 💡 means that you found something, 🎤 that you host it.",
        )
    entry = value.entry_number(words[1]) if len(words) == 2 else None
    return Reaction(emoji=emoji, meaning=MEANINGS[emoji], entry=entry, away=away)


def _press(words: Sequence[str]) -> Press:
    if len(words) != 1 or not re.fullmatch(r"[0-9]{1,4}", words[0]):
        raise _misused("press")
    return Press(number=int(words[0]))


def _say(text: str) -> Say:
    if not text:
        raise _misused("say")
    return Say(text=text)


def _speak(words: Sequence[str]) -> Speak:
    if not 1 <= len(words) <= 2:
        raise _misused("as")
    roles = {role.word: role for role in Role}
    role = roles.get(words[1].lower()) if len(words) == 2 else Role.READER
    if role is None:
        raise BadUsage(f"“{words[1]}” is not a role.", hint=f"Use {', '.join(roles)}.")
    return Speak(name=words[0].removeprefix("@") or words[0], role=role)


def _enter(words: Sequence[str]) -> Enter:
    if len(words) != 1 or not words[0].removeprefix("#"):
        raise _misused("in")
    return Enter(channel=words[0].removeprefix("#"))


def _clock(words: Sequence[str]) -> Line:
    if not words:
        return Time()
    if words[0][0] in "+-":
        return Advance(by=_length("".join(words)))
    if not 2 <= len(words) <= 3:
        raise _misused("clock")
    zone = zones.zone(words[2]) if len(words) == 3 else None
    return Until(weekday=times.weekday(words[0]), at=times.wall_time(words[1]), zone=zone)


def _length(typed: str) -> timedelta:
    if typed.startswith("-"):
        raise BadUsage("The clock only goes forward.", hint="Use +7d, +3h or +90m.")
    match = re.fullmatch(r"\+([0-9]{1,6})([wdhm])", typed.lower())
    length = int(match[1]) * _UNITS[match[2]] if match else timedelta()
    if not timedelta() < length <= MAX_ADVANCE:
        raise BadUsage(f"“{typed}” is not a period.", hint="Use +7d, +3h or +90m, a year at most.")
    return length


def _bare(word: str, line: Line) -> Callable[[Sequence[str]], Line]:
    def reader(words: Sequence[str]) -> Line:
        if words:
            raise _misused(word)
        return line

    return reader


_READERS: Mapping[str, Callable[[Sequence[str]], Line]] = {
    "react": _react,
    "unreact": _unreact,
    "say": lambda words: _say(" ".join(words)),
    "press": _press,
    "as": _speak,
    "in": _enter,
    "clock": _clock,
    "sync": _bare("sync", Sync()),
    "help": _bare("help", Help()),
    "quit": _bare("quit", Quit()),
}
_WITHOUT_WORDS = frozenset({"sync", "help", "quit"})
"""Own words that take no others: with others they are the club's command of that name, if it has one."""


def _misused(word: str) -> BadUsage:
    usage, purpose = USAGES[word]
    return BadUsage(f"Usage: {usage}", hint=f"{purpose[0].upper()}{purpose[1:]}.")


def _unknown(typed: str, command: str, catalogue: Catalogue) -> BadUsage:
    commands = {spec.name: f"/{command} {spec.name}" for spec in catalogue}
    known = {**{word: word for word in USAGES}, **commands, **{line: line for line in commands.values()}}
    near = nearest(typed, tuple(known))
    hint = f"Did you mean “{known[near]}”? " if near else f"Commands begin with /{command}. "
    return BadUsage(f"I don't know “{_start(typed)}”.", hint=f"{hint}“help” lists all commands.")


def nearest(typed: str, known: Sequence[str]) -> str | None:
    """The known line most similar to the first typed words. More matching words are better."""
    words = typed[:60].lower().split()[:3]
    for length in range(len(words), 0, -1):
        found = get_close_matches(" ".join(words[:length]), known, n=1, cutoff=0.6)
        if found:
            return found[0]
    return None


def _start(typed: str) -> str:
    return typed if len(typed) <= 40 else f"{typed[:40]}…"
