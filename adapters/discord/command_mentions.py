"""Commands in our texts as mentions, which a person can tap: `/blog random` becomes `</blog random:ID>`.

Reference: https://discord.com/developers/docs/reference#message-formatting (2026-08).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from discord import ui

from adapters.discord.markup import size
from adapters.discord.render import MAX_TEXT, Layout
from bot.chat.command import Catalogue

_CODE = re.compile(r"(`+[^`]*`+)")


class CommandMentions:
    """Knows the id under which our commands are registered; until it does, commands stay plain text."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._id = ""
        self._paths: dict[str, str] = {}
        self._quoted = self._bare = re.compile("(?!)")

    def learn(self, catalogue: Catalogue, registered: Iterable[Mapping[str, Any]]) -> None:
        """Take the id from what is registered."""
        self._id = next((str(one["id"]) for one in registered if one.get("name") == self._word and "id" in one), "")
        self._paths = {spec.name: spec.name for spec in catalogue}
        self._paths |= {
            " ".join(spec.path[:-1]): spec.name for spec in catalogue if spec.default and len(spec.path) > 1
        }
        named = "|".join(map(re.escape, sorted(self._paths, key=len, reverse=True)))
        self._quoted = re.compile(rf"“/{self._word} ({named})((?: [^”\n]*)?)”")
        self._bare = re.compile(rf"(?<![<\w/])/{self._word} ({named})(?![\w-])")

    def put(self, layouts: Iterable[Layout]) -> None:
        """Put the mentions into messages, as far as there is room for them."""
        if not self._id:
            return
        for layout in layouts:
            texts = [item for item in layout.walk_children() if isinstance(item, ui.TextDisplay)]
            room = MAX_TEXT - sum(size(text.content) for text in texts)
            for text in texts:
                shown = self.mentioned(text.content)
                longer = size(shown) - size(text.content)
                if longer <= room:
                    text.content, room = shown, room - longer

    def mentioned(self, text: str) -> str:
        """The text with mentions in place of the commands it names, but for what is code."""
        parts = _CODE.split(text)
        parts[::2] = [self._put(part) for part in parts[::2]]
        return "".join(parts)

    def _put(self, text: str) -> str:
        text = self._quoted.sub(lambda match: f"{self._mention(match[1])}{match[2]}", text)
        return self._bare.sub(lambda match: self._mention(match[1]), text)

    def _mention(self, path: str) -> str:
        return f"</{self._word} {self._paths[path]}:{self._id}>"
