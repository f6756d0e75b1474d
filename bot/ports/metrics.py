"""What is counted for the host's monitoring."""

from typing import Protocol

from bot.domain.delivery import Delivery, Transition


class Metrics(Protocol):
    """Counts what happens, for the host. No name and no id of a team or a person goes in here; nothing is raised."""

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        """A command was answered; `outcome` is one word for what came of it."""
        ...

    def count_repeat(self) -> None:
        """A platform brought an invocation or an event again."""
        ...

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        """What became of a delivery that was attempted or looked for."""
        ...

    def count_restart(self, part: str) -> None:
        """A part of the process stood still or broke, and was started anew."""
        ...

    def job_failed(self, job: str) -> None:
        """A run of a recurring job failed; one that hung is `restarted`."""
        ...


class NullMetrics:
    """Counts nothing: for a chat in a terminal, or a command that does one thing."""

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        pass

    def count_repeat(self) -> None:
        pass

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        pass

    def count_restart(self, part: str) -> None:
        pass

    def job_failed(self, job: str) -> None:
        pass


NULL_METRICS = NullMetrics()
