"""Which uses of writing commands were carried out, so that a repeat has no second effect."""

from datetime import datetime
from typing import Protocol

from bot.domain.ids import InvocationId


class Invocations(Protocol):
    """Which uses of writing commands were carried out, so that a repeat has no second effect."""

    def saved_answer(self, id: InvocationId) -> str | None:
        """The answer kept for it, as the dispatcher wrote it; None if it is new."""
        ...

    def save(self, id: InvocationId, answer: str) -> bool:
        """Keep the answer, unless one is kept already; whether it was kept."""
        ...

    def delete_before(self, moment: datetime) -> None: ...
