"""The metrics of a process that nobody watches: a chat in a terminal, a command that does one thing."""

from bot.domain.delivery import Delivery, Transition


class Uncounted:
    """Implements `bot.ports.Metrics` by counting nothing."""

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        """Nobody asks."""

    def count_repeat(self) -> None:
        """Nobody asks."""

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        """Nobody asks."""

    def count_restart(self, part: str) -> None:
        """Nobody asks."""

    def job_failed(self, job: str) -> None:
        """Nobody asks."""
