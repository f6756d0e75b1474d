"""The store and its transaction.

Every method may raise StoreBusy, and nothing else unless it says so. A method that takes a team reads only that team's
rows: to it, entries of other teams do not exist.
"""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from bot.ports.edits import Edits
from bot.ports.entries import Entries
from bot.ports.invocations import Invocations
from bot.ports.ledger import Ledger
from bot.ports.linked_pages import LinkedPages
from bot.ports.meetings import Meetings
from bot.ports.personal import Personal
from bot.ports.readings import Readings
from bot.ports.schedules import Schedules
from bot.ports.search import Search, Synonyms
from bot.ports.takeaways import Takeaways
from bot.ports.teams import Teams
from bot.ports.vectors import Vectors
from bot.ports.web import WebKeys


class Transaction(Protocol):
    """One unit of work. A use case reads and writes only through this."""

    @property
    def teams(self) -> Teams: ...
    @property
    def entries(self) -> Entries: ...
    @property
    def edits(self) -> Edits: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def takeaways(self) -> Takeaways: ...
    @property
    def search(self) -> Search: ...
    @property
    def vectors(self) -> Vectors: ...
    @property
    def synonyms(self) -> Synonyms: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def meetings(self) -> Meetings: ...
    @property
    def personal(self) -> Personal: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def linked_pages(self) -> LinkedPages: ...
    @property
    def invocations(self) -> Invocations: ...
    @property
    def web_keys(self) -> WebKeys: ...

    def now(self) -> datetime:
        """The transaction's time, aware UTC: the database's clock if several machines share the database."""
        ...

    def lock(self, names: Collection[str]) -> None:
        """Take the locks with these names, waiting for other transactions, and hold them until this one ends.

        Use it for a read-change-write that no row or key protects. Take all locks that the transaction needs at once,
        before `plan` or `add`: two transactions that wait for each other both fail.
        """
        ...

    def schema(self) -> str:
        """The database's current schema revision."""
        ...


class Store(Protocol):
    """The database."""

    def begin(self, *, write: bool) -> AbstractContextManager[Transaction]:
        """A transaction that commits when the block ends cleanly and rolls back when it raises."""
        ...
