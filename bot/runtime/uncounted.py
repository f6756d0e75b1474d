"""The meter of a process that nobody watches: a chat in a terminal, a command that does one thing."""

from bot.domain.delivery import Delivery, Transition


class Uncounted:
    """Implements `bot.ports.Meter` by counting nothing."""

    def answered(self, command: str, outcome: str, seconds: float) -> None:
        """Nobody asks."""

    def repeated(self) -> None:
        """Nobody asks."""

    def settled(self, delivery: Delivery, transition: Transition) -> None:
        """Nobody asks."""

    def restarted(self, part: str) -> None:
        """Nobody asks."""
