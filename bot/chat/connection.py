"""How a platform's connection stands, for whoever watches over the process."""

from typing import Protocol, runtime_checkable

from bot.domain.record import record


@record
class Connection:
    """`up` says that events arrive here as they happen, or at another replica in our place; `reason` says to the host
    why they do not. `reconnects` counts how often a connection came up again since the platform was made.
    """

    up: bool
    reason: str = ""
    reconnects: int = 0


@runtime_checkable
class Connected(Protocol):
    """A platform that can say how its connection stands; one that cannot is taken as connected while it runs."""

    async def connection(self) -> Connection:
        """As it is now, as far as we know: nothing is asked of the platform, and nothing is raised."""
        ...
