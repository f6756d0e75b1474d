"""Two transactions at the same moment: the second one begins when the first has done everything but commit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

from bot.domain.errors import Refusal
from bot.ports.store import Transaction
from store.sql import SqlStore

T = TypeVar("T")
U = TypeVar("U")

BLOCKED = 0.3
"""Seconds after which the second one is taken to wait for the first; one that does not wait is done before."""


def alongside(store: SqlStore, first: Callable[[Transaction], T], second: Callable[[Transaction], U]) -> tuple[T, U]:
    """What both gave. What the second one raises is raised once the first is committed."""
    begun = Event()

    def other() -> U:
        begun.set()
        with store.begin(write=True) as another:
            return second(another)

    with ThreadPoolExecutor(1) as thread:
        with store.begin(write=True) as tx:
            one = first(tx)
            waiting = thread.submit(other)
            begun.wait()
            wait([waiting], timeout=BLOCKED)
        return one, waiting.result()


def refused(use_case: Callable[[Transaction], object]) -> Callable[[Transaction], str]:
    """The use case's refusal in its words; fails if it is carried out."""

    def carried_out(tx: Transaction) -> str:
        try:
            done = use_case(tx)
        except Refusal as no:
            return no.message
        raise AssertionError(f"not refused: {done}")

    return carried_out
