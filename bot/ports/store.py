"""The store and its transaction.

Every method of a transaction's nouns may raise StoreBusy, and nothing else unless it says so. A method that takes a
team reads that team's rows only: an entry of another team does not exist for it.
"""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from bot.ports.entries import Entries
from bot.ports.invocations import Invocations
from bot.ports.ledger import Ledger
from bot.ports.readings import Readings
from bot.ports.schedules import Schedules
from bot.ports.search import Search, Synonyms
from bot.ports.teams import Teams


class Transaction(Protocol):
    """One unit of work. Whatever a use case reads and writes, it does through one of these."""

    @property
    def teams(self) -> Teams: ...
    @property
    def entries(self) -> Entries: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def search(self) -> Search: ...
    @property
    def synonyms(self) -> Synonyms: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def invocations(self) -> Invocations: ...

    def now(self) -> datetime:
        """The transaction's own moment, aware UTC: the database's clock where several machines share it."""
        ...

    def lock(self, names: Collection[str]) -> None:
        """Wait until no other transaction holds a lock of one of these names, and hold all of them until this one ends.

        For what is read, changed and written back where no row or key protects it. Lock everything that a transaction
        needs at once and before it takes a number (`plan`, `add`): two that wait for each other both fail.
        """
        ...

    def schema(self) -> str:
        """The revision of the schema that the database has now."""
        ...


class Store(Protocol):
    """Where everything is kept."""

    def begin(self, *, write: bool) -> AbstractContextManager[Transaction]:
        """A transaction that commits when the block ends cleanly and rolls back when it raises."""
        ...
