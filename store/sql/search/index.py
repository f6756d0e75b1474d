"""The interface of an engine's full-text index. Each engine implements it in its own module."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from sqlalchemy import Select

from bot.domain.source import ReadEntry
from store.sql.filters import Among
from store.sql.search.query_plan import Group, QueryPlan, Term

MAX_RERANKED = 50
"""Entries of each tier that are re-ranked. The others keep the engine's order."""


class Reranked(Protocol):
    """Puts entries that an engine found, best first, into a better order."""

    @property
    def near(self) -> Sequence[int]:
        """Entries that are close in meaning, the closest first: results whether they contain the words or not."""
        ...

    def __call__(self, numbers: Sequence[int], groups: Sequence[Group]) -> Sequence[int]:
        """The entries, best first. The groups are what was searched. May add some of `near` that are not placed yet."""
        ...


class Index(Protocol):
    """The index of the entries on the list. It changes in the same transaction as they do."""

    def create(self, team: int) -> None:
        """Prepare the index for a new team."""
        ...

    def drop(self, team: int) -> None:
        """Remove the team's whole index, if there is one."""
        ...

    def add(self, team: int, entries: Sequence[tuple[int, ReadEntry]]) -> None:
        """Add entries by number, after their rows."""
        ...

    def remove(self, team: int, numbers: Sequence[int]) -> None:
        """Remove entries, before their rows change. Ignores entries that are not in the index."""
        ...

    def known(self, team: int, words: Sequence[str]) -> AbstractSet[str]:
        """Which of these folded words some entry contains, in any form."""
        ...

    def holders(self, team: int, terms: Sequence[Term]) -> Mapping[Term, int]:
        """About how many entries contain each of the terms."""
        ...

    def find(
        self, team: int, plan: QueryPlan, among: Among | None, reranked: Reranked, *, offset: int, limit: int
    ) -> tuple[int, Sequence[int]]:
        """The number of matching entries and some of their numbers, best first, within `among`.

        At least the first `MAX_RERANKED` of each tier are passed to `reranked`, whatever the page. If any entry matches,
        those of `reranked.near` count too; those that it placed nowhere come last.
        """
        ...

    def excluded(self, team: int, plan: QueryPlan) -> Select[Any] | None:
        """The numbers of entries that contain an excluded term; None if nothing is excluded."""
        ...

    def matched(self, team: int, plan: QueryPlan, texts: Mapping[int, str]) -> Mapping[int, AbstractSet[str]]:
        """Which words in these entries' texts (by number) match the query, folded as `wanted.fold` does."""
        ...
