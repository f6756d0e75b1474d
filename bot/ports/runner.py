"""The only bridge from the event loop to the store."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from bot.ports.store import Transaction

T = TypeVar("T")


class Failed:
    """The error of one use case in a batch, returned in place of its result."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Runner(Protocol):
    """Runs a use case over one transaction in a worker thread: the only bridge from async code to the store."""

    async def read(self, use_case: Callable[[Transaction], T]) -> T: ...

    async def write(self, use_case: Callable[[Transaction], T]) -> T: ...
