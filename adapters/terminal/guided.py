"""A guided tour on a terminal: it narrates and plays, waits for a key, and then becomes a chat in the same club."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout

from adapters.terminal.prompted import Prompted, keys
from adapters.terminal.screen import Shown, Step, Surroundings

PAUSE = "   Enter: go on   s: skip to the chat "
_SKIP = "\x1b"
"""What the prompt of a pause returns for the key that skips. It cannot be typed."""


class Guided(Prompted):
    """Plays the steps, then chats. A line that is typed in a pause is carried out, and the pause goes on."""

    def __init__(
        self,
        steps: Sequence[Step],
        history: Path | None = None,
        sink: TextIO | None = None,
        width: int | None = None,
    ) -> None:
        super().__init__(history, sink, width)
        self._steps = steps
        self._hidden = False
        self._pause: PromptSession[str] = PromptSession(erase_when_done=True)
        skip_or_leave = keys()
        skip_or_leave.add("s", filter=Condition(lambda: not self._pause.default_buffer.text))(_skip)
        self._pause.key_bindings = skip_or_leave

    async def lines(self, around: Surroundings) -> AsyncIterator[str]:
        skipped = False
        for step in self._steps:
            if skipped and not step.always:
                continue
            if step.says:
                self.narrate(step.says)
            self._hidden = step.hidden
            if not step.hidden and not step.line.startswith("say "):
                self.echo(around, step.line)
            yield step.line
            self._hidden = False
            while step.waits and not skipped:
                typed = await self._paused()
                if typed is None:
                    return
                if not typed:
                    break
                skipped = typed == _SKIP
                if not skipped:
                    yield typed
        async for line in super().lines(around):
            yield line

    def show(self, shown: Shown) -> None:
        if not (self._hidden and shown.answer):
            super().show(shown)

    async def _paused(self) -> str | None:
        """What the person types: nothing to go on, `_SKIP`, or a line. None if they leave."""
        with patch_stdout(raw=True):
            try:
                return (await self._pause.prompt_async(PAUSE)).strip(" \t\n")
            except EOFError:
                return None


def _skip(event: KeyPressEvent) -> None:
    event.app.exit(result=_SKIP)
