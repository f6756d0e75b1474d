"""Which reactions mean something, whatever a workspace or a skin tone calls them."""

import re
from collections.abc import Mapping

from bot.domain.reading import ReadingState

SEEDS = {ReadingState.READ: "white_check_mark", ReadingState.LATER: "bookmark"}
MEANINGS: Mapping[str, ReadingState] = {
    "white_check_mark": ReadingState.READ,
    "heavy_check_mark": ReadingState.READ,
    "ballot_box_with_check": ReadingState.READ,
    "bookmark": ReadingState.LATER,
    "bookmark_tabs": ReadingState.LATER,
}
_SKIN = re.compile(r"::skin-tone-\d$")
_DEEPEST = 5


class Emoji:
    """The meanings, with what the host added and what a workspace calls them."""

    def __init__(self, added: Mapping[str, ReadingState]) -> None:
        self._meanings = {**MEANINGS, **added}
        self._aliases: dict[str, Mapping[str, str]] = {}

    def learn(self, team: str, custom: Mapping[str, str]) -> None:
        """Take a workspace's own emoji as `emoji.list` gives them: an address, or `alias:name`."""
        self._aliases[team] = {
            name: target.removeprefix("alias:")
            for name, target in custom.items()
            if isinstance(target, str) and target.startswith("alias:")
        }

    def canonical(self, team: str, reaction: str) -> str:
        """The name without skin tone, followed through the workspace's aliases."""
        name = _SKIN.sub("", reaction.strip(":"))
        for _ in range(_DEEPEST):
            if name in self._meanings or name not in self._aliases.get(team, {}):
                break
            name = self._aliases[team][name]
        return name

    def meaning(self, name: str) -> ReadingState | None:
        """What a canonical name means, None for nothing."""
        return self._meanings.get(name)
