"""Which uses of writing commands were carried out, so that a repeat has no second effect."""

from datetime import datetime
from typing import Protocol

from bot.domain.ids import InvocationId


class Invocations(Protocol):
    """Which uses of writing commands were carried out, so that a repeat has no second effect."""

    def claim(self, id: InvocationId) -> bool:
        """Whether it is new; if it is, it is carried out by this transaction, and others that claim it wait for that."""
        ...

    def saved_answer(self, id: InvocationId) -> str | None:
        """The answer stored for it, as the dispatcher wrote it; None if it is new."""
        ...

    def save(self, id: InvocationId, answer: str) -> None:
        """Store the answer to what this transaction has claimed."""
        ...

    def delete_before(self, moment: datetime) -> None: ...
