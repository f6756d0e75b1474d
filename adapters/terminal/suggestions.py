"""Completions of a line: words of the terminal, and the club's commands."""

from collections.abc import Sequence

from adapters.local.room import MEANINGS
from adapters.local.suggestions import Suggestions, beginning, for_command, for_value
from adapters.terminal.inbound import USAGES
from adapters.terminal.screen import Surroundings
from bot.domain.card import Choice
from bot.domain.team import Role
from bot.domain.value import Kind


async def for_line(around: Surroundings, before: str) -> Suggestions:
    """Completions of the text before the cursor."""
    *words, current = before.lstrip().split(" ")
    words = [word for word in words if word]
    if not words:
        command = Choice(value=f"/{around.command}", label="a command of the club")
        own = (Choice(value=word, label=purpose) for word, (_, purpose) in USAGES.items())
        return beginning((command, *own), current)
    if words[0].lower() == f"/{around.command}":
        return await for_command(around, tuple(word.lower() for word in words[1:]), current)
    return await _for_own(around, words, current)


async def _for_own(around: Surroundings, words: Sequence[str], current: str) -> Suggestions:
    match words[0].lower(), len(words):
        case (("react" | "unreact"), 1):
            return beginning((Choice(value=emoji, label=meaning) for emoji, meaning in MEANINGS.items()), current)
        case (("react" | "unreact"), 2):
            return await for_value(around, Kind.ENTRY, (), current)
        case "as", 2:
            return beginning((Choice(value=role.word, label="") for role in Role), current)
        case "in", 1:
            return await for_value(around, Kind.CHANNEL, (), current)
        case "clock", 1:
            ahead = (("+7d", "a week"), ("+1d", "a day"), ("+3h", "three hours"))
            return beginning((Choice(value=value, label=label) for value, label in ahead), current)
    return Suggestions()
