"""The only bridge from the event loop to the store."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from bot.ports.store import Transaction

T = TypeVar("T")


class Failed:
    """What a use case raised, where several were carried out together and the others' results stand."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class Runner(Protocol):
    """Carries a use case over one transaction into a worker thread: the only bridge from async to the store."""

    async def read(self, use_case: Callable[[Transaction], T]) -> T: ...

    async def write(self, use_case: Callable[[Transaction], T]) -> T: ...
