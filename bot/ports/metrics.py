"""Counters for the host's monitoring."""

from typing import Protocol

from bot.domain.delivery import Delivery, Transition


class Metrics(Protocol):
    """Counts events for the host's monitoring. Never counts by team or person, and never raises."""

    def count_answer(self, command: str, outcome: str, seconds: float) -> None:
        """A command was answered. `outcome` is one word for the result."""
        ...

    def count_repeat(self) -> None:
        """A platform delivered an invocation or an event again."""
        ...

    def count_settled(self, delivery: Delivery, transition: Transition) -> None:
        """A delivery was attempted or searched for, with this result."""
        ...

    def count_restart(self, part: str) -> None:
        """A part of the process failed or hung, and was restarted."""
        ...

    def job_failed(self, job: str) -> None:
        """A run of a recurring job failed. A hung job is counted as a restart instead."""
        ...


class NullMetrics:
    """Counts nothing: for a chat in a terminal, or for a single command."""

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
