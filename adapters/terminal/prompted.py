"""The interactive chat: a prompt with history, completion and a toolbar, with posts appearing above it."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout
from rich.text import Text

from adapters.local.suggestions import Suggestions, for_value
from adapters.terminal.layout import Look, Row, harmless
from adapters.terminal.render import body
from adapters.terminal.screen import Surroundings
from adapters.terminal.suggestions import for_line
from adapters.terminal.transcript import Printer
from bot.domain.card import Field, Form
from bot.domain.errors import BadUsage
from bot.domain.text import plain
from bot.domain.value import READERS

WELCOME = "Type /{command} help for the commands, help for what else this terminal does; Tab completes, Ctrl-D leaves."


class Prompted(Printer):
    """Prompts for each line on the terminal of standard input and output."""

    def __init__(self, history: Path | None = None, sink: TextIO | None = None, width: int | None = None) -> None:
        super().__init__(sink, width)
        self._session: PromptSession[str] = PromptSession(
            history=_history(history), key_bindings=keys(), complete_while_typing=False, refresh_interval=1
        )
        self._fields: PromptSession[str] = PromptSession(key_bindings=keys(), complete_while_typing=False)

    async def lines(self, around: Surroundings) -> AsyncIterator[str]:
        self._quiet(WELCOME.format(command=around.command))
        while (typed := await self._typed(around)) is not None:
            pasted = [line for line in typed.splitlines() if line.strip()]
            for line in pasted:
                if len(pasted) > 1:
                    self.echo(around, line)
                yield line

    async def fill(self, form: Form, around: Surroundings) -> dict[str, str] | None:
        """Ask for each field, or after problems only for those fields. None if the person cancels."""
        self.say(Text(harmless(form.title), "bold"))
        asked = [field for field in form.fields if field.problem] or form.fields
        values = {field.name: field.value for field in form.fields}
        for field in asked:
            typed = await self._value(field, around)
            if typed is None:
                return None
            values[field.name] = typed.strip()
        return {name: value for name, value in values.items() if value}

    async def _typed(self, around: Surroundings) -> str | None:
        """The next line; None at the end. Output is only redirected around the prompt while a person types."""
        with patch_stdout(raw=True):
            try:
                return await self._session.prompt_async(
                    f"{harmless(around.place)} › ",
                    completer=Suggesting(partial(for_line, around)),
                    bottom_toolbar=lambda: f" {harmless(around.place)} · {around.clock}",
                )
            except EOFError:
                return None

    async def _value(self, field: Field, around: Surroundings) -> str | None:
        """The value for the field, asked for until it is valid. None if the person cancels."""
        problem, default = field.problem, field.value
        while True:
            if problem:
                self._quiet(problem)
            typed = await self._prompted(field, default, around)
            problem = None if typed is None else _problem(field, typed)
            if typed is None or problem is None:
                return typed
            default = typed

    async def _prompted(self, field: Field, default: str, around: Surroundings) -> str | None:
        label = f"{harmless(field.label)}{'' if field.required else ' (optional)'}:"
        if len(label) > self.paper.width // 2:  # the prompt itself is cut at the terminal's edge
            self._quiet(label)
            label = "›"
        with patch_stdout(raw=True):
            try:
                return await self._fields.prompt_async(
                    f"{label} ",
                    default=default,
                    completer=Suggesting(partial(for_value, around, field.kind, field.choices)),
                )
            except EOFError:
                return None

    def _quiet(self, sentence: str) -> None:
        self.say(*body([Row(look=Look.QUIET, text=plain(harmless(sentence)))], self.paper), Text())


def _problem(field: Field, typed: str) -> str | None:
    """The problem with the typed value, as far as it shows without asking the core."""
    text = typed.strip()
    if not text:
        return f"{field.label[:1].upper()}{field.label[1:]} is needed." if field.required else None
    try:
        READERS.get(field.kind, str)(text)
    except BadUsage as wrong:
        return f"{wrong.message} {wrong.hint or ''}".strip()
    return None


class Suggesting(Completer):
    """Provides suggestions to prompt_toolkit."""

    def __init__(self, suggest: Callable[[str], Awaitable[Suggestions]]) -> None:
        self._suggest = suggest

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """Nothing synchronously: suggestions come from the core."""
        return ()

    async def get_completions_async(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002
    ) -> AsyncGenerator[Completion, None]:
        found = await self._suggest(document.text_before_cursor)
        for choice in found.choices:
            about = harmless(choice.label) if choice.label != choice.value else ""
            yield Completion(harmless(choice.value), start_position=-found.replaces, display_meta=about)


def _history(path: Path | None) -> History:
    """The file, or no history if it cannot be written: a chat must not fail for that."""
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


def keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def clear_or_leave(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=EOFError)

    return keys
