"""The entries of a team's list and the files they come from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.entry import Entry, Tag
from bot.domain.ids import EntryId, EntryNumber, MemberId, SourceId, TeamId
from bot.domain.reading_state import ReadingState
from bot.domain.record import record
from bot.domain.source import HeldChange, ReadEntry, Source, SourceFile


@record
class EntryFilter:
    """Which entries of the list: those with the tag, in the section, in the asking member's state and with a reading time
    of at most `minutes`.
    """

    tag: str | None = None
    section: str | None = None
    state: ReadingState | None = None
    minutes: int | None = None


@record
class StoredEntry:
    """What a sync needs to know of a stored entry. `content` is the hash from `content_of`."""

    id: EntryId
    number: EntryNumber
    key: str
    line: int
    content: str
    retired: bool
    source: SourceId
    file: str


LOTS = 2**31
"""One of this many lots is drawn. Each entry number gets the same number of lots, or one more."""


class Entries(Protocol):
    """The entries of a team. Retired ones are left out unless stated otherwise.

    `page`, `added_since` and `titled` are for lists: their entries have notes as Markdown and no tree.
    """

    def question(self, entry: EntryId) -> str | None:
        """The question that somebody wrote for the entry's thread."""
        ...

    def set_question(self, entry: EntryId, text: str | None) -> None: ...

    def by_number(self, team: TeamId, number: EntryNumber) -> Entry | None:
        """The entry with that number, including retired ones."""
        ...

    def get(self, team: TeamId, ids: Sequence[EntryId]) -> Mapping[EntryId, Entry]:
        """The entries with these ids, including retired ones. Unknown ids are left out."""
        ...

    def by_key(self, team: TeamId, key: str) -> Entry | None: ...

    def with_key(self, team: TeamId, key: str) -> Entry | None:
        """As `by_key`, including retired ones."""
        ...

    def of_source(self, source: SourceId) -> Sequence[Entry]:
        """The entries of a source by number, including retired ones, with notes as Markdown and no tree."""
        ...

    def by_address(self, team: TeamId, address: str) -> Entry | None:
        """The entry on the list with that web address, however it is spelled. It may have a key of its own."""
        ...

    def draw(self, member: MemberId, lot: int) -> Entry | None:
        """The entry of the member's team that `lot` (0 to `LOTS` - 1) draws; None if it is retired or not unread.

        Every number from 1 to the highest has about the same number of lots.
        """
        ...

    def count(self, team: TeamId) -> int: ...

    def page(
        self, team: TeamId, member: MemberId, which: EntryFilter, *, offset: int, limit: int
    ) -> tuple[int, Sequence[Entry]]:
        """The number of entries, and `limit` of them from `offset`, ordered by number."""
        ...

    def tags(self, team: TeamId, member: MemberId | None) -> Sequence[Tag]:
        """Every tag in use, the most common first, then by name. Without a member every entry counts as unread."""
        ...

    def sections(self, team: TeamId) -> Sequence[tuple[str, ...]]:
        """The sections of the entries on the list, each once, in order of their first entries' numbers."""
        ...

    def headings(self, source: SourceId, file: str) -> Sequence[str]:
        """The innermost sections of the file's entries, each once, in order of their first entries' numbers. One that is
        the title of an entry of the file, which has others below it, is not a heading.
        """
        ...

    def added_since(self, team: TeamId, since: datetime, limit: int) -> Sequence[Entry]:
        """The newest entries added since then, newest first."""
        ...

    def with_title(self, team: TeamId, typed: str, limit: int) -> Sequence[Entry]:
        """Entries whose number or title begins with the typed text, then those whose title contains it."""
        ...

    def sources(self, team: TeamId) -> Sequence[Source]:
        """The team's files and folders; not the club's own list."""
        ...

    def club_source(self, team: TeamId) -> SourceId | None:
        """The club's own list; None as long as nothing was added to it."""
        ...

    def add_club_source(self, team: TeamId) -> SourceId:
        """The club's own list, made if it is missing."""
        ...

    def set_sources(self, team: TeamId, paths: Sequence[str]) -> Sequence[Source]:
        """Set the team's sources.

        The entries of a removed source stay until the next `sync` retires them.
        """
        ...

    def add_source(self, team: TeamId, path: str) -> bool:
        """Add a source. False, and nothing changed, if the team has it already."""
        ...

    def remove_source(self, team: TeamId, path: str) -> bool:
        """Remove a source as `set_sources` does. False if the team does not have it."""
        ...

    def files(self, source: SourceId) -> Sequence[SourceFile]: ...

    def save_file(self, file: SourceFile) -> None:
        """Save what was read of a file, replacing the previous row."""
        ...

    def remove_file(self, source: SourceId, file: str) -> None: ...

    def held(self, team: TeamId) -> Sequence[HeldChange]:
        """The team's changes that wait for an admin, or that one rejected."""
        ...

    def hold(self, change: HeldChange) -> None:
        """Save the change, replacing the held change of its source."""
        ...

    def drop_held(self, source: SourceId) -> None: ...

    def count_problems(self) -> int:
        """The number of problems in the files of all teams."""
        ...

    def count_not_read(self, team: TeamId) -> int:
        """How many links of the team's files are neither an entry nor in the notes of one."""
        ...

    def stored(self, team: TeamId) -> Sequence[StoredEntry]:
        """Every stored entry of the team, including retired ones."""
        ...

    def add(self, team: TeamId, source: SourceId, entries: Iterable[tuple[str, ReadEntry]]) -> None:
        """Add new entries, given as (file, entry), numbering them in order."""
        ...

    def update(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, ReadEntry]]) -> None:
        """Replace entries, given as (id, file, entry), and restore retired ones."""
        ...

    def move(self, team: TeamId, source: SourceId, entries: Iterable[tuple[EntryId, str, int]]) -> None:
        """Update the place, given as (id, file, line), of entries with unchanged content."""
        ...

    def retire(self, team: TeamId, ids: Sequence[EntryId]) -> None:
        """Take entries off the list. Their numbers, states and history stay."""
        ...
