"""A use case that waits for a thread, and what a thread does with one."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from bot.domain.record import record
from bot.ports.store import Transaction

T = TypeVar("T")
F = TypeVar("F")


@record
class Waiting(Generic[F]):
    """A use case, and the future of whoever waits for it."""

    use_case: Callable[[Transaction], Any]
    result: F


def carried_out(use_case: Callable[[Transaction], T], tx: Transaction) -> T:
    """What the use case gives; raises RuntimeError for a StopIteration, which no future takes: it would never be told."""
    try:
        return use_case(tx)
    except StopIteration as error:
        raise RuntimeError("a use case went on where there was nothing more") from error
