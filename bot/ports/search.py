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
    """One result: the title with matching words emphasised, and the line of the notes that matches best, if any.

    `path` is where that line is in the notes. The entry has notes as Markdown and no tree.
    """

    entry: Entry
    title: Text = ()
    matched: Text = ()
    path: tuple[str, ...] = ()


@record
class Hits:
    """A page of results, best first, out of `total`. With `close` none contains the words: they are close in meaning."""

    total: int
    items: tuple[Hit, ...]
    close: bool = False


class Search(Protocol):
    """The full-text index of each team. The methods of Entries update it in the same transaction."""

    def find(
        self, team: TeamId, member: MemberId, query: Query, *, offset: int, limit: int, lines: bool = True
    ) -> Hits:
        """Matching entries on the list, best first.

        `is:` refers to the reading states of `member`. Without `lines`, neither the matching lines nor entries
        that are close in meaning are looked up.
        """
        ...

    def sections(self, team: TeamId, member: MemberId, query: Query, limit: int) -> Mapping[tuple[str, ...], int]:
        """How many of the first `limit` matching entries are in each section."""
        ...

    def related(self, team: TeamId, entry: Entry, limit: int) -> Sequence[Hit]:
        """Other entries that share this entry's most distinctive words or are close in meaning, closest first."""
        ...

    def corrected(self, team: TeamId, query: Query) -> Mapping[str, str]:
        """Corrections for words of the query that no entry on the list contains.

        Words that have synonyms are not corrected.
        """
        ...


class Synonyms(Protocol):
    """A team's synonyms. They work in both directions and ignore case and accents."""

    def for_query(self, team: TeamId, query: Query) -> Mapping[str, tuple[str, ...]]:
        """The synonyms of the query's words, without those that the query already contains.

        A term of several words only matches words that are next to each other.
        """
        ...

    def all(self, team: TeamId) -> Sequence[Synonym]:
        """Every pair, by word. A pair from several files is listed once per file."""
        ...

    def add(self, team: TeamId, word: str, other: str) -> bool:
        """Add a curator's pair. False, and nothing changed, if both terms are the same word."""
        ...

    def remove(self, team: TeamId, word: str, other: str | None) -> int:
        """Remove curators' pairs with the word (and `other`). Returns how many."""
        ...

    def save_file(self, source: SourceId, file: str, synonyms: Mapping[str, Sequence[str]]) -> None:
        """Replace the synonyms from a file's front matter."""
        ...
