"""What an engine's full-text index must do. Each engine has one in its own module."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from sqlalchemy import Select

from bot.domain.source import ReadEntry
from store.sql.filters import Among
from store.sql.search.query_plan import Wanted


class Index(Protocol):
    """The index of entries on the list, in the transaction that changes them."""

    def create(self, team: int) -> None:
        """Make room for a new team."""
        ...

    def add(self, team: int, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        """Take in entries by number; their rows are kept already."""
        ...

    def remove(self, team: int, numbers: Sequence[int]) -> None:
        """Take entries out, before their rows change; what is not in the index is passed over."""
        ...

    def known(self, team: int, words: Sequence[str]) -> AbstractSet[str]:
        """Which of these folded words an entry holds, in whatever form."""
        ...

    def find(
        self, team: int, wanted: Wanted, among: Among | None, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        """How many entries match and some of their numbers, best first; only those that `among` leaves."""
        ...

    def unwanted(self, team: int, wanted: Wanted) -> Select[Any] | None:
        """The numbers of entries that hold what must not be there; None where nothing is excluded."""
        ...

    def matched(self, team: int, wanted: Wanted, texts: Mapping[int, str]) -> Mapping[int, AbstractSet[str]]:
        """Which words of these entries' texts (by number) are meant by the query, folded as `wanted.fold` does."""
        ...
