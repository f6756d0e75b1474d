"""The interface of a screen: where lines come from and where cards go. Each way to use the terminal has one."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from adapters.local.view import View
from adapters.terminal.layout import Button
from bot.chat.command import Catalogue
from bot.domain.card import Card, Choice, Form
from bot.domain.record import record
from bot.domain.value import Kind


@record
class Shown:
    """A card on its way to the screen.

    `to` says who sees it: `only you`, `#reading` or `@ana`. `answer` marks the answer to the line just typed, `thread`
    is the title of the thread it replies in, and `revised` marks an edit of an earlier message. `id` is empty if it is
    not a message. `at` is when it was posted, as text. `by` is the person who wrote it, empty for Dogear.
    """

    card: Card
    view: View
    buttons: tuple[Button, ...]
    to: str
    id: str = ""
    private: bool = False
    answer: bool = False
    refusal: bool = False
    thread: str | None = None
    revised: bool = False
    at: str = ""
    by: str = ""


@record
class Step:
    """One line of a scripted tour, and the narration before it.

    Of a `hidden` step neither the line nor its answer is shown. After one that `waits` a person is asked to go on.
    `always` marks what happens even if the rest of the tour is skipped.
    """

    says: str
    line: str
    hidden: bool = False
    waits: bool = False
    always: bool = False


class Surroundings(Protocol):
    """What a screen may ask while a person types."""

    @property
    def command(self) -> str:
        """The command word, without its slash."""
        ...

    @property
    def catalogue(self) -> Catalogue: ...

    @property
    def place(self) -> str:
        """Who speaks and where: `ana #reading`."""
        ...

    @property
    def clock(self) -> str:
        """The current time as text."""
        ...

    async def complete(self, kind: Kind, typed: str) -> Sequence[Choice]: ...


class Screen(Protocol):
    """Shows what happens, in order, and supplies the typed lines."""

    def lines(self, around: Surroundings) -> AsyncIterator[str]:
        """The lines until the end. Each is requested after the previous one is done."""
        ...

    def show(self, shown: Shown) -> None: ...

    def remark(self, line: str) -> None:
        """Show a line that is neither a card nor an answer."""
        ...

    def gone(self, id: str) -> None:
        """A shown message was deleted."""
        ...

    def done(self) -> None:
        """The line is answered, and everything it caused was shown."""
        ...

    async def fill(self, form: Form, around: Surroundings) -> dict[str, str] | None:
        """The values for the form's fields; None without a prompt, or if the person cancelled."""
        ...
