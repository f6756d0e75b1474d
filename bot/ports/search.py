"""Full-text search over a team's entries, and the synonyms that widen it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.entry import Entry
from bot.domain.ids import MemberId, SourceId, TeamId
from bot.domain.query import Query, Synonym
from bot.domain.record import record
from bot.domain.text import Text


@record
class Hit:
    """One found entry: its title with the words that matched emphasised, the line of its notes that holds more of them,
    if one does, and where that stands.

    The entry has notes as Markdown and no tree.
    """

    entry: Entry
    title: Text = ()
    matched: Text = ()
    path: tuple[str, ...] = ()


@record
class Hits:
    """A page of what was found, best first, out of `total`."""

    total: int
    items: tuple[Hit, ...]


class Search(Protocol):
    """The full-text index of each team; the methods of Entries keep it up to date in the same transaction."""

    def find(
        self, team: TeamId, member: MemberId, query: Query, *, offset: int, limit: int, lines: bool = True
    ) -> Hits:
        """Entries on the list that match, best first; `member` is whose reading states `is:` asks about. Without
        `lines` it is not looked for what matched.
        """
        ...

    def related(self, team: TeamId, entry: Entry, limit: int) -> Sequence[Hit]:
        """Other entries on the list that hold the words which tell this one from the rest, most alike first."""
        ...

    def corrected(self, team: TeamId, query: Query) -> Mapping[str, str]:
        """For words of the query that no entry on the list holds, the word of the list that was probably meant.

        A word in whose place another may stand is left alone.
        """
        ...


class Synonyms(Protocol):
    """Words of a team that stand for each other, in both directions; all are compared without case and accents."""

    def for_query(self, team: TeamId, query: Query) -> Mapping[str, tuple[str, ...]]:
        """For words of the query what may stand in for them; a word of a pair of several words has to be next to the
        others. Nothing that the query asks for itself.
        """
        ...

    def all(self, team: TeamId) -> Sequence[Synonym]:
        """Every pair, by word; one that several files have is there several times."""
        ...

    def add(self, team: TeamId, word: str, other: str) -> bool:
        """Keep a pair of a curator's; False, and nothing done, for what is no two different words."""
        ...

    def remove(self, team: TeamId, word: str, other: str | None) -> int:
        """Remove the pairs of curators' that have the word (and the other); how many there were."""
        ...

    def save_file(self, source: SourceId, file: str, synonyms: Mapping[str, Sequence[str]]) -> None:
        """Make these the pairs of a file's front matter."""
        ...
