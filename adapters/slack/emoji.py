"""Which reactions have a meaning, whatever their alias or skin tone."""

import re
from collections.abc import Mapping

from bot.domain.reading_state import Insight, Meaning, Microphone, ReadingState

SEEDS = {ReadingState.READ: "white_check_mark", ReadingState.LATER: "bookmark"}
MEANINGS: dict[str, Meaning] = {
    "white_check_mark": ReadingState.READ,
    "heavy_check_mark": ReadingState.READ,
    "ballot_box_with_check": ReadingState.READ,
    "bookmark": ReadingState.LATER,
    "bookmark_tabs": ReadingState.LATER,
    "bulb": Insight.INSIGHT,
    "microphone": Microphone.HOST,
}
STANDARD: Mapping[str, str] = {
    "thumbsup": "+1",
    "thumbsdown": "-1",
    "open_book": "book",
    "pencil": "memo",
    "envelope": "email",
    "telephone": "phone",
    "raised_hand": "hand",
    "facepunch": "punch",
    "collision": "boom",
    "satisfied": "laughing",
}
"""Aliases that a host may know an emoji by, and the name that Slack sends: the first in its own set
(https://github.com/iamcal/emoji-data, 2026-08).
"""
_SKIN = re.compile(r"::skin-tone-\d$")
_DEEPEST = 5


class Emoji:
    """The meanings of emoji, with those that the host added and each workspace's aliases."""

    def __init__(self, added: Mapping[str, ReadingState]) -> None:
        self._meanings: dict[str, Meaning] = {
            **MEANINGS,
            **{STANDARD.get(name, name): state for name, state in added.items()},
        }
        self._aliases: dict[str, Mapping[str, str]] = {}

    def learn(self, team: str, custom: Mapping[str, str]) -> None:
        """Learn a workspace's own emoji from `emoji.list`: an address, or `alias:name`."""
        self._aliases[team] = {
            name: target.removeprefix("alias:")
            for name, target in custom.items()
            if isinstance(target, str) and target.startswith("alias:")
        }

    def meaning(self, team: str, reaction: str) -> Meaning | None:
        """The meaning of a reaction in any skin tone, following the workspace's aliases. None without a meaning.

        Several reactions may have the same meaning, so it does not identify the reaction.
        """
        aliases = self._aliases.get(team, {})
        name = _SKIN.sub("", reaction)
        for _ in range(_DEEPEST):
            name = STANDARD.get(name, name)
            if name in self._meanings or name not in aliases:
                break
            name = aliases[name]
        return self._meanings.get(name)
