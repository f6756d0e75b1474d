"""Idempotency keys of commands that write, so that a repeat has no second effect."""

from datetime import datetime
from typing import Protocol

from bot.domain.ids import InvocationId


class Invocations(Protocol):
    """Idempotency keys of commands that write, so that a repeat has no second effect."""

    def claim(self, id: InvocationId) -> bool:
        """Whether the id is new. If so, this transaction runs it, and another claim of the same id waits for this one."""
        ...

    def saved_answer(self, id: InvocationId) -> str | None:
        """The answer stored for the id, as the dispatcher wrote it; None if it is new."""
        ...

    def save(self, id: InvocationId, answer: str) -> None:
        """Store the answer to the invocation that this transaction claimed."""
        ...

    def delete_before(self, moment: datetime) -> None: ...
