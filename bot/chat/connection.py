"""The state of a platform's connection, for health checks."""

from typing import Protocol, runtime_checkable

from bot.domain.record import record


@record
class Connection:
    """`up` means that events arrive here, or at another replica on our behalf. `reason` explains to the host why they
    do not.

    `reconnects` counts the reconnections since the platform was made. `name` is whom the platform knows us as, empty
    if it does not say.
    """

    up: bool
    reason: str = ""
    reconnects: int = 0
    name: str = ""


@runtime_checkable
class Connected(Protocol):
    """A platform that can report its connection. One that cannot counts as connected while it runs."""

    async def connection(self) -> Connection:
        """The current state as far as we know. Sends no request, and never raises."""
        ...
